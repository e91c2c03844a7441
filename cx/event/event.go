package event

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Event is one thing that happened to one customer. It is flat and typed, one
// struct for all kinds; what few kinds need hangs off a pointer.
//
// The vocabulary (journey, touchpoint, feedback) or a parser fills it, the client
// that records it completes it once ([Recorder]), and from then on nobody changes
// it nor anything it points to: a copy of the struct may be kept.
type Event struct { //nolint:recvcheck // json.Marshaler has to be on the value, so that a slice of events encodes
	// ID is the deduplication key. It is zero until somebody needs it.
	ID   ID
	Kind Kind

	// Time is when it happened to the customer, never when it was processed: of a
	// touchpoint, when it began, of a journey's end, when it ended. Duration is how long
	// the touchpoint, or the whole journey, took; 0 is not known, or no time at all.
	Time     time.Time
	Duration time.Duration

	// Journey is the run it belongs to; the zero value is no journey.
	Journey Journey
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

	// SpanContext is the request span it happened in. While it is being recorded it may be
	// that of its live span, and not be here yet: see [Event.Request].
	SpanContext trace.SpanContext

	def    Definition
	span   trace.Span
	trace  *Trace
	owned  bool
	opened bool
	// settled says that journey and customer come from a position that a client has resolved.
	settled bool
	retold  bool
	segment int
	also    *alsoLeft

	// hearsay says that the stage is what a position said: it may be another one since.
	hearsay bool
	joined  bool // its run was met in its course
	heard   bool // Journey.Value is what a position said: its run may be worth something else by now
	hinted  bool
	hint    string // the stage that this instance believed its run to be in when it began, if hinted

	claim      *Claim // where only a request names the journey
	named      bool   // a request names the run that it resumes
	unplaced   bool   // its run does not know of it yet
	unended    bool   // it began when its run was not over
	spanFailed bool
	noticed    Faults
	about      Definition // the journey that code names, instead of the position's
	excused    bool       // it need not be in the journey that its touchpoint declares
}

// Journey names one customer's run through a journey.
type Journey struct {
	Namespace string // keeps environments apart; the client's own by default
	Name      string
	ID        string // the order, cart, application, ticket or session ID; never used again
	// Version of the blueprint that the run is measured against.
	Version string
	// Started is when the run began, where that is known.
	Started time.Time
	// Value is what is at stake, where the application knows it.
	Value *Money
}

// IsZero reports whether there is no journey.
func (j *Journey) IsZero() bool { return j.Name == "" && j.ID == "" }

// Same reports whether both name the same run.
func (j *Journey) Same(o *Journey) bool {
	return j.ID == o.ID && j.Name == o.Name && j.Namespace == o.Namespace
}

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

// Variant is what the customer was shown, so that a change can be compared with
// what was before.
type Variant struct {
	Release    string `json:"release,omitempty"`
	Experiment string `json:"experiment,omitempty"`
	Arm        string `json:"arm,omitempty"`
}

// Transition says what a journey left when it moved: the stage, the visit to it
// and when that began. From is empty where it was in no stage. A journey's end also
// says how its touchpoints went.
type Transition struct {
	From    string    `json:"from,omitempty"`
	Visit   int       `json:"visit,omitempty"`
	Entered time.Time `json:"entered,omitzero"`
	// Partial is a journey's end that nobody could give a start: it has no duration.
	Partial bool `json:"partial,omitempty"`
	// Failures is how many touchpoints of the run failed, on a journey's end.
	Failures int `json:"failures,omitempty"`
	// LastCause is why the journey ended, on its end: the end's own [Event.Cause], else the cause of the
	// touchpoint that was the last one to have one. It is empty where neither has a cause.
	LastCause string `json:"last_cause,omitempty"`
	// LastTouchpoint is the touchpoint that was over last, on a journey's end. It is empty where the run had
	// none, and where its state is not known to the process that tells the end.
	LastTouchpoint string `json:"last_touchpoint,omitempty"`
}

