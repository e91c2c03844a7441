package track

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// inMemory is the Tracker without a store: it keeps the runs that this process has started in its memory, and makes
// transitions only for them. It does not know the stage of a run that was only resumed here, nor of one whose position was
// sent to another process since this process last placed the customer: an event of such a run is in the stage that it
// declares, or in none. It starts no goroutine, and there is nothing to shut down.
//
// A live run takes some hundred bytes in memory and the bytes of its ID and customer, an ended one some ten bytes for 30
// days; there are at most four million of each.
type inMemory struct{ *tracker }

// Place implements [Tracker].
func (t *inMemory) Place(e *flight.Event, stage string) Result {
	e.Late = false
	if t.memory.known.Load() == 0 && !t.cfg.ImplicitStarts {
		return foreign(e, stage, false)
	}
	t.define(e.Journey.Name)
	id := ledger.Key(e.TraceID())
	fill := filler(e)
	var v view
	kind := opOf(e.Kind)
	if kind == opStart || kind == opKnow { // the context is all that a start changes here; the other is no sign of life
		v = t.memory.where(id, fill)
	} else {
		o := t.op(e, opSign, stage)
		t.applyHere(e, id, &o, fill, &v)
	}
	if v.absent || v.over {
		result := foreign(e, stage, v.over)
		t.answer(&result, e, &v)
		return result
	}
	var result Result
	t.answer(&result, e, &v)
	if v.full {
		result.Faults.Add(fault.RunLimit)
		return result
	}
	at := e.Time.UnixNano()
	if kind == opStart {
		at = v.moved
	}
	t.placeAt(e, id, &v, stage, at)
	return result
}

// placeAt puts e, which happened at that time, where its run in memory was then: in the stage that it declares, else in the
// stage of the run.
func (t *inMemory) placeAt(e *flight.Event, id ledger.Key, v *view, stage string, at int64) {
	at = max(at, v.start)
	switch {
	case stage != "" && (stage != v.stage || at < v.moved): // it came late
		t.place(e, id, v, stage, t.memory.visitAt(id, stage, at))
	case stage == "" && e.Kind == event.JourneyStarted && e.Hearsay() && e.Visit == 0: // the context stays where it is
	case stage == "" && e.Kind != event.JourneyStarted && v.elsewhere(e) && at >= v.moved:
		t.place(e, id, v, "", 0)
	case at < v.moved:
		was, visit := t.memory.stageAt(id, at)
		t.place(e, id, v, was, visit)
	default:
		t.place(e, id, v, v.stage, v.visit)
	}
}

// Sent implements [Tracker]. From now on the stage of the run is not known until an event declares one.
func (t *inMemory) Sent(p *flight.Position) {
	if tr := p.Trace(); tr != nil {
		t.memory.sent(ledger.Key(tr.TraceID()))
	}
}

// Joined implements [Tracker].
func (t *inMemory) Joined(e *flight.Event) {
	if !e.Joined() || declaredStage(e) != "" {
		return
	}
	id := ledger.Key(e.TraceID())
	if v := t.memory.where(id, nil); !v.absent && !v.over && !v.sent {
		t.place(e, id, &v, v.stage, v.visit)
	}
}

// Resume implements [Tracker].
func (t *inMemory) Resume(e *flight.Event) {
	if e.Journey.IsZero() || !says(&e.Customer) {
		return
	}
	id := ledger.Key(e.TraceID())
	v := t.memory.where(id, func([]byte) {})
	t.learnWho(e, id, &v)
}

// Apply implements [Tracker].
func (t *inMemory) Apply(e *flight.Event, m Manner) Result {
	v := t.apply(e)
	if m.Implied {
		v.Late = false
	}
	return v
}

