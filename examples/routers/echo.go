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

// Echo returns a middleware for the Use method of an Echo. The routes are named as they were given to the
// router, those of groups with the group's prefix: "POST /api/cart/:cart/pay".
//
// A pattern of the options that the router does not have is told at the first request, as unknown_route.
//
// An error of the handler is answered at once by the Echo's HTTPErrorHandler, so that the touchpoint knows the
// status, and is returned to the middlewares outside. The HTTPErrorHandler then sees it twice, the second time with an
// answer that is committed, as with echo's own RequestLogger.
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
	call, ok := r.Context().Value(echoKey{}).(*echoCall)
	if !ok {
		http.NotFound(w, r) // it is called by Echo alone, which has set it
		return
	}
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
