package routers

import (
	"net/http"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"cairncx.dev/cairn/touchpoint"
)

// Chi returns a middleware for the Use method of the root router. The routes are named as they were given to
// the router, those of groups and mounted routers with the pattern that they are mounted at:
// "POST /api/cart/{cart}/pay". A handler that is mounted and is no chi router is one route,
// "GET /files/*". A pattern of the options that the router does not have is told at the first request, as
// unknown_route.
//
//	r := chi.NewRouter()
//	r.Use(middleware.Recoverer, routers.Chi(touchpoint.WithRoute("POST /cart/{cart}/pay", submitPayment)))
func Chi(opts ...touchpoint.HandlerOption) func(http.Handler) http.Handler {
	mounts := &chiMounts{}
	return func(next http.Handler) http.Handler {
		h := touchpoint.Handler(next, routed(opts, chiRoutes)...)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, withRoute(r, mounts.route(r)))
		})
	}
}

// chiMounts remembers which routers are mounted at which patterns: there are as many as routes.
type chiMounts struct{ at sync.Map }

// serves reports whether the pattern, if it is that of a mounted router itself, is a route of that router: chi
// finds every path at which one is mounted, and the router may answer that there is nothing.
func (m *chiMounts) serves(routes chi.Routes, method, pattern string) bool {
	at, known := m.at.Load(pattern)
	if !known {
		at, _ = m.at.LoadOrStore(pattern, chiMounted(routes, strings.TrimSuffix(pattern, "/")))
	}
	sub, _ := at.(chi.Routes)
	return sub == nil || sub.Find(chi.NewRouteContext(), method, "/") != ""
}

// chiMounted returns the router that is mounted at the pattern, or nil.
func chiMounted(routes chi.Routes, pattern string) chi.Routes {
	for _, r := range routes.Routes() {
		rest, below := strings.CutPrefix(pattern, strings.TrimSuffix(r.Pattern, "/*"))
		switch {
		case r.SubRoutes == nil || !below:
		case rest == "":
			return r.SubRoutes
		case rest[0] == '/':
			if found := chiMounted(r.SubRoutes, rest); found != nil {
				return found
			}
		}
	}
	return nil
}

// route finds the route that the router will choose once the middlewares are done. It does as the router
// does: what a middleware has put into the routing context goes before what the request says.
func (m *chiMounts) route(r *http.Request) route {
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
	if pattern == "" || !m.serves(routing.Routes, method, pattern) {
		return route{}
	}
	return route{method + " " + pattern, found.URLParam}
}

// chiRoutes lists the patterns that the router of the request may choose.
func chiRoutes(r *http.Request) (patterns []string) {
	routing := chi.RouteContext(r.Context())
	if routing == nil || routing.Routes == nil {
		return nil
	}
	_ = chi.Walk(routing.Routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		found := []string{pattern}
		// What is mounted is found with and without a slash.
		if base, all := strings.CutSuffix(pattern, "/*"); all {
			found = append(found, base, base+"/")
		} else if base, root := strings.CutSuffix(pattern, "/"); root {
			found = append(found, base)
		}
		for _, p := range found {
			patterns = append(patterns, method+" "+p)
		}
		return nil
	})
	return patterns
}
