package cxconnect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

// The procedures of the service.
const (
	service = "/shop.v1.Cart/"
	unary   = service + "Pay"
	cached  = service + "Look"
	server  = service + "Watch"
	client  = service + "Fill"
	bidi    = service + "Chat"
)

var w3c = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// text is a message of the service.
type text = wrapperspb.StringValue

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

// otel returns otelconnect's interceptor in the process.
func (p *process) otel(t *testing.T) connect.Interceptor {
	t.Helper()
	i, err := otelconnect.NewInterceptor(otelconnect.WithTracerProvider(p.traces), otelconnect.WithPropagator(w3c), otelconnect.WithTrustRemote())
	must(t, err)
	return i
}

// handlers are the service's procedures; nil ones answer without an error.
type handlers struct {
	unary  func(context.Context, *connect.Request[text]) (*connect.Response[text], error)
	server func(context.Context, *connect.Request[text], *connect.ServerStream[text]) error
	client func(context.Context, *connect.ClientStream[text]) (*connect.Response[text], error)
	bidi   func(context.Context, *connect.BidiStream[text, text]) error
}

// serve serves h in the process on a real connection, over HTTP/2, until the test ends.
func serve(t *testing.T, p *process, h handlers, opts ...connect.HandlerOption) *httptest.Server {
	t.Helper()
	if h.unary == nil {
		h.unary = func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
			return connect.NewResponse(&text{}), nil
		}
	}
	mux := http.NewServeMux()
	mux.Handle(unary, connect.NewUnaryHandler(unary, h.unary, opts...))
	mux.Handle(cached, connect.NewUnaryHandler(cached, h.unary, append(opts, connect.WithIdempotency(connect.IdempotencyNoSideEffects))...))
	mux.Handle(server, connect.NewServerStreamHandler(server, h.server, opts...))
	mux.Handle(client, connect.NewClientStreamHandler(client, h.client, opts...))
	mux.Handle(bidi, connect.NewBidiStreamHandler(bidi, h.bidi, opts...))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(p.context(r.Context())))
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// to returns a client of a procedure of the server.
func to(s *httptest.Server, procedure string, opts ...connect.ClientOption) *connect.Client[text, text] {
	return connect.NewClient[text, text](s.Client(), s.URL+procedure, opts...)
}

// protocols are those of Connect, each as the options of a client.
func protocols() map[string][]connect.ClientOption {
	return map[string][]connect.ClientOption{
		connect.ProtocolConnect: nil,
		connect.ProtocolGRPC:    {connect.WithGRPC()},
		connect.ProtocolGRPCWeb: {connect.WithGRPCWeb()},
	}
}

// at returns a context in which a customer is in the run.
func at(ctx context.Context, id string) context.Context {
	return propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: "default", Name: "checkout", ID: id}})
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

// coded returns an error with the code; 0 is none.
func coded(code connect.Code) error {
	if code == 0 {
		return nil
	}
	return connect.NewError(code, errors.New("secret"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
