package track

import (
	"time"
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
	// zero value is none, or that Place has seen whether it is late. It is for a Tracker with a store.
	Within time.Time
}
