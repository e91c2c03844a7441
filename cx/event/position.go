package event

// Position is where a customer is: the run, and the stage of the journey. A context holds a position inside a process.
// Package cx/propagate carries it to another process.
type Position struct {
	Journey Run
	// Stage is the stage when the position was made. The run may have moved on since. Visit counts the visits to the stage
	// from 1; 0 means not known.
	Stage string
	Visit int
	// Customer has the hash, the segment and the account. A position that a client has completed does not have the
	// application's own IDs of the customer and the account. One from another process has no account.
	Customer Customer
	Channel  Channel
	Actor    Actor
}
