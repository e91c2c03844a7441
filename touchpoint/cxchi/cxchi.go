package cxchi

import (
	"iter"
	"net/http"

	"github.com/go-chi/chi/v5"

	"cairncx.dev/cairn/touchpoint"
)

// Middleware returns a middleware for the Use or the With method of a chi router, at the root, in a group or in a mounted router. It makes
// a touchpoint of each request that has a route. The name is the method and the whole pattern as chi has it: "POST /api/cart/{cart}/pay".
// A mounted handler that is not a chi router is one route: "GET /files/*". A request without a route, or with a method that its route
// does not have, is no touchpoint.
//
// [touchpoint.WithJourneyID] reads a parameter of the path as r.PathValue("cart"). The first request reports each pattern in the options
// that the router does not have as the fault unknown_route. A live span of the request, such as otelhttp's, gets the attribute http.route.
//
// The place in the chain decides what Middleware sees:
//
//   - Behind a middleware that rewrites the path or the method (StripSlashes, GetHead), it finds the route that serves the request.
//   - Behind Recoverer, a panic is a failed touchpoint with the error type "panic". In front of it, the error type is "500".
//   - Behind Timeout, a request that is overdue has the error type "timeout". In front of it, the error type is "504".
//   - Behind a middleware that refuses requests, such as a rate limit, a refused request is no touchpoint.
//
// The middleware may serve several requests at the same time. Without a client it does nothing.
func Middleware(opts ...touchpoint.HandlerOption) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		t := &table{}
		all := append([]touchpoint.HandlerOption{touchpoint.WithRoutes(list)}, opts...)
		return touchpoint.Handler(next, append(all,
			touchpoint.WithRouter(func(r *http.Request) string { return t.find(r).pattern }),
			touchpoint.WithPathValues(func(r *http.Request) iter.Seq2[string, string] { return t.find(r).values }))...)
	}
}

// route is the route that a router has for a request.
type route struct {
	pattern string // with the method; "" means no route
	params  []chi.RouteParams
}

// values yields the parameters of the path. The innermost of several with one name is the last.
func (r route) values(yield func(name, value string) bool) {
	for _, p := range r.params {
		for i, name := range p.Keys {
			if i < len(p.Values) && !yield(name, p.Values[i]) {
				return
			}
		}
	}
}
