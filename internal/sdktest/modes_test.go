package sdktest_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/feedback"
)

// play is a short journey with one event of each kind.
func play(p *process) {
	ctx, request := p.request("POST /orders")
	ctx = checkout.Start(ctx, orderID, event.Customer{})
	seen, tp := viewCart.Start(ctx, event.Web)
	tp.End()
	checkout.Enter(seen, "payment")
	feedback.NPS.Record(ctx, 9, feedback.Via(event.Web))
	checkout.Complete(ctx)
	request.End()
}

const noGenerator = "does not use telemetry.IDGenerator()"

// TestProviders plays the same journey in every arrangement of providers. Each one keeps the journey: one trace,
// whose parents all exist or are the one virtual root.
func TestProviders(t *testing.T) { //nolint:paralleltest // the test counts the reports to the one error handler
	root, virtual := rootID("checkout", orderID), stageID("checkout", orderID, "", 0)
	for _, c := range []struct {
		name, reason string
		arrangement  arrangement
		want         []string // the expected spans of the journey's trace
		virtual      []trace.SpanID
		rootID       bool // the root has the derived ID
		reports      int
	}{
		{
			name: "the providers of otelsetup", reason: "a tree with a true root",
			arrangement: likeOtelsetup(), rootID: true,
			want: []string{"cart", "checkout", "checkout started", "nps", "payment", "view-cart"},
		},
		{
			name: "the SDK's own provider for journeys", reason: "a tree with a true root",
			arrangement: byHand(), rootID: true,
			want: []string{"cart", "checkout", "checkout started", "nps", "payment", "view-cart"},
		},
		{
			name: "a provider of journeys, requests without the generator", reason: "requests need no generator",
			arrangement: arrangement{journeys: true, journeyGenerator: true}, rootID: true,
			want: []string{"cart", "checkout", "checkout started", "nps", "payment", "view-cart"},
		},
		{
			name: "an ordinary provider", reason: "all spans are children of the root's ID, which is virtual",
			arrangement: arrangement{}, virtual: []trace.SpanID{root},
			want: []string{"checkout", "checkout started", "nps", "view-cart"},
		},
		{
			name: "an ordinary provider with the generator", reason: "a tree below a virtual sampled parent",
			arrangement: arrangement{generator: true}, virtual: []trace.SpanID{virtual}, rootID: true,
			want: []string{"cart", "checkout", "checkout started", "nps", "payment", "view-cart"},
		},
		{
			name: "an ordinary provider that samples no new trace", reason: "the virtual parent is sampled and decides",
			arrangement: arrangement{requests: sdktrace.ParentBased(sdktrace.NeverSample())}, virtual: []trace.SpanID{root},
			want: []string{"checkout", "checkout started", "nps", "view-cart"},
		},
		{
			name:        "an ordinary provider with the generator that samples no new trace",
			reason:      "the virtual parent is sampled and also decides for the root",
			arrangement: arrangement{generator: true, requests: sdktrace.ParentBased(sdktrace.NeverSample())},
			virtual:     []trace.SpanID{virtual}, rootID: true,
			want: []string{"cart", "checkout", "checkout started", "nps", "payment", "view-cart"},
		},
		{
			name: "a provider of journeys without the generator", reason: "still one trace, and the error handler gets one report",
			arrangement: arrangement{journeys: true}, virtual: []trace.SpanID{root}, reports: 1,
			want: []string{"checkout", "checkout started", "nps", "view-cart"},
		},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			before := handled.with(noGenerator)
			p := arranged(t, "shop", c.arrangement)
			for range 3 { // three runs: the report occurs only once
				play(p)
			}
			must(t, p.client.Flush(context.Background())) // the report happens at the latest here
			if got := handled.with(noGenerator) - before; got != c.reports {
				t.Errorf("the missing generator was reported %d times, want %d: %s", got, c.reports, c.reason)
			}
			spans := journeySpans(traceID("checkout", orderID), p)
			var once tracetest.SpanStubs // spans of the first run; late touchpoints have spans, too
			seen := map[string]bool{}
			for _, s := range spans {
				if !seen[s.Name] {
					once, seen[s.Name] = append(once, s), true
				}
			}
			if got := sorted(names(once)); !slices.Equal(got, c.want) {
				t.Errorf("the journey's spans are %q, want %q: %s", got, c.want, c.reason)
			}
			wellFormed(t, once, c.virtual...)
			r := named(t, once, "checkout")
			if got := r.SpanContext.SpanID() == root; got != c.rootID {
				t.Errorf("the root has the derived ID: %v, want %v: %s", got, c.rootID, c.reason)
			}
			if got := r.Parent.IsValid(); got != (c.virtual != nil) {
				t.Errorf("the root has a parent: %v: %s", got, c.reason)
			}
			for _, s := range p.spans.GetSpans() {
				if s.Name == "cairn.probe" {
					t.Error("the probe was exported")
				}
			}
		})
	}
}

