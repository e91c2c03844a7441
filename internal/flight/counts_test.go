package flight_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// TestCounts: a table of this length has room for every value, and for no other one. A value of a vocabulary has a name.
func TestCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		count int
		named func(n int) bool
	}{
		{"NumChannels", flight.NumChannels, func(n int) bool { return event.Channel(n).String() != "" }},
		{"NumActors", flight.NumActors, func(n int) bool { return event.Actor(n).String() != "" }},
		{"NumDirections", flight.NumDirections, func(n int) bool { return event.Direction(n).String() != "" }},
		{"NumOutcomes", flight.NumOutcomes, func(n int) bool { return event.Outcome(n).String() != "" }},
		{"NumZones", flight.NumZones, func(n int) bool { return event.Zone(n).String() != "" }},
		{"NumScales", flight.NumScales, func(n int) bool { return event.Scale(n).String() != "" }},
		{"NumVerdicts", flight.NumVerdicts, func(n int) bool { return event.Verdict(n).String() != "" }},
		{"NumSurveyEnds", flight.NumSurveyEnds, func(n int) bool { return event.SurveyEnd(n).String() != "" }},
		{"NumNatures", flight.NumNatures, func(n int) bool { return event.Nature(n).String() != "" }},
		{"fault.Num", fault.Num, func(n int) bool { return fault.Fault(n).String() != "" }},
	} {
		if !c.named(c.count-1) || c.named(c.count) {
			t.Errorf("%s is %d: want one more than the highest value that has a name", c.name, c.count)
		}
	}
}
