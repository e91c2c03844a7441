package track_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// TestKilledBeforeTellingAnEnd: an instance that decided an end is gone before it told it. Another one tells it,
// once, with all that was said of it; and so it does where the end was written and not decided.
func TestKilledBeforeTellingAnEnd(t *testing.T) {
	t.Parallel()
	for name, decided := range map[string]bool{"decided": true, "written": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newShelf()
				victim := &dying{shelf: store}
				var ends []flight.Event
				tracker := func(s ledger.Store) track.Tracker {
					return track.New(track.Config{
						Rules: truthRules, Now: time.Now, Store: s, Linger: time.Millisecond,
						Deliver: func(e *flight.Event, _ journey.State) {
							if e.Kind == event.JourneyEnded {
								ends = append(ends, *e)
							}
						},
					})
				}
				began := time.Now()
				a, b := tracker(victim), tracker(store)
				start := (&deed{kind: event.JourneyStarted}).event(began)
				start.Customer = event.Customer{Hash: "h", Segment: "s"}
				a.Apply(&start, track.Manner{})
				time.Sleep(time.Second)
				end := (&deed{kind: event.JourneyEnded, at: 1, out: event.Failed}).event(began)
				end.Cause, end.Channel = "declined", event.Phone
				end.Variant = &event.Variant{Release: "r", Arm: "b"}
				end.Attributes = []attribute.KeyValue{attribute.String("k", "v")}
				if !decided {
					synctest.Wait()
					victim.writes.Store(1)
				} else {
					synctest.Wait()
					victim.writes.Store(2)
				}
				a.Apply(&end, track.Manner{})
				for range 3 {
					time.Sleep(40 * time.Second)
					b.Sweep(context.Background(), time.Now(), func(*flight.Event, journey.State) {})
					synctest.Wait()
				}
				if len(ends) != 1 {
					t.Errorf("the end was told %d times, want once", len(ends))
				}
				for _, e := range ends {
					if e.Outcome != event.Failed || e.Cause != "declined" || e.Variant == nil || e.Variant.Arm != "b" || e.Channel != event.Phone || len(e.Attributes) != 1 ||
						e.Customer.Hash != "h" || e.Customer.Segment != "s" || e.Duration != time.Second || !e.Time.Equal(began.Add(time.Second)) {
						t.Errorf("the end is told as %+v", e)
					}
				}
				done, cancel := context.WithCancel(context.Background())
				cancel()
				_ = a.Shutdown(done) // it is gone
				time.Sleep(time.Second)
				if err := b.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// dying is a store that takes so many changes more from its instance, and does not answer the last of them. Then
// it takes none.
type dying struct {
	*shelf

	writes atomic.Int64
}

func (s *dying) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	gone := errors.New("it is gone") //nolint:err113 // a test's
	if s.writes.Load() < 0 {
		return nil, gone
	}
	out, err := s.shelf.Write(ctx, changes)
	if s.writes.Load() > 0 && s.writes.Add(-1) == 0 {
		s.writes.Store(-1)
		return nil, gone
	}
	return out, err
}
