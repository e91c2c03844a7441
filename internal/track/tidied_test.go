package track_test

import (
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// TestAbandonedAmongMany: runs that stay live while very many others end are stalled and abandoned when they are
// due, each once.
func TestAbandonedAmongMany(t *testing.T) {
	t.Parallel()
	const live, others = 640, 62 * 640 // of each of the 64 parts of the memory ten, among more than 600 others
	def := journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(30*time.Minute), journey.Expect("payment", 10*time.Minute))
	now := noon
	tr := track.New(track.Config{Rules: func(string) *journey.Definition { return def }, Now: func() time.Time { return now }})
	apply := func(kind event.Kind, id, stage string) {
		tr.Apply(&flight.Event{Event: event.Event{
			Kind: kind, Time: now, Stage: stage, Outcome: map[event.Kind]event.Outcome{event.JourneyEnded: event.Completed}[kind],
			Journey: event.Run{Namespace: "test", Name: "checkout", ID: id},
		}}, track.Manner{})
	}
	at := map[string]time.Time{}
	tr.Sweep(t.Context(), now, func(*flight.Event, journey.State) {}) // the first of a day looks at all
	for i := range others {
		now = noon.Add(time.Duration(i) * time.Second / 100) // 400 s in all
		if i%(others/live) == 0 {
			id := fmt.Sprint("live-", i)
			apply(event.JourneyStarted, id, "")
			apply(event.JourneyStageEntered, id, "payment") // which makes it due earlier
			at[id] = now
		}
		id := fmt.Sprint("other-", i)
		apply(event.JourneyStarted, id, "")
		apply(event.JourneyEnded, id, "")
	}
	for _, kind := range []event.Kind{event.JourneyStarted, event.JourneyEnded} { // so that the heaps are rebuilt last of all
		for i := range others {
			apply(kind, fmt.Sprint("last-", i), "")
		}
	}
	if len(at) != live {
		t.Fatalf("%d runs are live, want %d", len(at), live)
	}
	stalled, abandoned := map[string]int{}, map[string]int{}
	for m := range 60 {
		now = noon.Add(time.Duration(m) * time.Minute)
		tr.Sweep(t.Context(), now, func(e *flight.Event, _ journey.State) {
			began, patience, n := at[e.Journey.ID], 10*time.Minute, stalled
			if e.Kind == event.JourneyEnded {
				patience, n = 30*time.Minute, abandoned
			}
			n[e.Journey.ID]++
			if !e.Time.Equal(began.Add(patience)) || now.Sub(e.Time) >= time.Minute {
				t.Fatalf("%s of %s is at %v, was told at %v; it began at %v", e.Kind, e.Journey.ID, e.Time, now, began)
			}
		})
	}
	for id := range at {
		if stalled[id] != 1 || abandoned[id] != 1 {
			t.Fatalf("%s was stalled %d times and abandoned %d times, want each once", id, stalled[id], abandoned[id])
		}
	}
	if len(stalled) != live || len(abandoned) != live {
		t.Errorf("%d were stalled and %d abandoned, want %d", len(stalled), len(abandoned), live)
	}
}
