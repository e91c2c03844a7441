package sdktest_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/internal/flight"
)

// shown is a Telemetry that gets its events from the test.
type shown struct {
	*telemetry.Telemetry
	*process

	faults map[fault.Fault]int
}

// showing returns a Telemetry on an SDK. With flat, the provider of journey spans chooses their IDs.
func showing(t *testing.T, flat bool, change ...func(*telemetry.Config)) *shown {
	t.Helper()
	s := &shown{faults: map[fault.Fault]int{}, process: &process{
		tb: t, twins: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader(), logs: &logExporter{},
	}}
	var journeys trace.TracerProvider = otelsetup.NewJourneyTracerProvider(sdkResource("shop"), sdktrace.NewSimpleSpanProcessor(s.twins))
	if flat {
		journeys = sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.twins))
	}
	cfg := telemetry.Config{
		TracerProvider: sdktrace.NewTracerProvider(), JourneyTracerProvider: journeys,
		MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader)),
		LoggerProvider: sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(s.logs))),
		Tell:           func(_ context.Context, r fault.Report) { s.faults[r.Fault]++ },
		Handle:         func(error) {},
	}
	for _, f := range change {
		f(&cfg)
	}
	tel, err := telemetry.New(cfg)
	must(t, err)
	s.Telemetry = tel
	return s
}

// show shows an event of the order's checkout.
func (s *shown) show(change func(*event.Event)) {
	e := event.Event{Journey: event.Run{Namespace: namespace, Name: "checkout", ID: orderID, Started: day1}}
	change(&e)
	s.Show(context.Background(), flight.Of(e))
}

// promise shows what becomes of the promise to answer within a day, so long after it was made.
func (s *shown) promise(kind event.Kind, after time.Duration, change ...func(*event.Event)) {
	s.show(func(e *event.Event) {
		e.Kind, e.Time, e.Duration = kind, day1.Add(time.Hour+after), after
		e.Promise = &event.Promise{Name: "answered", Number: 1, Made: day1.Add(time.Hour), Due: day1.Add(25 * time.Hour)}
		for _, f := range change {
			f(e)
		}
	})
}

// ofPromises returns the measurements of promises.
func (s *shown) ofPromises() map[string]string {
	got := s.series()
	maps.DeleteFunc(got, func(key, _ string) bool { return !strings.HasPrefix(key, "cx.promise.") })
	return got
}

