package flight

import (
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// Claimed reports whether only a request names the event's run, so that the run may never have been started.
func (e *Event) Claimed() bool { return e.place.claim != nil && !e.place.claim.confirmed.Load() }

// SetNamed notes that a request names the run that the event resumes, whatever comes of the request.
func (e *Event) SetNamed() { e.place.named = true }

// Named returns what SetNamed noted.
func (e *Event) Named() bool { return e.place.named }

// SetUnplaced notes whether the event has begun without its run being told so.
func (e *Event) SetUnplaced(unplaced bool) { e.place.unplaced = unplaced }

// Unplaced returns what SetUnplaced noted.
func (e *Event) Unplaced() bool { return e.place.unplaced }

// SetUnended notes whether the event began, without its run being told so, when the run was not over.
func (e *Event) SetUnended(unended bool) { e.place.unended = unended }

// Unended returns what SetUnended noted.
func (e *Event) Unended() bool { return e.place.unended }

// Leave takes an event that has begun out of its run, which does not exist, and puts it where p is, or nowhere. It need
// not be in the journey that its touchpoint declares.
func (e *Event) Leave(p *Position) {
	e.excused = true
	e.SetJourney(event.Run{})
	e.Customer, e.Actor, e.Late = event.Customer{}, event.ActorCustomer, false
	e.SetPosition(p)
	e.place.unplaced, e.place.unended = p != nil, false
}

// Join puts an event that has begun in no journey, or in another one, into the run where p is, which was met in the
// event's course.
func (e *Event) Join(p *Position) {
	e.SetJourney(event.Run{})
	e.SetPosition(p)
	e.place.joined, e.place.unplaced, e.place.unended = true, false, false
}

// Joined reports whether the event's run was met in its course: the event may have begun before the run.
func (e *Event) Joined() bool { return e.place.joined }

// Hearsay reports whether the event's stage is what a position said. The run may have moved on since, in this process
// or in another one.
func (e *Event) Hearsay() bool { return e.place.hearsay }

// SetHint notes in which stage this instance believes the event's run to be. Only the store knows for certain, but the
// store does not know the order of what several instances report of the same moment.
func (e *Event) SetHint(stage string) { e.place.hint, e.place.hinted = stage, true }

// Hint returns what SetHint noted, and whether it did.
func (e *Event) Hint() (stage string, ok bool) { return e.place.hint, e.place.hinted }

// SetValue says what is at stake, from now on.
func (e *Event) SetValue(v event.Money) { e.Journey.Value, e.place.heard = &v, false }

// HearValue sets the value at stake to one that the event does not state itself: a position or the state of the run has it.
func (e *Event) HearValue(v event.Money) { e.Journey.Value, e.place.heard = &v, true }

// ValueHeard reports whether the event does not state its value at stake itself. The run may be worth something else by now,
// in this process or in another one.
func (e *Event) ValueHeard() bool { return e.place.heard }

// Copy returns a copy that may be kept: the data, with the context of its live span, and at which moment its stage is
// looked up.
func (e *Event) Copy() *Event {
	c := &Event{Event: e.Event}
	c.SpanContext = e.Request()
	c.place.moment = e.place.moment
	return c
}

// SetAbout puts the event into the run with this ID of the journey d, which code names. Where that is the run that the
// event's context is in, the event stays as it is.
func (e *Event) SetAbout(d event.Definition, id string) {
	name := d.Name()
	e.about = nil
	if e.Journey.Name == name && e.Journey.ID == id && id != "" {
		return
	}
	if e.SetJourney(event.Run{Name: name, ID: id}); e.Journey.IsZero() {
		e.Notice(fault.InvalidID)
	}
	e.about = d
}

// About returns the journey that SetAbout was given, or nil where the context says the same.
func (e *Event) About() event.Definition { return e.about }

// Position returns where the event is in its journey, for the context of what happens next, or nil for an event
// without a journey.
func (e *Event) Position() *Position {
	if e.Journey.IsZero() {
		return nil
	}
	p := &Position{}
	e.PositionTo(p)
	return p
}

// PositionTo is [Event.Position] for a position that the caller has made, and that no other goroutine knows yet. It returns
// false for an event without a journey.
func (e *Event) PositionTo(p *Position) bool {
	if e.Journey.IsZero() {
		return false
	}
	p.Journey, p.Stage, p.Visit = e.Journey, e.Stage, e.Visit
	p.Customer, p.Channel, p.Actor = e.Customer, e.Channel, e.Actor
	p.trace, p.resolved, p.claim = e.Trace(), e.opened, e.place.claim
	return true
}

// SetPosition puts the event where the position is, keeping what the event already says of itself.
func (e *Event) SetPosition(p *Position) {
	if p == nil {
		return
	}
	e.Journey, e.Stage, e.Visit, e.trace = p.Journey, p.Stage, p.Visit, p.trace
	e.settled, e.place.claim, e.place.hearsay, e.place.heard = p.resolved, p.claim, p.Stage != "", p.Journey.Value != nil
	if e.Customer.ID == "" && e.Customer.Hash == "" && e.Customer.Segment == "" {
		e.Customer = p.Customer
	} else {
		e.settled = false
	}
	if e.Channel == 0 {
		e.Channel = p.Channel
	}
	if e.Actor == event.ActorCustomer {
		e.Actor = p.Actor
	}
}

// SetPositionOf puts the event where the other one is, as [Event.SetPosition] does with its position.
func (e *Event) SetPositionOf(o *Event) {
	e.Journey, e.Stage, e.Visit, e.trace = o.Journey, o.Stage, o.Visit, o.base()
	e.Customer, e.Channel, e.Actor = o.Customer, o.Channel, o.Actor
	e.settled, e.place.hearsay, e.place.heard = o.opened, o.place.hearsay, o.Journey.Value != nil
}

// SetPlace moves the event to a stage of its journey, or to none.
func (e *Event) SetPlace(stage string, visit int) {
	e.place.hearsay = false
	if e.Stage == stage && e.Visit == visit {
		return
	}
	e.Stage, e.Visit = stage, visit // its place in the trace is worked out when it is asked for
}

// SetTrace moves the event to a stage of its journey whose place in the trace is known.
func (e *Event) SetTrace(t *Trace, stage string, visit int) {
	e.Stage, e.Visit, e.trace, e.place.hearsay = stage, visit, t, false
}

// SetJourney puts the event into another run, or into none.
func (e *Event) SetJourney(r event.Run) {
	e.Journey, e.Stage, e.Visit = r, "", 0
	e.trace, e.settled, e.place.claim, e.place.hearsay, e.place.heard = nil, false, nil, false, false
}

// SetJourneyOf puts the event into the run of another one, in no stage.
func (e *Event) SetJourneyOf(o *Event) {
	e.Journey, e.trace = o.Journey, o.base()
	e.Stage, e.Visit, e.place.hearsay = "", 0, false
}

// SetNamespace puts the event into the run of the same name and ID in another namespace, which is another trace. What
// is known of its place stays.
func (e *Event) SetNamespace(namespace string) {
	e.Journey.Namespace = namespace
	e.trace, e.settled = nil, false
}

// Fold gives the event's journey the name [event.Other], in the same trace.
func (e *Event) Fold() {
	t := e.base()
	e.Journey.Name, e.Journey.Root = event.Other, event.SpanRef{TraceID: t.id, SpanID: t.root}
	e.settled = false
}

// SetSegment notes in which segment of the journey's trace the event's span is, counted from 0; for a journey's end it
// is the last one. A trace that has become too large goes on in the next segment.
func (e *Event) SetSegment(n int) { e.segment = n }

// Segment returns what SetSegment noted.
func (e *Event) Segment() int { return e.segment }

// SpanPlace returns the place in the journey's trace, or in a later segment of it, under which the event's span is; nil
// for an event without a journey.
func (e *Event) SpanPlace() *Trace {
	if e.segment == 0 || e.Journey.IsZero() {
		return e.Trace()
	}
	root := SegmentSpan(&e.Journey, e.segment)
	return &Trace{id: root.TraceID(), root: root.SpanID()}
}

// Trace returns the event's place in its journey's trace. It is computed once and shared by the events of one position;
// nil for an event without a journey.
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

// TraceID returns the ID of the journey's trace that the event is in, or the zero ID for an event without a journey.
func (e *Event) TraceID() trace.TraceID {
	if t := e.base(); t != nil {
		return t.TraceID()
	}
	return trace.TraceID{}
}
