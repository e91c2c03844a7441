package report

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestCounts: a table of this length has room for every value, and for no other one.
func TestCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		count int
		word  func(n int) string
	}{
		{"numChannels", numChannels, func(n int) string { return event.Channel(n).String() }},
		{"numOutcomes", numOutcomes, func(n int) string { return event.Outcome(n).String() }},
		{"numZones", numZones, func(n int) string { return event.Zone(n).String() }},
		{"numVerdicts", numVerdicts, func(n int) string { return event.Verdict(n).String() }},
	} {
		if c.word(c.count-1) == "" || c.word(c.count) != "" {
			t.Errorf("%s is %d: want one more than the highest value that has a name", c.name, c.count)
		}
	}
}
