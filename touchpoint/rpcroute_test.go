package touchpoint_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/touchpoint"
)

// TestRPCRoutes: which calls are touchpoints, and of which name.
func TestRPCRoutes(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("a", 100) + ".Cart/Pay"
	for _, c := range []struct {
		name, reason string
		rpc          *touchpoint.RPC
		call         touchpoint.RPCCall
		want         string // "" is none
	}{
		{"by default", "each method is a touchpoint", &touchpoint.RPC{}, touchpoint.RPCCall{Method: payMethod}, "shop.v1.Cart/Pay"},
		{"defined", "the definition names it", &touchpoint.RPC{Routes: routed(payMethod, pay)}, touchpoint.RPCCall{Method: payMethod}, "pay"},
		{"a service is defined", "each of its methods is that", &touchpoint.RPC{Routes: routed("/shop.v1.Cart/*", pay)}, touchpoint.RPCCall{Method: payMethod}, "pay"},
		{"another service is defined", "the method is not of it", &touchpoint.RPC{Routes: routed("/shop.v1.Car/*", pay)}, touchpoint.RPCCall{Method: payMethod}, "shop.v1.Cart/Pay"},
		{"skipped", "the application says so", &touchpoint.RPC{Routes: routed(payMethod, nil)}, touchpoint.RPCCall{Method: payMethod}, ""},
		{"the service is skipped", "the application says so", &touchpoint.RPC{Routes: routed("/shop.v1.Cart/*", nil)}, touchpoint.RPCCall{Method: payMethod}, ""},
		{"the service is skipped, the method is defined", "the method says more", &touchpoint.RPC{Routes: map[string]*touchpoint.Definition{"/shop.v1.Cart/*": nil, payMethod: pay}}, touchpoint.RPCCall{Method: payMethod}, "pay"},
		{"only routes", "it is none of them", &touchpoint.RPC{OnlyRoutes: true}, touchpoint.RPCCall{Method: payMethod}, ""},
		{"only routes, defined", "it is one of them", &touchpoint.RPC{OnlyRoutes: true, Routes: routed(payMethod, pay)}, touchpoint.RPCCall{Method: payMethod}, "pay"},
		{"health", "a probe is no customer", &touchpoint.RPC{}, touchpoint.RPCCall{Method: "/grpc.health.v1.Health/Check"}, ""},
		{"reflection", "a tool is no customer", &touchpoint.RPC{}, touchpoint.RPCCall{Method: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}, ""},
		{"health, defined", "the application says so", &touchpoint.RPC{Routes: routed("/grpc.health.v1.Health/Check", pay)}, touchpoint.RPCCall{Method: "/grpc.health.v1.Health/Check"}, "pay"},
		{"a similar package", "only gRPC's own are left out", &touchpoint.RPC{}, touchpoint.RPCCall{Method: "/grpc.healthcare.v1.Doctors/List"}, "grpc.healthcare.v1.Doctors/List"},
		{"made up by the client", "it would be a name for each", &touchpoint.RPC{}, touchpoint.RPCCall{Method: payMethod, Unknown: true}, ""},
		{"made up, and defined", "the application knows it", &touchpoint.RPC{Routes: routed(payMethod, pay)}, touchpoint.RPCCall{Method: payMethod, Unknown: true}, "pay"},
		{"no full method", "it has no name", &touchpoint.RPC{}, touchpoint.RPCCall{Method: "Pay"}, ""},
		{"no method", "it has no name", &touchpoint.RPC{}, touchpoint.RPCCall{Method: "/shop.v1.Cart/"}, ""},
		{"no service", "it has no name", &touchpoint.RPC{}, touchpoint.RPCCall{Method: "//Pay"}, ""},
		{"long", "the end of the name tells it from others", &touchpoint.RPC{}, touchpoint.RPCCall{Method: long}, strings.Repeat("a", 55) + "~"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			s.call(t.Context(), c.rpc, c.call, func(ctx context.Context) uint32 {
				if (touchpoint.FromContext(ctx) != nil) != (c.want != "") {
					t.Errorf("the context has a touchpoint: %v", touchpoint.FromContext(ctx) != nil)
				}
				return 0
			})
			want := []string{c.want}
			if c.want == "" {
				want = nil
			}
			got := s.names()
			if c.name == "long" && len(got) == 1 { // the checksum is that of the name
				got = []string{got[0][:56]}
			}
			if !slices.Equal(got, want) {
				t.Errorf("the touchpoints are %q, want %q: %s", got, want, c.reason)
			}
		})
	}
}

func routed(method string, d *touchpoint.Definition) map[string]*touchpoint.Definition {
	return map[string]*touchpoint.Definition{method: d}
}

// TestRPCUnknownRoutes: a method that no call can have is told once, and no other one is.
func TestRPCUnknownRoutes(t *testing.T) {
	t.Parallel()
	methods := func(service string) []string {
		if service == "shop.v1.Cart" {
			return []string{"Open", "Pay"}
		}
		return nil
	}
	for _, c := range []struct {
		name, reason, method string
		methods              func(string) []string
		told                 bool
	}{
		{"there is one", "it is right", payMethod, methods, false},
		{"a method that is not", "the service does not have it", "/shop.v1.Cart/Pai", methods, true},
		{"a service that is not known", "it may be written by hand", "/shop.v1.Crat/Pay", methods, false},
		{"all methods of a service", "it names no method", "/shop.v1.Cart/*", methods, false},
		{"without the slash", "no full method is written so", "shop.v1.Cart/Pay", methods, true},
		{"a name alone", "no full method is written so", "Pay", nil, true},
		{"nothing is known", "what cannot be asked is not doubted", "/shop.v1.Cart/Pai", nil, false},
		{"the function panics", "that is told instead", payMethod, func(string) []string { panic("secret") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r := &touchpoint.RPC{By: "an adapter", Methods: c.methods, Routes: routed(c.method, pay)}
			for range 3 {
				s.call(t.Context(), r, touchpoint.RPCCall{Method: "/shop.v1.Cart/Open"}, answering(0))
			}
			var want []string
			switch {
			case c.told:
				want = []string{"unknown_route"}
			case c.name == "the function panics":
				want = []string{"panic"}
			}
			if got := s.counted(); !slices.Equal(got, want) {
				t.Errorf("the faults are %q, want %q: %s", got, want, c.reason)
			}
		})
	}
}
