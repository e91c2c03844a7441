package cxgrpc_test

import (
	"context"
	"net"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

const (
	unary  = "grpc.testing.TestService/UnaryCall"
	server = "grpc.testing.TestService/StreamingOutputCall"
	client = "grpc.testing.TestService/StreamingInputCall"
	bidi   = "grpc.testing.TestService/FullDuplexCall"
)

var w3c = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// process is a service's process: its client and what it emitted.
type process struct {
	client *cx.Client
	traces *sdktrace.TracerProvider
	spans  *tracetest.InMemoryExporter
	events chan event.Event
	faults chan string
}

func newProcess(t *testing.T, opts ...cx.Option) *process {
	t.Helper()
	p := &process{spans: tracetest.NewInMemoryExporter(), events: make(chan event.Event, 1000), faults: make(chan string, 1000)}
	p.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(p.spans))
	c, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(p.traces), cx.WithProcessors(p),
		cx.WithOnFault(func(_ context.Context, r fault.Report) { p.faults <- r.Fault.String() }),
	}, opts...)...)
	must(t, err)
	p.client = c
	t.Cleanup(func() {
		must(t, c.Shutdown(context.Background()))
		must(t, p.traces.Shutdown(context.Background()))
	})
	return p
}

// Process implements [event.Processor].
func (p *process) Process(_ context.Context, e *event.Event) { p.events <- *e }

// Shutdown implements [event.Processor].
func (*process) Shutdown(context.Context) error { return nil }

func (p *process) context(ctx context.Context) context.Context { return cx.NewContext(ctx, p.client) }

// touchpoints returns the next n touchpoints. It waits for them, because a server records a call after its client has the answer.
func (p *process) touchpoints(t *testing.T, n int) (all []event.Event) {
	t.Helper()
	patience := time.After(time.Minute)
	for len(all) < n {
		select {
		case e := <-p.events:
			if e.Kind == event.TouchpointEnded {
				all = append(all, e)
			}
		case <-patience:
			t.Fatalf("%d touchpoints, want %d", len(all), n)
		}
	}
	return all
}

// nothingMore fails if there are more touchpoints. Call it once the server has stopped.
func (p *process) nothingMore(t *testing.T) {
	t.Helper()
	for len(p.events) > 0 {
		if e := <-p.events; e.Kind == event.TouchpointEnded {
			t.Errorf("there is another touchpoint, %q", e.Touchpoint)
		}
	}
}

// counted returns the faults of the process so far.
func (p *process) counted(t *testing.T) (all []string) {
	t.Helper()
	must(t, p.client.Flush(t.Context()))
	for len(p.faults) > 0 {
		all = append(all, <-p.faults)
	}
	return all
}

// handlers are the service's methods; nil ones answer OK.
type handlers struct {
	pb.UnimplementedTestServiceServer

	unary  func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error)
	server func(*pb.StreamingOutputCallRequest, grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error
	client func(grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error
	bidi   func(grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error
}

func (h *handlers) UnaryCall(ctx context.Context, r *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if h.unary == nil {
		return &pb.SimpleResponse{}, nil
	}
	return h.unary(ctx, r)
}

func (h *handlers) StreamingOutputCall(r *pb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	return h.server(r, s)
}

func (h *handlers) StreamingInputCall(s grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
	return h.client(s)
}

func (h *handlers) FullDuplexCall(s grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	return h.bidi(s)
}

// running is a server on a real connection.
type running struct {
	*grpc.Server

	address string
}

// serve serves h in the process, with otelgrpc if instrumented. More are options of the server.
func serve(t *testing.T, p *process, instrumented bool, h *handlers, opts []grpc.ServerOption, register ...func(*grpc.Server)) *running {
	t.Helper()
	// The interceptors of the application come first in the chain, so that calls are in the process's context.
	all := []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(p.context(ctx), req)
		}),
		grpc.ChainStreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return next(srv, &inContext{ss, p.context(ss.Context())})
		}),
	}
	if instrumented {
		all = append(all, grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(p.traces), otelgrpc.WithPropagators(w3c))))
	}
	r := &running{Server: grpc.NewServer(append(all, opts...)...)}
	pb.RegisterTestServiceServer(r.Server, h)
	for _, more := range register {
		more(r.Server)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	r.address = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- r.Serve(l) }()
	t.Cleanup(func() {
		r.Stop()
		must(t, <-done)
	})
	return r
}

type inContext struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *inContext) Context() context.Context { return s.ctx }

// dial returns a client of the server. Where p is not nil it has otelgrpc.
func dial(t *testing.T, p *process, target string, opts ...grpc.DialOption) (*grpc.ClientConn, pb.TestServiceClient) {
	t.Helper()
	opts = append(opts, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if p != nil {
		opts = append(opts, grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithTracerProvider(p.traces), otelgrpc.WithPropagators(w3c))))
	}
	cc, err := grpc.NewClient(target, opts...)
	must(t, err)
	t.Cleanup(func() { must(t, cc.Close()) })
	return cc, pb.NewTestServiceClient(cc)
}

// withBaggage returns ctx with baggage of the application's own.
func withBaggage(ctx context.Context, t *testing.T, key, value string) context.Context {
	t.Helper()
	m, err := baggage.NewMemberRaw(key, value)
	must(t, err)
	b, err := baggage.FromContext(ctx).SetMember(m)
	must(t, err)
	return baggage.ContextWithBaggage(ctx, b)
}

func attrs(kvs []attribute.KeyValue) map[string]string {
	all := map[string]string{}
	for _, kv := range kvs {
		all[string(kv.Key)] = kv.Value.Emit()
	}
	return all
}

// traceOf returns the ID of the trace of a run.
func traceOf(id string) trace.TraceID {
	r := event.Run{Namespace: "default", Name: "checkout", ID: id}
	return r.TraceID()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
