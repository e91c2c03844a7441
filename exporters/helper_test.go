package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// sink is an exporter that remembers what it is given, and does before what the test says.
type fake struct {
	export   func(ctx context.Context, events []event.Event) error
	flush    func(ctx context.Context) error
	shutdown func(ctx context.Context) error

	mu      sync.Mutex
	names   []string // of touchpoints, in order
	batches []int    // their sizes
	events  []event.Event
	flushes int
	downs   int
	closed  bool
}

func (s *fake) Export(ctx context.Context, events []event.Event) error {
	s.mu.Lock()
	if s.closed {
		s.names = append(s.names, "exported after Shutdown")
	}
	s.batches = append(s.batches, len(events))
	s.mu.Unlock()
	if s.export != nil {
		if err := s.export(ctx, events); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		s.names = append(s.names, e.Touchpoint)
		s.events = append(s.events, e)
	}
	return nil
}

func (s *fake) Flush(ctx context.Context) error {
	s.mu.Lock()
	s.flushes++
	s.mu.Unlock()
	if s.flush != nil {
		return s.flush(ctx)
	}
	return nil
}

func (s *fake) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.downs++
	s.mu.Unlock()
	if s.shutdown != nil {
		if err := s.shutdown(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *fake) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.names...)
}

func (s *fake) sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int{}, s.batches...)
}

// noFlush is an exporter that cannot flush.
type noFlush struct{ s *fake }

func (n noFlush) Export(ctx context.Context, events []event.Event) error {
	return n.s.Export(ctx, events)
}
func (n noFlush) Shutdown(ctx context.Context) error { return n.s.Shutdown(ctx) }

func touch(name string) *event.Event {
	return &event.Event{Kind: event.TouchpointEnded, Touchpoint: name}
}

func numbered(from, to int) (names []string) {
	for i := from; i < to; i++ {
		names = append(names, fmt.Sprint(i))
	}
	return names
}

var errSink = errors.New("the sink is away")

// meters is the least of a meter provider: it counts by name and error type, and asks gauges.
type meters struct {
	noop.MeterProvider
	mu        sync.Mutex
	counts    map[string]int64
	callbacks map[int]metric.Callback
	next      int
}

func newMeters() *meters {
	return &meters{counts: map[string]int64{}, callbacks: map[int]metric.Callback{}}
}

func (m *meters) Meter(string, ...metric.MeterOption) metric.Meter { return meter{m: m} }

// all returns the counters, and the gauges as they are now.
func (m *meters) all() map[string]int64 {
	m.mu.Lock()
	out := maps.Clone(m.counts)
	callbacks := maps.Clone(m.callbacks)
	m.mu.Unlock()
	for _, f := range callbacks {
		if err := f(context.Background(), observer{into: out}); err != nil {
			panic(err)
		}
	}
	return out
}

type meter struct {
	noop.Meter
	m *meters
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{m: m.m, name: name}, nil
}

func (m meter) Int64ObservableUpDownCounter(name string, _ ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	return gauge{name: name}, nil
}

func (m meter) RegisterCallback(f metric.Callback, _ ...metric.Observable) (metric.Registration, error) {
	m.m.mu.Lock()
	defer m.m.mu.Unlock()
	m.m.next++
	m.m.callbacks[m.m.next] = f
	return registration{m: m.m, key: m.m.next}, nil
}

type registration struct {
	noop.Registration
	m   *meters
	key int
}

func (r registration) Unregister() error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	delete(r.m.callbacks, r.key)
	return nil
}

type gauge struct {
	noop.Int64ObservableUpDownCounter
	name string
}

type counter struct {
	noop.Int64Counter
	m    *meters
	name string
}

func (c counter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	if n == 0 {
		return // what has not happened: TestComponentsBegin has that
	}
	set := metric.NewAddConfig(opts).Attributes()
	key := c.name
	if class, ok := set.Value(semconv.ErrorTypeKey); ok {
		key += " " + class.AsString()
	}
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.counts[key] += n
}

type observer struct {
	noop.Observer
	into map[string]int64
}

func (o observer) ObserveInt64(of metric.Int64Observable, n int64, _ ...metric.ObserveOption) {
	if g, ok := of.(gauge); ok {
		o.into[g.name] = n
	}
}
