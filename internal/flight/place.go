package flight

import (
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// Claimed reports whether only a request names the event's run. Such a run may not exist.
func (e *Event) Claimed() bool { return e.place.claim != nil && !e.place.claim.confirmed.Load() }

// SetNamed marks an event that resumes a run which a request names.
func (e *Event) SetNamed() { e.place.named = true }

// Named reports whether SetNamed was called.
func (e *Event) Named() bool { return e.place.named }

// SetUnplaced says whether the event has begun and the tracker has not seen it.
func (e *Event) SetUnplaced(unplaced bool) { e.place.unplaced = unplaced }

// Unplaced returns the value of SetUnplaced.
func (e *Event) Unplaced() bool { return e.place.unplaced }

// SetUnended says whether the event began before its run ended, without the tracker seeing it.
func (e *Event) SetUnended(unended bool) { e.place.unended = unended }

// Unended returns the value of SetUnended.
func (e *Event) Unended() bool { return e.place.unended }

// Leave moves an event that has begun from a run that does not exist to the position p, which may be nil. The event is
// excused, see [Event.Excuse].
func (e *Event) Leave(p *Position) {
	e.excused = true
	e.SetJourney(event.Run{})
	e.Customer, e.Actor, e.Late = event.Customer{}, event.ActorCustomer, false
	e.SetPosition(p)
	e.place.unplaced, e.place.unended = p != nil, false
}

// Join moves an event that has begun to the run at p. Code met that run after the event had begun.
func (e *Event) Join(p *Position) {
	e.SetJourney(event.Run{})
	e.SetPosition(p)
	e.place.joined, e.place.unplaced, e.place.unended = true, false, false
}

// Joined reports whether Join was called. The event may have begun before its run.
func (e *Event) Joined() bool { return e.place.joined }

// Hearsay reports whether the event's stage comes from a position. The run may have moved on since, in this process or in
// another one.
func (e *Event) Hearsay() bool { return e.place.hearsay }

// SetHint sets the stage in which this instance believes the run to be. Only the store knows the stage. The store does not
// know in which order several instances reported the same moment, so the hint decides there.
func (e *Event) SetHint(stage string) { e.place.hint, e.place.hinted = stage, true }

// Hint returns the stage of SetHint, or false.
func (e *Event) Hint() (stage string, ok bool) { return e.place.hint, e.place.hinted }

// SetValue sets the value at stake, as the event states it.
func (e *Event) SetValue(v event.Money) { e.Journey.Value, e.place.heard = &v, false }

// HearValue sets the value at stake to that of a position or of the run. The event does not state it.
func (e *Event) HearValue(v event.Money) { e.Journey.Value, e.place.heard = &v, true }

// ValueHeard reports whether the value at stake comes from HearValue or from a position. The run's value may have changed
// since, in this process or in another one.
func (e *Event) ValueHeard() bool { return e.place.heard }

// HearCustomer completes the customer by what this process remembers of the run. The event states only the rest.
func (e *Event) HearCustomer(hash, segment, account []byte) {
	if c := &e.Customer; c.Hash == "" && len(hash) > 0 {
		c.Hash, e.place.whose = string(hash), true
	}
	if c := &e.Customer; c.Segment == "" && len(segment) > 0 {
		c.Segment, e.place.whose = string(segment), true
	}
	if c := &e.Customer; c.Account == "" && len(account) > 0 {
		c.Account, e.place.whose = string(account), true
	}
}

// CustomerHeard reports whether HearCustomer has added anything.
func (e *Event) CustomerHeard() bool { return e.place.whose }

// Copy returns a copy that the caller may keep: the data, the span context of the request, and the moment from which the
// tracker takes the stage. It is not from the pool.
func (e *Event) Copy() *Event {
	c := &Event{Event: e.Event, worded: e.worded}
	c.SpanContext = e.Request()
	c.place.moment = e.place.moment
	return c
}

// SetAbout moves the event to the run of the journey d with this ID, which code names. If the event is in that run
// already, SetAbout changes nothing.
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

// About returns the journey of SetAbout, or nil if the event was in that run already.
func (e *Event) About() event.Definition { return e.about }

// Position returns the event's position, for the context of the customer's next steps, or nil for an event without a
// journey.
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
	p.trace, p.resolved, p.claim, p.whose = e.Trace(), e.opened, e.place.claim, e.place.whose
	return true
}

