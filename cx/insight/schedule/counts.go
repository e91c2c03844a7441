package schedule

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

const scopeName = "cairncx.dev/cairn/cx/insight/schedule"

// result is what became of a report or of an attempt.
type result int

const (
	sent result = iota
	failed
	missed
)

// counts counts reports.
type counts struct {
	counter metric.Int64Counter
	of      [3][]metric.AddOption
}

// newCounts makes the counter, whose series exist with zero from now on.
func newCounts(p metric.MeterProvider, name string) (*counts, error) {
	counter, err := p.Meter(scopeName).Int64Counter(semconv.ReportDeliveriesName,
		metric.WithUnit(semconv.ReportDeliveriesUnit), metric.WithDescription(semconv.ReportDeliveriesDescription))
	if err != nil {
		return nil, fmt.Errorf("the metric %s: %w", semconv.ReportDeliveriesName, err)
	}
	c := &counts{counter: counter}
	for r, value := range [...]attribute.KeyValue{sent: semconv.ReportResultKey.String("sent"), failed: semconv.ReportResultKey.String("failed"), missed: semconv.ReportResultKey.String("missed")} {
		c.of[r] = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(semconv.ReportNameKey.String(name), value))}
		counter.Add(context.Background(), 0, c.of[r]...)
	}
	return c, nil
}

func (c *counts) add(ctx context.Context, r result, n int64) { c.counter.Add(ctx, n, c.of[r]...) }