// TestPromises: a promise that is settled shows in metrics, in a span of the journey's trace and, where it is broken, in a log
// event, exactly as the registry says.
func TestPromises(t *testing.T) {
	t.Parallel()
	of := func(kept string) string {
		return "{cx.journey.name=checkout,cx.promise.kept=" + kept + ",cx.promise.name=answered}"
	}
	about := map[string]string{
		"cx.journey.name": "checkout", "cx.journey.id": orderID, "cx.channel": "other",
		"cx.promise.name": "answered", "cx.promise.number": "1", "cx.promise.due": "2026-03-03T10:00:00Z",
	}
	for _, c := range []struct {
		name, reason string
		kind         event.Kind
		after        time.Duration
		change       func(*event.Event)
		points       map[string]string
		span         map[string]string // nil: none
		logged       bool
	}{
		{
			name: "made", reason: "nothing is known about it yet", kind: event.PromiseMade,
			change: func(e *event.Event) { e.Duration = 0 },
		},
		{
			name: "kept", reason: "it counts, with the time that it took", kind: event.PromiseKept, after: 3 * time.Hour,
			points: map[string]string{"cx.promise.settled" + of("true"): "1", "cx.promise.delay" + of("true"): "n=1 sum=10800"},
			span:   with(about, map[string]string{"cx.promise.kept": "true"}),
		},
		{
			name: "broken", reason: "it is an error in the trace and a warning in the log", kind: event.PromiseBroken, after: 24 * time.Hour,
			points: map[string]string{"cx.promise.settled" + of("false"): "1", "cx.promise.delay" + of("false"): "n=1 sum=86400"},
			span:   with(about, map[string]string{"cx.promise.kept": "false"}), logged: true,
		},
		{
			name: "broken by the end", reason: "no delay is recorded", kind: event.PromiseBroken, after: time.Hour,
			change: func(e *event.Event) { e.Duration = 0 },
			points: map[string]string{"cx.promise.settled" + of("false"): "1"},
			span:   with(about, map[string]string{"cx.promise.kept": "false"}), logged: true,
		},
		{
			name: "withdrawn", reason: "it was neither kept nor broken", kind: event.PromiseWithdrawn, after: time.Hour,
			points: map[string]string{}, span: about,
		},
		{
			name: "kept, and heard of after the break was told", reason: "the break is not taken back", kind: event.PromiseKept, after: time.Hour,
			change: func(e *event.Event) { e.Late = true },
		},
		{
			name: "synthetic", reason: "no customer was promised anything", kind: event.PromiseKept, after: time.Hour,
			change: func(e *event.Event) { e.Actor = event.ActorSynthetic },
			span:   with(about, map[string]string{"cx.promise.kept": "true", "cx.actor": "synthetic"}),
		},
		{
			name: "of a customer", reason: "the spans have the pseudonyms and the intent, and the metrics have none of them", kind: event.PromiseKept, after: time.Hour,
			change: func(e *event.Event) {
				e.Customer, e.Intent = event.Customer{Hash: "0f34", Segment: "gold", Account: "ac34"}, "complain"
			},
			points: map[string]string{"cx.promise.settled" + of("true"): "1", "cx.promise.delay" + of("true"): "n=1 sum=3600"},
			span: with(about, map[string]string{
				"cx.promise.kept": "true", "user.hash": "0f34", "cx.customer.segment": "gold", "cx.customer.account": "ac34", "cx.intent": "complain",
			}),
		},
	} {
		for _, flat := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, flat %v", c.name, flat), func(t *testing.T) {
				t.Parallel()
				s := showing(t, flat)
				change := c.change
				if change == nil {
					change = func(*event.Event) {}
				}
				s.promise(c.kind, c.after, change)
				if c.points == nil {
					c.points = map[string]string{}
				}
				if diff := cmp.Diff(c.points, s.ofPromises()); diff != "" {
					t.Errorf("the metrics (-want +got): %s\n%s", c.reason, diff)
				}
				s.checkPromiseSpan(t, flat, c.kind, c.after, c.span)
				records := s.logs.all()
				if len(records) != 0 != c.logged {
					t.Fatalf("%d log records: %s", len(records), c.reason)
				}
				if !c.logged {
					return
				}
				r := records[0]
				want := maps.Clone(about)
				delete(want, "cx.channel")
				if diff := cmp.Diff(want, recordAttrs(r)); diff != "" {
					t.Errorf("the log record (-want +got): %s\n%s", c.reason, diff)
				}
				if r.EventName() != "cx.promise.broken" || r.Severity() != log.SeverityWarn || r.TraceID() != traceID("checkout", orderID) ||
					!r.Timestamp().Equal(day1.Add(time.Hour+c.after)) {
					t.Errorf("the record is %s, severity %v, at %v in %v", r.EventName(), r.Severity(), r.Timestamp(), r.TraceID())
				}
			})
		}
	}
}

// checkPromiseSpan checks the one span of a promise that was settled so long after it was made.
func (s *shown) checkPromiseSpan(t *testing.T, flat bool, kind event.Kind, after time.Duration, want map[string]string) {
	t.Helper()
	spans := s.twins.GetSpans()
	if want == nil {
		if len(spans) != 0 {
			t.Errorf("the spans are %q, want none", names(spans))
		}
		return
	}
	span := named(t, spans, "promise answered")
	if diff := cmp.Diff(want, attrs(span.Attributes)); diff != "" {
		t.Errorf("the span (-want +got):\n%s", diff)
	}
	if !span.StartTime.Equal(day1.Add(time.Hour)) || !span.EndTime.Equal(day1.Add(time.Hour+after)) {
		t.Errorf("the span is from %v to %v", span.StartTime, span.EndTime)
	}
	if span.SpanContext.TraceID() != traceID("checkout", orderID) || span.Parent.SpanID() != rootID("checkout", orderID) {
		t.Errorf("the span is in the trace %v under %v", span.SpanContext.TraceID(), span.Parent.SpanID())
	}
	sum := derive("cairn.promise.1", namespace, "checkout", orderID, "answered", "1")
	if derived := span.SpanContext.SpanID() == trace.SpanID(sum[:8]); derived == flat {
		t.Errorf("the span's ID is %v, derived %v", span.SpanContext.SpanID(), derived)
	}
	status := codes.Unset
	if kind == event.PromiseBroken {
		status = codes.Error
	}
	if span.Status.Code != status || span.Status.Description != "" {
		t.Errorf("the status is %v, want %v", span.Status, status)
	}
}

