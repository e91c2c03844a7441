// Package routers has recipes for routers other than [net/http.ServeMux]: one middleware each for chi, echo and
// gin, which a service can copy. Each middleware makes touchpoints of the router's routes with
// [cairncx.dev/cairn/touchpoint.Handler]. It names a touchpoint by the method and the pattern, never by the path.
// A request is no touchpoint if no route matches it or if the route does not allow its method.
//
// A service copies route.go and the file of its router. [Param] reads a path parameter for
// [cairncx.dev/cairn/touchpoint.WithJourneyID].
//
// Each recipe lists the routes of the router, so that the first request reports a mistyped pattern of
// [cairncx.dev/cairn/touchpoint.WithRoute] and suggests the nearest route. gin's context does not have the list: give
// [GinRoutes] to [Gin].
//
// The place of the middleware in the chain decides what it sees. Put it:
//
//   - behind a middleware that rewrites the path or the method (chi's StripSlashes, GetHead), so that it finds the
//     route that serves the request;
//   - behind the router's recoverer, so that a panic passes the middleware and the touchpoint fails with the error
//     type "panic". In front of the recoverer, the touchpoint fails with the recoverer's answer, error type "500";
//   - in front of a middleware that answers instead of the handler (gin's error handlers, a rate limit, an
//     authentication), so that it sees that answer.
package routers
