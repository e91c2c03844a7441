package track_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/track"
)

// TestStallsWhileASinkHangs: a sink that is away does not switch off prevention: the stall is told when it
// is due, though nothing can be settled.
func TestStallsWhileASinkHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newTeller(&ledgertest.Memory{}, func(c *track.Config) {
			c.Safe = func(context.Context) error { return errors.New("the sink is away") }
			c.Linger = time.Millisecond
		})
		began := time.Now()
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		a.Apply(enters("payment", "1"), track.Manner{})
		stalled := false
		for range 12 * 60 {
			time.Sleep(time.Second)
			a.sweep(t.Context())
			synctest.Wait()
			for _, what := range a.told() {
				stalled = stalled || what == "stalled 1"
			}
			if stalled {
				break
			}
		}
		if took := time.Since(began); !stalled || took > 10*time.Minute+15*time.Second {
			t.Errorf("the stall was told: %v, after %v; it was due after ten minutes and ten seconds", stalled, took)
		}
		_ = a.Shutdown(t.Context()) // what is not settled another instance tells again
	})
}

// TestEventsAreCompleted: an instance that meets a run for the first time exports its touchpoint with what
// the store knows of the run.
