package cx_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestSetDefault: nil sets no client, and does not leave the one before.
func TestSetDefault(t *testing.T) { //nolint:paralleltest // the default is the process's
	client, err := cx.New()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	cx.SetDefault(client)
	if flight.Default() != flight.RecorderFrom(cx.NewContext(context.Background(), client)) {
		t.Error("the client is not the default one")
	}
	cx.SetDefault(nil)
	if d := flight.Default(); d != nil {
		t.Errorf("the default is %v, want nobody", d)
	}
}

// refusingMeter is a provider whose callbacks cannot be registered.
type refusingMeter struct {
	metricnoop.MeterProvider

	calls *atomic.Int32
	from  int32 // the first call that is refused
}

var errRefused = errors.New("no more callbacks")

func (p refusingMeter) Meter(string, ...metric.MeterOption) metric.Meter {
	return meterThatRefuses{p: p}
}

type meterThatRefuses struct {
	metricnoop.Meter

	p refusingMeter
}

func (m meterThatRefuses) RegisterCallback(f metric.Callback, is ...metric.Observable) (metric.Registration, error) {
	if m.p.calls.Add(1) >= m.p.from {
		return nil, errRefused
	}
	return m.Meter.RegisterCallback(f, is...) //nolint:wrapcheck // a test
}

// TestMeterThatRefuses: a client whose gauges cannot be is not made, and says why, whichever of them it is.
func TestMeterThatRefuses(t *testing.T) {
	t.Parallel()
	for from := range int32(2) {
		var calls atomic.Int32
		client, err := cx.New(cx.WithMeterProvider(refusingMeter{calls: &calls, from: from + 1}))
		if client != nil || !errors.Is(err, cx.ErrConfig) || !errors.Is(err, errRefused) {
			t.Errorf("callback %d is refused, and New returns %v, %v", from+1, client, err)
		}
		_ = client.Shutdown(context.Background())
	}
}

// kept is a processor that keeps what it sees.
type kept struct{ events []event.Event }

func (k *kept) Process(_ context.Context, e *event.Event) {
	c := *e
	k.events = append(k.events, c)
}
func (*kept) Shutdown(context.Context) error { return nil }

// TestClockThatPanics: the time is the last one that the clock has told.
func TestClockThatPanics(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var broken atomic.Bool
	var k kept
	client, ctx := told(t, cx.WithProcessors(&k), cx.WithSweepInterval(time.Hour), cx.WithClock(func() time.Time {
		if broken.Load() {
			panic("the clock is broken")
		}
		return at
	}))
	touchpoint.Define("pay").Record(ctx, event.Web, touchpoint.Took(time.Second))
	broken.Store(true)
	touchpoint.Define("pay").Record(ctx, event.Web, touchpoint.Took(time.Second))
	_ = client
	if len(k.events) != 2 || !k.events[0].Time.Equal(at.Add(-time.Second)) || !k.events[1].Time.Equal(at.Add(-time.Second)) {
		t.Errorf("what was recorded is %+v, want two events at %v", k.events, at.Add(-time.Second))
	}
}

// TestNoEndBeforeTheStart: a run whose start only the client knows does not end before it.
func TestNoEndBeforeTheStart(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	order := journey.Define("order")
	var k kept
	client, ctx := told(t, cx.WithProcessors(&k), cx.WithClock(func() time.Time { return start.Add(time.Hour) }))
	order.Start(ctx, "o-1", event.Customer{}, journey.At(start))
	client.Record(ctx, event.Event{
		Kind: event.JourneyEnded, Time: start.Add(-time.Minute), Outcome: event.Completed,
		Journey: event.Run{Name: "order", ID: "o-1"},
	})
	last := k.events[len(k.events)-1]
	if last.Kind != event.JourneyEnded || !last.Time.Equal(start) {
		t.Errorf("the last event is %v at %v, want the end at %v", last.Kind, last.Time, start)
	}
	var said bool
	for _, f := range client.Faults() {
		said = said || f.Fault == fault.Time && strings.Contains(f.Detail, "the run ends before it began")
	}
	if !said {
		t.Errorf("it is not told: %+v", client.Faults())
	}
}
