package event

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Event is one thing that happened to one customer. It is data: one flat struct for all kinds, with the details that
// only few kinds need behind pointers.
//
// Journeys, touchpoints, feedback and parsers fill it, and the client that records it completes it. After that neither
// the event nor anything that it points to changes. A copy of the struct may be kept, and is safe for concurrent use.
type Event struct { //nolint:recvcheck // json.Marshaler has to be on the value, so that a slice of events encodes
	// ID is the deduplication key. The client gives an event one that has none.
	ID   ID
	Kind Kind

	// Time is when it happened to the customer, never when it was processed: of a
	// touchpoint, when it began, of a journey's end, when it ended. Duration is how long
	// the touchpoint, or the whole journey, took; 0 is not known, or no time at all.
	Time     time.Time
	Duration time.Duration

	// Journey is the run that it belongs to; the zero value is no journey.
	Journey Run
	// Stage of the journey it happened in, and the visit to that stage, counted
	// from 1. Visit 0 is not known.
	Stage string
	Visit int
	// Touchpoint is the name of the interaction.
	Touchpoint string

	Channel   Channel
	Actor     Actor
	Direction Direction
	Outcome   Outcome
	Zone      Zone

	Customer Customer
	// Cause is the root cause where one is known, from a bounded vocabulary.
	Cause string
	// ErrorType is a low-cardinality class of the error of a failed interaction:
	// never a message, which may hold a customer's data.
	ErrorType string

	Variant    *Variant
	Transition *Transition
	Feedback   *Feedback
	Assisted   *Assisted
	FollowUp   *FollowUp
	Action     *Action
	Contact    *Contact

	// Attributes are the caller's own. They are on spans and in the event's JSON,
	// and on metrics never unless the blueprint allows it.
	Attributes []attribute.KeyValue

	// Late says that it came after the end of its journey, and changed nothing about that. A touchpoint
	// counts by when it began. Transitions are never late: one that comes after the end is not told.
	Late bool

	// SpanContext is the request span that it happened in.
	SpanContext trace.SpanContext
}

// Run is one customer's run through a journey.
type Run struct {
	Namespace string // keeps environments apart; the client's own by default
	Name      string
	ID        string // the order, cart, application, ticket or session ID; never used again
	// Version of the blueprint that the run is measured against.
	Version string
	// Started is when the run began, where that is known.
	Started time.Time
	// Value is what is at stake, where the application knows it.
	Value *Money
	// Root is the root span of the run's trace, where that is not derived from the names: the client sets it when it
	// folds a name into [Other], so that two runs whose names are not known keep traces and event IDs of their own.
	Root SpanRef
}

// IsZero reports whether there is no journey.
func (r *Run) IsZero() bool { return r.Name == "" && r.ID == "" }

// Money is an amount in the currency's minor unit (cents), after ISO 4217.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Customer is whose experience it is.
type Customer struct {
	// ID is the application's own ID of the customer. It is hashed when the event
	// is resolved and never leaves the process.
	ID string
	// Hash is the pseudonymous ID: an HMAC of ID under the application's key. It is
	// filled by the client; empty where the application gave no key.
	Hash string
	// Segment is a group the customer is in, from a bounded vocabulary.
	Segment string
}
