package track

import (
	"time"

	"cairncx.dev/cairn/cx/fault"
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
	// zero value is none, or that Place has seen whether it is late. It is for a Tracker with a store.
	Within time.Time
}

// Result is what a Tracker says of an event.
type Result struct {
	// Drop is an event that says nothing new, or nothing that can be: the caller delivers it
	// to no sink.
	Drop bool
	// Queued is an event that Deliver will be given, when the store has it: telemetry of a touchpoint
	// or of feedback does not wait for that.
	Queued bool
	// Late is an event after the end of its run: it changes nothing about that.
	Late bool
	// Faults of the event.
	Faults fault.Set
	// OtherCustomer is a start of a live run with another customer than the run's: the one of the earliest
	// start holds, and is in the event. With a store [Config.OtherCustomer] is told instead.
	OtherCustomer bool
	// Aside are transitions that the store has no room for, as Uncommitted is given them. The
	// caller gives them back with [event.Event.Put].
	Aside []*flight.Event
	// Before are transitions that the event made, to be seen before it. The caller gives
	// them back with [event.Event.Put].
	Before []*flight.Event
}
