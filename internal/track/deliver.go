package track

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Deliver implements [engine.Host]. It delivers the effects of an op, and the event that came with it. Effects that a dead
// instance may have delivered have no items: their events are in the log, and are marked as retold.
func (r *remote) Deliver(x result) {
	run := x.State
	var e *flight.Event
	if x.Item != nil {
		e = x.Item.By.e
	}
	if x.Item != nil && x.Done != nil && x.Done.other && e != nil {
		r.cfg.otherCustomer(e.Journey.Name)
	}
	if x.Item != nil && x.Done != nil && x.Done.crowd && e != nil {
		r.cfg.promise(fault.PromiseLimit, e.Journey.Name)
	}
	if x.Item != nil && x.Done != nil && x.Done.short && e != nil {
		r.cfg.promise(fault.PromiseFar, e.Journey.Name)
	}
	if x.Mine {
		r.deliverEffects(x, e)
	}
	if e != nil && !e.Kind.IsTransition() {
		run.complete(e)
		r.cfg.Deliver(e, journey.State{})
	}
}

// deliverEffects delivers the effects of an op that e came with.
func (r *remote) deliverEffects(x result, e *flight.Event) {
	for _, f := range x.Done.effects() {
		by, cause := x.Op, e
		if f.by != nil {
			by, cause = f.by, nil
			if k := slices.IndexFunc(x.Items, func(i *item) bool { return i.Op.key == f.by.key }); k >= 0 {
				cause = x.Items[k].By.e
			}
		}
		own := r.transition(x.State, cause, by, f)
		if x.Items == nil {
			own.Retell()
		}
		r.cfg.Deliver(own, x.State.state())
	}
}

// transition returns the event of an effect that o had in the store. After a crash the log has the event of o.
func (r *remote) transition(run *run, cause *flight.Event, o *op, f effect) *flight.Event {
	switch {
	case f.byTime():
		cause = nil
	case cause == nil && len(o.event) > 0:
		if parsed, err := event.ParseJSON(o.event); err == nil {
			cause = flight.Of(parsed)
		}
	}
	own := newTransition(run.origin(), cause, f)
	if cause == nil && !f.byTime() && o.channel != 0 {
		own.Channel = o.channel
	}
	if f.kind == event.JourneyEnded {
		own.SetSegment(r.t.segment(max(0, int(run.touchpoints+run.responses)-1)))
	}
	return own
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
	if e.Customer.Account == "" {
		e.Customer.Account = r.customer.Account
	}
	r.locate(e, false)
}

// locate gives an event that is no transition the stage that its run was in when it happened, unless the event says the
// stage itself, and the visit to it. Late says that the event was recorded after the end.
func (r *run) locate(e *flight.Event, late bool) {
	at := e.Time.UnixNano()
	switch {
	case e.Stage != "" && e.Visit == 0:
		e.SetPlace(e.Stage, r.visitAt(e.Stage, at))
	case e.Stage != "":
	case e.Joined(): // it met its run in its course: it belongs where the run was when it was over
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
