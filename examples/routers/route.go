package routers

import (
	"context"
	"net/http"

	"cairncx.dev/cairn/touchpoint"
)

// route is the route that a router has chosen for a request.
type route struct {
	pattern string // with the method, such as "GET /cart/:cart"; "" means no route
	param   func(name string) string
}

type routeKey struct{}

// withRoute returns a copy of r that carries the route.
func withRoute(r *http.Request, found route) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), routeKey{}, found))
}

// Param returns the value of a path parameter of the request's route, or "" if the route has no such parameter. It is
// for [touchpoint.WithJourneyID]:
//
//	touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return routers.Param(r, "cart") })
func Param(r *http.Request, name string) string {
	found, _ := r.Context().Value(routeKey{}).(route)
	if found.param == nil {
		return ""
	}
	return found.param(name)
}

// routed appends two options: one that reads the pattern of [withRoute], and one that lists the routes of the
// router.
func routed(opts []touchpoint.HandlerOption, routes func(*http.Request) []string) []touchpoint.HandlerOption {
	return append([]touchpoint.HandlerOption{touchpoint.WithRoutes(routes)}, append(opts[:len(opts):len(opts)], touchpoint.WithRouter(func(r *http.Request) string {
		found, _ := r.Context().Value(routeKey{}).(route)
		return found.pattern
	}))...)
}
