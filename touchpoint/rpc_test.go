package touchpoint_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

const payMethod = "/shop.v1.Cart/Pay"

// call serves one call as an adapter does.
func (s *spy) call(ctx context.Context, r *touchpoint.RPC, c touchpoint.RPCCall, serve func(ctx context.Context) (code uint32)) {
	ctx, call := r.Begin(flight.NewContext(ctx, s), c)
	defer call.End()
	call.Answer(serve(ctx))
}

func answering(code uint32) func(context.Context) uint32 {
	return func(context.Context) uint32 { return code }
}

// TestRPCOutcome: every code of gRPC. The numbers and names are those of https://grpc.io/docs/guides/status-codes; the errors of the server
// are those of OpenTelemetry's conventions for gRPC, and what turns a customer away in HTTP does so here.
func TestRPCOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code      uint32
		name      string
		outcome   event.Outcome
		http      int // what google.rpc.Code maps it to: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
		errorType string
	}{
		{0, "OK", event.OK, 200, ""},
		{1, "CANCELLED", event.Cancelled, 499, ""},
		{2, "UNKNOWN", event.Failed, 500, "UNKNOWN"},
		{3, "INVALID_ARGUMENT", event.OK, 400, ""},
		{4, "DEADLINE_EXCEEDED", event.Failed, 504, "DEADLINE_EXCEEDED"},
		{5, "NOT_FOUND", event.OK, 404, ""},
		{6, "ALREADY_EXISTS", event.OK, 409, ""},
		{7, "PERMISSION_DENIED", event.OK, 403, ""},
		{8, "RESOURCE_EXHAUSTED", event.Failed, 429, "RESOURCE_EXHAUSTED"},
		{9, "FAILED_PRECONDITION", event.OK, 400, ""},
		{10, "ABORTED", event.OK, 409, ""},
		{11, "OUT_OF_RANGE", event.OK, 400, ""},
		{12, "UNIMPLEMENTED", event.Failed, 501, "UNIMPLEMENTED"},
		{13, "INTERNAL", event.Failed, 500, "INTERNAL"},
		{14, "UNAVAILABLE", event.Failed, 503, "UNAVAILABLE"},
		{15, "DATA_LOSS", event.Failed, 500, "DATA_LOSS"},
		{16, "UNAUTHENTICATED", event.OK, 401, ""},
		{17, "no code: a client takes it for UNKNOWN", event.Failed, 500, "UNKNOWN"},
		{1 << 31, "no code", event.Failed, 500, "UNKNOWN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			s.call(t.Context(), &touchpoint.RPC{}, touchpoint.RPCCall{Method: payMethod}, answering(c.code))
			e := s.only(t)
			if e.Outcome != c.outcome || e.ErrorType != c.errorType || touchpoint.RPCOutcome(c.code) != c.outcome {
				t.Errorf("the touchpoint is %v, %q, want %v, %q", e.Outcome, e.ErrorType, c.outcome, c.errorType)
			}
			if e.Touchpoint != "shop.v1.Cart/Pay" || e.Channel != event.API || e.Duration <= 0 {
				t.Errorf("the touchpoint is %q on %v and took %v", e.Touchpoint, e.Channel, e.Duration)
			}
			// It is what the same status means over HTTP.
			over := newSpy(t)
			over.serve(touchpoint.Handler(routes(status(c.http), "/x")), get("/x"))
			if h := over.only(t); h.Outcome != e.Outcome {
				t.Errorf("it is %v by gRPC and %v with the status %d", e.Outcome, h.Outcome, c.http)
			}
		})
	}
}

