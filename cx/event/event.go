package event

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Event is one thing that happened to one customer. It is data: one flat struct for all kinds, with pointers to details
// that only some kinds have.
//
// Code that records an event fills it, and the client completes it. After that, neither the event nor the data behind its
// pointers changes. A processor or an exporter may keep a copy of the struct, and use the copy concurrently.
type Event struct { //nolint:recvcheck // json.Marshaler has to be on the value, so that a slice of events encodes
	// ID is the deduplication key. The client gives an ID to an event without one.
	ID   ID
	Kind Kind

	// Time is when the event happened to the customer, not when it was processed. For a touchpoint it is the beginning.
	// Duration is how long the touchpoint or the whole run took, at most [MaxDuration]; 0 means not known, or no time at
	// all. For a promise that was settled it is the time since the promise was made.
	Time     time.Time
	Duration time.Duration

	// Journey is the run that the event belongs to; the zero value means no run.
	Journey Run
	// Stage is the stage of the journey in which the event happened. Visit counts the run's visits to that stage from 1; 0
	// means not known.
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
	// Cause is the root cause, from a bounded vocabulary, at most [MaxCause] bytes; "" means not known.
	Cause string
	// ErrorType is the class of the error of a failed touchpoint, of low cardinality, at most [MaxCause] bytes. It is never
	// a message, because a message may hold personal data.
	ErrorType string
	// Intent is the problem that the customer wants solved, from a bounded vocabulary, at most [MaxCause] bytes; "" means not
	// known.
	Intent string

	Variant    *Variant
	Transition *Transition
	Promise    *Promise
	Feedback   *Feedback
	Mention    *Mention
	Assisted   *Assisted
	Effort     *Effort
	FollowUp   *FollowUp
	Action     *Action
	Breakdown  *Breakdown
	Contact    *Contact

	// Attributes are the caller's own, at most [MaxAttributes]. They appear on spans and in the event's JSON, never on
	// metrics.
	Attributes []attribute.KeyValue

	// Late marks an event that happened after the end of its run and did not change that end. The beginning of a touchpoint
	// decides whether it is late. The client drops a change of state that comes after the end. The metric cx.journey.late counts
	// late touchpoints and dropped changes of state. A promise.kept is late if it comes after the due time: the promise was
	// broken before, and stays so. No other change of state is ever late.
	Late bool

	// SpanContext is that of the request span in which the event happened. It is invalid without such a span.
	SpanContext trace.SpanContext
}

// Run is one customer's run through a journey. Namespace, Name and ID together identify it.
type Run struct {
	// Namespace keeps environments apart. Empty means the client's own.
	Namespace string
	// Name is the name of the journey.
	Name string
	// ID is the application's own ID, such as that of an order, a cart, a ticket or a session. An ID names one run for ever.
	ID string
	// Version is the version of the blueprint that promises the journey.
	Version string
	// Started is when the run began; the zero time means not known.
	Started time.Time
	// Value is the amount at stake; nil means not known.
	Value *Money
	// Root is the root span of the run's trace if it does not follow from the names. The client sets Root when it folds an
	// unknown name into [Other], so that runs of different unknown names keep different traces and event IDs.
	Root SpanRef
}

// IsZero reports whether the value names no run: it has neither a name nor an ID.
func (r *Run) IsZero() bool { return r.Name == "" && r.ID == "" }

// Money is an amount in the currency's minor unit, such as cents, with the currency's three letters of ISO 4217. The amount
// is from -[MaxAmount] to [MaxAmount].
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Customer is the person to whom an event happened.
type Customer struct {
	// ID is the application's own ID of the customer, 1 to [MaxID] bytes. It never leaves the process: the client replaces
	// it by the hash when it records an event.
	ID string
	// Hash is the pseudonymous ID: an HMAC of ID under the application's key (cx.WithCustomerKey). The client computes it.
	// It is empty without a key.
	Hash string
	// Segment is a group of customers, from a bounded vocabulary, at most [MaxName] bytes.
	Segment string
	// AccountID is the application's own ID of the company that the customer acts for, 1 to [MaxID] bytes. It is empty for a
	// customer who acts for himself or herself. It never leaves the process: the client replaces it by Account when it records
	// an event.
	AccountID string
	// Account is the pseudonymous ID of that company: an HMAC of AccountID under the application's key. The client computes it.
	// It is empty without a key. It differs from the Hash of a customer with the same ID. The header between services does not
	// carry it.
	Account string
}
