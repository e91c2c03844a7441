package journey_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/journey"
)

var (
	noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

	checkout = journey.Define("checkout",
		journey.Stages("cart", "address", "payment", "confirmation"),
		journey.AbandonAfter(30*time.Minute))
	complaint = journey.Define("complaint") // no stages, never abandoned

	alice = event.Customer{ID: "alice", Segment: "new"}
)

// clock is a clock that stands until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// service is a client with what it says: events, counted faults, live runs.
type service struct {
	client *cx.Client
	clock  *clock

	mu     sync.Mutex
	events []event.Event
	counts map[string]int64
	active metric.Callback
}

// newService returns a client of its own, as a process of its own has. It sweeps only when it
// is flushed.
func newService(t fataler, opts ...cx.Option) *service {
	s := &service{clock: &clock{t: noon}, counts: map[string]int64{}}
	client, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithMeterProvider(meterProvider{s: s}),
		cx.WithNamespace("test"),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
		cx.WithClock(s.clock.now),
		cx.WithSweepInterval(24 * 365 * time.Hour),
		cx.WithProcessors(s),
	}, opts...)...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	s.client = client
	return s
}

type fataler interface{ Fatalf(string, ...any) }

// start returns a service that is shut down when the test ends.
func start(t *testing.T, opts ...cx.Option) *service {
	t.Helper()
	s := newService(t, opts...)
	t.Cleanup(func() {
		if err := s.client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *service) ctx() context.Context { return cx.NewContext(context.Background(), s.client) }

func (s *service) flush(t *testing.T) {
	t.Helper()
	if err := s.client.Flush(context.Background()); err != nil {
		t.Error(err)
	}
}

// Process implements [event.Processor].
func (s *service) Process(_ context.Context, e *event.Event) {
	c := *e
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, c)
}

// Shutdown implements [event.Processor].
func (s *service) Shutdown(context.Context) error { return nil }

// of returns the events of one run, of the kinds or of all.
func (s *service) of(name, id string, kinds ...event.Kind) []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []event.Event
	for _, e := range s.events {
		if e.Journey.Name == name && e.Journey.ID == id && (len(kinds) == 0 || slices.Contains(kinds, e.Kind)) {
			out = append(out, e)
		}
	}
	return out
}

// story tells a run's events shortly: "started, cart/1, payment/1, completed".
func (s *service) story(name, id string) []string {
	var out []string
	for _, e := range s.of(name, id) {
		switch e.Kind {
		case event.JourneyStarted:
			out = append(out, "started")
		case event.JourneyStageEntered:
			out = append(out, fmt.Sprintf("%s/%d", e.Stage, e.Visit))
		case event.JourneyEnded:
			out = append(out, e.Outcome.String())
		default:
			out = append(out, string(e.Kind))
		}
	}
	return out
}

// faults returns how often each fault was counted, and what came late under "late".
func (s *service) faults() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// live returns the gauge of live runs by "journey/stage".
func (s *service) live() map[string]int64 {
	o := &observer{seen: map[string]int64{}}
	if err := s.active(context.Background(), o); err != nil {
		panic(err)
	}
	return o.seen
}

// The least of a meter provider: it counts faults, and asks the gauge of live runs.

type meterProvider struct {
	metricnoop.MeterProvider
	s *service
}

func (p meterProvider) Meter(string, ...metric.MeterOption) metric.Meter { return meter{s: p.s} }

type meter struct {
	metricnoop.Meter
	s *service
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{s: m.s, name: name}, nil
}

func (m meter) RegisterCallback(f metric.Callback, _ ...metric.Observable) (metric.Registration, error) {
	m.s.active = f
	return metricnoop.Registration{}, nil
}

type counter struct {
	metricnoop.Int64Counter
	s    *service
	name string
}

func (c counter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	if n == 0 {
		return // what has not happened
	}
	if c.name == semconv.JourneyLateName {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.counts["late"] += n
		return
	}
	if c.name != semconv.SDKFaultsName {
		return
	}
	set := metric.NewAddConfig(opts).Attributes()
	class, _ := set.Value(semconv.ErrorTypeKey)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.counts[class.AsString()] += n
}

type observer struct {
	metricnoop.Observer
	seen map[string]int64
}

func (o *observer) ObserveInt64(_ metric.Int64Observable, n int64, opts ...metric.ObserveOption) {
	if n == 0 {
		return // a place without runs
	}
	set := metric.NewObserveConfig(opts).Attributes()
	name, _ := set.Value(semconv.JourneyNameKey)
	stage, _ := set.Value(semconv.StageNameKey)
	o.seen[name.AsString()+"/"+stage.AsString()] += n
}
