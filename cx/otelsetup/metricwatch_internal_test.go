package otelsetup //nolint:testpackage // an export that the SDK breaks off cannot be held from outside

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// slowExporter hangs in its first export until that is broken off. The exports after it return fails.
type slowExporter struct {
	sdkmetric.Exporter // nil: the reader calls none of its other methods

	temporality metricdata.Temporality
	fails       error
	entered     chan struct{}
	exports     int
}

func (e *slowExporter) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return e.temporality
}

func (e *slowExporter) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

func (e *slowExporter) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	if e.exports++; e.exports > 1 {
		return e.fails
	}
	close(e.entered)
	<-ctx.Done()
	return context.Cause(ctx)
}
func (*slowExporter) ForceFlush(context.Context) error { return nil }
func (*slowExporter) Shutdown(context.Context) error   { return nil }

// TestBrokenOff: the SDK's reader breaks off the export that is under way when it is shut down, and exports everything for the last time.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	rejected := errors.New("the server does not want it")
	for _, c := range []struct {
		name, reason string
		temporality  metricdata.Temporality
		fails        error
		lost         int64
	}{
		{"sums", "the last export has the same sums", metricdata.CumulativeTemporality, nil, 0},
		{"sums that fail", "neither the first nor the last export has arrived", metricdata.CumulativeTemporality, rejected, 2},
		{"sums that nobody waits for", "no export follows", metricdata.CumulativeTemporality, context.Canceled, 1},
		{"differences", "the last export has only what came after the first", metricdata.DeltaTemporality, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				w := &watch{losses: &ledger{logger: slog.New(slog.DiscardHandler)}}
				defer w.losses.take() // and its timer
				slow := &slowExporter{temporality: c.temporality, fails: c.fails, entered: make(chan struct{})}
				provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metricExporter{slow, w})))
				counter, err := provider.Meter("m").Int64Counter("c")
				if err != nil {
					t.Fatal(err)
				}
				counter.Add(ctx, 1)
				<-slow.entered
				if errors.Is(c.fails, context.Canceled) {
					cancel() // before the last export
				}
				_ = provider.Shutdown(ctx)
				if w.lost != c.lost || w.waiting.Load() != 0 {
					t.Errorf("%d points are lost and %d wait, want %d and none: %s", w.lost, w.waiting.Load(), c.lost, c.reason)
				}
			})
		})
	}
}
