package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// OnStall is a hook for runs that have stalled, so that the application can step in before the customer gives up. cx.WithOnStall
// takes one. The client calls it while the customer is still in the stage, once a run has been there for at least as long as
// [Expect] says. A stall that is noticed after the customer has left the stage gives an event and no call.
//
// It is called once for each visit, across all instances that share a store; if a process is killed during the call, another
// process calls it again. Several calls may run at the same time. Ctx is done when the time for the call is over. The client
// contains a panic, and counts it. The state has the customer's hash: the application finds its customer by the run's ID.
type OnStall func(ctx context.Context, s State)

// State is the state of one customer's run: a copy, which does not change when the run moves on.
type State struct {
	// Journey names the run. Its Started is the zero time where the start is not known.
	Journey  event.Run
	Customer event.Customer // its hash and segment
	// Channel and Actor are those of the start.
	Channel event.Channel
	Actor   event.Actor

	// Stage is the stage that the run is in, or "". Visit counts the visits to it from 1. Entered is when the visit began.
	Stage   string
	Visit   int
	Entered time.Time
	// Visits counts the visits to each stage, in the order of their names.
	Visits []Visits

	// Last is when something last happened to the customer.
	Last time.Time
	// Touchpoints counts the touchpoints of the run, Responses the answers to surveys.
	Touchpoints, Responses int
	// Channels are the channels that the customer used.
	Channels []event.Channel

	// Ended is when the run ended, and Outcome how. Both are zero for a live run.
	Ended   time.Time
	Outcome event.Outcome
}

// Visits is how often a run has been in a stage.
type Visits struct {
	Stage string
	Count int
}
