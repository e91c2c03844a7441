package cx_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// TestForgetAfterTheEnd: a journey that was completed before Forget is called counts as completed, and not as late,
// in memory as with a store, where the end waits for two seconds. Another customer's end holds Forget up no longer.
func TestForgetAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("with a store: %v", shared), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var store ledger.Store
				if shared {
					store = newTable()
				}
				var sink archive
				i := open(t, store, roomy(&sink))
				order.Complete(order.Start(i.ctx(), "bob's", event.Customer{ID: "bob"}))
				began := time.Now()
				if _, err := i.Forget(t.Context(), "carol"); err != nil || time.Since(began) > 0 {
					t.Errorf("Forget of another customer took %v: %v", time.Since(began), err)
				}
				order.Complete(order.Start(i.ctx(), "1", event.Customer{ID: "alice"}))
				short, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := i.Forget(short, "alice"); shared && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Forget says %v before the end is decided", err)
				}
				if _, err := i.Forget(t.Context(), "alice"); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
				if e, ok := sink.derived("1", "ended"); !ok || e.Outcome != event.Completed {
					t.Errorf("the end is %v, exported: %v; want completed", e.Outcome, ok)
				}
				ended, late := i.counts.of(semconv.JourneyEndedName+" completed"), i.counts.of(semconv.JourneyLateName)
				if ended != 2 || late != 0 {
					t.Errorf("%d journeys are completed and %d late, want 2 and 0", ended, late)
				}
				i.close(t)
			})
		})
	}
}
