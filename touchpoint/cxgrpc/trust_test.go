package cxgrpc_test

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/baggage"
	"google.golang.org/grpc"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

// TestServerBelieves: every way in which a position comes over a real connection, with each reason to believe it. A position that is not
// believed is gone: from the metadata, from OpenTelemetry's baggage, and from what the service sends on.
func TestServerBelieves(t *testing.T) {
	t.Parallel()
	key, other := make([]byte, 32), make([]byte, 32)
	_, _ = rand.Read(key)
	_, _ = rand.Read(other)
	sign := func(key []byte, now time.Time) string {
		c, err := cx.New(cx.WithPositionKeys(key), cx.WithClock(func() time.Time { return now }))
		must(t, err)
		defer func() { must(t, c.Shutdown(context.Background())) }()
		return propagate.AddToBaggage("", propagate.Sign(at(cx.NewContext(context.Background(), c), "c1"), 0))
	}
	good, forged, old := sign(key, time.Now()), sign(other, time.Now()), sign(key, time.Now().Add(-time.Hour))
	unsigned := propagate.AddToBaggage("", propagate.Sign(at(context.Background(), "c1"), 0))
	signed := []cxgrpc.Option{cxgrpc.WithSignedPositions()}
	trusted := []cxgrpc.Option{cxgrpc.WithTrustedPeers(nil), cxgrpc.WithTrustedPeers(func(context.Context) bool { return false }), cxgrpc.WithTrustedPeers(func(ctx context.Context) bool {
		p, ok := peer.FromContext(ctx)
		return ok && p.Addr.(*net.TCPAddr).IP.IsLoopback()
	})}
	for _, c := range []struct {
		name, reason string
		metadata     []string
		opts         []cxgrpc.Option
		want         string
		fault        string
	}{
		{"none", "there is nothing to believe", nil, signed, "", ""},
		{"signed", "a service of ours made it", []string{"baggage", good}, signed, "c1", ""},
		{"signed, in capitals", "gRPC writes keys in lower case", []string{"Baggage", good}, signed, "c1", ""},
		{"signed, nothing is believed", "no option says so", []string{"baggage", good}, nil, "", "untrusted_position"},
		{"forged", "a stranger made it", []string{"baggage", forged}, signed, "", "unknown_position_key"},
		{"expired", "it was good an hour ago", []string{"baggage", old}, signed, "", "expired_position"},
		{"unsigned", "anyone can write it", []string{"baggage", unsigned}, signed, "", "unsigned_position"},
		{"unsigned, from a trusted peer", "the peer is the reason", []string{"baggage", unsigned}, trusted, "c1", ""},
		{"two entries that agree", "a hop has doubled it", []string{"baggage", good, "baggage", "a=1," + good}, signed, "c1", ""},
		{"two entries that differ", "one of them is a stranger's", []string{"baggage", good, "baggage", unsigned[:len(unsigned)-1] + "x"}, signed, "", "bad_header"},
		{"oversized", "no position is so long", []string{"baggage", "cairn=" + strings.Repeat("x", 6000)}, signed, "", "unsigned_position"},
		{"in a binary entry", "it is no baggage", []string{"baggage-bin", good}, signed, "", ""},
		{"of the key alone", "it is no baggage", []string{"cairn", good}, signed, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, cx.WithPositionKeys(key))
			check := func(ctx context.Context) {
				md, _ := metadata.FromIncomingContext(ctx)
				if text, found := propagate.TextFromBaggage(strings.Join(md.Get("baggage"), ",")); found {
					t.Errorf("the metadata has the position %q", text)
				}
				if m := baggage.FromContext(ctx).Member("cairn"); m.Key() != "" {
					t.Errorf("OpenTelemetry's baggage has the position %q", m.Value())
				}
				if c.name == "two entries that agree" && strings.Join(md.Get("baggage"), ",") != "a=1" {
					t.Errorf("the rest of the baggage is %q", md.Get("baggage"))
				}
			}
			s := serve(t, p, true, &handlers{
				unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
					check(ctx)
					return &pb.SimpleResponse{}, nil
				},
				bidi: func(s grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
					check(s.Context())
					return nil
				},
			}, both(c.opts...))
			_, to := dial(t, nil, s.address)
			ctx := metadata.AppendToOutgoingContext(t.Context(), c.metadata...)
			_, err := to.UnaryCall(ctx, &pb.SimpleRequest{})
			must(t, err)
			stream, err := to.FullDuplexCall(ctx)
			must(t, err)
			_, _ = stream.Recv()
			s.GracefulStop()
			for _, e := range p.touchpoints(t, 2) {
				if e.Journey.ID != c.want {
					t.Errorf("%s is in %q, want %q: %s", e.Touchpoint, e.Journey.ID, c.want, c.reason)
				}
			}
			got := p.counted(t)
			if (len(got) == 0) != (c.fault == "") || len(got) > 0 && got[0] != c.fault {
				t.Errorf("the faults are %q, want %q", got, c.fault)
			}
		})
	}
}

