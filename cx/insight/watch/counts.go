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
}

// place is a series.
type place struct{ journey, state string }

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
	c := &counts{active: map[place]int64{}}
	c.reg, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.shown {
			return nil
		}
		for at, n := range c.active {
			o.ObserveInt64(active, n, at.option())
		}
		for at, days := range c.oldest {
			o.ObserveFloat64(age, days, at.option())
		}
		return nil
	}, active, age)
	if err != nil {
		return nil, fmt.Errorf("the metrics of breakdowns: %w", err)
	}
	return c, nil
}

func (p place) option() metric.ObserveOption {
	kvs := []attribute.KeyValue{semconv.BreakdownStateKey.String(p.state)}
	if p.journey != "" {
		kvs = append(kvs, semconv.BreakdownJourneyKey.String(p.journey))
	}
	return metric.WithAttributeSet(attribute.NewSet(kvs...))
}

// show shows the breakdowns. A series stays, with zero, while this instance has the lease.
func (c *counts) show(b *book, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.oldest = true, map[place]float64{}
	for at := range c.active {
		c.active[at] = 0
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
	}
}

// hide shows nothing: another instance may have the lease.
func (c *counts) hide() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.active = false, map[place]int64{}
}

func (c *counts) stop() { _ = c.reg.Unregister() }
