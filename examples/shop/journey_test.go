package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/examples/shop/storefront"
)

// recording is both services, with their spans and events kept in memory.
type recording struct {
	services map[string]*service.Service
	spans    map[string]*tracetest.InMemoryExporter // by service

	mu     sync.Mutex
	events []event.Event
	counts crowd.Counts
}

// Process implements [event.Processor].
func (r *recording) Process(_ context.Context, e *event.Event) {
	c := *e
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, c)
	r.counts.Add(e)
}

// Shutdown implements [event.Processor].
func (r *recording) Shutdown(context.Context) error { return nil }

func (r *recording) start(t *testing.T, name string) (*otelsetup.SDK, *service.Service) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	r.spans[name] = spans
	sdk := &otelsetup.SDK{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)),
		JourneyTracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans),
			sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithIDGenerator(telemetry.IDGenerator())),
		MeterProvider: metricnoop.NewMeterProvider(), LoggerProvider: lognoop.NewLoggerProvider(),
		Propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	}
	svc, err := service.New(service.Config{
		Name: name, SDK: sdk, Clock: service.NewClock(-oneDay), DemoClock: true,
		CustomerKey: []byte("a key for tests only"), Contacts: new(memory.Store), Processors: []event.Processor{r}, Log: slog.New(slog.DiscardHandler),
		Options: []cx.Option{cx.WithDefinitions(experience.Definitions()...)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.services[name] = svc
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := svc.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return sdk, svc
}

func record(t *testing.T) *recording {
	t.Helper()
	r := &recording{services: map[string]*service.Service{}, spans: map[string]*tracetest.InMemoryExporter{}}
	log := slog.New(slog.DiscardHandler)
	sdk, pay := r.start(t, "payments")
	if err := pay.Serve(t.Context(), "127.0.0.1:0", payments.New(payments.Config{SDK: sdk, Log: log, Slow: time.Millisecond})); err != nil {
		t.Fatal(err)
	}
	sdk, front := r.start(t, "storefront")
	shop, err := storefront.New(storefront.Config{SDK: sdk, Log: log, Payments: pay.URL(), Now: front.Now, LinkKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shop.Close)
	if err := front.Serve(t.Context(), "127.0.0.1:0", shop.Handler()); err != nil {
		t.Fatal(err)
	}
	return r
}

// bothDays lets a crowd shop, moves the clock, and lets the crowd call and answer.
func (r *recording) bothDays(t *testing.T, customers int) []crowd.Visit {
	t.Helper()
	d := crowd.Driver{Storefront: r.services["storefront"].URL(), Customers: customers}
	visits, err := d.FirstDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.services {
		if err := s.Advance(t.Context(), oneDay); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.NextDay(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	return visits
}

func TestCrowdIsRecordedExactly(t *testing.T) {
	r := record(t)
	r.bothDays(t, 50)
	if diff := r.counts.Diff(crowd.Expect(50)); len(diff) > 0 {
		t.Errorf("the recorded counts differ from the crowd's:\n%s", strings.Join(diff, "\n"))
	}
	for _, e := range r.events {
		if e.Kind == event.TouchpointEnded && e.Journey.IsZero() != (e.Contact != nil) { // mails belong to none
			t.Errorf("the touchpoint %s is in the journey %q", e.Touchpoint, e.Journey.ID)
		}
		if e.Kind == event.JourneyEnded && e.Transition.Partial {
			t.Errorf("journey %s ended without a start", e.Journey.ID)
		}
	}
}

// The customer's channel is that of the storefront's request, in the payments service too.
func TestChannelGoesAlong(t *testing.T) {
	r := record(t)
	visits := r.bothDays(t, 2)
	for _, e := range r.events {
		want := event.Web
		if visits[1].Order == e.Journey.ID {
			want = event.Mobile
		}
		if e.Kind == event.TouchpointEnded && e.Contact == nil && e.Channel != want {
			t.Errorf("%s on %s, want %s", e.Touchpoint, e.Channel, want)
		}
	}
}

// tree has the number of spans of one trace, by "parent > name (service)".
func (r *recording) tree(traceID string) map[string]int {
	names := map[string]string{}
	for _, exporter := range r.spans {
		for _, s := range exporter.GetSpans() {
			names[s.SpanContext.SpanID().String()] = s.Name
		}
	}
	tree := map[string]int{}
	for name, exporter := range r.spans {
		for _, s := range exporter.GetSpans() {
			if s.SpanContext.TraceID().String() == traceID {
				tree[fmt.Sprintf("%s > %s (%s)", names[s.Parent.SpanID().String()], s.Name, name)]++
			}
		}
	}
	return tree
}

// One customer, whose card the bank declined, paid with another card, answered, and answered again on the next
// day. All of it is one trace, over both services and both days.
func TestJourneyIsOneTrace(t *testing.T) {
	r := record(t)
	v := r.bothDays(t, 12)[11]
	want := map[string]int{
		" > checkout (storefront)":                            1,
		"checkout > cart (storefront)":                        1,
		"cart > view-cart (storefront)":                       1,
		"checkout > address (storefront)":                     1,
		"address > enter-address (storefront)":                1,
		"checkout > payment (storefront)":                     1,
		"payment > submit-payment (storefront)":               2,
		"payment > charge-card (payments)":                    2,
		"checkout > confirmation (storefront)":                1,
		"confirmation > order-confirmed (storefront)":         1,
		"checkout > checkout started (storefront)":            1,
		"checkout > promise confirmed (storefront)":           1,
		"confirmation > post-purchase requested (storefront)": 1,
		"checkout > post-purchase (storefront)":               1,
		"checkout > nps requested (storefront)":               1,
		"checkout > nps (storefront)":                         1,
	}
	got := r.tree(v.TraceID)
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d spans, want %d", k, got[k], n)
		}
	}
	for k, n := range got {
		if want[k] == 0 {
			t.Errorf("%s: %d spans, want none", k, n)
		}
	}
}

// A payment's span in the journey links to the request, which passed through both services, and the request links
// back to the journey.
func TestRequestAndJourneyAreLinked(t *testing.T) {
	r := record(t)
	v := r.bothDays(t, 1)[0]
	var requests [2]string
	for i, c := range []struct{ service, touchpoint, request string }{
		{"storefront", "submit-payment", "POST /payment"}, {"payments", "charge-card", "POST /charges"},
	} {
		twin, live := -1, -1
		spans := r.spans[c.service].GetSpans()
		for j, s := range spans {
			switch {
			case s.Name == c.touchpoint && s.SpanContext.TraceID().String() == v.TraceID:
				twin = j
			case strings.Contains(s.Name, c.request):
				live = j
			}
		}
		if twin < 0 || live < 0 {
			t.Fatalf("%s: found %d spans in the journey and %d in the request, want 1 each", c.service, twin, live)
		}
		if l := spans[twin].Links; len(l) != 1 || l[0].SpanContext.SpanID() != spans[live].SpanContext.SpanID() {
			t.Errorf("%s: the journey's span does not link to the request: %v", c.service, l)
		}
		if l := spans[live].Links; len(l) != 1 || l[0].SpanContext.TraceID().String() != v.TraceID {
			t.Errorf("%s: the request does not link to the journey: %v", c.service, l)
		}
		requests[i] = spans[live].SpanContext.TraceID().String()
	}
	if requests[0] != requests[1] {
		t.Errorf("the request has two traces, %s and %s", requests[0], requests[1])
	}
}

// No text that a customer enters is in spans or events: no name, mail, street or card.
func TestPersonalDataStaysInside(t *testing.T) {
	r := record(t)
	r.bothDays(t, 20)
	var all strings.Builder
	for _, e := range r.events {
		all.Write(e.AppendJSON(nil))
	}
	for _, exporter := range r.spans {
		for _, s := range exporter.GetSpans() {
			fmt.Fprintln(&all, s.Name, s.Status.Description)
			for _, kv := range s.Attributes {
				fmt.Fprintln(&all, kv.Key, kv.Value.String())
			}
			for _, e := range s.Events {
				fmt.Fprintln(&all, e.Name, attribute.NewSet(e.Attributes...))
			}
		}
	}
	for _, private := range []string{"example.com", "Customer ", "Sample Street", "Exampleton", payments.CardGood, payments.CardDeclined, payments.CardSlow, payments.CardBroken} {
		if i := strings.Index(all.String(), private); i >= 0 {
			t.Errorf("telemetry contains %q: …%s…", private, all.String()[max(0, i-100):min(all.Len(), i+100)])
		}
	}
}