// TestPromiseWithinItsJourney: the span of a promise lies within that of the journey, and has the promise's own times where it
// does not fit.
func TestPromiseWithinItsJourney(t *testing.T) {
	t.Parallel()
	s := showing(t, false)
	early := func(e *event.Event) { e.Promise.Made = day1.Add(-time.Hour) } // in a request that began before the run did
	s.promise(event.PromiseKept, 3*time.Hour, early)
	s.promise(event.PromiseKept, time.Hour, func(e *event.Event) { e.Promise.Name, e.Promise.Made = "called", time.Time{} })
	s.show(func(e *event.Event) {
		e.Kind, e.Time, e.Outcome, e.Duration = event.JourneyEnded, day1.Add(5*time.Hour), event.Completed, 5*time.Hour
	})
	s.promise(event.PromiseBroken, 9*time.Hour, func(e *event.Event) { e.Promise.Number = 2 })
	spans := s.twins.GetSpans()
	root := named(t, spans, "checkout")
	if !root.StartTime.Equal(day1) || !root.EndTime.Equal(day1.Add(5*time.Hour)) {
		t.Errorf("the journey is from %v to %v", root.StartTime, root.EndTime)
	}
	first := spans[0]
	if got := attrs(first.Attributes); !first.StartTime.Equal(day1) || got["cx.event.time"] != "2026-03-02T08:00:00Z" || got["cx.event.duration"] != "18000" {
		t.Errorf("the promise from before the journey begins at %v, with %v", first.StartTime, got)
	}
	if called := named(t, spans, "promise called"); !called.StartTime.Equal(day1.Add(2*time.Hour)) || called.EndTime.Sub(called.StartTime) != time.Nanosecond {
		t.Errorf("the promise that was made at an unknown time is from %v to %v, want a moment", called.StartTime, called.EndTime)
	}
	last := spans[len(spans)-1]
	if got := attrs(last.Attributes); last.Name != "promise answered" || !last.EndTime.Equal(root.EndTime) || got["cx.event.duration"] != "32400" {
		t.Errorf("%s that is broken after the end is told ends at %v, with %v", last.Name, last.EndTime, got)
	}
	wellFormed(t, spans)
}

// TestPromiseToldAgain: what an instance delivers again after a crash has the same span, and no number.
func TestPromiseToldAgain(t *testing.T) {
	t.Parallel()
	s := showing(t, false)
	for range 2 {
		e := flight.Of(event.Event{
			Kind: event.PromiseKept, Time: day1.Add(time.Hour), Duration: time.Hour, Journey: event.Run{Namespace: namespace, Name: "checkout", ID: orderID},
			Promise: &event.Promise{Name: "answered", Number: 1, Made: day1},
		})
		e.Retell()
		s.Show(context.Background(), e)
	}
	if got := s.ofPromises(); len(got) != 0 {
		t.Errorf("the metrics are %v, want none", got)
	}
	if spans := s.twins.GetSpans(); len(spans) != 2 || spans[0].SpanContext.SpanID() != spans[1].SpanContext.SpanID() {
		t.Errorf("the spans are %v, want one ID", spans)
	}
}

// TestPromiseLinksItsRequest: the span leads to the request that kept the promise.
func TestPromiseLinksItsRequest(t *testing.T) {
	t.Parallel()
	s := showing(t, false)
	request := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	s.promise(event.PromiseKept, time.Hour, func(e *event.Event) { e.SpanContext = request })
	span := named(t, s.twins.GetSpans(), "promise answered")
	if len(span.Links) != 1 || !span.Links[0].SpanContext.Equal(request) {
		t.Errorf("the links are %v, want one to the request", span.Links)
	}
}

// TestPromisesAreBounded: a journey whose promises have endless names has at most 200 series in a metric, and the limit is
// reported.
func TestPromisesAreBounded(t *testing.T) {
	t.Parallel()
	s := showing(t, false)
	for i := range 300 {
		for _, kind := range []event.Kind{event.PromiseKept, event.PromiseBroken} {
			s.promise(kind, time.Hour, func(e *event.Event) { e.Promise.Name = fmt.Sprintf("promise-%d", i) })
		}
	}
	counts, sum := map[string]int{}, int64(0)
	for key, v := range s.ofPromises() {
		name, _, _ := strings.Cut(key, "{")
		if counts[name]++; name == "cx.promise.settled" {
			sum += numberOf(v)
		}
	}
	if counts["cx.promise.settled"] != 198 || counts["cx.promise.delay"] != 198 || sum != 600 {
		t.Errorf("the series are %v with %d promises, want 198 with 600", counts, sum)
	}
	if s.faults[fault.SeriesLimit] == 0 {
		t.Error("no fault says that names are folded")
	}
}

// TestPromisesBeginAtZero: the counters of declared promises exist before the first of them is settled.
func TestPromisesBeginAtZero(t *testing.T) {
	t.Parallel()
	s := showing(t, false)
	s.DeclareJourney(telemetry.Journey{Name: "checkout", Promises: []string{"answered"}})
	want := map[string]string{
		"cx.promise.settled{cx.journey.name=checkout,cx.promise.kept=true,cx.promise.name=answered}":  "0",
		"cx.promise.settled{cx.journey.name=checkout,cx.promise.kept=false,cx.promise.name=answered}": "0",
	}
	if diff := cmp.Diff(want, s.ofPromises()); diff != "" {
		t.Errorf("the metrics (-want +got):\n%s", diff)
	}
}
