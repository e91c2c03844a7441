package contrast_test

import (
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// TestOddsWithoutAnEnd: an interval whose upper end is not known is not written as the largest number of a computer.
func TestOddsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	f := contrast.Finding{
		Held:  []contrast.Held{{Column: "channel", Value: "phone"}},
		Turns: &contrast.Turn{Column: "queue", Odds: score.Estimate{Value: 0.5, Interval: stats.Interval{Low: 0.1, High: math.MaxFloat64}}},
	}
	if said := f.Sentence(contrast.Words{}); !strings.Contains(said, "(common odds ratio 0.50, 0.10 or more)") {
		t.Error(said)
	}
	f.Turns.Odds.High = 2
	if said := f.Sentence(contrast.Words{}); !strings.Contains(said, "(common odds ratio 0.50, 0.10 to 2.00)") {
		t.Error(said)
	}
}
