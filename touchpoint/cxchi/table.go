package cxchi

import (
	"net/http"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
)

// table finds routes. It remembers which router is mounted at which pattern, in at most as many entries as there are routes. The zero
// value is ready.
type table struct{ mounts sync.Map }

// find returns the route that the router will choose for the request, or has chosen. It follows chi's own rule: the path and the method
// that a middleware has put into the routing context take precedence over those of the request.
func (t *table) find(r *http.Request) route {
	at := chi.RouteContext(r.Context())
	if at == nil || at.Routes == nil {
		return route{}
	}
	method := at.RouteMethod
	if method == "" {
		method = r.Method
	}
	prefix := joined(at.RoutePatterns)
	in, path := at.Routes, pathOf(at, r)
	if prefix != "" {
		if in = t.mounted(at.Routes, prefix); in == nil {
			return route{method + " " + prefix, []chi.RouteParams{at.URLParams}} // chi has chosen the route
		}
		path = below(at)
	}
	inside := chi.NewRouteContext()
	pattern := in.Find(inside, method, path)
	if pattern == "" {
		return route{}
	}
	if pattern = joined([]string{prefix, pattern}); !t.serves(at.Routes, method, pattern) {
		return route{}
	}
	return route{method + " " + pattern, []chi.RouteParams{at.URLParams, inside.URLParams}}
}

// pathOf returns the path by which the router at the root chooses the route.
func pathOf(at *chi.Context, r *http.Request) string {
	for _, path := range []string{at.RoutePath, r.URL.RawPath, r.URL.Path} {
		if path != "" {
			return path
		}
	}
	return "/"
}

// below returns the path by which a mounted router chooses the route. Its own middlewares run after chi has taken the path of the mount
// away, and those of With before the mount run before that.
func below(at *chi.Context) string {
	last := len(at.URLParams.Keys) - 1
	rest := ""
	if last >= 0 && at.URLParams.Keys[last] == "*" && last < len(at.URLParams.Values) {
		rest = at.URLParams.Values[last]
	}
	if rest == "" && at.RoutePath != "" {
		return at.RoutePath
	}
	return "/" + rest
}

// joined joins the patterns of routers that are mounted in each other, as the Find method of a router does.
func joined(patterns []string) (all string) {
	for _, p := range patterns {
		base, mount := strings.CutSuffix(all, "/*")
		switch {
		case mount || all == "":
			all = base + p
		case p != "/": // a mount without its "/*" is found for its own path alone, which is the root of its router
			all += p
		}
	}
	return all
}

// serves reports whether a route of the mounted router matches, if the pattern is the mount itself. chi finds the path of a mount also
// where the mounted router has no route for its root and answers 404.
func (t *table) serves(root chi.Routes, method, pattern string) bool {
	sub := t.mounted(root, pattern)
	return sub == nil || sub.Find(chi.NewRouteContext(), method, "/") != ""
}

// mounted returns the router that is mounted at the pattern, or nil.
func (t *table) mounted(root chi.Routes, pattern string) chi.Routes {
	at, known := t.mounts.Load(pattern)
	if !known {
		at, _ = t.mounts.LoadOrStore(pattern, mounted(root, strings.TrimSuffix(strings.TrimSuffix(pattern, "/*"), "/")))
	}
	sub, _ := at.(chi.Routes)
	return sub
}

func mounted(routes chi.Routes, pattern string) chi.Routes {
	for _, r := range routes.Routes() {
		rest, below := strings.CutPrefix(pattern, strings.TrimSuffix(r.Pattern, "/*"))
		switch {
		case r.SubRoutes == nil || !below:
		case rest == "":
			return r.SubRoutes
		case rest[0] == '/':
			if found := mounted(r.SubRoutes, rest); found != nil {
				return found
			}
		}
	}
	return nil
}

// list returns the patterns that the router of the request may choose.
func list(r *http.Request) (patterns []string) {
	at := chi.RouteContext(r.Context())
	if at == nil || at.Routes == nil {
		return nil
	}
	_ = chi.Walk(at.Routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
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
