package track_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// TestWhoIsLearned: whose run it is may become known at any time, in memory and with a store, by
// whatever says so.
// TestEarlierStartHeardLater: what the earliest start says holds, and the customer that only a later one
// knows is kept, in whatever order they are heard of.
// TestDefinitionHeardLater: a run that began before its definition was known is abandoned, and stalls,
// by the definition, as soon as that is known.
// TestActiveByTheEarliestStart: whether a run is counted as live is up to its earliest start, whichever is heard of
// first: a probe is not counted.
func TestActiveByTheEarliestStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second event.Actor
		want          int64
	}{
		"the earlier one is a probe's":    {event.ActorCustomer, event.ActorSynthetic, 0},
		"the earlier one is a customer's": {event.ActorSynthetic, event.ActorCustomer, 1},
	} {
		tracker := track.New(track.Config{Rules: truthRules, Now: func() time.Time { return noon }})
		for k, actor := range []event.Actor{c.first, c.second} {
			e := (&deed{kind: event.JourneyStarted, at: 10 - k}).event(noon)
			e.Actor = actor
			tracker.Apply(&e, track.Manner{})
		}
		live := map[string]int64{}
		tracker.Active(func(_, stage string, runs int64) { live[stage] += runs })
		if live[""] != c.want || len(live) > 1 {
			t.Errorf("%s: live are %v, want %d", name, live, c.want)
		}
		end := (&deed{kind: event.JourneyEnded, at: 20, out: event.Completed}).event(noon)
		tracker.Apply(&end, track.Manner{})
		tracker.Active(func(_, stage string, runs int64) { t.Errorf("%s: after its end %d are live in %q", name, runs, stage) })
	}
}

// TestTouchpointInMemoryAllocates: a touchpoint of a run in memory that changes nothing but counts takes no memory.
func TestTouchpointInMemoryAllocates(t *testing.T) { //nolint:paralleltest // it counts allocations
	tracker := track.New(track.Config{Rules: func(string) *journey.Definition { return checkout }, Now: func() time.Time { return noon }})
	start := (&deed{kind: event.JourneyStarted}).event(noon)
	tracker.Apply(&start, track.Manner{})
	touch := (&deed{kind: event.TouchpointEnded, at: 1}).event(noon)
	touch.ID = event.ID{}
	if n := testing.AllocsPerRun(100, func() {
		tracker.Place(&touch, "")
		tracker.Apply(&touch, track.Manner{})
	}); n != 0 {
		t.Errorf("it takes %v allocations, want none", n)
	}
}
