package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// OnStall is a hook for runs that have stalled, which lets the application step in before the customer gives up.
// cx.WithOnStall takes one. The client calls it when a run has been in a stage for at least as long as [Expect] declares,
// and the customer is still there. If the client notices a stall after the customer has left the stage, it records the
// event without a call.
//
// The client calls the hook once for each visit, across all instances that share a store. If a process is killed during the
// call, another process calls it again. Several calls may run at the same time. ctx is done when the time for the call is
// over. The client recovers a panic and counts it as a fault. The state has the customer's hash and not their ID: find the
// customer by the run's ID.
type OnStall func(ctx context.Context, s State)

// OnDue is a hook for promises that are about to break, so that the application acts before the customer is let down, and for
// promises that are broken. cx.WithOnDue takes one, and says when a promise is about to break.
//
// The client calls the hook once before a promise breaks, for each due time that it is given by hand, and once when it is broken.
// It does so across all instances that share a store. With a store both calls come ten seconds after their time, because a keep that
// another instance has recorded may still arrive. A promise whose due time is over by then, or that was kept, has no warning. The
// calls run as those of [OnStall] do.
type OnDue func(ctx context.Context, d Due)

// Due is a promise that is about to break, or that is broken, and the run that it was made on.
type Due struct {
	State   State
	Promise event.Promise
	Broken  bool
}

// State is the state of one customer's run: a copy, which does not change when the run moves on.
type State struct {
	// Journey identifies the run. Its Started is the zero time if the start is not known.
	Journey  event.Run
	Customer event.Customer // its hash and segment
	// Channel and Actor are those of the start.
	Channel event.Channel
	Actor   event.Actor

	// Stage is the run's stage, or "". Visit counts the visits to it from 1. Entered is when the visit began.
	Stage   string
	Visit   int
	Entered time.Time
	// Visits has the number of visits to each stage, in the order of the stages' names.
	Visits []Visits

	// Answered is the visit to the step told in which the customer of a follow-up got the answer that still stands: the matter was not
	// received again since. 0 is none.
	Answered int

	// Last is when something last happened to the customer.
	Last time.Time
	// Touchpoints is the number of the run's touchpoints, Responses that of the answers to surveys.
	Touchpoints, Responses int
	// Channels are the channels that the customer used.
	Channels []event.Channel

	// Ended is when the run ended, and Outcome how. Both are zero for a live run.
	Ended   time.Time
	Outcome event.Outcome
}

// Visits is the number of visits of a run to a stage.
type Visits struct {
	Stage string
	Count int
}
