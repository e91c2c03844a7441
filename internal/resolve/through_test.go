package resolve_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestJourneyThroughTouchpoint: a journey that a client first meets through a touchpoint is adopted for itself,
// whatever is wrong with the touchpoint, and is folded where it is faulty.
func TestJourneyThroughTouchpoint(t *testing.T) {
	t.Parallel()
	fresh := journey.Define("fresh", journey.Stages("a"))
	faulty := journey.Define("faulty", journey.Stages("a", "a"))
	for _, c := range []struct {
		name, reason string
		through      *touchpoint.Definition
		in           string // the journey of the event
		journey      string // under which it goes on
		known        *journey.Definition
		touchpoint   string
	}{
		{"a touchpoint that is fine", "both are adopted", touchpoint.Define("t", touchpoint.In(fresh, "a")), "fresh", "fresh", fresh, "t"},
		{"a faulty touchpoint", "its journey is not", touchpoint.Define("t", touchpoint.In(fresh, "a"), touchpoint.Satisfied(-1)), "fresh", "fresh", fresh, event.Other},
		{"a faulty journey", "its name makes no series", touchpoint.Define("t", touchpoint.In(faulty, "a")), "faulty", event.Other, nil, event.Other},
		{"another journey", "its name is heard of, and no definition", touchpoint.Define("t", touchpoint.In(fresh, "a")), "other", "other", nil, "t"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			e := touch(c.through)
			e.Journey = event.Run{Name: c.in, ID: "1"}
			r.Open(&e)
			if e.Journey.Name != c.journey || r.Journey(c.in) != c.known || e.Touchpoint != c.touchpoint {
				t.Errorf("it goes on as %q in %q, whose definition is %v; want %q in %q, %v: %s",
					e.Touchpoint, e.Journey.Name, r.Journey(c.in), c.touchpoint, c.journey, c.known, c.reason)
			}
		})
	}
}
