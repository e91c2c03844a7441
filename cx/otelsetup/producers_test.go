package otelsetup_test

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx/otelsetup"
)

// TestProducers: OTEL_METRICS_PRODUCERS=prometheus sends what Prometheus' own library has collected along, such as the
// number of goroutines, once however often it is named; without it nothing is.
func TestProducers(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		producers string
		want      bool
	}{{"", false}, {"none", false}, {"prometheus", true}, {"prometheus,prometheus", true}, {"none,prometheus", true}} {
		t.Run(c.producers, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			t.Setenv("OTEL_METRICS_PRODUCERS", c.producers)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			emit(t, s)
			must(t, s.Flush(context.Background()))
			col.mu.Lock()
			n := 0
			for _, m := range col.metrics {
				if m.GetName() == "go_goroutines" {
					n++
				}
			}
			col.mu.Unlock()
			must(t, s.Shutdown(context.Background()))
			if (n == 1) != c.want || n > 1 {
				t.Errorf("go_goroutines has arrived %d times, want it: %v", n, c.want)
			}
		})
	}
}
