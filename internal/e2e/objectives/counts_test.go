package objectives_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// TestStatus: what the process says of its objectives is what its customers experienced, to the last one.
func TestStatus(t *testing.T) {
	all := tell(t)
	for _, s := range all.states["storefront"] {
		want := all.books.counts(s.Name, -1, whole())
		if s.Counts != want {
			t.Errorf("%s: %+v, want %+v", s.Name, s.Counts, want)
		}
		for _, b := range s.Burn {
			// Whole minutes, and whole quarters for windows longer than six hours: older events may be in.
			least, most := all.books.counts(s.Name, whole()-b.Window, whole()), all.books.counts(s.Name, whole()-b.Window-time.Minute, whole())
			if b.Window > 6*time.Hour {
				most = all.books.counts(s.Name, whole()-b.Window-15*time.Minute, whole())
			}
			if b.Good < least.Good || b.Good > most.Good || b.Bad < least.Bad || b.Bad > most.Bad {
				t.Errorf("%s within %s: %+v, want %+v to %+v", s.Name, b.Window, b.Counts, least, most)
			}
		}
		t.Logf("%s: %s", s.Name, s)
	}
	for _, s := range all.states["payments"] {
		if s.Counts != (slo.Counts{}) {
			t.Errorf("payments has counted %+v for %s, which the storefront counts", s.Counts, s.Name)
		}
	}
}
