package routers

import (
	"net/http"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"cairncx.dev/cairn/touchpoint"
)

// Chi returns a middleware for the Use method of the root router. It names a route by the pattern with which the
// router registered it. The pattern of a route in a group or a mounted router begins with the pattern of the
// mount: "POST /api/cart/{cart}/pay". A mounted handler that is not a chi router is one route, "GET /files/*". The
// first request reports a pattern in the options that the router does not have as the fault unknown_route.
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

// chiMounts remembers which router is mounted at which pattern. It has at most as many entries as there are
// routes.
type chiMounts struct{ at sync.Map }

// serves reports whether a route of the mounted router matches, if the pattern is the mount itself. chi finds each
// path below a mount, even where the mounted router has no route and answers 404.
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

// route finds the route that the router will choose after the middlewares have run. It follows the router's own
// rule: a path or method that a middleware has put into the routing context takes precedence over the request's.
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
		// chi.Walk reports the routes of a mounted router both with and without a trailing slash.
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
