package journey

import (
	"time"

	"cairncx.dev/cairn/cx/event"
)

// State is what is known of one customer's run: a copy, which does not change when the run moves on.
type State struct {
	// Journey names the run. Started is zero where nobody said when it began.
	Journey  event.Journey
	Customer event.Customer // its hash and segment
	// Channel and Actor that the run began with.
	Channel event.Channel
	Actor   event.Actor

	// Stage that the run is in, "" for none, the visit to it, counted from 1, and since when.
	Stage   string
	Visit   int
	Entered time.Time
	// Visits to each stage, in the order in which they were first entered.
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