// TestRPCMadeUpIDs: what is answered with NOT_FOUND is in no run that only the call names, and leaves nothing in the store.
func TestRPCMadeUpIDs(t *testing.T) {
	t.Parallel()
	elsewhere := &event.Position{Journey: event.Run{Name: "checkout", ID: "c0"}, Channel: event.Mobile}
	for _, c := range []struct {
		name, reason string
		code         uint32
		before       func(ctx context.Context) context.Context
		handler      func(ctx context.Context)
		want         string
		stores       bool
	}{
		{"OK", "there is such a cart", 0, nil, nil, "c1", true},
		{"NOT_FOUND", "there is none", 5, nil, nil, "", false},
		{"INVALID_ARGUMENT", "there is one", 3, nil, nil, "c1", true},
		{"INTERNAL", "the service does not know", 13, nil, nil, "c1", true},
		{"NOT_FOUND, but the handler has changed it", "then there is one", 5, nil, func(ctx context.Context) { checkout.Enter(ctx, "payment") }, "c1", true},
		{"NOT_FOUND, and a position says another run", "it is in that one", 5, func(ctx context.Context) context.Context {
			return propagate.ContextWithPosition(ctx, elsewhere)
		}, nil, "c0", true},
		{"NOT_FOUND, and a position says the same", "a service of ours knows it", 5, func(ctx context.Context) context.Context {
			return propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Name: "checkout", ID: "c1"}})
		}, nil, "c1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := &counting{appended: make(chan struct{}, 100)}
			s := newSpy(t, cx.WithStore(store))
			r := &touchpoint.RPC{
				Routes: routed(payMethod, touchpoint.Define("cart-page", touchpoint.In(checkout, "cart"))), Journey: checkout,
				ID: func(_ context.Context, method string, message any) string { return message.(string) + method[:0] },
			}
			ctx := flight.NewContext(t.Context(), s)
			if c.before != nil {
				ctx = c.before(ctx)
			}
			s.call(ctx, r, touchpoint.RPCCall{Method: payMethod, Message: "c1"}, func(ctx context.Context) uint32 {
				if c.handler != nil {
					c.handler(ctx)
				}
				return c.code
			})
			flush, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			must(t, s.client.Flush(flush))
			if e := s.only(t); e.Journey.ID != c.want {
				t.Errorf("the touchpoint is in %q, want %q: %s", e.Journey.ID, c.want, c.reason)
			}
			if stored := len(store.appended) > 0; stored != c.stores {
				t.Errorf("the store was given %d changes: %s", len(store.appended), c.reason)
			}
		})
	}
}

// TestRPCClientLeaves: what the client gets counts, and not what the handler answers after the client has left.
func TestRPCClientLeaves(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	overdue, over := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer over()
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
		code         uint32
		outcome      event.Outcome
		errorType    string
		asked        uint32
	}{
		{"the client waits", "it gets the answer", context.Background(), 0, event.OK, "", 0},
		{"the client left", "it gets none", canceled, 0, event.Cancelled, "", 1},
		{"the client left before an error", "it gets none", canceled, 13, event.Cancelled, "", 1},
		{"the deadline passed", "the client has given up", overdue, 0, event.Failed, "DEADLINE_EXCEEDED", 4},
		{"the deadline passed before a refusal", "the client has given up", overdue, 5, event.Failed, "DEADLINE_EXCEEDED", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked uint32
			s := newSpy(t)
			r := &touchpoint.RPC{Outcome: func(code uint32) event.Outcome { asked = code; return touchpoint.RPCOutcome(code) }}
			s.call(c.ctx, r, touchpoint.RPCCall{Method: payMethod}, answering(c.code))
			if e := s.only(t); e.Outcome != c.outcome || e.ErrorType != c.errorType || asked != c.asked {
				t.Errorf("it is %v, %q, of the code %d; want %v, %q, %d: %s", e.Outcome, e.ErrorType, asked, c.outcome, c.errorType, c.asked, c.reason)
			}
			if got := s.counted(); len(got) > 0 {
				t.Errorf("the faults are %q", got)
			}
		})
	}
}

