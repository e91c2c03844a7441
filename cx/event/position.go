package event

// Position is where a customer is: in which run of which journey, in which stage. A context holds one inside the
// process, and [Position.Header] is its form between services.
type Position struct {
	Journey Run
	// Stage is the stage when the position was made, and Visit the visit to it, counted from 1; 0 is not known. The
	// run may have moved on since.
	Stage string
	Visit int
	// Customer is known by the hash only.
	Customer Customer
	Channel  Channel
	Actor    Actor
}
