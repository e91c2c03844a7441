package journey

import (
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// Manner says how an event was recorded, so that what one press of a button causes is late once. The zero
// value is an event by itself.
type Manner struct {
	// Begun is a touchpoint that Place was given when it began: it is not late because its journey
	// ended meanwhile.
	Begun bool
	// Implied is a transition that is never late by itself: the end that a touchpoint declares, and what
	// is recorded in the course of a touchpoint that has counted as late.
	Implied bool
	// Within is when the touchpoint of the same run began in whose course a transition is recorded; the
	// zero value is none, or that Place has seen whether it is late. It is for a Tracker with a Store.
	Within time.Time
}

// Apply makes the transition that e asks for, at most once, and completes e with what
// the state knows.
func (t *Tracker) Apply(e *flight.Event) Verdict { return t.ApplyAs(e, Manner{}) }

// ApplyAs is Apply for an event that was recorded in this manner.
func (t *Tracker) ApplyAs(e *flight.Event, m Manner) Verdict {
	v := t.apply(e, m)
	if m.Implied {
		v.Late = false
	}
	return v
}
