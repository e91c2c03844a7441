package sdktest_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

var errInstrument = errors.New("the meter refuses the instrument")

// refusing is a provider of meters that refuse one instrument.
type refusing struct {
	metricnoop.MeterProvider

	name  string
	asked *[]string
}

func (r refusing) Meter(string, ...metric.MeterOption) metric.Meter { return refusingMeter{all: r} }

type refusingMeter struct {
	metricnoop.Meter

	all refusing
}

func (m refusingMeter) answer(name string) error {
	*m.all.asked = append(*m.all.asked, name)
	if name == m.all.name {
		return errInstrument
	}
	return nil
}

func (m refusingMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return metricnoop.Int64Counter{}, m.answer(name)
}

func (m refusingMeter) Int64Histogram(name string, _ ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	return metricnoop.Int64Histogram{}, m.answer(name)
}

func (m refusingMeter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return metricnoop.Float64Histogram{}, m.answer(name)
}

func (m refusingMeter) Int64ObservableUpDownCounter(name string, _ ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	return metricnoop.Int64ObservableUpDownCounter{}, m.answer(name)
}

// TestRefusedInstruments: for each instrument that the meter refuses, New returns an error that names it. A
// silently missing metric would be noticed only when it is needed.
func TestRefusedInstruments(t *testing.T) {
	t.Parallel()
	var names []string
	if _, err := telemetry.New(telemetry.Config{MeterProvider: refusing{asked: &names}}); err != nil {
		t.Fatal(err)
	}
	if len(names) != 39 {
		t.Errorf("the client makes %d instruments: %q, want 39", len(names), names)
	}
	for _, name := range names {
		var asked []string
		_, err := telemetry.New(telemetry.Config{MeterProvider: refusing{name: name, asked: &asked}})
		if !errors.Is(err, errInstrument) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s New returned %v, want an error that names it", name, err)
		}
		if len(asked) != len(names) {
			t.Errorf("without %s New asks for %d instruments, want all, to report each fault at once", name, len(asked))
		}
	}
}

// TestValuesOfANewerRelease: an event may have a value that this release does not know. It counts, and no call
// panics.
func TestValuesOfANewerRelease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		e    event.Event
	}{
		{"channel", event.Event{Channel: event.Channel(flight.NumChannels)}},
		{"outcome", event.Event{Channel: event.Web, Outcome: event.Outcome(flight.NumOutcomes)}},
		{"zone", event.Event{Channel: event.Web, Outcome: event.OK, Zone: event.Zone(flight.NumZones)}},
		{"actor", event.Event{Channel: event.Web, Outcome: event.OK, Actor: event.Actor(flight.NumActors)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			reader := sdkmetric.NewManualReader()
			tel, err := telemetry.New(telemetry.Config{
				MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), TracerProvider: tracenoop.NewTracerProvider(), MetricActor: true,
			})
			must(t, err)
			c.e.Kind, c.e.Touchpoint, c.e.Time = event.TouchpointEnded, "pay", time.Now()
			for range 2 {
				tel.Show(context.Background(), flight.Of(c.e))
			}
			var rm metricdata.ResourceMetrics
			must(t, reader.Collect(context.Background(), &rm))
			sum := int64(0)
			for _, m := range rm.ScopeMetrics[0].Metrics {
				for key, v := range measurements(m) {
					if strings.HasPrefix(key, "cx.touchpoint.interactions{") {
						sum += numberOf(v)
					}
				}
			}
			if sum != 2 {
				t.Errorf("the metric counts %d interactions, want 2", sum)
			}
		})
	}
}

// TestSpansSayWhoActed: spans have the actor and the direction if they differ from the usual ones.
func TestSpansSayWhoActed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		opts             []touchpoint.StartOption
		actor, direction string
	}{
		{"a customer", nil, "", ""},
		{"an employee", []touchpoint.StartOption{touchpoint.By(event.ActorEmployee)}, "employee", ""},
		{"a call to the customer", []touchpoint.StartOption{touchpoint.Outbound()}, "", "outbound"},
		{"a bot's call to the customer", []touchpoint.StartOption{touchpoint.By(event.ActorAutomation), touchpoint.Outbound()}, "automation", "outbound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop")
			_, tp := chargeCard.Start(p.context(), event.Web, c.opts...)
			tp.End()
			got := attrs(named(t, p.spans.GetSpans(), "charge-card").Attributes)
			if got["cx.actor"] != c.actor || got["cx.direction"] != c.direction {
				t.Errorf("the span has the actor %q and the direction %q, want %q and %q", got["cx.actor"], got["cx.direction"], c.actor, c.direction)
			}
		})
	}
}

// TestStageSaysItsTrueTime: a stage's span that is longer, because it covers a longer touchpoint, has the true
// duration of the visit.
func TestStageSaysItsTrueTime(t *testing.T) {
	t.Parallel()
	k := newClock()
	p := newProcess(t, "shop", cx.WithClock(k.now))
	ctx := checkout.Enter(checkout.Start(p.context(), orderID, event.Customer{}), "cart")
	viewCart.Record(ctx, event.Web, touchpoint.At(day1), touchpoint.Took(30*time.Second)) // the touchpoint is recorded before its end
	k.pass(10 * time.Second)
	ctx = checkout.Enter(ctx, "payment")
	k.pass(time.Minute)
	checkout.Complete(ctx)
	for name, want := range map[string]struct {
		took time.Duration
		says string
	}{"cart": {30 * time.Second, "10"}, "payment": {time.Minute, ""}} {
		s := named(t, p.twins.GetSpans(), name)
		if got := attrs(s.Attributes)["cx.event.duration"]; got != want.says || s.EndTime.Sub(s.StartTime) != want.took {
			t.Errorf("the span %s takes %v and has the duration %q, want %v and %q", name, s.EndTime.Sub(s.StartTime), got, want.took, want.says)
		}
	}
}

// switched is a provider of journey spans that records from some moment on.
type switched struct {
	embedded.TracerProvider

	on     atomic.Bool
	asked  atomic.Int64
	tracer trace.Tracer // used once the provider is on
}

func (s *switched) Tracer(string, ...trace.TracerOption) trace.Tracer { return switchedTracer{s: s} }

type switchedTracer struct {
	embedded.Tracer

	s *switched
}

func (t switchedTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	t.s.asked.Add(1)
	if t.s.on.Load() {
		return t.s.tracer.Start(ctx, name, opts...)
	}
	return tracenoop.NewTracerProvider().Tracer("").Start(ctx, name, opts...)
}

// TestProviderThatRecordsLater: a provider that does not record costs touchpoints nothing, and the client asks it
// again at intervals.
func TestProviderThatRecordsLater(t *testing.T) {
	t.Parallel()
	other := newProcess(t, "sdk")
	s := &switched{tracer: other.provider.Tracer("journeys")}
	p := newProcess(t, "shop", cx.WithJourneyTracerProvider(s))
	ctx := checkout.Start(p.context(), orderID, event.Customer{})
	before := s.asked.Load()
	touch := func(n int) {
		for i := range n {
			chargeCard.Record(ctx, event.Web, touchpoint.Because("c"+strconv.Itoa(i)))
		}
	}
	touch(100)
	if asked := s.asked.Load() - before; asked < 4 || asked > 10 {
		t.Errorf("100 touchpoints ask a provider that does not record %d times, want about every 16th", asked)
	}
	s.on.Store(true)
	touch(50)
	if n := len(other.spans.GetSpans()); n < 30 {
		t.Errorf("%d of 50 twins exist once the provider records, want all but those that did not ask it", n)
	}
}