// TestTwoOrdinaryProcesses: both put their spans below the same virtual parent, so the trace is one across
// processes, too.
func TestTwoOrdinaryProcesses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		one, other   arrangement
		virtual      []trace.SpanID
	}{
		{"neither has the generator", "all spans are children of the root's ID", arrangement{}, arrangement{}, []trace.SpanID{rootID("checkout", orderID)}},
		{
			"both have it", "a tree over both",
			arrangement{generator: true},
			arrangement{generator: true},
			[]trace.SpanID{stageID("checkout", orderID, "", 0)},
		},
		{
			"one has otelsetup's providers", "the true root of one is the virtual root of the other",
			likeOtelsetup(),
			arrangement{},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			one, other := arranged(t, "one", c.one), arranged(t, "other", c.other)
			play(one)
			chargeCard.Record(checkout.Resume(other.context(), orderID), event.Web)
			spans := journeySpans(traceID("checkout", orderID), one, other)
			named(t, spans, "charge-card")
			wellFormed(t, spans, c.virtual...)
		})
	}
}

// TestWhoSamples separates the two decisions: the tracer provider decides about requests, and Cairn about
// journeys.
func TestWhoSamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		requests     sdktrace.Sampler
		keep         float64
		live, twins  bool
		linked       bool // the live span links to the journey
	}{
		{"both", "linked both ways", sdktrace.AlwaysSample(), 1, true, true, true},
		{"only the journey", "the journey is complete although none of its requests was sampled", sdktrace.NeverSample(), 1, false, true, false},
		{"only the request", "no link leads to a journey that does not exist", sdktrace.AlwaysSample(), 0, true, false, false},
		{"neither", "only metrics remain", sdktrace.NeverSample(), 0, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := likeOtelsetup()
			a.requests = c.requests
			p := arranged(t, "shop", a, cx.WithJourneySampling(c.keep))
			play(p)
			spans := journeySpans(traceID("checkout", orderID), p)
			want := 0
			if c.twins {
				want = 6
			}
			if len(spans) != want {
				t.Errorf("the journey has the spans %q, want %d: %s", names(spans), want, c.reason)
			}
			want = 0
			if c.live {
				want = 2
			}
			live := p.spans.GetSpans()
			if len(live) != want {
				t.Fatalf("the requests have the spans %q, want %d: %s", names(live), want, c.reason)
			}
			if c.live {
				s := named(t, live, "view-cart")
				if got := len(s.Links) > 0; got != c.linked {
					t.Errorf("the live span is linked: %v: %s", got, c.reason)
				}
				if attrs(s.Attributes)["cx.journey.id"] != orderID {
					t.Errorf("the live span does not have the journey's ID: %s", c.reason)
				}
			}
			if c.twins && !c.live {
				if l := named(t, spans, "view-cart").Links; len(l) != 0 {
					t.Errorf("the twin's links are %v, want none: the request is not sampled", l)
				}
			}
			if got := p.point("cx.touchpoint.interactions{cx.apdex.zone=satisfied,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}"); got != "1" {
				t.Errorf("the metric counts the interaction %q times: metrics include all", got)
			}
			if n := len(p.logs.all()); n != 2 {
				t.Errorf("%d log events, want 2: log events include all", n)
			}
		})
	}
}