// Feedback is what a customer said.
type Feedback struct {
	Survey  string  `json:"survey"`
	Scale   Scale   `json:"scale,omitempty"`
	Score   int     `json:"score"`
	Verdict Verdict `json:"verdict,omitempty"`
	// Comment is in the customer's own words. It is never on spans or metrics, and
	// in events only when it was redacted or the application allows it as it is.
	Comment string `json:"comment,omitempty"`
	// Language of the comment as a BCP 47 tag.
	Language string `json:"language,omitempty"`
	// Causes that the customer chose or somebody read out of the comment.
	Causes []string `json:"causes,omitempty"`
	// Request is the survey.requested event that it answers.
	Request ID `json:"request,omitzero"`
	// Source of a public mention: the site or network.
	Source string `json:"source,omitempty"`
	// Sentiment of a mention or comment.
	Sentiment Verdict `json:"sentiment,omitempty"`
}

// Assisted is the human side of an interaction: a call, a chat with an agent, a
// conversation at a desk, an AI assistant that hands over.
type Assisted struct {
	// Queue is the team or line that took it.
	Queue string `json:"queue,omitempty"`
	// Agent is a pseudonymous ID of the employee.
	Agent string `json:"agent,omitempty"`
	// Wait in the queue, on hold, and for somebody's approval.
	Wait     Seconds `json:"wait_seconds,omitempty"`
	Hold     Seconds `json:"hold_seconds,omitempty"`
	Approval Seconds `json:"approval_seconds,omitempty"`
	// Transfers to another person or team.
	Transfers int `json:"transfers,omitempty"`
	// Repeat is a contact about something the customer already contacted us for.
	Repeat bool `json:"repeat,omitempty"`
	// Resolved is first-contact resolution: settled in this one contact.
	Resolved bool `json:"resolved,omitempty"`
	// Decided is an employee who settled it without asking anyone.
	Decided bool `json:"decided,omitempty"`
}

// FollowUp is the company's answer to one customer's feedback or breakdown.
type FollowUp struct {
	ID       string    `json:"id"`
	Owner    string    `json:"owner,omitempty"` // the team that answers
	Feedback ID        `json:"feedback,omitzero"`
	Due      time.Time `json:"due,omitzero"`
	Remedy   string    `json:"remedy,omitempty"` // what was done, from a bounded vocabulary
	Note     string    `json:"note,omitempty"`   // free text, treated as a comment is
}

// Action is a change that the company made to get better.
type Action struct {
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"`
	Note  string `json:"note,omitempty"` // free text, treated as a comment is
}

