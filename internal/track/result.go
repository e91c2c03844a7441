package track

import (
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Manner says how an event was recorded, so that several events of one press of a button count as late once. The zero value
// is an event by itself.
type Manner struct {
	// Begun says that Place was given the touchpoint when it began. It is then not late because its journey ended meanwhile.
	Begun bool
	// Implied says that the transition is never late by itself: the end that a touchpoint declares, and what is recorded in
	// the course of a touchpoint that has counted as late.
	Implied bool
	// Within is when the touchpoint of the same run began in whose course a transition is recorded. The zero value is no
	// touchpoint, or one whose lateness Place has seen. It is for a Tracker with a store.
	Within time.Time
}

// Result is what a Tracker returns for an event. The caller owns the events in it and gives them back with
// [flight.Event.Put].
type Result struct {
	// Drop says that the event is nothing new, or cannot be: the caller delivers it to no sink.
	Drop bool
	// Queued says that the tracker delivers the event when the store has it. Telemetry of a touchpoint or of feedback does
	// not wait for that.
	Queued bool
	// Late says that the event came after the end of its run, and changed nothing about that.
	Late bool
	// Faults of the event.
	Faults fault.Set
	// OtherCustomer says that the event started a live run with another customer than the run's. The customer of the earliest
	// start holds, and is in the event. With a store the tracker calls [Config.OtherCustomer] instead.
	OtherCustomer bool
	// Aside are transitions that the store has no room for, as [Config.Uncommitted] is given them.
	Aside []*flight.Event
	// Before are transitions that the event made, to be shown and delivered before it.
	Before []*flight.Event
	// State is the run's, where time has made a transition: the client calls the application's hooks with it.
	State *journey.State
	// After are transitions that the start of a run or the entry of a stage has made, to be shown and delivered after it.
	After []*flight.Event
}