// TestGlobalProviders makes the client before the SDK. Events after the SDK's setup reach it. The test runs in a
// process of its own, because OpenTelemetry's globals delegate only once.
func TestGlobalProviders(t *testing.T) { //nolint:paralleltest // the test sets OpenTelemetry's globals
	if os.Getenv("SDKTEST_CHILD") == "" {
		inChild(t, "TestGlobalProviders", "globals")
		return
	}
	c, err := cx.New(cx.WithNamespace(namespace))
	must(t, err)
	defer func() { must(t, c.Shutdown(context.Background())) }()
	p := &process{tb: t, client: c, tracer: otel.Tracer("test"), logs: &logExporter{}, reader: sdkmetric.NewManualReader()}
	p.spans = tracetest.NewInMemoryExporter()
	p.twins = p.spans

	early := checkout.Start(p.context(), "early", event.Customer{})
	viewCart.Record(early, event.Web) // no provider records it, and it must not fail

	otel.SetTracerProvider(sdktrace.NewTracerProvider(
		sdktrace.WithSyncer(p.spans), sdktrace.WithIDGenerator(telemetry.IDGenerator())))
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.reader)))
	t.Cleanup(func() {
		otel.SetTracerProvider(tracenoop.NewTracerProvider())
		otel.SetMeterProvider(metricnoop.NewMeterProvider())
		otel.SetLoggerProvider(lognoop.NewLoggerProvider())
	})
	play(p)
	enterAddress.Record(early, event.Web)
	checkout.Complete(early)

	spans := journeySpans(traceID("checkout", orderID), p)
	if got, want := sorted(names(spans)), []string{"cart", "checkout", "checkout started", "nps", "payment", "view-cart"}; !slices.Equal(got, want) {
		t.Errorf("the spans are %q, want %q: the providers delegate", got, want)
	}
	wellFormed(t, spans, stageID("checkout", orderID, "", 0))
	spans = journeySpans(traceID("checkout", "early"), p)
	if got, want := sorted(names(spans)), []string{"address", "cart", "checkout", "enter-address"}; !slices.Equal(got, want) {
		t.Errorf("the spans of a journey that began before the SDK are %q, want %q", got, want)
	}
	wellFormed(t, spans, stageID("checkout", "early", "", 0))
	points := p.series()
	for key, want := range map[string]string{
		"cx.journey.started{cx.channel=other,cx.journey.name=checkout}":                                                                           "1",
		"cx.touchpoint.interactions{cx.apdex.zone=satisfied,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}":                           "1",
		"cx.journey.ended{cx.channel=other,cx.journey.name=checkout,cx.outcome=completed}":                                                        "2",
		"cx.feedback.responses{cx.channel=web,cx.feedback.scale=nps,cx.feedback.solicited=false,cx.feedback.verdict=positive,cx.survey.name=nps}": "1",
		"cx.journey.ended{cx.channel=web,cx.journey.name=checkout,cx.outcome=failed}":                                                             "0", // the counter existed before the provider
		"cx.journey.exits{cx.journey.name=checkout,cx.outcome=failed}":                                                                            "0",
	} {
		if points[key] != want {
			t.Errorf("%s is %q, want %q", key, points[key], want)
		}
	}
}

// TestNoopProviders: without real providers the events still reach processors.
func TestNoopProviders(t *testing.T) {
	t.Parallel()
	events := &processor{}
	k := newClock()
	c, err := cx.New(cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithMeterProvider(metricnoop.NewMeterProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()), cx.WithProcessors(events), cx.WithClock(k.now),
		cx.WithJourneyTracerProvider(tracenoop.NewTracerProvider()))
	must(t, err)
	p := &process{tb: t, client: c, tracer: tracenoop.NewTracerProvider().Tracer("")}
	play(p)
	k.pass(time.Second)
	must(t, c.Shutdown(context.Background()))
	var kinds []event.Kind
	for _, e := range events.all() {
		kinds = append(kinds, e.Kind)
	}
	want := []event.Kind{
		event.JourneyStarted, event.JourneyStageEntered, event.TouchpointEnded, event.JourneyStageEntered,
		event.FeedbackReceived, event.JourneyEnded,
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("the events are %q, want %q", kinds, want)
	}
}