// TestRPCDeadlineOfTheClient: the deadline of the client passes before that of the server, which hears of a cancellation.
func TestRPCDeadlineOfTheClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason   string
		given, elapsed time.Duration
		want           event.Outcome
	}{
		{"long before the deadline", "the customer left", time.Second, 500 * time.Millisecond, event.Cancelled},
		{"shortly before the deadline", "the way takes that long", time.Second, 950 * time.Millisecond, event.Failed},
		{"a second before a far deadline", "no way takes that long", time.Hour, time.Hour - time.Second, event.Cancelled},
		{"within the last tenth", "the way takes that long", 100 * time.Millisecond, 95 * time.Millisecond, event.Failed},
		{"before the last tenth of a short time", "the customer left", 100 * time.Millisecond, 50 * time.Millisecond, event.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSpy(t)
				ctx, cancel := context.WithTimeout(context.Background(), c.given)
				defer cancel()
				s.call(ctx, &touchpoint.RPC{}, touchpoint.RPCCall{Method: payMethod}, func(context.Context) uint32 {
					time.Sleep(c.elapsed) // by the clock of the bubble
					cancel()
					return 0
				})
				if e := s.only(t); e.Outcome != c.want {
					t.Errorf("it is %v, want %v: %s", e.Outcome, c.want, c.reason)
				}
			})
		})
	}
}

// TestRPCRefusedIsExcused: any client can call what is in no journey. Only an answer of the service is a reason to tell the developer.
func TestRPCRefusedIsExcused(t *testing.T) {
	t.Parallel()
	for code, told := range map[uint32]bool{0: true, 1: false, 3: false, 5: false, 7: false, 8: false, 13: true, 16: false} {
		var got []fault.Fault
		s := newSpy(t, cx.WithOnFault(func(_ context.Context, r fault.Report) { got = append(got, r.Fault) }))
		s.call(t.Context(), &touchpoint.RPC{Routes: routed(payMethod, pay)}, touchpoint.RPCCall{Method: payMethod}, answering(code))
		must(t, s.client.Flush(t.Context())) // waits for the reports
		if (len(got) == 1 && got[0] == fault.OutsideJourney) != told || len(got) > 1 {
			t.Errorf("the code %d: the faults are %v, told %v", code, got, told)
		}
	}
}

// TestRPCPanics: neither a handler nor a callback that panics changes what the client gets, and each is told.
func TestRPCPanics(t *testing.T) {
	t.Parallel()
	t.Run("the handler", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		func() {
			defer func() {
				if recover() != "secret" {
					t.Error("the panic did not go on")
				}
			}()
			s.call(t.Context(), &touchpoint.RPC{}, touchpoint.RPCCall{Method: payMethod}, func(context.Context) uint32 { panic("secret") })
		}()
		if e := s.only(t); e.Outcome != event.Failed || e.ErrorType != "panic" {
			t.Errorf("the touchpoint is %v, %q", e.Outcome, e.ErrorType)
		}
	})
	for name, r := range map[string]*touchpoint.RPC{
		"ID":        {Journey: checkout, ID: func(context.Context, string, any) string { panic("secret") }},
		"Channel":   {Channel: func(context.Context, string) event.Channel { panic("secret") }},
		"Synthetic": {Synthetic: func(context.Context, string) touchpoint.SyntheticType { panic("secret") }},
		"Outcome":   {Outcome: func(uint32) event.Outcome { panic("secret") }},
		"Trusted":   {Trusted: []func(context.Context) bool{nil, func(context.Context) bool { panic("secret") }}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r.By = "an adapter"
			ctx, changed := r.Receive(s.context(), payMethod, "cairn=1%2F%2Fcheckout%2Fvictim%2F%2F%2F%2F%2F%2F%2F%2F")
			if !changed || propagate.PositionFromContext(ctx) != nil {
				t.Error("the position was believed")
			}
			s.forgetUntrusted()
			s.call(ctx, r, touchpoint.RPCCall{Method: payMethod}, answering(14))
			if e := s.only(t); e.Outcome != event.Failed || e.ErrorType != "UNAVAILABLE" || e.Channel != event.API || !e.Journey.IsZero() {
				t.Errorf("the touchpoint is %v, %q, on %v, in %v", e.Outcome, e.ErrorType, e.Channel, e.Journey)
			}
			if got := s.counted(); len(got) == 0 || got[0] != "panic" {
				t.Errorf("the faults are %q, want panic", got)
			}
		})
	}
}

