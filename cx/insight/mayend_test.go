package insight_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestEndsAtTheEdge: a question by the end finds runs that end as they begin, and those that are silent long after the last event of the table.
func TestEndsAtTheEdge(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 6 {
		atOnce, silent := ticket(n, 0), ticket(10+n, 0)
		atOnce.ended, atOnce.outcome = 0, event.Completed
		silent.segment, silent.touched = "gold", []touched{{1, "call", event.OK}}
		lives = append(lives, atOnce, silent)
	}
	view := loaded(t, lives).View(insight.Everything(), at(100))
	for _, c := range []struct {
		name        string
		from, until time.Time
		runs        int64
	}{
		{"until they begin", at(-5), at(0), 0},
		{"until just after they begin", at(-5), at(0).Add(time.Microsecond), 6},
		{"from when they begin", at(0), at(1), 6},
		{"between the ends", at(1), at(73), 0},
		{"from when they have been silent for the 72 hours of the blueprint", at(73), at(74), 6},
		{"after that", at(73).Add(time.Microsecond), at(90), 0},
	} {
		got, err := view.Outcomes(t.Context(), insight.Which{Journey: "ticket", By: insight.Ended, From: c.from, Until: c.until})
		if err != nil || got.Runs != c.runs {
			t.Errorf("%s: %d runs ended, want %d: %v", c.name, got.Runs, c.runs, err)
		}
	}
}
