package track_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/track"
)

// TestSharedAfterAnOutage: what has waited for the store for ten minutes is no dead instance's. Another
// one that comes by when it is committed, and not yet told, leaves it to its own.
func TestSharedAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		store.overdue = true
		way := &door{shelf: store}
		way.set(func([]ledger.Change) error { return errors.New("down") }, nil)
		a, b := newTeller(way, nil), newTeller(store, nil)
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		a.Apply(enters("cart", "1"), track.Manner{})
		time.Sleep(10 * time.Minute)
		way.set(nil, func([]ledger.Change) error {
			b.sweep(context.Background())
			return nil
		})
		time.Sleep(time.Minute)
		way.set(nil, nil)
		a.stop(t)
		b.stop(t)
		want(t, a.told(), "started 1", "stage.entered 1")
		want(t, b.told())
	})
}

// TestQueueInAnOutage: what the store has not taken waits for it, whether it is in the queue or being written. A
// service with little to say sees that its store is away, too.
func TestQueueInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		way := &door{shelf: newShelf()}
		way.set(func([]ledger.Change) error { return errors.New("down") }, nil)
		a := newTeller(way, nil)
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		a.Apply(enters("cart", "1"), track.Manner{})
		time.Sleep(10 * time.Minute)
		if n, most := a.Queue(); n != 2 || most != 8192 {
			t.Errorf("after ten minutes without the store %d of %d wait for it, want 2 of 8192", n, most)
		}
		way.set(nil, nil)
		time.Sleep(time.Minute)
		if n, _ := a.Queue(); n != 0 {
			t.Errorf("a minute after the store was back %d wait for it, want 0", n)
		}
		a.stop(t)
	})
}
