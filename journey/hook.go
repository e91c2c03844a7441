package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// OnStall is called when a run has been in a stage for at least as long as [Expect] says, once for each
// visit across all instances that share a store, so that the application can step in before the customer
// gives up. It is not called for a stall that is noticed when the customer has left the stage: there is
// only the event then. Where a process was killed while it was being called, it is called again by another one.
// Ctx ends when the time for it is over; a panic is contained and counted. The customer in the state is
// pseudonymous: by the run's ID the application finds its own.
type OnStall func(ctx context.Context, s State)

// State is what is known of one customer's run: a copy, which does not change when the run moves on.
type State struct {
	// Journey names the run. Started is zero where it is not known when it began.
	Journey  event.Run
	Customer event.Customer // its hash and segment
	// Channel and Actor that the run began with.
	Channel event.Channel
	Actor   event.Actor

	// Stage that the run is in, "" for none, the visit to it, counted from 1, and since when.
	Stage   string
	Visit   int
	Entered time.Time
	// Visits to each stage, by its name.
	Visits []Visits

	// Last is when something last happened to the customer.
	Last time.Time
	// Touchpoints and Responses are how many interactions and how much feedback there were.
	Touchpoints, Responses int
	// Channels that were used.
	Channels []event.Channel

	// Ended is when the run ended, and Outcome how; zero for a live one.
	Ended   time.Time
	Outcome event.Outcome
}

// Visits is how often a run has been in a stage.
type Visits struct {
	Stage string
	Count int
}
