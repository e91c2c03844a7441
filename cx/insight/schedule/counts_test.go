package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

// meter counts what a counter was given.
type meter struct {
	noop.MeterProvider

	mu      sync.Mutex
	counts  map[string]int64
	refuses error
}

func (m *meter) Meter(string, ...metric.MeterOption) metric.Meter { return ofMeter{of: m} }

type ofMeter struct {
	noop.Meter

	of *meter
}

func (o ofMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return &counter{name: name, of: o.of}, o.of.refuses
}

type counter struct {
	noop.Int64Counter

	name string
	of   *meter
}

func (c *counter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	set := metric.NewAddConfig(opts).Attributes()
	result, _ := set.Value("cx.report.result")
	name, _ := set.Value("cx.report.name")
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.counts[fmt.Sprint(c.name, " ", name.AsString(), " ", result.AsString())] += n
}

func (m *meter) want(t *testing.T, want ...string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var have []string
	for _, key := range slices.Sorted(maps.Keys(m.counts)) {
		have = append(have, fmt.Sprint(strings.TrimPrefix(key, "cx.report.deliveries week "), " ", m.counts[key]))
	}
	if !slices.Equal(have, want) {
		t.Errorf("%q, want %q", have, want)
	}
}

// TestCounted: the series exist from the start, and a report counts once as sent or as missed.
func TestCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		m := &meter{counts: map[string]int64{}}
		s := o.start(o.store, o.plan("a", func(_ context.Context, d *schedule.Delivery) error {
			switch {
			case d.Period.From.Day() == 1:
				return errServer // all day long
			case d.Period.From.Day() == 2 && d.Attempt < 3:
				return errServer
			case d.Period.From.Day() == 3:
				return fmt.Errorf("%w: %w", errServer, schedule.ErrGivenUp)
			}
			return nil
		}), schedule.WithMeterProvider(m))
		m.want(t, "failed 0", "missed 0", "sent 0")
		o.until(49*time.Hour - time.Second)
		m.want(t, "failed 29", "missed 0", "sent 0")
		o.until(60 * time.Hour)
		m.want(t, "failed 31", "missed 1", "sent 1")
		o.until(80 * time.Hour)
		m.want(t, "failed 32", "missed 2", "sent 1")
		o.until(100 * time.Hour)
		m.want(t, "failed 32", "missed 2", "sent 2")
		o.stop(s)
	})
}

// TestRefusedCounter: a meter that refuses the counter is an error of New that names it.
func TestRefusedCounter(t *testing.T) {
	t.Parallel()
	o := newOffice(t, report.Day)
	refuses := errors.New("no")
	_, err := schedule.New(o.store, o.plan("a", nil), schedule.WithMeterProvider(&meter{counts: map[string]int64{}, refuses: refuses}))
	if !errors.Is(err, refuses) || !strings.Contains(err.Error(), "cx.report.deliveries") {
		t.Error(err)
	}
}
