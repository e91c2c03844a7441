package touchpoint

import (
	"context"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// definition returns the touchpoint of a call, or nil, and whether a customer may have made the call: the services by which a server is
// watched serve no customers.
func (r *RPC) definition(c *RPCCall) (d *Definition, customers bool) {
	if len(r.Routes) > 0 {
		if d, ok := r.Routes[c.Method]; ok {
			return d, true
		}
		if d, ok := r.Routes[serviceOf(c.Method)+"*"]; ok {
			return d, true
		}
	}
	switch {
	case isWatching(c.Method):
		return nil, false
	case r.OnlyRoutes, c.Unknown, serviceOf(c.Method) == "":
		return nil, true
	}
	return r.named.get(c.Method[1:]), true
}

// serviceOf returns the part of a full method up to the method, "/package.Service/", or "" for a text that is no full method.
func serviceOf(method string) string {
	end := strings.LastIndexByte(method, '/')
	if end < 2 || end == len(method)-1 || method[0] != '/' {
		return ""
	}
	return method[:end+1]
}

// isWatching reports whether the method is of the services by which gRPC itself lets a server be watched.
func isWatching(method string) bool {
	rest, ok := strings.CutPrefix(method, "/grpc.")
	return ok && (strings.HasPrefix(rest, "health.") || strings.HasPrefix(rest, "reflection.") || strings.HasPrefix(rest, "channelz."))
}

// checkRoutes reports the keys of Routes that no call can have, once.
func (r *RPC) checkRoutes(ctx context.Context) {
	if r.checked.Load() || !r.checked.CompareAndSwap(false, true) {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			flight.Fault(ctx, fault.PanicReport("an option of "+r.By, v))
		}
	}()
	for key, d := range r.Routes {
		why := r.lacks(key)
		if why == "" {
			continue
		}
		what := "WithRoute"
		if d == nil {
			what = "WithSkip"
		}
		flight.Fault(ctx, fault.Report{
			Fault: fault.UnknownRoute, Name: routeName(key), Detail: fmt.Sprintf("it is given to %s.%s, and %s", r.By, what, why),
		})
	}
}

// lacks returns why no call has the method, or "".
func (r *RPC) lacks(key string) string {
	service := serviceOf(key)
	if service == "" {
		return "is no full method: write /package.Service/Method, or /package.Service/* for all methods of a service"
	}
	if r.Methods == nil || key == service+"*" {
		return ""
	}
	methods := r.Methods(strings.Trim(service, "/"))
	if len(methods) == 0 {
		return "" // the service is not known here
	}
	full := make([]string, len(methods))
	for i, m := range methods {
		full[i] = service + m
	}
	return notAmong("the service", full, key)
}
