package cxgrpc

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

// UnaryClientInterceptor sends the customer's position with unary calls to these targets, and to no others. The position is the member
// "cairn" of the W3C baggage in the metadata, signed if the client has keys (cx.WithPositionKeys). It removes a position that is already in
// the outgoing metadata or in OpenTelemetry's baggage. It changes nothing else of the call, and records nothing.
//
// The target that the connection was made for decides, and not the addresses that it resolves to:
//
//	dns, passthrough   the host and port, by the rules of [touchpoint.Transport]: "payments:8443" allows the port 8443, "payments" every
//	                   port, "*.internal" every host below internal. dns has the port 443 where there is none
//	unix, unix-abstract and every other scheme, such as xds or one of the application
//	                   only the target itself: "unix:///run/payments.sock", "xds:///payments"
//
// A call with [grpc.CallAuthority] asks for another service behind the target: the position goes with it only if that authority is named
// too. An authority of [grpc.WithAuthority] is not known here, and does not matter: it is the application's own choice for this target.
// A proxy from the environment (HTTPS_PROXY) does not matter either, but sees the position if the connection has no TLS.
func UnaryClientInterceptor(targets ...string) grpc.UnaryClientInterceptor {
	t := newTargets(targets)
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoker(t.outgoing(ctx, cc, opts), method, req, reply, cc, opts...)
	}
}

// StreamClientInterceptor sends the customer's position with streams to these targets, and to no others. The position is that of the context
// with which the stream is opened. [UnaryClientInterceptor] says what a target is.
func StreamClientInterceptor(targets ...string) grpc.StreamClientInterceptor {
	t := newTargets(targets)
	return func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		return streamer(t.outgoing(ctx, cc, opts), desc, cc, method, opts...)
	}
}

// targets are the targets that a position may go to.
type targets struct {
	hosts *touchpoint.Targets
	exact map[string]bool // by canonical form
	last  atomic.Pointer[decision]
}

// decision is what was decided about a target. A connection has one target for its life, and most interceptors have one connection.
type decision struct {
	target string
	allow  bool
}

func newTargets(allowed []string) *targets {
	t := &targets{exact: map[string]bool{}}
	var hosts []string
	for _, a := range allowed {
		switch u, ok := parse(a); {
		case !ok:
			hosts = append(hosts, a)
		case u.byHost():
			hosts = append(hosts, u.endpoint)
		default:
			t.exact[u.String()] = true
		}
	}
	t.hosts = touchpoint.NewTargets(hosts...)
	return t
}

// outgoing returns the context of a call.
func (t *targets) outgoing(ctx context.Context, cc *grpc.ClientConn, opts []grpc.CallOption) context.Context {
	var text string
	if cc != nil && t.allow(cc.CanonicalTarget()) && t.allowAuthority(opts) {
		text = propagate.Sign(ctx, 0)
	}
	ctx, _ = propagate.Outgoing(ctx, text)
	md, ok := metadata.FromOutgoingContext(ctx) // a copy
	if was := touchpoint.BaggageOf(md); !ok || was == "" {
		if text == "" {
			return ctx
		}
		return metadata.AppendToOutgoingContext(ctx, baggageKey, propagate.AddToBaggage("", text))
	}
	touchpoint.CarryPosition(md, baggageKey, text)
	return metadata.NewOutgoingContext(ctx, md)
}

// allow reports whether the target, in gRPC's canonical form, is one of them.
func (t *targets) allow(canonical string) bool {
	if d := t.last.Load(); d != nil && d.target == canonical {
		return d.allow
	}
	d := &decision{target: canonical}
	if to, ok := parse(canonical); ok {
		if to.byHost() {
			d.allow = t.hosts.Allow(to.endpoint, to.port())
		} else {
			d.allow = t.exact[to.String()]
		}
	}
	t.last.Store(d)
	return d.allow
}

// allowAuthority reports whether the call has no authority of its own, or an allowed one.
func (t *targets) allowAuthority(opts []grpc.CallOption) bool {
	ok := true
	for _, o := range opts {
		if a, is := o.(grpc.AuthorityOverrideCallOption); is {
			ok = t.hosts.Allow(a.Authority, "443") // the last one holds
		}
	}
	return ok
}

// target is a target of gRPC (https://github.com/grpc/grpc/blob/master/doc/naming.md).
type target struct{ scheme, authority, endpoint string }

// parse parses a target with a scheme. "payments:443" has none.
func parse(s string) (t target, ok bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		return target{}, false
	}
	t = target{scheme: u.Scheme, authority: u.Host, endpoint: u.Opaque}
	if t.endpoint == "" {
		t.endpoint = strings.TrimPrefix(u.Path, "/")
	} else if !t.byHost() && !t.bySocket() {
		return target{}, false // a host and its port
	}
	if t.scheme == "unix" {
		t.endpoint = strings.TrimPrefix(t.endpoint, "/")
	}
	return t, true
}

func (t target) byHost() bool { return t.scheme == "dns" || t.scheme == "passthrough" }

func (t target) bySocket() bool { return t.scheme == "unix" || t.scheme == "unix-abstract" }

// port returns the port of a target without one.
func (t target) port() string {
	if t.scheme == "dns" {
		return "443" // https://github.com/grpc/grpc/blob/master/doc/naming.md
	}
	return ""
}

// String returns the canonical form.
func (t target) String() string { return t.scheme + "://" + t.authority + "/" + t.endpoint }