// SetPosition puts the event where the position is, keeping what the event already says of itself.
func (e *Event) SetPosition(p *Position) {
	if p == nil {
		return
	}
	e.Journey, e.Stage, e.Visit, e.trace = p.Journey, p.Stage, p.Visit, p.trace
	e.settled, e.place.claim, e.place.hearsay, e.place.heard = p.resolved, p.claim, p.Stage != "", p.Journey.Value != nil
	if e.Customer == (event.Customer{}) {
		e.Customer, e.place.whose = p.Customer, p.whose
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

// SetPositionOf moves the event to the position of o, as [Event.SetPosition] does.
func (e *Event) SetPositionOf(o *Event) {
	e.Journey, e.Stage, e.Visit, e.trace = o.Journey, o.Stage, o.Visit, o.base()
	e.Customer, e.Channel, e.Actor = o.Customer, o.Channel, o.Actor
	e.settled, e.place.hearsay, e.place.heard = o.opened, o.place.hearsay, o.Journey.Value != nil
	e.place.whose = o.place.whose
}

// SetPlace moves the event to a visit of a stage in its journey. An empty stage is none.
func (e *Event) SetPlace(stage string, visit int) {
	e.place.hearsay = false
	if e.Stage == stage && e.Visit == visit {
		return
	}
	e.Stage, e.Visit = stage, visit // Trace computes the place in the trace when it is needed
}

// SetTrace is SetPlace for a stage whose place in the trace is known.
func (e *Event) SetTrace(t *Trace, stage string, visit int) {
	e.Stage, e.Visit, e.trace, e.place.hearsay = stage, visit, t, false
}

// SetJourney moves the event to another run, in no stage. The zero Run is none.
func (e *Event) SetJourney(r event.Run) {
	e.Journey, e.Stage, e.Visit = r, "", 0
	e.trace, e.settled, e.place.claim, e.place.hearsay, e.place.heard = nil, false, nil, false, false
}

// SetJourneyOf moves the event to the run of o, in no stage.
func (e *Event) SetJourneyOf(o *Event) {
	e.Journey, e.trace = o.Journey, o.base()
	e.Stage, e.Visit, e.place.hearsay = "", 0, false
}

// SetNamespace moves the event to the run of the same name and ID in another namespace. That run has another trace. Stage
// and visit stay.
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

// Unroot removes the root of the journey's trace, which follows from the names then.
func (e *Event) Unroot() {
	e.Journey.Root = event.SpanRef{}
	e.trace, e.settled = nil, false
}

// SetSegment sets the segment of the journey's trace that gets the event's span, counted from 0. A trace that has become
// too large continues in the next segment. The end of a journey has the last segment.
func (e *Event) SetSegment(n int) { e.segment = n }

// Segment returns the value of SetSegment.
func (e *Event) Segment() int { return e.segment }

// SpanPlace returns the place above the event's span: in the journey's trace, or in a later segment of it. It is nil for
// an event without a journey.
func (e *Event) SpanPlace() *Trace {
	if e.segment == 0 || e.Journey.IsZero() {
		return e.Trace()
	}
	root := SegmentSpan(&e.Journey, e.segment)
	return &Trace{id: root.TraceID(), root: root.SpanID()}
}

// Trace returns the event's place in its journey's trace, or nil for an event without a journey. It is computed once. The
// events of one position share it.
func (e *Event) Trace() *Trace {
	t := e.base()
	if t != nil && !t.is(e.Stage, e.Visit) {
		e.trace = t.at(&e.Journey, e.Stage, e.Visit)
	}
	return e.trace
}

// base returns any place in the event's trace, or nil for an event without a journey.
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
