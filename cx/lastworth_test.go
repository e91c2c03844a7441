package cx_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestACallWithoutAValueStatesNone: a call that states no value does not repeat the one that the run has, so the value that
// was stated last by event time holds, whatever the client heard first.
func TestACallWithoutAValueStatesNone(t *testing.T) {
	t.Parallel()
	errand := journey.Define("errand", journey.Stages("cart"))
	rec := cxtest.New(t, cx.WithDefinitions(errand))
	ctx, now := rec.Context(t.Context()), time.Now().Add(-time.Minute)
	errand.Start(ctx, "1", event.Customer{}, journey.At(now), journey.Worth(100, "EUR"))
	errand.Start(ctx, "1", event.Customer{}, journey.At(now.Add(3*time.Second)))
	errand.Start(ctx, "1", event.Customer{}, journey.At(now.Add(2*time.Second)), journey.Worth(200, "EUR"))
	errand.Complete(errand.Resume(ctx, "1"), journey.At(now.Add(4*time.Second)))
	for _, e := range rec.Events() {
		if e.Kind == event.JourneyEnded && (e.Journey.Value == nil || e.Journey.Value.Amount != 200) {
			t.Errorf("the run was worth %+v, want 200 EUR, which was stated last", e.Journey.Value)
		}
	}
}
