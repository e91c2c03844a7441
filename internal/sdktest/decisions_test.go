package sdktest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/touchpoint"
)

// TestManyDecisions: the report of a decision beyond the bound of metrics names the decision and the bound.
func TestManyDecisions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var found []fault.Report
		client, err := cx.New(cx.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))),
			cx.WithDefinitions(touchpoint.Define("helpline")), cx.WithOnFault(func(_ context.Context, r fault.Report) {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, r)
			}))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 65 {
			client.Record(t.Context(), event.Event{
				Kind: event.TouchpointEnded, Touchpoint: "helpline", Assisted: &event.Assisted{Decisions: []event.Decision{{What: fmt.Sprint("decision-", i)}}},
			})
		}
		synctest.Wait()
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		const want = "the metric of employees' decisions has more than 64 decisions: further ones are counted under _other"
		if len(found) != 1 || found[0].Fault != fault.SeriesLimit || found[0].Name != "decision-64" || found[0].Detail != want {
			t.Errorf("the faults are %+v, want series_limit of decision-64: %s", found, want)
		}
	})
}
