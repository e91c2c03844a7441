package sdktest_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/stores/memory"
)

// watches keeps a breakdown that began two days ago, until the test ends. It returns when the third refresh has begun, and the second one is known.
func watches(t *testing.T, meters metric.MeterProvider) {
	t.Helper()
	breakdowns, refreshes := watch.Define("", watch.ConfirmWithin(time.Millisecond)), make(chan struct{})
	client, err := cx.New(cx.WithDefinitions(breakdowns.Journey()), cx.WithoutCustomerIDs())
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	w, err := watch.New(new(memory.Store), watch.Plan{
		Journey: breakdowns, Client: client,
		Find: func(context.Context, []breakdown.Open) (breakdown.Findings, error) {
			select {
			case refreshes <- struct{}{}:
			case <-ctx.Done():
			}
			subject := breakdown.Subject{About: breakdown.OfStage, Journey: "checkout", Name: "payment"}
			return breakdown.Findings{Found: []breakdown.Found{{Subject: subject, Began: time.Now().Add(-48 * time.Hour), Last: time.Now().Add(-24 * time.Hour), PerDay: 12, Excess: 24}}}, nil
		},
		Place: func(context.Context, breakdown.Found) (watch.Placement, error) {
			return watch.Placement{Customers: 20}, nil
		},
	}, watch.WithEvery(time.Second), watch.WithMeterProvider(meters))
	must(t, err)
	t.Cleanup(func() {
		stop()
		must(t, w.Shutdown(context.Background()))
		must(t, client.Shutdown(context.Background()))
	})
	for range 3 { // its promise is broken at the second one
		<-refreshes
	}
}
