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

// Event is an event while it is recorded: the data of [event.Event], and the state that is needed until it has been
// delivered. One goroutine at a time works on it.
//
// The vocabulary fills it. The client opens, resolves, tracks, shows and delivers it. Then its owner puts it back.
type Event struct {
	event.Event

	def   event.Definition // the definition that recorded it; nil for an event from outside
	about event.Definition // the journey that code names, instead of the position's
	span  trace.Span       // the live span in the request's own trace
	owned bool             // recording the event ends the span
	trace *Trace           // its place in the journey's trace, once computed

	clocked    bool            // Time comes from the client's clock
	measured   bool            // Duration is known, also if it is 0
	stated     bool            // the caller states the customer
	opened     bool            // the client's first step is done
	settled    bool            // journey and customer come from a position that a client has resolved
	retold     bool            // it may be delivered twice
	spanFailed bool            // the span, which another library owns, is an error by the conventions of its kind
	said       *event.Feedback // Feedback, where it is the event's own, and nothing else changes it
	lists      bool            // the decisions and views of Assisted are the event's own, and nothing else changes them
	moves      bool            // a promise that it makes by hand is only moved, if it is open
	only       string          // when a promise that it makes by hand is made: see [OnlyFor]
	once       *work           // what the interaction processes, which may be processed again; nil if nothing does
	worded     bool            // the caller states the version of the question
	spoken     bool            // a call of the vocabulary records it
	spokenIn   *Scope          // what the context of that call knows
	excused    bool            // it may lie outside the journey that its touchpoint declares
	noticed    fault.Set

	segment int
	also    *alsoLeft
	contact *carried // of a touchpoint that carries a grant
	place   place
}

// place says where the event is in its run, and how reliable that is.
type place struct {
	claim    *Claim // not nil if only a request names the run
	named    bool   // it resumes a run that a request names
	unplaced bool   // the tracker has not seen it yet
	unended  bool   // it began before its run ended, and the tracker has not seen it
	hearsay  bool   // its stage comes from a position, and the run may have moved on since
	moment
}

// moment says from which moment the tracker takes the event's stage and the run's value.
type moment struct {
	joined bool   // code met the run after the event had begun
	hinted bool   // hint is set
	hint   string // the stage in which this instance believed the run to be when the event began
	whose  bool   // the customer, or a part of it, is what this process remembers of the run; the event does not state it
	heard  bool   // the value at stake comes from a position or from the run; the event does not state it
}

// pool holds events for reuse, because an event is larger than all else that a call of the vocabulary allocates.
var pool = sync.Pool{New: func() any { return new(Event) }}

// Get returns an empty event. The caller owns it: it calls [Event.Put] once and keeps no pointer to it.
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

// OwnLists says that the decisions and views of Assisted are lists of the event alone, so that nobody copies them.
func (e *Event) OwnLists() { e.lists = true }

// OwnsLists reports whether the decisions and views of Assisted are lists of the event alone.
func (e *Event) OwnsLists() bool { return e.lists }

// SetFeedback sets what a customer said. It is the event's own: the caller keeps no pointer to it.
func (e *Event) SetFeedback(f *event.Feedback) { e.Feedback, e.said = f, f }

// OwnFeedback returns Feedback, which is not nil, for a change. It is a copy where it was not the event's own.
func (e *Event) OwnFeedback() *event.Feedback {
	if e.said != e.Feedback {
		f := *e.Feedback
		e.SetFeedback(&f)
	}
	return e.Feedback
}

// SetWorded says that the version in Feedback is that of the question which the customer saw, whatever was asked.
func (e *Event) SetWorded() { e.worded = true }

// Worded reports whether the caller states the version of the question.
func (e *Event) Worded() bool { return e.worded }

// SetSpoken says that a call of the vocabulary records the event, in a context that knows s.
func (e *Event) SetSpoken(s *Scope) { e.spoken, e.spokenIn = true, s }

// Spoken returns the scope of SetSpoken, which may be nil, and whether SetSpoken was called. It is called neither for an event from outside
// nor for one that follows from others.
func (e *Event) Spoken() (s *Scope, spoken bool) { return e.spokenIn, e.spoken }

// SetDefinition sets the definition that records the event.
func (e *Event) SetDefinition(d event.Definition) { e.def = d }

// Definition returns the definition that records the event, or nil for an event from outside.
func (e *Event) Definition() event.Definition { return e.def }

