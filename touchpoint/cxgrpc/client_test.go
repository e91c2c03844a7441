package cxgrpc_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

// carried returns what a client with these targets sends to a service that is dialled so, as the position.
func carried(ctx context.Context, t *testing.T, dialled string, targets []string, dial []grpc.DialOption, call []grpc.CallOption) (text string, found bool) {
	t.Helper()
	cc, err := grpc.NewClient(dialled, append(dial, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	must(t, err)
	defer cc.Close()
	must(t, cxgrpc.UnaryClientInterceptor(targets...)(ctx, "/shop.v1.Cart/Pay", nil, nil, cc,
		func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			text, found = sent(ctx)
			return nil
		}, call...))
	_, err = cxgrpc.StreamClientInterceptor(targets...)(ctx, nil, cc, "/shop.v1.Cart/Pay",
		func(ctx context.Context, _ *grpc.StreamDesc, _ *grpc.ClientConn, _ string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
			if other, _ := sent(ctx); other != text {
				t.Errorf("a stream carries %q, and a call %q", other, text)
			}
			return nil, nil
		}, call...)
	must(t, err)
	return text, found
}

// sent returns the position that a call in ctx carries.
func sent(ctx context.Context) (text string, found bool) {
	md, _ := metadata.FromOutgoingContext(ctx)
	list := ""
	for i, v := range md.Get("baggage") {
		if i > 0 {
			list += ","
		}
		list += v
	}
	return propagate.TextFromBaggage(list)
}

// at returns a context in which a customer is in the run.
func at(ctx context.Context, id string) context.Context {
	return propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: "default", Name: "checkout", ID: id}})
}

