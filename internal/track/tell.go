package track

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// tell delivers what an op has done, and the event that it came with. What is told again after a crash
// has no items: its events are in the log.
func (r *remote) tell(run *run, e *flight.Event, o *op, done *done, items []*item) {
	for _, f := range done.effects() {
		by, of := o, e
		if f.by != nil {
			by, of = f.by, nil
			if k := slices.IndexFunc(items, func(i *item) bool { return i.op.key == f.by.key }); k >= 0 {
				of = items[k].e
			}
		}
		own := r.event(run, of, by, f)
		if items == nil {
			own.Retell()
		}
		r.cfg.Deliver(own, run.state())
	}
	if e != nil && !e.Kind.IsTransition() {
		run.complete(e)
		r.cfg.Deliver(e, journey.State{})
	}
}

// complete gives the event what its instance did not know of the run when it happened.
func (r *run) complete(e *flight.Event) {
	if r.begun && e.Journey.Started.IsZero() {
		e.Journey.Started = at(r.start)
	}
	if e.Customer.Hash == "" {
		e.Customer.Hash = r.customer.Hash
	}
	if e.Customer.Segment == "" {
		e.Customer.Segment = r.customer.Segment
	}
	r.locate(e, false)
}

// locate gives the event, which is no transition, the stage that its run was in when it happened, unless it says
// that itself, and the visit to it. Late says that it was recorded after the end.
func (r *run) locate(e *flight.Event, late bool) {
	at := e.Time.UnixNano()
	switch {
	case e.Stage != "" && e.Visit == 0:
		e.SetPlace(e.Stage, r.visitAt(e.Stage, at))
	case e.Stage != "":
	case e.Joined(): // its run was met in its course: where it was when the event was over
		at = e.Time.Add(e.Duration).UnixNano()
		if end, ended := r.endsAt(); ended {
			at = min(at, end)
		}
		e.SetPlace(r.stageAt(at))
	default:
		seen, known := e.Hint()
		e.SetPlace(r.stageIn(instant{at, seen, known, late}))
	}
}

// event returns the event of a transition that an op has made.
func (r *remote) event(run *run, e *flight.Event, o *op, f effect) *flight.Event {
	own := &flight.Event{Event: event.Event{Kind: f.kind, Outcome: f.outcome, Customer: run.customer, Channel: run.channel, Actor: run.actor}}
	own.Journey = run.journey
	if !f.byTime() {
		if e == nil && len(o.event) > 0 {
			if parsed, err := event.ParseJSON(o.event); err == nil {
				e = flight.Of(parsed)
			}
		}
		own.Channel = cmp.Or(o.channel, run.channel)
		if e != nil {
			r.of(own, e, f)
		}
	}
	own.Journey.Started = time.Time{}
	if run.begun {
		own.Journey.Started = at(run.start)
	} else if f.kind == event.JourneyEnded && e != nil {
		own.Journey.Started = e.Journey.Started // as the position said
	}
	if f.kind == event.JourneyEnded {
		own.SetSegment(r.t.segment(max(0, int(run.touchpoints+run.responses)-1)))
	}
	own.SetPlace(f.stage, f.visit)
	complete(own, f)
	return own
}

// of gives the event of a transition what the event says that made it.
func (r *remote) of(own, e *flight.Event, f effect) {
	own.Channel, own.Variant, own.SpanContext = cmp.Or(e.Channel, own.Channel), e.Variant, e.SpanContext
	if e.Actor != event.ActorCustomer {
		own.Actor = e.Actor
	}
	own.Customer.Hash = cmp.Or(e.Customer.Hash, own.Customer.Hash)
	own.Customer.Segment = cmp.Or(e.Customer.Segment, own.Customer.Segment)
	if e.Kind == f.kind {
		own.Cause, own.ErrorType, own.Attributes = e.Cause, e.ErrorType, e.Attributes
	}
	if own.Journey.ID == "" {
		own.Journey = e.Journey
	}
}

// transitionIDOf returns the derived ID that the event of a transition would have.
func transitionIDOf(e *flight.Event) event.ID {
	switch e.Kind {
	case event.JourneyStarted:
		return transitionID(e, "started")
	case event.JourneyStageEntered:
		return transitionID(e, enteredName(e.Stage, e.Visit))
	default:
		return transitionID(e, "ended")
	}
}
