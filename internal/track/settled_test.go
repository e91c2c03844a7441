package track_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// failing lets each change that replaces a log fail until it is told otherwise, or each change where all is set.
func failing(all bool) func([]ledger.Change) error {
	return func(changes []ledger.Change) error {
		if all || slices.ContainsFunc(changes, func(c ledger.Change) bool { return c.Replace != nil }) {
			return errDown
		}
		return nil
	}
}

// TestSettledAfterAnError: what could not be settled, since the store answered with an error, is settled when the store
// works again. No other instance tells it meanwhile, nor later.
func TestSettledAfterAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		way := &door{shelf: store}
		way.set(failing(false), nil)
		a, b := newTeller(way, nil), newTeller(store, nil)
		for _, id := range []string{"1", "2"} {
			a.Apply(happens(event.JourneyStarted, id), track.Manner{})
			a.Apply(enters("cart", id), track.Manner{})
		}
		time.Sleep(5 * time.Second)
		if a.count(fault.Store) == 0 {
			t.Error("an error while settling was not counted")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Flush(ctx); err == nil {
			t.Error("Flush says that all is settled, and nothing is")
		}
		way.set(nil, nil)
		for range 100 {
			time.Sleep(time.Second)
			b.sweep(t.Context())
		}
		want(t, b.told())
		if err := a.Flush(t.Context()); err != nil {
			t.Errorf("Flush: %v", err)
		}
		a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
		a.stop(t)
		b.stop(t)
		want(t, a.told(), "started 1", "stage.entered 1", "started 2", "stage.entered 2", "ended 1")
	})
}

// TestDecidingIsReported: a store that does not take the decision about an end is reported each time, and the end is
// told when it does.
func TestDecidingIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		way := &door{shelf: newShelf()}
		a := newTeller(way, func(c *track.Config) {
			told.listen(c)
			c.EndGrace = 10 * time.Second
		})
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
		time.Sleep(5 * time.Second) // the start is settled, and the end is not decided
		if n := a.count(fault.Store); n != 0 {
			t.Errorf("%d faults while the store works", n)
		}
		way.set(failing(true), nil)
		time.Sleep(65 * time.Second) // a minute behind the grace: it is tried every second
		if n := told.with(fault.Store, "down"); n < 50 || n > 70 || a.count(fault.Store) != n {
			t.Errorf("%d failures were told and %d counted, want one a second", n, a.count(fault.Store))
		}
		want(t, a.told(), "started 1")
		way.set(nil, nil)
		time.Sleep(2 * time.Second)
		want(t, a.told(), "started 1", "ended 1")
		a.stop(t)
	})
}

// TestStartOfAPosition: the end of a run whose start the store does not know says the start of its position; where the
// store knows it, that one holds.
func TestStartOfAPosition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		started bool
	}{{"the store knows no start", false}, {"the store knows the start", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ends []flight.Event
				a := newTeller(newShelf(), func(cfg *track.Config) {
					cfg.Deliver = func(e *flight.Event, _ journey.State) {
						if e.Kind == event.JourneyEnded {
							ends = append(ends, *e)
						}
					}
				})
				want := time.Now().Add(-time.Hour).UTC()
				if c.started {
					want = time.Now().UTC()
					a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
				}
				time.Sleep(time.Minute)
				end := happens(event.JourneyEnded, "1")
				end.Journey.Started = time.Now().Add(-time.Hour - time.Minute)
				a.Apply(end, track.Manner{})
				a.stop(t)
				if len(ends) != 1 || !ends[0].Journey.Started.Equal(want) {
					t.Errorf("the ends are %+v, want one that began at %v", ends, want)
				}
			})
		})
	}
}