// apply is Apply, but what it answers may be late though the event is implied.
func (t *inMemory) apply(e *flight.Event) Result {
	known := t.memory.known.Load() > 0
	t.define(e.Journey.Name)
	kind := opOf(e.Kind)
	switch kind {
	case opEnter:
		return t.enter(e)
	case opEnd:
		return t.end(e)
	case opStall:
		return Result{Drop: true} // the sweep, or a later event, says so
	default: // it makes no transition but a start
	}
	if !known && kind != opStart && !e.Kind.IsPromise() {
		return Result{}
	}
	id := ledger.Key(e.TraceID())
	o := t.op(e, kind, "")
	var v view
	var result Result
	if e.Kind.IsPromise() {
		return t.agree(e, id, &o)
	}
	if kind != opStart {
		t.memory.apply(id, &o, noDay, nil, &v)
		t.answer(&result, e, &v)
		if v.over && kind != opTouch { // of a touchpoint counts when it began
			e.Late = true
		}
		return result
	}
	t.memory.apply(id, &o, noDay, filler(e), &v)
	if v.other {
		t.holdCustomer(e, id)
	}
	if v.over || v.full {
		t.answer(&result, e, &v)
		result.Drop, result.Late = true, v.over && e.ID != transitionID(e)
		if v.full {
			result.Faults.Add(fault.RunLimit)
		}
		return result
	}
	t.place(e, id, &v, v.stage, v.visit)
	if !slices.ContainsFunc(v.effects(), func(f effect) bool { return f.kind == event.JourneyStarted }) { // it is resumed
		t.answer(&result, e, &v)
		result.Drop, result.OtherCustomer = true, v.other
		return result
	}
	e.ID, e.Transition = transitionID(e), nil
	result.noteRun(&v)
	for _, f := range v.effects() {
		if f.kind != event.JourneyStarted {
			result.After = append(result.After, t.transition(e, &v, f))
		}
	}
	return result
}

// agree applies a promise that is made or kept by hand. Its effects are the events.
func (t *inMemory) agree(e *flight.Event, id ledger.Key, o *op) Result {
	var v view
	result := Result{Drop: true}
	t.applyHere(e, id, o, filler(e), &v)
	t.answer(&result, e, &v)
	switch {
	case v.over:
		result.Late = true
	case v.absent:
		result.Faults.Add(fault.UnknownRun)
	case v.full:
		result.Faults.Add(fault.RunLimit)
	}
	return result
}

func (t *inMemory) enter(e *flight.Event) Result {
	id := ledger.Key(e.TraceID())
	o := t.op(e, opEnter, e.Stage)
	var v view
	t.applyHere(e, id, &o, filler(e), &v)
	result := Result{Drop: true}
	switch {
	case v.over:
		result.Late = e.ID.IsZero() || e.ID != transitionID(e)
	case v.absent:
		result.Faults.Add(fault.UnknownRun)
	case v.full:
		result.Faults.Add(fault.RunLimit)
	}
	if v.over || v.absent || v.full {
		t.answer(&result, e, &v)
		return result
	}
	result.noteRun(&v)
	stage := e.Stage
	for _, f := range v.effects() {
		now := f.kind == event.JourneyStageEntered && f.stage == v.stage && f.visit == v.visit && f.stage == stage
		if now { // the last of them
			result.Drop = false
			t.place(e, id, &v, f.stage, f.visit)
			complete(e, f)
			continue
		}
		if result.Drop || f.byTime() {
			result.Before = append(result.Before, t.transition(e, &v, f))
		} else { // a promise that the entry makes or keeps
			result.After = append(result.After, t.transition(e, &v, f))
		}
	}
	if result.Drop {
		t.place(e, id, &v, v.stage, v.visit)
	}
	return result
}

func (t *inMemory) end(e *flight.Event) Result {
	id := ledger.Key(e.TraceID())
	o := t.op(e, opEnd, "")
	var v view
	t.memory.apply(id, &o, t.day(), filler(e), &v)
	if v.over {
		result := Result{Drop: true, Late: e.ID.IsZero() || e.ID != transitionID(e)}
		t.answer(&result, e, &v)
		return result
	}
	var result Result
	result.noteRun(&v)
	started := e.Journey.Started // of a run that another process started, as the position said
	if !v.absent {
		started = time.Time{}
		if v.begun {
			started = at(v.start)
		}
	}
	for _, f := range v.effects() {
		if f.kind != event.JourneyEnded {
			result.Before = append(result.Before, t.transition(e, &v, f))
			continue
		}
		if v.absent {
			unsure(e)
		} else {
			t.place(e, id, &v, f.stage, f.visit)
		}
		e.Journey.Started = started
		complete(e, f)
	}
	return result
}

