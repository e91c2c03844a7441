package flight

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/text"
)

// Event is an event while it is recorded: [event.Event] with everything that only means something until it has been
// delivered. One goroutine at a time works on it.
//
// The vocabulary fills it, the client opens, resolves, tracks, shows and delivers it, and its owner puts it back.
type Event struct {
	event.Event

	def   event.Definition // that it was recorded with; nil for one from outside
	about event.Definition // the journey that code names, instead of the position's
	span  trace.Span       // live, in the request's own trace
	owned bool             // recording the event ends the span
	trace *Trace           // its place, once it was worked out

	clocked    bool // Time is what the client's clock showed
	opened     bool // completed as far as it can be when it begins
	settled    bool // journey and customer come from a position that a client has resolved
	retold     bool // another process may have told it
	spanFailed bool // the span, which is not ours, is an error by the conventions of its kind
	excused    bool // it need not be in the journey that its touchpoint declares
	noticed    fault.Set

	segment int
	also    *alsoLeft
	place   place
}

// place is what is known of an event's place in its run.
type place struct {
	claim    *Claim // where only a request names the run
	named    bool   // a request names the run that it resumes
	unplaced bool   // its run does not know of it yet
	unended  bool   // it began when its run was not over
	hearsay  bool   // its stage is what a position said: it may be another one since
	moment
}

// moment says at which moment the stage of an event, and what its run is worth, is looked up.
type moment struct {
	joined bool   // its run was met in its course
	hinted bool   // hint is known
	hint   string // the stage that this instance believed its run to be in when it began
	heard  bool   // the value at stake is that of a position or of the run, and not one that the event states
}

// pool holds events for reuse: one is larger than everything else that a call of the vocabulary needs.
var pool = sync.Pool{New: func() any { return new(Event) }}

// Get returns an empty event. Its owner gives it back with [Event.Put], and keeps no pointer to it.
func Get() *Event {
	return pool.Get().(*Event) //nolint:forcetypeassert // the pool holds nothing else
}

// Of returns an event with this data.
func Of(data event.Event) *Event {
	e := Get()
	e.Event = data
	return e
}

// Put empties the event and gives it back to the pool.
func (e *Event) Put() {
	*e = Event{}
	pool.Put(e)
}

// SetDefinition says which definition the event was recorded with.
func (e *Event) SetDefinition(d event.Definition) { e.def = d }

// Definition returns the definition that the event was recorded with, or nil for an event from outside.
func (e *Event) Definition() event.Definition { return e.def }

// SetSpan gives the event a live span in the request's own trace. Owned says that recording the event ends the span;
// a span that its creator ends is only described.
func (e *Event) SetSpan(s trace.Span, owned bool) { e.span, e.owned = s, owned }

// Span returns the event's live span, or nil, and whether recording the event ends it.
func (e *Event) Span() (s trace.Span, owned bool) { return e.span, e.owned }

// Request returns the context of the request span that the event happened in: its live span's, where it has one.
func (e *Event) Request() trace.SpanContext {
	if e.span != nil {
		return e.span.SpanContext()
	}
	return e.SpanContext
}

// FailSpan marks the live span, which is not ours, as an error by the conventions of its kind. A failed outcome alone
// does not make it one: a declined card is no error of the server.
func (e *Event) FailSpan() { e.spanFailed = true }

// SpanFailed reports whether FailSpan was called.
func (e *Event) SpanFailed() bool { return e.spanFailed }

// Open marks the event as begun, and reports whether it was not before.
func (e *Event) Open() bool {
	was := e.opened
	e.opened = true
	return !was
}

// Settled reports whether the event's journey and customer are those of a position that a client has resolved.
func (e *Event) Settled() bool { return e.settled }

// Notice notes a fault of the event for the client that will record it.
func (e *Event) Notice(f fault.Fault) { e.noticed.Add(f) }

// Noticed returns the faults that were noticed since the last call.
func (e *Event) Noticed() fault.Set {
	s := e.noticed
	e.noticed = 0
	return s
}

// Excuse notes that the event need not be in the journey that its touchpoint declares, so that [fault.OutsideJourney]
// is not reported: the request was refused, or the event comes from outside and carries no definition.
func (e *Event) Excuse() { e.excused = true }

// Excused reports whether Excuse was called.
func (e *Event) Excused() bool { return e.excused }

// Retell marks the event of a transition that another process committed, and may have told before it was killed.
func (e *Event) Retell() { e.retold = true }

// Retold reports whether another process may have told the event before. It is then in no metric: metrics count at
// most once.
func (e *Event) Retold() bool { return e.retold }

// SetCustomer says whose experience it is, instead of what the position knows.
func (e *Event) SetCustomer(c event.Customer) {
	e.Customer = c
	e.settled = false
}

// SetAttributes adds the caller's own attributes. The last value of equal keys holds, in the place of the first. At
// most [event.MaxAttributes] keys are kept, the first ones; what is beyond them, or has no key, is left out, and
// counted once when the event is recorded.
func (e *Event) SetAttributes(kvs ...attribute.KeyValue) {
	for _, kv := range kvs {
		if !kv.Valid() {
			e.noticed.Add(fault.InvalidName)
			continue
		}
		key, cut := text.Cut(string(kv.Key), event.MaxName)
		if cut {
			e.noticed.Add(fault.TooLong)
		}
		kv.Key = attribute.Key(key)
		at := slices.IndexFunc(e.Attributes, func(o attribute.KeyValue) bool { return o.Key == kv.Key })
		switch {
		case at >= 0:
			e.Attributes[at] = kv
		case len(e.Attributes) < event.MaxAttributes:
			e.Attributes = append(e.Attributes, kv)
		default:
			e.noticed.Add(fault.TooMany)
		}
	}
}

// Subject returns the name that says most of what the event is about, for reports of faults: of the touchpoint, the
// survey or the journey, else its kind.
func (e *Event) Subject() string {
	switch {
	case e.Touchpoint != "" && e.Touchpoint != event.Other:
		return e.Touchpoint
	case e.Feedback != nil && e.Feedback.Survey != "" && e.Feedback.Survey != event.Other:
		return e.Feedback.Survey
	case e.Journey.Name != "" && e.Journey.Name != event.Other:
		return e.Journey.Name
	default:
		return string(e.Kind)
	}
}

// alsoLeft is a visit to a stage, and when it was over.
type alsoLeft struct {
	visit event.Transition
	at    time.Time
}

// SetAlsoLeft notes on the event of a visit that became known late that another visit was over at this time, which is
// known by that.
func (e *Event) SetAlsoLeft(visit event.Transition, at time.Time) { e.also = &alsoLeft{visit, at} }

// AlsoLeft returns what SetAlsoLeft noted, and whether it did.
func (e *Event) AlsoLeft() (visit event.Transition, at time.Time, ok bool) {
	if e.also == nil {
		return event.Transition{}, time.Time{}, false
	}
	return e.also.visit, e.also.at, true
}
