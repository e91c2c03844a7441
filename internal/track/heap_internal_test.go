package track //nolint:testpackage // what is tested is how much memory is kept, which nobody outside can see

import (
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// TestEndedRunsLeaveNothing: a run that has ended is eight bytes, and not also a place in the heap until
// it would have been abandoned.
func TestEndedRunsLeaveNothing(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 20_000 {
		j := event.Run{Namespace: "n", Name: "checkout", ID: strconv.Itoa(i)}
		id := ledger.Key(j.TraceID())
		who := &identity{journey: j, patience: 30 * 24 * time.Hour}
		var v view
		m.apply(id, &op{kind: opStart, at: int64(i + 1), who: who}, 1, nil, &v)
		v = view{}
		m.apply(id, &op{kind: opEnd, at: int64(i + 2), outcome: event.Completed}, 1, nil, &v)
	}
	heap := 0
	for i := range m.shards {
		heap += len(m.shards[i].heap)
	}
	if most := memoryShards * 65; heap > most {
		t.Errorf("the heaps hold %d entries of runs that have ended, want %d at most", heap, most)
	}
}

// TestRunLimit: what is beyond the bound has no state, and says so.
func TestRunLimit(t *testing.T) {
	t.Parallel()
	tr := New(Config{
		Rules: func(string) *journey.Definition { return nil }, Now: time.Now, MaxRuns: memoryShards,
	})
	full := 0
	for i := range 1000 {
		v := tr.Apply(&flight.Event{Event: event.Event{
			Kind: event.JourneyStarted, Time: time.Unix(1, 0), Journey: event.Run{Namespace: "n", Name: "checkout", ID: strconv.Itoa(i)},
		}}, Manner{})
		if v.Faults.Has(fault.RunLimit) {
			full++
		}
	}
	if want := 1000 - memoryShards; full != want {
		t.Errorf("%d runs were refused, want %d: one in each part has room", full, want)
	}
}
