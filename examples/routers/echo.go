package routers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v5"

	"cairncx.dev/cairn/touchpoint"
)

// echoCall is one request on its way through the middlewares.
type echoCall struct {
	c    *echo.Context
	next echo.HandlerFunc
	err  error
}

type echoKey struct{}

// Echo returns a middleware for the Use method of an Echo. It names a route by the pattern with which the router
// registered it. The pattern of a route in a group begins with the group's prefix: "POST /api/cart/:cart/pay".
//
// The first request reports a pattern in the options that the router does not have as the fault unknown_route.
//
// The middleware passes an error of the handler to the Echo's HTTPErrorHandler at once, so that the touchpoint
// knows the status, and then returns the error to the middlewares outside. The HTTPErrorHandler therefore sees the
// error twice, the second time with a committed response, as with echo's own RequestLogger.
//
//	e := echo.New()
//	e.Use(middleware.Recover(), routers.Echo(touchpoint.WithRoute("POST /cart/:cart/pay", submitPayment)))
func Echo(opts ...touchpoint.HandlerOption) echo.MiddlewareFunc {
	h := touchpoint.Handler(http.HandlerFunc(serveEcho), routed(opts, echoRoutes)...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			call := &echoCall{c: c, next: next}
			request, response := c.Request(), c.Response()
			defer func() {
				c.SetRequest(request)
				c.SetResponse(response)
			}()
			r := request.WithContext(context.WithValue(request.Context(), echoKey{}, call))
			h.ServeHTTP(response, withRoute(r, echoRoute(c)))
			return call.err
		}
	}
}

// serveEcho calls the middlewares and the handler behind [Echo].
func serveEcho(w http.ResponseWriter, r *http.Request) {
	call, _ := r.Context().Value(echoKey{}).(*echoCall) // only Echo calls this handler, and it sets the value
	call.c.SetRequest(r)
	call.c.SetResponse(w)
	if call.err = call.next(call.c); call.err != nil {
		call.c.Echo().HTTPErrorHandler(call.c, call.err)
	}
}

// echoRoute returns the route that the router has chosen.
func echoRoute(c *echo.Context) route {
	switch info := c.RouteInfo(); {
	case info.Path == "", info.Method == echo.RouteNotFound,
		info.Name == echo.NotFoundRouteName, info.Name == echo.MethodNotAllowedRouteName:
		return route{}
	default:
		return route{info.Method + " " + info.Path, c.Param}
	}
}

// echoRoutes lists the patterns that the router of the request may choose.
func echoRoutes(r *http.Request) (patterns []string) {
	call, ok := r.Context().Value(echoKey{}).(*echoCall)
	if !ok {
		return nil
	}
	for _, info := range call.c.Echo().Router().Routes() {
		patterns = append(patterns, info.Method+" "+info.Path)
	}
	return patterns
}
