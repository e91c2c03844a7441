package routes

import "fmt"

// Framework is a kind of router.
type Framework uint8

// The frameworks.
const (
	NetHTTP Framework = iota + 1
	Chi
	Echo
	EchoV4
	Gin
	GRPC
	Connect
)

// String returns the name of the framework for readers.
func (f Framework) String() string {
	switch f {
	case NetHTTP:
		return "net/http"
	case Chi:
		return "chi"
	case Echo:
		return "echo"
	case EchoV4:
		return "echo v4"
	case Gin:
		return "gin"
	case GRPC:
		return "gRPC"
	case Connect:
		return "Connect"
	default:
		return "unknown"
	}
}

// Place is a line of a file, relative to the folder of [Config] where the file is below it.
type Place struct {
	File string
	Line int
}

// String returns the place as compilers write it.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Found is what a module serves.
type Found struct {
	// Module is the path of the first main module, or "".
	Module string
	// Packages is the number of packages that were read.
	Packages int
	// Mains are the places of the main functions.
	Mains []Place
	// Routers are the routers of HTTP, in the order of their places. A router of chi that is mounted in another one is part of that.
	Routers []*Router
	// Services are the services of gRPC and Connect that are registered.
	Services []*Service
	// Gaps are what could not be read or followed, in the order of their places.
	Gaps []Gap
}

// Router is a router, by the place that makes it.
type Router struct {
	Framework Framework
	Place     Place
	// Name is what the code at the place calls the router, such as "mux" or "s.router", or "" where that is not plain.
	Name string
	// Given says how the router comes to the place where the code that makes it was not found: as a parameter or a field. Otherwise it is "".
	Given string
	// Default is whether it is the mux of package net/http.
	Default bool
	// Served are the places that give the router to a server.
	Served []Place
	// Wrapped is the instrumentation by Cairn that the router has already.
	Wrapped bool
	Routes  []Route
}

// Route is one registration of a handler.
type Route struct {
	// Method is "" where the route takes every method.
	Method string
	// Pattern is the router's own, with the prefixes of groups and mounts. For net/http it has the host, too.
	Pattern string
	// Open is whether a part of the pattern is unknown. It is then "…" in the pattern.
	Open  bool
	Place Place
	// Handler is the expression of the handler in short, or "".
	Handler string
	// Root is whether the route is the root of a mounted router of chi, which also serves it without the slash at the end.
	Root bool
	// Files is whether the route serves files.
	Files bool
	// To is the router that the requests go on to, or nil.
	To *Router
	// Connect is whether the handler is one of Connect.
	Connect bool
}

// Name returns the name that the router has for the route: the method, a space and the pattern.
func (r *Route) Name() string {
	if r.Method == "" {
		return r.Pattern
	}
	return r.Method + " " + r.Pattern
}

// Service is a service of gRPC or Connect.
type Service struct {
	Framework Framework
	// Name is the full name, such as "shop.v1.Checkout".
	Name    string
	Methods []Method
	// Place is where the service is registered.
	Place Place
	// Server is the place that makes the server of gRPC, with its name in the code; both are zero where it was not found.
	Server     Place
	ServerName string
	// Handler is the constructor of the handler of Connect, such as "shopv1connect.NewCheckoutHandler".
	Handler string
	// Wrapped is whether the server has Cairn's interceptor already.
	Wrapped bool
}

// Method is a method of a service.
type Method struct {
	Name string
	// Streams is whether the method is a stream in at least one direction.
	Streams bool
}

// Gap is what could not be read or followed.
type Gap struct {
	Place Place
	// Text says what was not followed, and what to do.
	Text string
}
