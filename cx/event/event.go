package event

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Event is one thing that happened to one customer. It is data: one flat struct for all kinds, with pointers to the details
// that only few kinds have.
//
// Code that records an event fills it, and the client completes it. From then on neither the event nor what it points to
// changes. A processor or an exporter may keep a copy of the struct; such a copy is safe for concurrent use.
type Event struct { //nolint:recvcheck // json.Marshaler has to be on the value, so that a slice of events encodes
	// ID is the deduplication key. The client gives an ID to an event that has none.
	ID   ID
	Kind Kind

	// Time is when it happened to the customer, never when it was processed. The time of a touchpoint is its beginning.
	// Duration is how long the touchpoint or the whole run took, at most [MaxDuration]; 0 is not known, or no time at all.
	Time     time.Time
	Duration time.Duration

	// Journey is the run that the event belongs to; the zero value is no journey.
	Journey Run
	// Stage is the stage of the journey in which it happened. Visit counts the run's visits to that stage from 1; 0 is not
	// known.
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
	// Cause is the root cause where one is known, from a bounded vocabulary, at most [MaxCause] bytes.
	Cause string
	// ErrorType is the class of the error of a failed touchpoint, of low cardinality and at most [MaxCause] bytes. It is
	// never a message: a message may hold personal data.
	ErrorType string

	Variant    *Variant
	Transition *Transition
	Feedback   *Feedback
	Assisted   *Assisted
	FollowUp   *FollowUp
	Action     *Action
	Contact    *Contact

	// Attributes are the caller's own, at most [MaxAttributes]. They are on spans and in the event's JSON, never on
	// metrics.
	Attributes []attribute.KeyValue

	// Late marks an event that happened after the end of its run, and did not change that end. A touchpoint is late by its
	// beginning. A change of state is never late: the client drops one that comes after the end.
	Late bool

	// SpanContext is the context of the request span in which it happened. It is invalid where there was no such span.
	SpanContext trace.SpanContext
}

// Run is one customer's run through a journey. Namespace, Name and ID together identify it.
type Run struct {
	// Namespace keeps environments apart. Empty is the client's own.
	Namespace string
	// Name is the name of the journey.
	Name string
	// ID is the application's own: of an order, a cart, an application, a ticket or a session. An ID names one run for
	// good.
	ID string
	// Version is the version of the blueprint that the run is measured against.
	Version string
	// Started is when the run began; the zero time is not known.
	Started time.Time
	// Value is what is at stake; nil is not known.
	Value *Money
	// Root is the root span of the run's trace where the names do not give it. The client sets Root when it folds an
	// unknown name into [Other], so that runs of several unknown names keep their own traces and event IDs.
	Root SpanRef
}

// IsZero reports whether this is no run: it has neither a name nor an ID.
func (r *Run) IsZero() bool { return r.Name == "" && r.ID == "" }

// Money is an amount in the currency's minor unit (cents), and the currency's three letters, after ISO 4217. An amount is
// from -[MaxAmount] to [MaxAmount].
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Customer is the person whose experience an event is about.
type Customer struct {
	// ID is the application's own ID of the customer, 1 to [MaxID] bytes. It never leaves the process: the client replaces
	// it by the hash when it records an event.
	ID string
	// Hash is the pseudonymous ID: an HMAC of ID under the application's key (cx.WithCustomerKey). The client fills it. It
	// is empty where the application gave no key.
	Hash string
	// Segment is a group of customers, from a bounded vocabulary, at most [MaxName] bytes.
	Segment string
}
