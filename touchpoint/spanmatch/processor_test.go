package spanmatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/spanrule"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

func TestJourneyOfSpans(t *testing.T) {
	t.Parallel()
	s := serve(t, spanmatch.RecordAll(nil))
	began := s.span(t.Context(), "POST /cart", trace.SpanKindServer, cart("c-1"), attribute.String("enduser.id", "u-1"))
	s.span(t.Context(), "GET /health", trace.SpanKindServer)
	ctx, pay := s.tracer.Start(t.Context(), "POST", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(cart("c-1")))
	m, _ := baggage.NewMember("cart.id", "c-1")
	b, _ := baggage.New(m)
	s.span(baggage.ContextWithBaggage(ctx, b), "charge", trace.SpanKindClient) // a child that matches, too
	pay.SetName("POST /cart/{cart}/pay")                                       // as otelhttp does, when it knows the route
	pay.End()

	j := s.Journey("checkout", "c-1").Started().Completed().Stages("cart", "payment")
	j.Touchpoint("open-cart").Times(1).OK()
	j.Touchpoint("charge-card").Times(1).OK()
	paid := j.Touchpoint("submit-payment").Times(1).OK().Events()[0]
	if want := spanrule.ID(pay.SpanContext().TraceID(), pay.SpanContext().SpanID()); paid.ID != want {
		t.Errorf("the event has the ID %s, want that of its span, %s", paid.ID, want)
	}
	if !paid.SpanContext.Equal(pay.SpanContext()) || paid.Channel != event.Web {
		t.Errorf("the event has the span %v and the channel %v", paid.SpanContext, paid.Channel)
	}
	if hash, _ := s.Client().CustomerHash("u-1"); s.Events(event.JourneyStarted)[0].Customer.Hash != hash {
		t.Error("the start has another customer than the span")
	}
	s.NoFaults()
	s.linked(t, began, pay.SpanContext())
}

// linked asserts that the spans and the trace of the run are linked in both directions.
func (s *service) linked(t *testing.T, requests ...trace.SpanContext) {
	t.Helper()
	run := event.Run{Namespace: s.Client().Namespace(), Name: "checkout", ID: "c-1"}
	for _, request := range requests {
		from, to := 0, 0
		for _, sp := range s.spans.GetSpans() {
			if sp.SpanContext.SpanID() != request.SpanID() {
				continue
			}
			for _, l := range sp.Links {
				if l.SpanContext.TraceID() == run.TraceID() {
					to++
				}
			}
			for _, want := range []attribute.KeyValue{attribute.String("cx.journey.id", "c-1"), attribute.String("cx.journey.name", "checkout"), attribute.String("cx.outcome", "ok")} {
				if v, ok := attr(sp.Attributes, want.Key); !ok || v != want.Value {
					t.Errorf("span %s has %s = %s, want %s", sp.Name, want.Key, v.Emit(), want.Value.Emit())
				}
			}
		}
		for _, sp := range s.journeys.GetSpans() {
			if sp.SpanContext.TraceID() != run.TraceID() {
				t.Errorf("span %s is in the trace %s, want %s", sp.Name, sp.SpanContext.TraceID(), run.TraceID())
			}
			for _, l := range sp.Links {
				if l.SpanContext.SpanID() == request.SpanID() {
					from++
				}
			}
		}
		if to != 1 || from < 1 {
			t.Errorf("the request has %d links to the run, want 1, and the run %d to it, want 1 or more", to, from)
		}
	}
}

