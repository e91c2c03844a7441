package otelsetup

import (
	"context"
	"errors"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// metricExporter is a watched exporter of metrics.
type metricExporter struct {
	sdkmetric.Exporter

	w *watch
}

// errBrokenOff is an export of cumulative metrics that its caller has broken off. Nothing is lost as long as another export follows,
// because that one has the same sums and later. The SDK's reader does so when it is shut down: it breaks off the export that is under
// way, and exports everything for the last time.
var errBrokenOff = errors.New("broken off")

// Export implements [sdkmetric.Exporter].
func (e metricExporter) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	n, cumulative := points(rm)
	e.w.waiting.Add(n)
	return e.w.export(ctx, n, func() error {
		err := e.Exporter.Export(ctx, rm)
		if err != nil && cumulative && errors.Is(ctx.Err(), context.Canceled) {
			return errBrokenOff
		}
		return err //nolint:wrapcheck // the SDK's own, as it is
	})
}

// Shutdown implements [sdkmetric.Exporter]. No export follows.
func (e metricExporter) Shutdown(ctx context.Context) error {
	if n := e.w.broken.Swap(0); n > 0 {
		e.w.meters.Load().failed(ctx, classCanceled, n)
		e.w.lose(classCanceled, n, context.Canceled)
	}
	return e.Exporter.Shutdown(ctx) //nolint:wrapcheck // the SDK's own, as it is
}

// points counts the points of all metrics, and reports whether none of them is the difference to the last export.
func points(rm *metricdata.ResourceMetrics) (n int64, cumulative bool) {
	cumulative = true
	add := func(points int, t metricdata.Temporality) {
		n += int64(points)
		cumulative = cumulative && (points == 0 || t == metricdata.CumulativeTemporality)
	}
	const gauge = metricdata.CumulativeTemporality // the last value, or a sum of its own
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				add(len(data.DataPoints), data.Temporality)
			case metricdata.Sum[float64]:
				add(len(data.DataPoints), data.Temporality)
			case metricdata.Gauge[int64]:
				add(len(data.DataPoints), gauge)
			case metricdata.Gauge[float64]:
				add(len(data.DataPoints), gauge)
			case metricdata.Histogram[int64]:
				add(len(data.DataPoints), data.Temporality)
			case metricdata.Histogram[float64]:
				add(len(data.DataPoints), data.Temporality)
			case metricdata.ExponentialHistogram[int64]:
				add(len(data.DataPoints), data.Temporality)
			case metricdata.ExponentialHistogram[float64]:
				add(len(data.DataPoints), data.Temporality)
			case metricdata.Summary:
				add(len(data.DataPoints), gauge)
			}
		}
	}
	return n, cumulative
}
