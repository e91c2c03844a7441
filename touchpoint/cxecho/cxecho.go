package cxecho

import (
	"context"
	"iter"
	"net/http"

	"github.com/labstack/echo/v5"

	"cairncx.dev/cairn/touchpoint"
)

// Middleware returns a middleware for the Use method of an Echo or of a Group, or for one route. It makes a touchpoint of each request
// that has a route. The name is the method and the whole pattern as echo has it: "POST /api/cart/:cart/pay". A route of Any has no method:
// "/files/*". A request without a route, or with a method that its route does not have, is no touchpoint, and neither is a request in Pre,
// where echo has not chosen a route yet.
//
// [touchpoint.WithJourneyID] reads a parameter of the path as r.PathValue("cart"), with the value of c.Param("cart"). The first request
// reports each pattern in the options that the router does not have as the fault unknown_route. A live span of the request, such as
// otelhttp's, gets the attribute http.route.
//
// A handler's error goes on to the middlewares in front, and to the HTTPErrorHandler, as if Middleware were not there. The touchpoint
// ends when one of them answers, with the status of that answer. Until then the request of the echo.Context is the touchpoint's, so that
// an error handler finds it with touchpoint.FromContext(c.Request().Context()).
//
// The place in the chain decides what Middleware sees:
//
//   - Behind Recover, a panic is a failed touchpoint with the error type "panic". In front of it, the error type is the status.
//   - Behind ContextTimeout, a request that is overdue has the error type "timeout". In front of it, the error type is the status.
//   - Behind a middleware that refuses requests, such as a rate limit, a refused request is no touchpoint.
//
// The middleware may serve several requests at the same time. Without a client it does nothing.
func Middleware(opts ...touchpoint.HandlerOption) echo.MiddlewareFunc {
	all := append([]touchpoint.HandlerOption{touchpoint.WithRoutes(list)}, opts...)
	h := touchpoint.Handler(http.HandlerFunc(serve), append(all,
		touchpoint.WithRouter(pattern), touchpoint.WithPathValues(values), touchpoint.WithLateAnswer(later))...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			call := &call{c: c, next: next}
			request, response := c.Request(), c.Response()
			defer func() {
				c.SetResponse(response)
				if !call.late {
					c.SetRequest(request)
				}
			}()
			h.ServeHTTP(response, request.WithContext(context.WithValue(request.Context(), callKey{}, call)))
			return call.err
		}
	}
}

// call is one request on its way through the middlewares.
type call struct {
	c    *echo.Context
	next echo.HandlerFunc
	err  error
	late bool // the answer comes after the middleware has returned
}

type callKey struct{}

// callOf returns the call of the request. Only [Middleware] makes requests for the functions below, and each has its call.
func callOf(r *http.Request) *call {
	call, _ := r.Context().Value(callKey{}).(*call)
	return call
}

// serve calls the middlewares and the handler behind [Middleware].
func serve(w http.ResponseWriter, r *http.Request) {
	call := callOf(r)
	call.c.SetRequest(r)
	call.c.SetResponse(w)
	call.err = call.next(call.c)
}

// later waits for the answer to the error that the handler has returned.
func later(r *http.Request, answered func(status int)) bool {
	call := callOf(r)
	if call.err == nil {
		return false
	}
	response, status := echo.ResolveResponseStatus(call.c.Response(), call.err)
	if response == nil || response.Committed {
		answered(status) // another middleware hides the response, or has answered on a way of its own
		return true
	}
	response.Before(func() { answered(response.Status) })
	call.late = true
	return true
}

// pattern returns the route that the router has chosen.
func pattern(r *http.Request) string {
	switch info := callOf(r).c.RouteInfo(); {
	case info.Path == "", info.Method == echo.RouteNotFound,
		info.Name == echo.NotFoundRouteName, info.Name == echo.MethodNotAllowedRouteName:
		return ""
	default:
		return patternOf(info)
	}
}

func patternOf(info echo.RouteInfo) string {
	if info.Method == echo.RouteAny {
		return info.Path
	}
	return info.Method + " " + info.Path
}

// values yields the parameters of the path.
func values(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, v := range callOf(r).c.PathValues() {
			if !yield(v.Name, v.Value) {
				return
			}
		}
	}
}

// list returns the patterns that the router of the request may choose.
func list(r *http.Request) (patterns []string) {
	for _, info := range callOf(r).c.Echo().Router().Routes() {
		if info.Method != echo.RouteNotFound {
			patterns = append(patterns, patternOf(info))
		}
	}
	return patterns
}