func attr(list []attribute.KeyValue, key attribute.Key) (attribute.Value, bool) {
	for _, kv := range list {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return attribute.Value{}, false
}

// Without WithNext the run links to the request, and the exported span is the SDK's own.
func TestWithoutNext(t *testing.T) {
	t.Parallel()
	r := cxtest.New(t, cx.WithBlueprint(shop()))
	p, err := spanmatch.New(shop(), spanmatch.WithClient(r.Client()))
	if err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(spanmatch.RecordAll(nil)), sdktrace.WithSpanProcessor(p), sdktrace.WithSpanProcessor(spans))
	_, span := tp.Tracer("shop").Start(t.Context(), "GET /search")
	span.End()
	r.Touchpoint("search").Times(1).OK()
	if got := spans.Ended()[len(spans.Ended())-1]; len(got.Links()) != 0 || len(got.Attributes()) != 0 {
		t.Errorf("the span has links %v and attributes %v", got.Links(), got.Attributes())
	}
}

func TestFailedSpan(t *testing.T) {
	t.Parallel()
	s := serve(t, spanmatch.RecordAll(nil))
	_, span := s.tracer.Start(t.Context(), "GET /search", trace.WithAttributes(attribute.String("error.type", "timeout")))
	span.SetStatus(codes.Error, "the customer Ada Lovelace waited too long")
	span.End()
	e := s.Touchpoint("search").Times(1).Failed().Events()[0]
	if e.ErrorType != "timeout" {
		t.Errorf("the class of the error is %q, want timeout", e.ErrorType)
	}
	if text := string(e.AppendJSON(nil)); strings.Contains(text, "Ada") {
		t.Errorf("the event has the description of the status, which may hold personal data: %s", text)
	}
}

// A span without the ID of its run is a touchpoint of no journey, and a fault that names what is missing.
func TestMissingCase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, span, touchpoint, want string
		kind                         trace.SpanKind
	}{
		{"an attribute", "POST /cart", "open-cart", `the attribute "cart.id"`, trace.SpanKindServer},
		{"baggage", "charge", "charge-card", `the member "cart.id" of the baggage`, trace.SpanKindClient},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var told []string
			r := cxtest.New(t, cx.WithBlueprint(shop()), cx.WithOnFault(func(_ context.Context, r fault.Report) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, r.String())
			})).AllowFaults(fault.OutsideJourney, test.touchpoint)
			p, err := spanmatch.New(shop(), spanmatch.WithClient(r.Client()))
			if err != nil {
				t.Fatal(err)
			}
			tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(spanmatch.RecordAll(nil)))
			_, span := tp.Tracer("shop").Start(t.Context(), test.span, trace.WithSpanKind(test.kind))
			span.End()
			r.Touchpoint(test.touchpoint).Times(1)
			if got := r.Events(); len(got) != 1 || !got[0].Journey.IsZero() {
				t.Errorf("events %v, want one of no journey", got)
			}
			if err := r.Client().Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if err := r.Client().Shutdown(t.Context()); err != nil { // the report is told by then
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(told) != 1 || !strings.Contains(told[0], test.want) {
				t.Errorf("faults %q, want one with %q", told, test.want)
			}
		})
	}
}

// A span that touchpoint.Handler, or code, has described is no second touchpoint.
func TestDescribedSpanIsNoSecondTouchpoint(t *testing.T) {
	t.Parallel()
	s := serve(t, spanmatch.RecordAll(nil))
	r := cxtest.New(t, cx.WithBlueprint(shop()), cx.WithTracerProvider(s.provider))
	_, tp := touchpoint.Define("GET /search").Start(r.Context(t.Context()), event.Web) // its span has this name, and goes through the matcher
	tp.End()
	if n := len(s.spans.GetSpans()); n == 0 {
		t.Fatal("no span went through the matcher")
	}
	if got := s.Events(); len(got) != 0 {
		t.Errorf("the matcher recorded %v", got)
	}
	r.AllowFaults(fault.UnknownName)
}

// With one trace in a hundred sampled, RecordAll counts every touchpoint, and exports what the sampler samples.
func TestSampledCounts(t *testing.T) {
	t.Parallel()
	const requests = 2000
	s := serve(t, spanmatch.RecordAll(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))))
	for range requests {
		s.span(t.Context(), "GET /search", trace.SpanKindServer)
	}
	s.Touchpoint("search").Times(requests).OK()
	s.NoFaults()
	if n := len(s.spans.GetSpans()); n == 0 || n > requests/20 {
		t.Errorf("%d of %d spans were exported, want about 20", n, requests)
	}
}

