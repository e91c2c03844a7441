package report

import (
	"strconv"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// TestHandTellsRunsApart: the hand gives each run its own life, as a map by namespace, ID and root does, in whatever
// order events of the runs come.
func TestHandTellsRunsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type name struct {
			namespace, id string
			root          event.SpanRef
			journey       int
		}
		h, journeys, want := newHand(), []*runs{newRuns("a"), newRuns("b")}, map[name]int32{}
		for i := range rapid.IntRange(1, 400).Draw(t, "events") {
			n := name{
				namespace: rapid.SampledFrom([]string{"", "default", "test"}).Draw(t, "namespace"),
				id:        strconv.Itoa(rapid.IntRange(0, 60).Draw(t, "id")),
				journey:   rapid.IntRange(0, 1).Draw(t, "journey"),
			}
			if rapid.IntRange(0, 9).Draw(t, "rooted") == 0 {
				n.root.TraceID[15], n.root.SpanID[0] = byte(1+rapid.IntRange(0, 2).Draw(t, "root")), 1
				n.namespace, n.id = "", n.root.TraceID.String() // the trace alone identifies the run
			}
			l := h.take(journeys[n.journey], &event.Event{Journey: event.Run{Namespace: n.namespace, ID: n.id, Root: n.root}})
			if l.stage != want[n] {
				t.Fatalf("event %d: the life of %+v has stage %d, want %d", i, n, l.stage, want[n])
			}
			want[n]++
			l.stage++
		}
		if have := journeys[0].lives.n + journeys[1].lives.n; have != len(want) {
			t.Fatalf("%d lives, want %d", have, len(want))
		}
	})
}

// TestLifeIsSmall: a log has millions of runs.
func TestLifeIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(slot{}); size > 24 {
		t.Errorf("a slot takes %d bytes, want at most 24", size)
	}
}