// Contact is a contact by the company that its contact policy decided about.
type Contact struct {
	Purpose string `json:"purpose,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// Definition is what the vocabulary's definitions have in common. An event that
// code recorded carries its definition, so that a client which meets it for the
// first time can adopt it; an event from outside carries only a name.
type Definition interface {
	// Name of the journey, touchpoint or survey.
	Name() string
	// Validate returns every fault of the definition, joined, or nil.
	Validate() error
}

// SetDefinition says which definition the event was recorded with. It is for the
// vocabulary.
func (e *Event) SetDefinition(d Definition) { e.def = d }

// Definition returns the definition that the event was recorded with, or nil for
// an event from outside.
func (e *Event) Definition() Definition { return e.def }

// SetSpan gives the event a live span in the request's own trace. Owned says that
// recording the event ends the span; a span that somebody else ends is only
// described.
func (e *Event) SetSpan(s trace.Span, owned bool) {
	e.span, e.owned = s, owned
}

// Span returns the event's live span, or nil, and whether recording the event
// ends it.
func (e *Event) Span() (s trace.Span, owned bool) { return e.span, e.owned }

// Rename gives the event's journey another name, in the same trace: two runs whose names are
// folded into one stay two.
func (e *Event) Rename(journey string) {
	e.base()
	e.Journey.Name = journey
	e.settled = false
}

// Request returns the context of the request span that the event happened in: its live
// span's, where it has one.
func (e *Event) Request() trace.SpanContext {
	if e.span != nil {
		return e.span.SpanContext()
	}
	return e.SpanContext
}

// Open marks the event as begun, and reports whether it was not before. It is for a
// [Recorder], whose Start may or may not have seen an event that it records.
func (e *Event) Open() bool {
	was := e.opened
	e.opened = true
	return !was
}

// Settled reports whether the event's journey and customer are those of a position that a
// client has resolved already.
func (e *Event) Settled() bool { return e.settled }

// pool holds events for reuse: an Event is larger than everything else that a call of the
// vocabulary needs, and nobody may keep the pointer.
var pool = sync.Pool{New: func() any { return new(Event) }}

// Get returns an empty event from a pool. Who is done with it calls [Event.Put]. It is for the
// vocabulary; others use a literal.
func Get() *Event {
	return pool.Get().(*Event) //nolint:forcetypeassert // the pool holds nothing else
}

// Put empties the event and gives it back to the pool.
func (e *Event) Put() {
	*e = Event{}
	pool.Put(e)
}

// Detach lets go of everything that only means something while the event is being
// recorded. Who keeps a copy of an event calls it on the copy.
func (e *Event) Detach() {
	e.def, e.span, e.trace = nil, nil, nil
	e.owned, e.opened, e.settled, e.retold = false, false, false, false
	e.claim, e.named, e.unplaced, e.unended, e.spanFailed, e.noticed = nil, false, false, false, false, 0
	e.about, e.excused, e.also = nil, false, nil
	e.hearsay, e.joined, e.heard, e.hinted, e.hint = false, false, false, false, ""
}

// SetAttributes adds the caller's own attributes. The last value of equal keys holds, in the place of
// the first. At most [MaxAttributes] keys are kept, the first ones; what is beyond them, or has no
// key, is left out, and counted once when the event is recorded.
func (e *Event) SetAttributes(kvs ...attribute.KeyValue) {
	for _, kv := range kvs {
		if !kv.Valid() {
			e.noticed.Add(FaultInvalidName)
			continue
		}
		key, cut := Cut(string(kv.Key), MaxName)
		if cut {
			e.noticed.Add(FaultTooLong)
		}
		kv.Key = attribute.Key(key)
		at := slices.IndexFunc(e.Attributes, func(o attribute.KeyValue) bool { return o.Key == kv.Key })
		switch {
		case at >= 0:
			e.Attributes[at] = kv
		case len(e.Attributes) < MaxAttributes:
			e.Attributes = append(e.Attributes, kv)
		default:
			e.noticed.Add(FaultTooMany)
		}
	}
}

// Notice remembers a fault of the event for the client that will record it. It is for the vocabulary.
func (e *Event) Notice(f Fault) { e.noticed.Add(f) }

// Noticed returns the faults that were noticed since the last call. It is for a [Recorder].
func (e *Event) Noticed() Faults {
	s := e.noticed
	e.noticed = 0
	return s
}

// FailSpan says that the live span, which is not ours, is an error by the conventions of its kind. A
// failed outcome alone does not make it one: a declined card is no error of the server.
func (e *Event) FailSpan() { e.spanFailed = true }

// SpanFailed reports whether FailSpan was called.
func (e *Event) SpanFailed() bool { return e.spanFailed }

// Claimed reports whether only a request names the event's run, so that the run may never have been
// started.
func (e *Event) Claimed() bool { return e.claim != nil && !e.claim.confirmed.Load() }

// SetNamed says that a request names the run that the event resumes, whatever comes of the request. It is for
// the vocabulary.
func (e *Event) SetNamed() { e.named = true }

// Named returns what SetNamed said.
func (e *Event) Named() bool { return e.named }

// SetUnplaced says whether the event has begun without its run being told so.
func (e *Event) SetUnplaced(unplaced bool) { e.unplaced = unplaced }

// Unplaced returns what SetUnplaced said.
func (e *Event) Unplaced() bool { return e.unplaced }

// SetUnended says whether the event began, without its run being told so, when the run was not over.
func (e *Event) SetUnended(unended bool) { e.unended = unended }

// Unended returns what SetUnended said.
func (e *Event) Unended() bool { return e.unended }

// Leave takes an event that has begun out of its run, and puts it where p is, or nowhere. It need not be
// in the journey that its touchpoint declares: the run does not exist.
func (e *Event) Leave(p *Position) {
	e.excused = true
	e.SetJourney(Journey{})
	e.Customer, e.Actor, e.Late = Customer{}, ActorCustomer, false
	e.SetPosition(p)
	e.unplaced, e.unended = p != nil, false
}

// Join puts an event that has begun in no journey, or in another one, into the run where p is, which was met
// in its course.
func (e *Event) Join(p *Position) {
	e.SetJourney(Journey{})
	e.SetPosition(p)
	e.joined, e.unplaced, e.unended = true, false, false
}

// Joined reports whether the event's run was met in its course: it may have begun before the run has.
func (e *Event) Joined() bool { return e.joined }

// Hearsay reports whether the event's stage is what a position said. The run may have moved on since, in this
// process or in another one.
func (e *Event) Hearsay() bool { return e.hearsay }

// SetHint notes in which stage this instance believes the event's run to be. Only the store knows for certain,
// but of what several instances say of the very same moment it does not know the order.
func (e *Event) SetHint(stage string) { e.hint, e.hinted = stage, true }

// Hint returns what SetHint noted, and whether it did.
func (e *Event) Hint() (stage string, ok bool) { return e.hint, e.hinted }

// SetMoment takes over from o, of which e is a copy, what says at which moment the event's stage is looked up.
func (e *Event) SetMoment(o *Event) {
	e.joined, e.hint, e.hinted, e.heard = o.joined, o.hint, o.hinted, o.heard
}

// SetValue says what is at stake, from now on.
func (e *Event) SetValue(v Money) { e.Journey.Value, e.heard = &v, false }

// ValueHeard reports whether what is at stake is what a position said: the run may be worth something else by now.
func (e *Event) ValueHeard() bool { return e.heard }

// Position returns where the event is in its journey, for the context of what
// happens next, or nil for an event without a journey.
func (e *Event) Position() *Position {
	if e.Journey.IsZero() {
		return nil
	}
	return &Position{
		Journey: e.Journey, Stage: e.Stage, Visit: e.Visit,
		Customer: e.Customer, Channel: e.Channel, Actor: e.Actor,
		trace: e.Trace(), resolved: e.opened, claim: e.claim,
	}
}

// SetPosition puts the event where the position is, keeping what the event already
// says of itself.
func (e *Event) SetPosition(p *Position) {
	if p == nil {
		return
	}
	e.Journey, e.Stage, e.Visit, e.trace = p.Journey, p.Stage, p.Visit, p.trace
	e.settled, e.claim, e.hearsay, e.heard = p.resolved, p.claim, p.Stage != "", p.Journey.Value != nil
	if e.Customer.ID == "" && e.Customer.Hash == "" && e.Customer.Segment == "" {
		e.Customer = p.Customer
	} else {
		e.settled = false
	}
	if e.Channel == 0 {
		e.Channel = p.Channel
	}
	if e.Actor == ActorCustomer {
		e.Actor = p.Actor
	}
}

// SetPlace moves the event to a stage of its journey, or to none.
func (e *Event) SetPlace(stage string, visit int) {
	e.hearsay = false
	if e.Stage == stage && e.Visit == visit {
		return
	}
	e.Stage, e.Visit = stage, visit // where that is in the trace is worked out when somebody asks
}

// SetSegment says in which segment of the journey's trace the event's span is, counted from 0; of a
// journey's end, which one is the last. A trace that has become too large goes on in the next segment.
func (e *Event) SetSegment(n int) { e.segment = n }

// Segment returns what SetSegment said.
func (e *Event) Segment() int { return e.segment }

// SpanPlace returns the place in the journey's trace, or in a later segment of it, under which the
// event's span is; nil for an event without a journey.
func (e *Event) SpanPlace() *Trace {
	if e.segment == 0 || e.Journey.IsZero() {
		return e.Trace()
	}
	return e.Journey.Segment(e.segment)
}

// Retell marks the event of a transition that another process committed, and may have told
// before it was killed.
func (e *Event) Retell() { e.retold = true }

// Retold reports whether the event may have been told before: it is in no metric, for that is
// counted at most once.
func (e *Event) Retold() bool { return e.retold }

// alsoLeft is a visit to a stage, and when it was over.
type alsoLeft struct {
	visit Transition
	at    time.Time
}

// SetAlsoLeft notes on the event of a visit that was heard of late that another visit was over at this time, which is
// known by that.
func (e *Event) SetAlsoLeft(visit Transition, at time.Time) { e.also = &alsoLeft{visit, at} }

// AlsoLeft returns what SetAlsoLeft noted, and whether it did.
func (e *Event) AlsoLeft() (visit Transition, at time.Time, ok bool) {
	if e.also == nil {
		return Transition{}, time.Time{}, false
	}
	return e.also.visit, e.also.at, true
}

// SetTrace moves the event to a stage of its journey whose place in the trace is known.
func (e *Event) SetTrace(t *Trace, stage string, visit int) {
	e.Stage, e.Visit, e.trace, e.hearsay = stage, visit, t, false
}

// SetJourneyOf puts the event into the run of another one, in no stage.
func (e *Event) SetJourneyOf(o *Event) {
	e.Journey, e.trace = o.Journey, o.base()
	e.Stage, e.Visit, e.hearsay = "", 0, false
}

// SetCustomer says whose experience it is, instead of what the position knows.
func (e *Event) SetCustomer(c Customer) {
	e.Customer = c
	e.settled = false
}

// SetJourney puts the event into another run, or into none.
func (e *Event) SetJourney(j Journey) {
	e.Journey, e.Stage, e.Visit = j, "", 0
	e.trace, e.settled, e.claim, e.hearsay, e.heard = nil, false, nil, false, false
}

// SetNamespace puts the event into the run of the same name and ID in another namespace, which is another
// trace. What is known of its place stays.
func (e *Event) SetNamespace(namespace string) {
	e.Journey.Namespace = namespace
	e.trace, e.settled = nil, false
}

// Trace returns the event's place in its journey's trace. It is computed once and
// shared by the events of one position; nil for an event without a journey.
func (e *Event) Trace() *Trace {
	t := e.base()
	if t != nil && !t.is(e.Stage, e.Visit) {
		e.trace = t.at(&e.Journey, e.Stage, e.Visit)
	}
	return e.trace
}

// base returns a place in the event's trace, whichever.
func (e *Event) base() *Trace {
	if e.trace == nil && !e.Journey.IsZero() {
		e.trace = newTrace(&e.Journey, e.Stage, e.Visit)
	}
	return e.trace
}

// TraceID returns the ID of the journey's trace that the event is in, which is the zero one for an
// event without a journey.
func (e *Event) TraceID() trace.TraceID {
	if t := e.base(); t != nil {
		return t.TraceID()
	}
	return trace.TraceID{}
}

// SetPositionOf puts the event where the other one is, as [Event.SetPosition] does with its position.
func (e *Event) SetPositionOf(o *Event) {
	e.Journey, e.Stage, e.Visit, e.trace = o.Journey, o.Stage, o.Visit, o.base()
	e.Customer, e.Channel, e.Actor = o.Customer, o.Channel, o.Actor
	e.settled, e.hearsay, e.heard = o.opened, o.hearsay, o.Journey.Value != nil
}
