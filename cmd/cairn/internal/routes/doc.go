// Package routes finds the routes of a Go module: what the routers of net/http, chi, echo and gin serve, and the services of gRPC
// and Connect. It reads the source with its types and never runs it.
//
// It follows the code from main as far as that is simple: a router through variables, fields, parameters, results and function literals, and
// the text of a pattern through constants, concatenations, parameters and tables. Branches are all taken. A value that depends on the
// environment, on a file or on arithmetic is unknown. Each part that it could not follow is a [Gap] with its place.
//
// The reading has three steps. load.go lists the packages and checks their types. The finder (finder.go) evaluates their functions, with what
// each kind of router does in nethttp.go, chi.go, echo.go, gin.go and grpc.go. collect.go joins what was found: mounted routers, prefixes, and
// registrations that were met several times.
package routes
