// Package routers has recipes for routers that are not [net/http.ServeMux]: a middleware for chi, one
// for echo and one for gin, to be copied into a service. Each makes touchpoints of the router's own routes with
// [cairncx.dev/cairn/touchpoint.Handler], named by the method and the pattern, never by the path. A request
// that no route matches, or whose method is not allowed, is no touchpoint.
//
// A service copies route.go and the file of its router. [Param] reads a path parameter for
// [cairncx.dev/cairn/touchpoint.WithJourneyID].
//
// Each recipe lists the routes that the router has, so that a mistyped pattern of [cairncx.dev/cairn/touchpoint.WithRoute] is
// told at the first request, with the one that was meant. gin's context does not know them: give [GinRoutes] to [Gin].
//
// The place of the middleware decides what it sees:
//
//   - after what rewrites the path or the method (chi's StripSlashes, GetHead), so that it finds the route that
//     is served;
//   - after the router's recoverer, so that a panic passes the middleware: the touchpoint fails with the error
//     type "panic". In front of the recoverer it fails with the recoverer's answer, the error type "500";
//   - before what answers for the handler (gin's error handlers, a limit, an authentication), so that it sees
//     that answer.
package routers
