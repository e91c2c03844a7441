package track

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// inStore is the Tracker with a store, which many instances share. An event goes through a queue to the store, in order. The
// tracker delivers what the store has committed, and settles it once it is safe. An end by call waits for [Config.EndGrace],
// an abandonment and a stall for ten seconds, by the store's clock: facts from before them that other instances append
// meanwhile count. Every start, end, stall and abandonment is committed once, whatever becomes of the instances, and delivered
// at least once. While the store fails, changes wait in the queue; a change that does not fit is counted, and delivered
// without the state of its run: see [Result].
type inStore struct {
	*tracker

	remote *remote
}

// Place implements [Tracker], by the copy of the run that this instance has. A new stage is written to the store at once, so
// that a long touchpoint is seen in its stage, and so is an implicit start, because touchpoints within this one are over
// before it is.
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
	kind := opSign
	if opOf(e.Kind) == opKnow {
		kind = opKnow
	}
	o := t.op(e, kind, stage)
	o.who = t.who(e)
	o.id, o.begin = 0, t.cfg.ImplicitStarts && kind != opKnow
	v := view{quiet: t.quiet(id, &o)}
	t.memory.apply(id, &o, noDay, fill, &v)
	if o.begin && (!v.synced || !v.begun) {
		t.mayStart(&o, e)
	}
	o.workOut(nil)
	if v.over {
		return foreign(e, stage, true)
	}
	var result Result
	switch {
	case v.n > 0:
	case e.Kind == event.TouchpointEnded && v.quiet:
		_ = t.remote.put(&item{Key: id, Op: &o}) // where the queue is full, the end of the touchpoint says it
	case v.synced && v.news(o.who): // the copy knows it from now on, so that the end of the touchpoint does not say it
		t.know(id, e, o.who)
	}
	if v.n > 0 && (stage != "" || o.begin) {
		by := t.copyOf(e)
		by.Kind, by.Cause, by.Attributes = event.JourneyStageEntered, "", nil
		if v.synced && !v.news(o.who) {
			o.who = nil
		}
		if i := would(&item{Key: id, Op: &o, By: recorded{e: by}}, &v); !t.remote.put(i) {
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

// placeUnsure places e where the runs are in a store and another instance may have moved this one. The event is in the stage
// that it declares, in the visit that this instance knows. Any other stage is left out until the store says which it was; the
// stage that this instance knows is a hint that orders facts of the very same time.
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

// quiet reports whether the run has been silent for an eighth of its patience. A touchpoint that begins then is written as a
// sign of life at once and not only when it is over, so that the store does not abandon the run while the touchpoint lasts.
func (t *inStore) quiet(id ledger.Key, o *op) bool {
	return o.who.patience > 0 && o.at-t.memory.lastOf(id) >= int64(o.who.patience/8)
}

// Joined implements [Tracker]: the store says where the run is.
func (*inStore) Joined(*flight.Event) {}

// Sent implements [Tracker]: the store hears of what the other process does.
func (*inStore) Sent(*flight.Position) {}

// Resume implements [Tracker].
func (t *inStore) Resume(e *flight.Event) {
	if e.Journey.IsZero() || !says(&e.Customer) {
		return
	}
	id := ledger.Key(e.TraceID())
	v := t.memory.where(id, func([]byte) {})
	who := t.who(e)
	if v.over || v.synced && !v.news(who) {
		return
	}
	t.know(id, e, who)
}

// know writes to the store whose run it is.
func (t *inStore) know(id ledger.Key, e *flight.Event, who *identity) {
	_ = t.remote.put(&item{Key: id, Op: &op{kind: opKnow, at: e.Time.UnixNano(), who: who}}) // where the queue is full, a later event says it
}

// Apply implements [Tracker].
func (t *inStore) Apply(e *flight.Event, m Manner) Result {
	v := t.apply(e, m)
	if m.Implied {
		v.Late = false
	}
	return v
}

// apply queues the op of the event. It is Apply, except that its result may be late though the event is implied.
func (t *inStore) apply(e *flight.Event, m Manner) Result {
	kind, stage := opOf(e.Kind), ""
	switch kind {
	case opStall:
		return Result{Drop: true} // the instance that notices it says so
	case opEnter:
		stage = e.Stage
	case opTouch:
		stage = declaredStage(e)
	default: // it is in no stage
	}
	by := t.copyOf(e)
	if stage != "" && stage == by.Stage {
		by.SetPlace(stage, 0) // the store knows which visit it is
	}
	id := ledger.Key(e.TraceID())
	o := t.op(by, kind, stage)
	o.who, o.pacts = t.who(by), t.pacts(e, kind, stage) // the copy has no definition
	o.begin = kind == opStart || t.cfg.ImplicitStarts && kind != opEnd && kind != opKnow
	if o.begin && kind != opStart && !t.Knows(by) {
		t.mayStart(&o, by)
	}
	o.workOut(nil)
	given := e.Customer
	v := t.applyCached(e, id, o)
	transition := e.Kind.IsTransition()
	if v.over && transition && m.Within.IsZero() { // else the store's answer to its touchpoint says what counts
		return Result{Drop: true, Late: e.ID.IsZero() || e.ID != transitionID(e)}
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
	i := would(&item{Key: id, Op: &o, By: recorded{e: by, heard: e.CustomerHeard(), manner: m}}, &v)
	if t.remote.put(i) {
		return Result{Drop: transition, Queued: true}
	}
	result := Result{Drop: transition, Aside: t.uncommitted(i)}
	result.Faults.Add(fault.StoreFull)
	return result
}

// applyCached applies o to the copy of the run. Only the store ends a run.
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

// Sweep implements [Tracker]. It goes by the store's clock, ten seconds later, because facts of other instances may still
// arrive. The tracker delivers what it finds.
func (t *inStore) Sweep(ctx context.Context, now time.Time, emit func(*flight.Event, journey.State)) {
	t.pass(now, emit)
	_ = t.remote.Sweep(ctx) // it has been reported
	t.remote.Count(ctx)
}

// Due implements [Tracker]. Only the store knows what is due.
func (*inStore) Due(time.Time) bool { return true }

// Active implements [Tracker]. With a store that is a [ledger.Counter], the instance that has the count lease returns all
// runs, and the others none.
func (t *inStore) Active(yield func(journey, stage string, runs int64)) {
	for p, n := range t.remote.Live() {
		yield(p.Group, p.Name, n)
	}
}

// Shared implements [Tracker].
func (*inStore) Shared() bool { return true }

// Queue implements [Tracker]. Changes that are being written count too, so that a store that is away shows even where little
// happens. They have left the queue, so that more may wait than it holds: waiting is capacity at most.
func (t *inStore) Queue() (waiting, capacity int) { return t.remote.Waiting() }

// Has implements [Tracker].
func (t *inStore) Has(ctx context.Context, e *flight.Event) (bool, error) {
	if t.Knows(e) || t.Ended(e) { // the store may have it in a moment
		return true, nil
	}
	read := ledger.Change{Key: ledger.Key(e.TraceID()), If: []byte("no log is this"), Replace: []byte{}}
	records, err := t.cfg.Store.Write(ctx, []ledger.Change{read})
	switch {
	case err != nil:
		return false, fmt.Errorf("the run: %w", err)
	case len(records) != 1:
		return false, errRecords
	}
	return records[0].Closed || len(records[0].Log) > 0, nil
}

var errRecords = errors.New("the store answered one change with another number of records")

// Drain implements [Tracker].
func (t *inStore) Drain(ctx context.Context) error { return t.remote.Drain(ctx) }

// Flush implements [Tracker].
func (t *inStore) Flush(ctx context.Context) error { return t.remote.Flush(ctx) }

// Shutdown implements [Tracker]. When ctx is done, each change that is not in the store is counted once as [fault.StoreLost],
// given to Uncommitted or Deliver, and part of the error. The Tracker goes on for a while all the same: it delivers what the
// store takes then as usual, under the same IDs, without counting it again. The next Shutdown says once what the store has not
// taken in the end. Shutdown does not close the store.
func (t *inStore) Shutdown(ctx context.Context) error { return t.remote.Shutdown(ctx) }

// Stopped implements [Tracker]. After a Shutdown that has run out of time the goroutines go on for [Config.Linger] at most.
func (t *inStore) Stopped() <-chan struct{} { return t.remote.Stopped() }