// applyHere applies o to the run in memory, and notes whose the run is. With implicit starts it starts a run that has not
// begun.
func (t *inMemory) applyHere(e *flight.Event, id ledger.Key, o *op, fill func(who []byte), v *view) {
	t.memory.apply(id, o, noDay, fill, v)
	if v.absent && t.cfg.ImplicitStarts {
		*v = view{}
		o.begin, o.who = true, t.who(e)
		t.mayStart(o, e)
		t.memory.apply(id, o, noDay, fill, v)
	}
	t.learnWho(e, id, v)
}

// answer puts what the event has made into the result.
func (t *inMemory) answer(r *Result, e *flight.Event, v *view) {
	r.Before = t.before(e, v)
	r.noteRun(v)
}

// noteRun puts into the result what the event has found out of the run.
func (r *Result) noteRun(v *view) {
	if v.full {
		r.Faults.Add(fault.RunLimit)
	}
	if v.crowd {
		r.Faults.Add(fault.PromiseLimit)
	}
	if v.short {
		r.Faults.Add(fault.PromiseFar)
	}
	if v.who != nil {
		r.State = &v.who.state
	}
}

// before returns the transitions that the event has made, and those that time had made when it happened.
func (t *inMemory) before(e *flight.Event, v *view) []*flight.Event {
	if v.n == 0 {
		return nil
	}
	out := make([]*flight.Event, 0, v.n)
	for _, f := range v.effects() {
		out = append(out, t.transition(e, v, f))
	}
	return out
}

// learnWho notes whose the run in memory is, if the event says more than the run knows.
func (t *inMemory) learnWho(e *flight.Event, id ledger.Key, v *view) {
	if v.absent || v.over || v.full || !v.whose(&e.Customer) {
		return
	}
	var learned view
	t.memory.apply(id, &op{kind: opKnow, at: e.Time.UnixNano(), who: t.who(e)}, noDay, nil, &learned)
}

// Sweep implements [Tracker]. An abandoned run ends when its patience runs out, not when the sweep finds it.
func (t *inMemory) Sweep(_ context.Context, now time.Time, emit func(*flight.Event, journey.State)) {
	t.pass(now, emit)
}

// Due implements [Tracker].
func (t *inMemory) Due(now time.Time) bool {
	return len(t.memory.names.tab.Load().unruled) > 0 || now.UnixNano() >= t.memory.due.Load() || t.memory.day.Load() != dayOf(now)
}

// Active implements [Tracker].
func (t *inMemory) Active(yield func(journey, stage string, runs int64)) {
	for p, n := range t.memory.places() {
		yield(p.Group, p.Name, n)
	}
}

// Shared implements [Tracker].
func (*inMemory) Shared() bool { return false }

// Queue implements [Tracker].
func (*inMemory) Queue() (waiting, capacity int) { return 0, 0 }

// Has implements [Tracker].
func (t *inMemory) Has(_ context.Context, e *flight.Event) (bool, error) {
	return t.Knows(e) || t.Ended(e), nil
}

// Drain implements [Tracker].
func (*inMemory) Drain(context.Context) error { return nil }

// Flush implements [Tracker]: nothing waits.
func (*inMemory) Flush(context.Context) error { return nil }

// Shutdown implements [Tracker]: there is nothing to stop.
func (*inMemory) Shutdown(context.Context) error { return nil }

// Stopped implements [Tracker].
func (*inMemory) Stopped() <-chan struct{} {
	closed := make(chan struct{})
	close(closed)
	return closed
}