// TestClientTargets: the target of the connection decides. Its forms are those of https://github.com/grpc/grpc/blob/master/doc/naming.md.
func TestClientTargets(t *testing.T) {
	t.Parallel()
	socket := "unix:///" + filepath.Join("run", "payments.sock")
	custom := grpc.WithResolvers(manual.NewBuilderWithScheme("registry"))
	for _, c := range []struct {
		name, reason string
		dialled      string
		targets      []string
		dial         []grpc.DialOption
		call         []grpc.CallOption
		want         bool
	}{
		{"a name", "it is named", "payments:8443", []string{"payments"}, nil, nil, true},
		{"dns", "it is the same", "dns:///payments:8443", []string{"payments:8443"}, nil, nil, true},
		{"dns, named with the scheme", "it is the same", "payments:8443", []string{"dns:///payments:8443"}, nil, nil, true},
		{"dns, short", "it is the same", "payments:8443", []string{"dns:payments:8443"}, nil, nil, true},
		{"dns of another server", "who resolves it does not matter", "dns://8.8.8.8/payments:8443", []string{"payments:8443"}, nil, nil, true},
		{"the port of dns", "it is 443", "dns:///payments", []string{"payments:443"}, nil, nil, true},
		{"another port", "it is not named", "dns:///payments:8443", []string{"payments:443"}, nil, nil, false},
		{"another host", "it is not named", "payments.evil.example:443", []string{"payments"}, nil, nil, false},
		{"below", "it is below", "dns:///payments.internal:443", []string{"*.internal"}, nil, nil, true},
		{"an address", "it is named", "127.0.0.1:8443", []string{"127.0.0.1"}, nil, nil, true},
		{"an address of IPv6", "it is named", "[::1]:8443", []string{"[::1]:8443"}, nil, nil, true},
		{"passthrough", "it is named", "passthrough:///payments:8443", []string{"payments"}, nil, nil, true},
		{"passthrough, another scheme is named", "a host is a host", "passthrough:///payments:8443", []string{"dns:///payments"}, nil, nil, true},
		{"a socket", "it is named", socket, []string{socket}, nil, nil, true},
		{"a socket, short", "it is the same", "unix:/run/payments.sock", []string{socket}, nil, nil, true},
		{"another socket", "it is not named", "unix:///run/other.sock", []string{socket}, nil, nil, false},
		{"a socket that is called like a host", "a host is no socket", "unix:payments", []string{"payments"}, nil, nil, false},
		{"an abstract socket", "it is named", "unix-abstract:payments", []string{"unix-abstract:payments"}, nil, nil, true},
		{"a registry", "it is named", "registry:///payments", []string{"registry:///payments"}, []grpc.DialOption{custom}, nil, true},
		{"a registry, only the host is named", "what a registry calls so is no host", "registry:///payments", []string{"payments"}, []grpc.DialOption{custom}, nil, false},
		{"no target", "none is named", "payments:8443", nil, nil, nil, false},
		{"an authority of the call", "it is another service", "payments:8443", []string{"payments"}, nil, []grpc.CallOption{grpc.CallAuthority("other")}, false},
		{"an authority of the call that is named", "both are named", "proxy:8443", []string{"payments", "proxy"}, nil, []grpc.CallOption{grpc.CallAuthority("payments")}, true},
		{"an authority of the call at another target", "the target gets it", "proxy:8443", []string{"payments"}, nil, []grpc.CallOption{grpc.CallAuthority("payments")}, false},
		{"a hostile target", "it is no host that is named", "dns:///payments@evil.example:443", []string{"payments"}, nil, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, got := carried(at(t.Context(), "c1"), t, c.dialled, c.targets, c.dial, c.call); got != c.want {
				t.Errorf("the position is sent: %v, want %v: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestClientCarriesItsOwn: a client sends the position of the context or none, whatever was in the metadata before.
func TestClientCarriesItsOwn(t *testing.T) {
	t.Parallel()
	own, _ := carried(at(t.Context(), "c1"), t, "payments:443", []string{"payments"}, nil, nil)
	for _, c := range []struct {
		name, reason string
		ctx          func(context.Context) context.Context
		targets      []string
		want         string
		others       string // the rest of the baggage
	}{
		{"nothing", "the customer is in no journey", func(ctx context.Context) context.Context { return ctx }, []string{"payments"}, "", ""},
		{"a position", "it is sent", func(ctx context.Context) context.Context { return at(ctx, "c1") }, []string{"payments"}, own, ""},
		{"another one was there", "it is replaced", func(ctx context.Context) context.Context {
			return at(metadata.AppendToOutgoingContext(ctx, "Baggage", "a=1,cairn=stale", "baggage", "b=2"), "c1")
		}, []string{"payments"}, own, "a=1,b=2"},
		{"another one was there, to another host", "it is removed", func(ctx context.Context) context.Context {
			return at(metadata.NewOutgoingContext(ctx, metadata.MD{"BAGGAGE": {"a=1,cairn=stale"}}), "c1")
		}, nil, "", "a=1"},
		{"in OpenTelemetry's baggage", "it would go everywhere", func(ctx context.Context) context.Context {
			return withBaggage(ctx, t, "cairn", "stale")
		}, nil, "", ""},
		{"other metadata", "it stays", func(ctx context.Context) context.Context {
			return at(metadata.AppendToOutgoingContext(ctx, "baggage-bin", "cairn=x"), "c1")
		}, []string{"payments"}, own, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, rest := "", ""
			before := c.ctx(t.Context())
			cc, err := grpc.NewClient("payments:443", grpc.WithTransportCredentials(insecure.NewCredentials()))
			must(t, err)
			defer cc.Close()
			must(t, cxgrpc.UnaryClientInterceptor(c.targets...)(before, "/shop.v1.Cart/Pay", nil, nil, cc,
				func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
					got, _ = sent(ctx)
					md, _ := metadata.FromOutgoingContext(ctx)
					for _, v := range md.Get("baggage") {
						rest = propagate.AddToBaggage(v, "")
					}
					if baggage.FromContext(ctx).Member("cairn").Key() != "" && c.want == "" {
						t.Error("OpenTelemetry's baggage has a position")
					}
					was, _ := metadata.FromOutgoingContext(before)
					if len(md.Get("baggage-bin")) != len(was.Get("baggage-bin")) {
						t.Error("other metadata has changed")
					}
					return nil
				}))
			if got != c.want || rest != c.others {
				t.Errorf("the call carries %q beside %q, want %q beside %q: %s", got, rest, c.want, c.others, c.reason)
			}
		})
	}
	// A call without a connection, as an in-process channel makes it, goes to no target.
	must(t, cxgrpc.UnaryClientInterceptor("payments")(at(t.Context(), "c1"), "/shop.v1.Cart/Pay", nil, nil, nil,
		func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			if _, found := sent(ctx); found {
				t.Error("a position goes to no target")
			}
			return nil
		}))
}

// TestClientRetries: every attempt of a call carries the position, and each is a touchpoint of the service.
func TestClientRetries(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	attempts := 0
	s := serve(t, p, true, &handlers{unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		if attempts++; attempts < 3 {
			return nil, unavailable
		}
		return &pb.SimpleResponse{}, nil
	}}, both(cxgrpc.WithTrustedPeers(func(context.Context) bool { return true })))
	r := manual.NewBuilderWithScheme("registry") // the call waits until the registry has an address
	cc, to := dial(t, p, "registry:///test", grpc.WithResolvers(r), grpc.WithChainUnaryInterceptor(cxgrpc.UnaryClientInterceptor("registry:///test")),
		grpc.WithDefaultServiceConfig(`{"methodConfig": [{"name": [{}], "waitForReady": true, "retryPolicy":
			{"maxAttempts": 4, "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}}]}`))
	cc.Connect()
	r.UpdateState(resolver.State{Addresses: []resolver.Address{{Addr: s.address}}})
	_, err := to.UnaryCall(at(t.Context(), "c1"), &pb.SimpleRequest{})
	must(t, err)
	s.GracefulStop()
	for i, e := range p.touchpoints(t, 3) {
		want := map[bool]event.Outcome{true: event.OK, false: event.Failed}[i == 2]
		if e.Journey.ID != "c1" || e.Outcome != want {
			t.Errorf("attempt %d is %v in %q, want %v", i+1, e.Outcome, e.Journey.ID, want)
		}
	}
	p.nothingMore(t)
}

// FuzzClientTarget: whatever a connection is dialled to, it gets a position only if its host is named.
func FuzzClientTarget(f *testing.F) {
	for _, s := range []string{"payments:443", "dns:///payments", "dns:///evil:443", "unix:///run/x.sock", "passthrough:payments", "payments@evil:1", "registry:///payments", "[::1]:1", "%", "dns:////payments", "dns:///payments/x"} {
		f.Add(s)
	}
	intercept := cxgrpc.UnaryClientInterceptor("payments", "unix:///run/payments.sock")
	f.Fuzz(func(t *testing.T, dialled string) {
		cc, err := grpc.NewClient(dialled, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return
		}
		defer cc.Close()
		must(t, intercept(at(t.Context(), "c1"), "/x/y", nil, nil, cc, func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			if _, found := sent(ctx); !found {
				return nil
			}
			switch to := cc.CanonicalTarget(); {
			case to == "unix:///run/payments.sock":
			case hostOf(to) != "payments":
				t.Errorf("%q is sent a position, whose host is %q", to, hostOf(to))
			}
			return nil
		}))
	})
}

// A client sends the position to the services that are named, and to no others.
func ExampleUnaryClientInterceptor() {
	cc, err := grpc.NewClient("dns:///payments.internal:443",
		grpc.WithTransportCredentials(insecure.NewCredentials()), // TLS in a service
		grpc.WithChainUnaryInterceptor(cxgrpc.UnaryClientInterceptor("payments.internal")),
		grpc.WithChainStreamInterceptor(cxgrpc.StreamClientInterceptor("payments.internal")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = cc.Close() }()
	fmt.Println(cc.CanonicalTarget())
	// Output: dns:///payments.internal:443
}

// hostOf returns the host of a target in its canonical form.
func hostOf(canonical string) string {
	_, rest, _ := strings.Cut(canonical, "://")
	_, endpoint, _ := strings.Cut(rest, "/")
	if host, _, err := net.SplitHostPort(endpoint); err == nil {
		endpoint = host
	}
	return strings.ToLower(strings.TrimSuffix(endpoint, "."))
}