// TestAcrossServices: one customer's call goes through two services in their usual configuration, in one trace of requests and one of the
// journey.
func TestAcrossServices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		own          bool // the application has baggage of its own, which otelgrpc writes over the metadata
		targets      []string
		want         string
	}{
		{"to a named target", "it is sent and believed", false, []string{"127.0.0.1"}, "c1"},
		{"with baggage of the application", "both arrive", true, []string{"127.0.0.1"}, "c1"},
		{"to another target", "it is not sent", true, []string{"payments"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keys := cx.WithPositionKeys([]byte("a key of 16 bytes or more"))
			front, back := newProcess(t, keys), newProcess(t, keys)
			tenants := make(chan string, 2)
			s := serve(t, back, true, &handlers{
				unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
					tenants <- baggage.FromContext(ctx).Member("tenant").Value()
					return &pb.SimpleResponse{}, nil
				},
				bidi: func(s grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
					tenants <- baggage.FromContext(s.Context()).Member("tenant").Value()
					return nil
				},
			}, both(cxgrpc.WithSignedPositions()))
			_, to := dial(t, front, s.address, grpc.WithChainUnaryInterceptor(cxgrpc.UnaryClientInterceptor(c.targets...)),
				grpc.WithChainStreamInterceptor(cxgrpc.StreamClientInterceptor(c.targets...)))
			ctx := checkout.Start(front.context(t.Context()), "c1", event.Customer{})
			if c.own {
				ctx = withBaggage(ctx, t, "tenant", "acme")
			}
			_, err := to.UnaryCall(ctx, &pb.SimpleRequest{})
			must(t, err)
			stream, err := to.FullDuplexCall(ctx)
			must(t, err)
			_, _ = stream.Recv()
			s.GracefulStop()
			for _, e := range back.touchpoints(t, 2) {
				if e.Journey.ID != c.want {
					t.Errorf("%s is in %q, want %q: %s", e.Touchpoint, e.Journey.ID, c.want, c.reason)
				}
			}
			for range 2 {
				if got := <-tenants; (got == "acme") != c.own {
					t.Errorf("the application's baggage is %q", got)
				}
			}
			twins := 0
			for _, span := range back.spans.GetSpans() {
				if span.SpanContext.TraceID() == traceOf("c1") {
					twins++
				} else if !span.Parent.IsRemote() {
					t.Errorf("%s is no child of the client's span", span.Name)
				}
			}
			if want := map[bool]int{true: 2}[c.want != ""]; twins != want {
				t.Errorf("the service adds %d spans to the journey's trace, want %d", twins, want)
			}
			if got := back.counted(t); len(got) > 0 {
				t.Errorf("the faults are %q", got)
			}
		})
	}
}

// FuzzServerMetadata: whatever a stranger sends, the call is served, no position is believed, and none is left.
func FuzzServerMetadata(f *testing.F) {
	f.Add("baggage", "cairn=1%2F%2Fcheckout%2Fvictim%2F%2F%2F%2F%2F%2F%2F%2F;sig=x")
	f.Add("Baggage", "c%61irn=x,%63airn=y")
	f.Add("user-agent", "kube-probe/1.30")
	f.Add("", "\x00\xff")
	c, err := cx.New(cx.WithPositionKeys([]byte("a key of 16 bytes or more")), cx.WithOnFault(func(context.Context, fault.Report) {}))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	intercept := cxgrpc.UnaryServerInterceptor(cxgrpc.WithSignedPositions())
	f.Fuzz(func(t *testing.T, key, value string) {
		ctx := metadata.NewIncomingContext(cx.NewContext(t.Context(), c), metadata.MD{key: {value, "a=1"}})
		_, err := intercept(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/shop.v1.Cart/Pay"}, func(ctx context.Context, _ any) (any, error) {
			if p := propagate.PositionFromContext(ctx); p != nil && !p.Journey.IsZero() {
				t.Errorf("the position %v is believed", p)
			}
			md, _ := metadata.FromIncomingContext(ctx)
			if _, found := propagate.TextFromBaggage(strings.Join(md.Get("baggage"), ",")); found {
				t.Errorf("the metadata is %q", md)
			}
			return nil, nil
		})
		must(t, err)
	})
}
