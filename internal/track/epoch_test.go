package track_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// TestEpoch: a run that begins, is in a stage and ends at 1970-01-01T00:00:00Z has a start and an end: zero
// nanoseconds are a time, and not an unknown one.
func TestEpoch(t *testing.T) {
	t.Parallel()
	epoch := time.Unix(0, 0).UTC()
	at := func(kind event.Kind, id string, after time.Duration) *flight.Event {
		return &flight.Event{Event: event.Event{Kind: kind, Time: epoch.Add(after), Channel: event.Web, Journey: event.Run{Namespace: "test", Name: "checkout", ID: id}}}
	}
	check := func(t *testing.T, end *flight.Event, took time.Duration) {
		t.Helper()
		switch {
		case end.Journey.Started.IsZero() || !end.Journey.Started.Equal(epoch):
			t.Errorf("it began at %v, want the epoch", end.Journey.Started)
		case end.Transition == nil || end.Transition.Partial || end.Duration != took || !end.Time.Equal(epoch.Add(took)):
			t.Errorf("the end is at %v after %v, %+v", end.Time, end.Duration, end.Transition)
		}
	}
	tracker := track.New(track.Config{Rules: memoryRules, Now: func() time.Time { return epoch }})
	for id, took := range map[string]time.Duration{"at once": 0, "later": time.Minute} {
		tracker.Apply(at(event.JourneyStarted, id, 0), track.Manner{})
		enter := at(event.JourneyStageEntered, id, 0)
		enter.Stage = "cart"
		tracker.Apply(enter, track.Manner{})
		end := at(event.JourneyEnded, id, took)
		end.Outcome = event.Completed
		if v := tracker.Apply(end, track.Manner{}); v.Drop {
			t.Fatalf("%s: the end was dropped: %+v", id, v)
		}
		check(t, end, took)
		if left := end.Transition; left.From != "cart" || !left.Entered.Equal(epoch) {
			t.Errorf("%s: it left %+v", id, left)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var ends []*flight.Event
		a := newTeller(newShelf(), func(c *track.Config) {
			c.Deliver = func(e *flight.Event, _ journey.State) {
				if e.Kind == event.JourneyEnded {
					ends = append(ends, e)
				}
			}
		})
		a.Apply(at(event.JourneyStarted, "1", 0), track.Manner{})
		a.Apply(at(event.JourneyEnded, "1", 0), track.Manner{})
		a.stop(t)
		if len(ends) != 1 {
			t.Fatalf("it ended %d times", len(ends))
		}
		check(t, ends[0], 0)
	})
}

// known asks the store whether it has anything of the run, and changes nothing.
func known(t *testing.T, store ledger.Store, j event.Run) bool {
	t.Helper()
	out, err := store.Write(context.Background(), []ledger.Change{{Key: ledger.Key(j.TraceID()), If: []byte("\x00never"), Replace: []byte{}}})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Closed || out[0].Log != nil
}

// TestNeverStarted: what happens to runs that are never started is kept for an hour since it last happened, and
// not for the 30 days of an ended run. A run that was started is not forgotten.
func TestNeverStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		a := newTeller(store, nil)
		run := func(id string) event.Run { return event.Run{Namespace: "test", Name: "checkout", ID: id} }
		a.Apply(happens(event.JourneyStarted, "started"), track.Manner{})
		for _, id := range []string{"stranger", "stage", "started", "again"} {
			a.Apply(happens(event.TouchpointEnded, id), track.Manner{})
		}
		a.Apply(enters("cart", "stage"), track.Manner{})
		old := happens(event.TouchpointEnded, "of yesterday") // what counts is when the store heard of it
		old.Time = old.Time.Add(-24 * time.Hour)
		a.Apply(old, track.Manner{})
		pass := func(d time.Duration) {
			for range d / time.Minute {
				time.Sleep(time.Minute)
				a.sweep(t.Context())
			}
		}
		pass(50 * time.Minute)
		for _, id := range []string{"stranger", "stage", "started", "again", "of yesterday"} {
			if !known(t, store, run(id)) {
				t.Errorf("after 50 minutes the run %q is gone", id)
			}
		}
		a.Apply(happens(event.TouchpointEnded, "again"), track.Manner{})
		pass(30 * time.Minute)
		if !known(t, store, run("again")) {
			t.Error("the run to which something happened half an hour ago is gone")
		}
		pass(3 * time.Hour)
		for id, want := range map[string]bool{"stranger": false, "stage": false, "again": false, "of yesterday": false, "started": true} {
			if got := known(t, store, run(id)); got != want {
				t.Errorf("after some hours the run %q is there: %v, want %v", id, got, want)
			}
		}
		a.stop(t)
	})
}

// TestStoresClockDecides: neither an instance's clock that is hours wrong, nor a store's, delays what a killed
// instance has committed, or hastens it.
func TestStoresClockDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		wrong time.Duration
	}{{"right", 0}, {"an hour ahead", time.Hour}, {"an hour behind", -time.Hour}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newShelf()
				way := &door{shelf: store}
				way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
				a := newTeller(way, func(cfg *track.Config) { cfg.Now = func() time.Time { return time.Now().Add(c.wrong) } })
				b := newTeller(store, nil)
				a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				_ = a.Shutdown(ctx) // it is killed
				for range 29 {
					time.Sleep(time.Second)
					b.sweep(t.Context())
				}
				want(t, b.told())
				for range 40 {
					time.Sleep(time.Second)
					b.sweep(t.Context())
				}
				want(t, b.told(), "started 1 again")
				b.stop(t)
				time.Sleep(2 * time.Minute)
			})
		})
	}
}