// forgetUntrusted forgets that a position was not believed.
func (s *spy) forgetUntrusted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f string) bool { return f == "untrusted_position" })
}

// TestRPCChannels: what says on which channel a call came.
func TestRPCChannels(t *testing.T) {
	t.Parallel()
	mobile := &event.Position{Journey: event.Run{Name: "checkout", ID: "c0"}, Channel: event.Mobile}
	says := func(c event.Channel) func(context.Context, string) event.Channel {
		return func(context.Context, string) event.Channel { return c }
	}
	for _, c := range []struct {
		name, reason string
		rpc          *touchpoint.RPC
		at           *event.Position
		own          event.Channel
		want         event.Channel
	}{
		{"nothing", "a program called", &touchpoint.RPC{}, nil, 0, event.API},
		{"the protocol", "the adapter knows more", &touchpoint.RPC{}, nil, event.Web, event.Web},
		{"the position", "it says where the customer is", &touchpoint.RPC{}, mobile, event.Web, event.Mobile},
		{"the application", "it decides", &touchpoint.RPC{Channel: says(event.Chat)}, mobile, event.Web, event.Chat},
		{"the application says nothing", "the default holds", &touchpoint.RPC{Channel: says(0)}, mobile, event.Web, event.Mobile},
		{"the application is wrong", "there is no such channel", &touchpoint.RPC{Channel: says(200)}, nil, 0, event.OtherChannel},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			s.call(propagate.ContextWithPosition(t.Context(), c.at), c.rpc, touchpoint.RPCCall{Method: payMethod, Channel: c.own}, answering(0))
			if e := s.only(t); e.Channel != c.want {
				t.Errorf("it is on %v, want %v: %s", e.Channel, c.want, c.reason)
			}
		})
	}
}

// TestRPCSynthetic: probes have the actor synthetic, and no other caller has.
func TestRPCSynthetic(t *testing.T) {
	t.Parallel()
	says := func(k touchpoint.SyntheticType) func(context.Context, string) touchpoint.SyntheticType {
		return func(context.Context, string) touchpoint.SyntheticType { return k }
	}
	for _, c := range []struct {
		name, agent string
		rpc         *touchpoint.RPC
		want        event.Actor
	}{
		{"a client of gRPC", "grpc-go/1.85.0", &touchpoint.RPC{}, event.ActorCustomer},
		{"a load test", "k6/1.3.0 grpc-go/1.85.0", &touchpoint.RPC{}, event.ActorSynthetic},
		{"the application says so", "grpc-go/1.85.0", &touchpoint.RPC{Synthetic: says(touchpoint.SyntheticTest)}, event.ActorSynthetic},
		{"the application says no", "k6/1.3.0", &touchpoint.RPC{Synthetic: says(touchpoint.NotSynthetic)}, event.ActorCustomer},
		{"the application says nonsense", "grpc-go/1.85.0", &touchpoint.RPC{Synthetic: says("nonsense")}, event.ActorCustomer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			s.call(t.Context(), c.rpc, touchpoint.RPCCall{Method: payMethod, Agent: c.agent}, answering(0))
			if e := s.only(t); e.Actor != c.want {
				t.Errorf("it is of %v, want %v", e.Actor, c.want)
			}
		})
	}
}

// noted is a recorder that counts the runs that requests were linked to.
type noted struct {
	*spy

	runs []string
}

func (n *noted) Request(_ context.Context, p *flight.Position) { n.runs = append(n.runs, p.Journey.ID) }

// live is a span of this process that records.
type live struct{ trace.Span }

func (live) IsRecording() bool { return true }

func (live) SpanContext() trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
}

