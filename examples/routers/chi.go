package routers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"cairncx.dev/cairn/touchpoint"
)

// Chi returns a middleware for the Use method of the root router. The routes are named as they were given to
// the router, those of groups and mounted routers with the pattern that they are mounted at:
// "POST /api/cart/{cart}/pay". A handler that is mounted and is no chi router is one route,
// "GET /files/*".
//
//	r := chi.NewRouter()
//	r.Use(middleware.Recoverer, routers.Chi(touchpoint.Route("POST /cart/{cart}/pay", submitPayment)))
func Chi(opts ...touchpoint.HandlerOption) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		h := touchpoint.Handler(next, routed(opts)...)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, withRoute(r, chiRoute(r)))
		})
	}
}

// chiRoute finds the route that the router will choose once the middlewares are done. It does as the router
// does: what a middleware has put into the routing context goes before what the request says.
func chiRoute(r *http.Request) route {
	routing := chi.RouteContext(r.Context())
	if routing == nil || routing.Routes == nil {
		return route{}
	}
	method, path := routing.RouteMethod, routing.RoutePath
	if method == "" {
		method = r.Method
	}
	if path == "" {
		if path = r.URL.RawPath; path == "" {
			path = r.URL.Path
		}
	}
	if path == "" {
		path = "/"
	}
	found := chi.NewRouteContext()
	pattern := routing.Routes.Find(found, method, path)
	if pattern == "" {
		return route{}
	}
	return route{method + " " + pattern, found.URLParam}
}
