package track_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
)

// TestBoundaryInMemory: an event exactly when the patience has run out comes after the abandonment, and one a
// nanosecond before it does not. No sweep has run.
func TestBoundaryInMemory(t *testing.T) {
	t.Parallel()
	for after, ends := range map[time.Duration]bool{memoryPatience - 1: false, memoryPatience: true, memoryPatience + 1: true} {
		tracker := track.New(track.Config{Rules: memoryRules, Now: func() time.Time { return noon }})
		at := func(kind event.Kind, when time.Time) *flight.Event {
			return &flight.Event{Event: event.Event{Kind: kind, Time: when, Journey: event.Run{Namespace: "test", Name: "checkout", ID: "1"}}}
		}
		tracker.Apply(at(event.JourneyStarted, noon), track.Manner{})
		v := tracker.Place(at(event.TouchpointEnded, noon.Add(after)), "")
		ended := len(v.Before) == 1 && v.Before[0].Kind == event.JourneyEnded && v.Before[0].Time.Equal(noon.Add(memoryPatience))
		if v.Late != ends || ended != ends {
			t.Errorf("after %v it is late: %v, and the run was abandoned: %v; want %v", after, v.Late, ended, ends)
		}
	}
}