// TestRPCPasses: a call that is no touchpoint is found from the run, unless the run may not exist.
func TestRPCPasses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason, id string
		at               string
		code             uint32
		span             bool
		want             []string
	}{
		{"a position", "the call is in that run", "", "c0", 0, true, []string{"c0"}},
		{"an ID", "the call is in that run", "c1", "", 0, true, []string{"c1"}},
		{"an ID, NOT_FOUND", "there is no such run", "c1", "", 5, true, nil},
		{"an ID that the position has too, NOT_FOUND", "there is one", "c1", "c1", 5, true, []string{"c1"}},
		{"neither", "there is no run", "", "", 0, true, nil},
		{"no span", "there is nothing to link", "c1", "c0", 0, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := &noted{spy: newSpy(t)}
			ctx := flight.NewContext(t.Context(), n)
			if c.at != "" {
				ctx = propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Name: "checkout", ID: c.at}})
			}
			if c.span {
				ctx = trace.ContextWithSpan(ctx, live{trace.SpanFromContext(context.Background())})
			}
			r := &touchpoint.RPC{Routes: routed(payMethod, nil), Journey: checkout, ID: func(context.Context, string, any) string { return c.id }}
			inner, call := r.Begin(ctx, touchpoint.RPCCall{Method: payMethod})
			if got := propagate.RouteFromContext(inner); got != payMethod {
				t.Errorf("reports of faults name the route %q", got)
			}
			call.Answer(c.code)
			call.End()
			if !slices.Equal(n.runs, c.want) {
				t.Errorf("the span is linked to %q, want %q: %s", n.runs, c.want, c.reason)
			}
			if len(n.all()) > 0 {
				t.Errorf("%d events", len(n.all()))
			}
		})
	}
}

// TestRPCWithoutClient: nothing is recorded, and the position is removed all the same.
func TestRPCWithoutClient(t *testing.T) {
	t.Parallel()
	r := &touchpoint.RPC{}
	ctx, changed := r.Receive(nil, payMethod, "cairn=1%2F%2Fcheckout%2Fvictim%2F%2F%2F%2F%2F%2F%2F%2F") //nolint:staticcheck // a nil context is safe
	inner, call := r.Begin(nil, touchpoint.RPCCall{Method: payMethod})                                  //nolint:staticcheck // a nil context is safe
	call.Answer(13)
	call.End()
	if !changed || propagate.PositionFromContext(ctx) != nil || call != nil || inner == nil {
		t.Errorf("changed %v, the call is %v", changed, call)
	}
}

// TestNilRPC: it makes no touchpoint, and removes the position all the same.
func TestNilRPC(t *testing.T) {
	t.Parallel()
	var r *touchpoint.RPC
	ctx, changed := r.Receive(t.Context(), payMethod, "cairn=1%2F%2Fcheckout%2Fvictim%2F%2F%2F%2F%2F%2F%2F%2F")
	_, call := r.Begin(ctx, touchpoint.RPCCall{Method: payMethod})
	call.Answer(0)
	call.End()
	if !changed || propagate.PositionFromContext(ctx) != nil || call != nil {
		t.Errorf("changed %v, the call is %v", changed, call)
	}
}

// An adapter for another RPC protocol takes the position out of each call, serves it, and says how it was answered.
func ExampleRPC() {
	rpc := &touchpoint.RPC{By: "an adapter", Signed: true}
	serve := func(ctx context.Context, method, baggage string, handler func(context.Context) uint32) uint32 {
		ctx, _ = rpc.Receive(ctx, method, baggage)
		ctx, call := rpc.Begin(ctx, touchpoint.RPCCall{Method: method})
		defer call.End()
		code := handler(ctx)
		call.Answer(code)
		return code
	}
	code := serve(context.Background(), "/shop.v1.Cart/Pay", "", func(ctx context.Context) uint32 {
		touchpoint.FromContext(ctx).Degrade("slow-psp")
		return 0
	})
	fmt.Println(code, touchpoint.RPCOutcome(14))
	// Output: 0 failed
}
