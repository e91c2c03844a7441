package exporters_test

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// timed is a meter provider that adds up what histograms get, by error type.
type timed struct {
	*meters

	mu  sync.Mutex
	sum map[string]float64
	n   map[string]int
}

func (p *timed) Meter(name string, _ ...metric.MeterOption) metric.Meter {
	return timedMeter{Meter: p.meters.Meter(name), p: p}
}

type timedMeter struct {
	metric.Meter

	p *timed
}

func (m timedMeter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	h, err := m.Meter.Float64Histogram(name)
	return timedHistogram{Float64Histogram: h, p: m.p, name: name}, err
}

type timedHistogram struct {
	metric.Float64Histogram

	p    *timed
	name string
}

func (h timedHistogram) Record(_ context.Context, v float64, opts ...metric.RecordOption) {
	set := metric.NewRecordConfig(opts).Attributes()
	key := h.name
	if class, ok := set.Value(semconv.ErrorTypeKey); ok {
		key += " " + class.AsString()
	}
	h.p.mu.Lock()
	defer h.p.mu.Unlock()
	h.p.sum[key] += v
	h.p.n[key]++
}

// TestOperationDuration: each call of the sink is timed, with how it failed.
func TestOperationDuration(t *testing.T) {
	const took = 3 * time.Second
	for _, c := range []struct {
		name string
		make func(t *testing.T, next event.Exporter, p metric.MeterProvider) (give func(*event.Event), end func(context.Context) error)
	}{
		{"Batch", func(_ *testing.T, next event.Exporter, p metric.MeterProvider) (func(*event.Event), func(context.Context) error) {
			b := exporters.NewBatch(next, exporters.WithMeterProvider(p))
			return func(e *event.Event) { b.Process(background, e) }, b.Shutdown
		}},
		{"Spool", func(t *testing.T, next event.Exporter, p metric.MeterProvider) (func(*event.Event), func(context.Context) error) {
			s, err := exporters.NewSpool("spool", next, exporters.WithMeterProvider(p),
				exporters.WithDisk(func(string) (exporters.Disk, error) { return newModel(), nil }))
			must(t, err)
			return func(e *event.Event) { must(t, s.Export(background, []event.Event{*e})) }, s.Shutdown
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := &timed{meters: newMeters(), sum: map[string]float64{}, n: map[string]int{}}
				var calls atomic.Int64
				give, end := c.make(t, exportFunc(func(context.Context, []event.Event) error {
					time.Sleep(took)
					if calls.Add(1) == 1 {
						return nil
					}
					return sink.Permanent(errSink)
				}), p)
				for range 2 {
					give(&spooled(0, 1, 1)[0])
					time.Sleep(time.Minute)
				}
				must(t, end(t.Context()))
				want := map[string]int{
					semconv.SDKExporterOperationDurationName: 1, semconv.SDKExporterOperationDurationName + " permanent": 1,
				}
				p.mu.Lock()
				defer p.mu.Unlock()
				if !maps.Equal(p.n, want) {
					t.Errorf("the calls are %v, want %v", p.n, want)
				}
				for key, s := range p.sum {
					if s != took.Seconds() {
						t.Errorf("%s took %v s, want %v", key, s, took)
					}
				}
			})
		})
	}
}