// Without RecordAll most touchpoints are missing, and the client says so once, also for the SDK's default sampler, which drops what
// another service did not sample.
func TestUnrecordedSpansAreTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		sampler sdktrace.Sampler
		told    int64
	}{
		{"a ratio", sdktrace.TraceIDRatioBased(0.5), 1},
		{"a ratio by the parent", sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.5)), 1},
		{"the default", sdktrace.ParentBased(sdktrace.AlwaysSample()), 1},
		{"every span", sdktrace.AlwaysSample(), 0},
		{"RecordAll", spanmatch.RecordAll(sdktrace.TraceIDRatioBased(0.5)), 0},
		{"RecordAll of none", spanmatch.RecordAll(sdktrace.NeverSample()), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.sampler)
			for range 50 {
				s.span(t.Context(), "GET /search", trace.SpanKindServer)
			}
			s.AllowFaults(fault.Unrecorded)
			count := int64(0)
			for _, f := range s.Faults(fault.Unrecorded) {
				count += f.Count
			}
			if count != test.told {
				t.Errorf("the fault was counted %d times, want %d", count, test.told)
			}
			for _, sp := range s.spans.GetSpans() {
				if sp.Name == "cairn.probe" {
					t.Error("the question was exported")
				}
			}
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		bp         *blueprint.Blueprint
		opts       []spanmatch.Option
	}{
		{"no blueprint", "the blueprint is nil", nil, nil},
		{"a faulty one", "version", &blueprint.Blueprint{}, nil},
		{"no rule", "no touchpoint of the blueprint has match", &blueprint.Blueprint{Version: 1, Touchpoints: []blueprint.Touchpoint{{Name: "a"}}}, nil},
		{"no open span", "WithMaxOpen(0)", shop(), []spanmatch.Option{spanmatch.WithMaxOpen(0)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if p, err := spanmatch.New(test.bp, test.opts...); !errors.Is(err, spanmatch.ErrConfig) || !strings.Contains(err.Error(), test.want) || p != nil {
				t.Errorf("%v, %v, want an error with %q", p, err, test.want)
			}
		})
	}
	if _, err := spanmatch.New(shop(), nil, spanmatch.WithNext(nil)); err != nil {
		t.Errorf("a nil option, and a nil processor: %v", err)
	}
}

