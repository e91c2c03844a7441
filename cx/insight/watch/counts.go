package watch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

const scopeName = "cairncx.dev/cairn/cx/insight/watch"

// counts has what the metrics show: nothing, while another instance has the lease.
type counts struct {
	reg metric.Registration

	mu     sync.Mutex
	shown  bool
	active map[place]int64
	oldest map[place]float64 // in days
	late   map[place]int64   // by promise
	cost   map[string]int64  // in customers, by journey
}

// place is a series: of a state, or of a promise.
type place struct{ journey, name string }

func newCounts(p metric.MeterProvider) (*counts, error) {
	m := p.Meter(scopeName)
	active, err := m.Int64ObservableUpDownCounter(semconv.BreakdownActiveName, metric.WithUnit(semconv.BreakdownActiveUnit), metric.WithDescription(semconv.BreakdownActiveDescription))
	if err != nil {
		return nil, fmt.Errorf("the metric %s: %w", semconv.BreakdownActiveName, err)
	}
	age, err := m.Float64ObservableGauge(semconv.BreakdownAgeName, metric.WithUnit(semconv.BreakdownAgeUnit), metric.WithDescription(semconv.BreakdownAgeDescription))
	if err != nil {
		return nil, fmt.Errorf("the metric %s: %w", semconv.BreakdownAgeName, err)
	}
	overdue, err := m.Int64ObservableUpDownCounter(semconv.BreakdownOverdueName, metric.WithUnit(semconv.BreakdownOverdueUnit), metric.WithDescription(semconv.BreakdownOverdueDescription))
	if err != nil {
		return nil, fmt.Errorf("the metric %s: %w", semconv.BreakdownOverdueName, err)
	}
	customers, err := m.Int64ObservableUpDownCounter(semconv.BreakdownCustomersName, metric.WithUnit(semconv.BreakdownCustomersUnit), metric.WithDescription(semconv.BreakdownCustomersDescription))
	if err != nil {
		return nil, fmt.Errorf("the metric %s: %w", semconv.BreakdownCustomersName, err)
	}
	c := new(counts)
	c.empty()
	c.reg, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.shown {
			return nil
		}
		for at, n := range c.active {
			o.ObserveInt64(active, n, at.option(semconv.BreakdownStateKey))
		}
		for at, days := range c.oldest {
			o.ObserveFloat64(age, days, at.option(semconv.BreakdownStateKey))
		}
		for at, n := range c.late {
			o.ObserveInt64(overdue, n, at.option(semconv.PromiseNameKey))
		}
		for journey, n := range c.cost {
			o.ObserveInt64(customers, n, place{journey: journey}.option(""))
		}
		return nil
	}, active, age, overdue, customers)
	if err != nil {
		return nil, fmt.Errorf("the metrics of breakdowns: %w", err)
	}
	return c, nil
}

// option returns the attributes: the name under the key, unless that is "".
func (p place) option(key attribute.Key) metric.ObserveOption {
	var kvs []attribute.KeyValue
	if key != "" {
		kvs = append(kvs, key.String(p.name))
	}
	if p.journey != "" {
		kvs = append(kvs, semconv.BreakdownJourneyKey.String(p.journey))
	}
	return metric.WithAttributeSet(attribute.NewSet(kvs...))
}

// show shows the breakdowns. A series stays, with zero, while this instance has the lease.
func (c *counts) show(b *book, j *Journey, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.oldest = true, map[place]float64{}
	for at := range c.active {
		c.active[at] = 0
	}
	for at := range c.late {
		c.late[at] = 0
	}
	for journey := range c.cost {
		c.cost[journey] = 0
	}
	for _, e := range b.entries {
		if !e.active() {
			continue
		}
		for _, state := range Steps() {
			c.active[place{e.First.Journey, state}] += 0
		}
		at := place{e.First.Journey, e.Stage}
		c.active[at]++
		c.oldest[at] = max(c.oldest[at], now.Sub(e.Found.Began).Hours()/24)
		for _, p := range j.Promises(e.Severity) {
			c.late[place{e.First.Journey, p.Name}] += 0
			if e.late(p.Name, now) {
				c.late[place{e.First.Journey, p.Name}]++
			}
		}
		c.cost[e.First.Journey] += int64(e.Customers) // events are no customers
	}
}

// hide shows nothing: another instance may have the lease.
func (c *counts) hide() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.empty()
}

func (c *counts) empty() {
	c.shown, c.active, c.oldest, c.late, c.cost = false, map[place]int64{}, map[place]float64{}, map[place]int64{}, map[string]int64{}
}

func (c *counts) stop() { _ = c.reg.Unregister() }
