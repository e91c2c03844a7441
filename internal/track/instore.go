package track

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// inStore is the Tracker with a store, which many instances share. An event goes to the store through a queue of 8,192, in
// order; what it changes comes back from the store, is delivered, and is noted as delivered once it is safe. An end by call
// waits for [Config.EndGrace], an abandonment and a stall for ten seconds, by the store's clock: facts from before them
// that other instances report meanwhile count. Every start, end, stall and abandonment is committed once, whatever becomes
// of the instances, and delivered at least once. Three goroutines do that until Shutdown. While the store fails, what
// happens waits in the queue; what does not fit is counted, and delivered without its run's state: see [Result].
type inStore struct {
	*tracker

	remote *remote
}

// Place implements [Tracker], by what is known of them here. A stage that is
// new goes to the store at once, so that a long touchpoint is seen where it is, and so does an implicit start:
// touchpoints within it are over before it is.
func (t *inStore) Place(e *flight.Event, stage string) Result {
	e.Late = false
	id := ledger.Key(e.TraceID())
	fill := filler(e)
	if e.Kind == event.JourneyStarted {
		if v := t.memory.where(id, fill); !v.absent && (v.begun || v.synced) {
			t.place(e, id, &v, v.stage, v.visit)
		}
		return Result{}
	}
	o := t.op(e, opSign, stage)
	o.who = t.who(e)
	o.id, o.begin = 0, t.cfg.ImplicitStarts
	v := view{quiet: t.quiet(id, &o)}
	t.memory.apply(id, &o, noDay, fill, &v)
	if v.over {
		return foreign(e, stage, true)
	}
	var result Result
	if v.n == 0 && e.Kind == event.TouchpointEnded && v.quiet {
		_ = t.remote.put(&item{id: id, op: o}) // where the queue is full, the end of the touchpoint says it
	}
	if v.n > 0 && (stage != "" || o.begin) {
		by := t.copyOf(e)
		by.Kind, by.Cause, by.Attributes = event.JourneyStageEntered, "", nil
		if v.synced && !v.news(o.who) {
			o.who = nil
		}
		if i := (&item{id: id, op: o, e: by}); !t.remote.put(i.would(&v)) {
			result.Aside = t.uncommitted(i)
			result.Faults.Add(fault.StoreFull)
		}
	}
	if !v.begun && !v.synced {
		foreign(e, stage, false)
		return result
	}
	e.SetSegment(t.segment(v.spans))
	t.placeUnsure(e, id, &v, stage, o.at)
	return result
}

// placeUnsure completes e where the runs are in a store: another instance may have moved this one. A stage that the
// event declares is where it is, and the visit what is known of that here. Any other stage is left out
// until the store says which one it was; what is known here helps to tell facts at the very same time apart.
func (t *inStore) placeUnsure(e *flight.Event, id ledger.Key, v *view, stage string, at int64) {
	switch {
	case stage == "":
		e.SetHint(v.stage)
		unsure(e)
		t.place(e, id, v, e.Stage, e.Visit)
	case stage == v.stage && at >= v.moved:
		t.place(e, id, v, stage, v.visit)
	default:
		t.place(e, id, v, stage, t.memory.visitAt(id, stage, at))
	}
}

// quiet reports whether the store may not know for a while that the run lives: what begins now is a sign of
// life before it is over. An eighth of the patience is exact enough for all touchpoints that last for less
// than the rest of it, and says so eight times at most while a run is silent.
func (t *inStore) quiet(id ledger.Key, o *op) bool {
	return o.who.patience > 0 && o.at-t.memory.lastOf(id) >= int64(o.who.patience/8)
}

// Joined implements [Tracker]: the store says where the run is.
func (*inStore) Joined(*flight.Event) {}

// Sent implements [Tracker]: the store hears of what the other process does.
func (*inStore) Sent(*flight.Position) {}

// Resume implements [Tracker].
func (t *inStore) Resume(e *flight.Event) {
	if e.Journey.IsZero() || e.Customer.Hash == "" && e.Customer.Segment == "" {
		return
	}
	id := ledger.Key(e.TraceID())
	v := t.memory.where(id, func([]byte) {})
	who := t.who(e)
	if v.over || v.synced && !v.news(who) {
		return
	}
	_ = t.remote.put(&item{id: id, op: op{kind: opKnow, at: e.Time.UnixNano(), who: who}}) // where the queue is full, the next event says it
}

// Apply implements [Tracker].
func (t *inStore) Apply(e *flight.Event, m Manner) Result {
	v := t.apply(e, m)
	if m.Implied {
		v.Late = false
	}
	return v
}

// apply is Apply, but what it answers may be late though the event is implied. It queues what happens.
func (t *inStore) apply(e *flight.Event, m Manner) Result {
	kind, stage := opSign, ""
	switch e.Kind {
	case event.JourneyStalled:
		return Result{Drop: true} // the instance that notices it says so
	case event.JourneyStarted:
		kind = opStart
	case event.JourneyStageEntered:
		kind, stage = opEnter, e.Stage
	case event.JourneyEnded:
		kind = opEnd
	case event.TouchpointEnded:
		kind, stage = opTouch, declaredStage(e)
	case event.FeedbackReceived, event.FeedbackMentioned:
		kind = opRespond
	default: // it lives
	}
	by := t.copyOf(e)
	if stage != "" && stage == by.Stage {
		by.SetPlace(stage, 0) // the store knows which visit it is
	}
	id := ledger.Key(e.TraceID())
	o := t.op(by, kind, stage)
	o.who = t.who(by)
	o.begin = kind == opStart || t.cfg.ImplicitStarts && kind != opEnd
	given := e.Customer
	v := t.applyCached(e, id, o)
	transition := e.Kind.IsTransition()
	if v.over && transition && m.Within.IsZero() { // else the store's answer to its touchpoint says what counts
		return Result{Drop: true, Late: e.ID.IsZero() || e.ID != transitionIDOf(e)}
	}
	if v.over && kind != opTouch { // of a touchpoint counts when it began
		e.Late, by.Late = true, true
	}
	if transition && kind != opEnd && !v.full && !v.absent {
		t.place(e, id, &v, v.stage, v.visit)
	}
	by.Customer, by.Channel, by.Actor = e.Customer, e.Channel, e.Actor
	o.who.customer, o.who.channel, o.who.actor = e.Customer, e.Channel, e.Actor
	if v.other {
		o.who.customer = given // the store knows whether the run is live, and tells so
	}
	if v.synced && kind != opStart && !v.news(o.who) && (kind != opEnd || o.who.journey.Value == nil) {
		o.who = nil
	}
	if transition {
		o.event = by.AppendJSON(nil)
	}
	i := (&item{id: id, op: o, e: by, manner: m}).would(&v)
	if t.remote.put(i) {
		return Result{Drop: transition, Queued: true}
	}
	result := Result{Drop: transition, Aside: t.uncommitted(i)}
	result.Faults.Add(fault.StoreFull)
	return result
}

// applyCached does o to the run as far as that is at hand. Only the store ends a run.
func (t *inStore) applyCached(e *flight.Event, id ledger.Key, o op) (v view) {
	if o.kind == opEnd {
		v = t.memory.where(id, filler(e))
		v.add(effect{kind: event.JourneyEnded, at: o.at, outcome: o.outcome}) // where it is then, the store knows
		return v
	}
	o.id = 0
	t.memory.apply(id, &o, noDay, filler(e), &v)
	if v.other {
		t.holdCustomer(e, id)
	}
	return v
}