// A nil Processor, and one without a client, do nothing.
func TestNothing(t *testing.T) {
	t.Parallel()
	var none *spanmatch.Processor
	lone, err := spanmatch.New(shop())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*spanmatch.Processor{none, lone} {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
		_, span := tp.Tracer("shop").Start(t.Context(), "GET /search")
		span.End()
		if err := errors.Join(tp.ForceFlush(t.Context()), tp.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

// broken is a processor behind the matcher that reports errors.
type broken struct{ sdktrace.SpanProcessor }

func (broken) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (broken) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (broken) ForceFlush(context.Context) error                { return errFlush }
func (broken) Shutdown(context.Context) error                  { return errShutdown }

var errFlush, errShutdown = errors.New("flush"), errors.New("shutdown")

func TestErrorsOfNext(t *testing.T) {
	t.Parallel()
	p, err := spanmatch.New(shop(), spanmatch.WithNext(broken{}, broken{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ForceFlush(t.Context()); !errors.Is(err, errFlush) {
		t.Errorf("ForceFlush: %v", err)
	}
	if err := p.Shutdown(t.Context()); !errors.Is(err, errShutdown) {
		t.Errorf("Shutdown: %v", err)
	}
}

// panics is a processor of events that panics.
type panics struct{}

func (panics) Process(context.Context, *event.Event) { panic("no") }
func (panics) Shutdown(context.Context) error        { return nil }

// A panic of a processor of the client does not reach the service, and the span goes on.
func TestPanicIsContained(t *testing.T) {
	t.Parallel()
	r := cxtest.New(t, cx.WithBlueprint(shop()), cx.WithProcessors(panics{})).AllowFaults(fault.Panic)
	spans := tracetest.NewInMemoryExporter()
	p, err := spanmatch.New(shop(), spanmatch.WithClient(r.Client()), spanmatch.WithNext(sdktrace.NewSimpleSpanProcessor(spans)))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(spanmatch.RecordAll(nil)), sdktrace.WithSpanProcessor(p))
	_, span := tp.Tracer("shop").Start(t.Context(), "GET /search")
	span.End()
	if n := len(spans.GetSpans()); n != 1 {
		t.Errorf("%d spans went on, want 1", n)
	}
}

// The baggage of spans that never end is bounded: the newest are kept.
func TestOpenSpansAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, spanmatch.RecordAll(nil), spanmatch.WithMaxOpen(640))
	s.AllowFaults(fault.OutsideJourney)
	var last []trace.Span
	for i := range 5000 {
		m, _ := baggage.NewMember("cart.id", fmt.Sprintf("c-%d", i))
		b, _ := baggage.New(m)
		_, span := s.tracer.Start(baggage.ContextWithBaggage(context.Background(), b), "charge", trace.WithSpanKind(trace.SpanKindClient))
		last = append(last, span)
	}
	for _, span := range last {
		span.End()
	}
	placed := 0
	for _, e := range s.Touchpoint("charge-card").Times(5000).Events() {
		if !e.Journey.IsZero() {
			placed++
		}
	}
	if placed == 0 || placed > 640 {
		t.Errorf("%d spans had their baggage, want 1 to 640", placed)
	}
	if e := s.Touchpoint("charge-card").Events(); e[len(e)-1].Journey.ID != "c-4999" {
		t.Errorf("the newest span is in the run %q, want c-4999", e[len(e)-1].Journey.ID)
	}
}

// Many goroutines start and end spans at once, with and without baggage.
func TestConcurrentSpans(t *testing.T) {
	t.Parallel()
	s := serve(t, spanmatch.RecordAll(nil))
	const workers, each = 8, 200
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				m, _ := baggage.NewMember("cart.id", fmt.Sprintf("c-%d-%d", w, i))
				b, _ := baggage.New(m)
				s.span(baggage.ContextWithBaggage(context.Background(), b), "charge", trace.SpanKindClient)
				s.span(context.Background(), "GET /health", trace.SpanKindServer)
			}
		})
	}
	wg.Wait()
	runs := map[string]bool{}
	for _, e := range s.Touchpoint("charge-card").Times(workers * each).Events() {
		runs[e.Journey.ID] = true
	}
	if len(runs) != workers*each {
		t.Errorf("%d runs, want %d: baggage of one span is in another one's run", len(runs), workers*each)
	}
}

func TestSamplerDescription(t *testing.T) {
	t.Parallel()
	if got, want := spanmatch.RecordAll(sdktrace.AlwaysSample()).Description(), "RecordAll{AlwaysOnSampler}"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The span by which the processor asks the provider is no touchpoint, whichever names a rule takes.
func TestQuestionIsNoTouchpoint(t *testing.T) {
	t.Parallel()
	bp := &blueprint.Blueprint{Version: 1, Touchpoints: []blueprint.Touchpoint{{Name: "any", Match: blueprint.Matches{{Span: "c*"}}}}}
	r := cxtest.New(t, cx.WithBlueprint(bp))
	p, err := spanmatch.New(bp, spanmatch.WithClient(r.Client()))
	if err != nil {
		t.Fatal(err)
	}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSampler(spanmatch.RecordAll(nil)), sdktrace.WithSpanProcessor(p)).Tracer("shop")
	for range 3 {
		_, span := tracer.Start(t.Context(), "checkout")
		span.End()
	}
	r.Touchpoint("any").Times(3)
}