// SetSpan gives the event a live span in the request's own trace. If owned is set, recording the event ends the span.
// Otherwise its creator ends it, and recording only sets attributes.
func (e *Event) SetSpan(s trace.Span, owned bool) { e.span, e.owned = s, owned }

// Span returns the event's live span, or nil, and whether recording the event ends it.
func (e *Event) Span() (s trace.Span, owned bool) { return e.span, e.owned }

// Request returns the span context of the request in which the event happened. This is the live span's, if there is one.
func (e *Event) Request() trace.SpanContext {
	if e.span != nil {
		return e.span.SpanContext()
	}
	return e.SpanContext
}

// FailSpan marks a live span that another library owns as an error by the conventions of its kind. A failed outcome alone
// does not: a declined card is no error of the server.
func (e *Event) FailSpan() { e.spanFailed = true }

// SpanFailed reports whether FailSpan was called.
func (e *Event) SpanFailed() bool { return e.spanFailed }

// Open marks the event as opened. It returns false if it already was.
func (e *Event) Open() bool {
	was := e.opened
	e.opened = true
	return !was
}

// Settled reports whether the journey and customer come from a position that a client has resolved.
func (e *Event) Settled() bool { return e.settled }

// ByHand reports whether the event makes or keeps a promise by hand.
func (e *Event) ByHand() bool {
	return (e.Kind == event.PromiseMade || e.Kind == event.PromiseKept) && e.Promise != nil && e.Promise.ByHand
}

// SetMoves says whether a promise that the event makes by hand is only moved to its due time, and not made where none is open.
func (e *Event) SetMoves(moves bool) { e.moves = moves }

// SetOnly sets the condition under which a promise that the event makes by hand is made: see [OnlyFor]. "" is none.
func (e *Event) SetOnly(condition string) { e.only = condition }

// Only returns the value of SetOnly.
func (e *Event) Only() string { return e.only }

// Moves returns the value of SetMoves.
func (e *Event) Moves() bool { return e.moves }

// Notice adds a fault, which the client reports when it records the event.
func (e *Event) Notice(f fault.Fault) { e.noticed.Add(f) }

// Noticed returns and clears the faults that Notice has added.
func (e *Event) Noticed() fault.Set {
	s := e.noticed
	e.noticed = fault.Set{}
	return s
}

// Excuse keeps the client from reporting [fault.OutsideJourney] for the event. It is for refused requests and for events
// from outside, which carry no definition.
func (e *Event) Excuse() { e.excused = true }

// Excused reports whether Excuse was called.
func (e *Event) Excused() bool { return e.excused }

// Retell marks a transition that may be delivered twice, so that metrics leave it out: another process may have delivered it
// before it was killed, or the store may still take it after this process has delivered it.
func (e *Event) Retell() { e.retold = true }

// Retold reports whether the event may be delivered twice. Metrics leave it out, because they count a transition at most once.
func (e *Event) Retold() bool { return e.retold }

// SetCustomer replaces the customer that the position knows.
func (e *Event) SetCustomer(c event.Customer) {
	e.Customer = c
	e.settled = false
}

// SetAttributes adds the caller's own attributes. The last value of a key replaces an earlier one, in its place. The event
// keeps the first [event.MaxAttributes] keys. The client reports keys beyond them, and attributes without a key, as a fault.
func (e *Event) SetAttributes(kvs ...attribute.KeyValue) {
	for _, kv := range kvs {
		if !kv.Valid() {
			e.noticed.Add(fault.Attribute)
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

// Subject returns the most specific name in the event, for reports of faults: that of the touchpoint, the survey or the
// journey, or else the kind.
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

// alsoLeft is a second visit that an event ends.
type alsoLeft struct {
	visit event.Transition
	at    time.Time
}

// SetAlsoLeft adds a second visit that ended at the given time. An event that was recorded late can reveal it: it splits a
// visit that was already known.
func (e *Event) SetAlsoLeft(visit event.Transition, at time.Time) { e.also = &alsoLeft{visit, at} }

// AlsoLeft returns the visit that SetAlsoLeft has added and its end, or false.
func (e *Event) AlsoLeft() (visit event.Transition, at time.Time, ok bool) {
	if e.also == nil {
		return event.Transition{}, time.Time{}, false
	}
	return e.also.visit, e.also.at, true
}
