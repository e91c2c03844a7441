package journey

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// Tracker holds the state of live runs: where each is, since when, and how it ended. All of it goes by
// event time. Safe for concurrent use.
//
// Without a [Store] the runs are in this process's memory. It makes transitions only for those that
// this process started. It does not know the stage of a run that it merely resumed, nor of one whose position was sent to another process
// since it was last said here where the customer is: an event is in the one that it declares
// or in none. It starts no goroutine, and there is nothing to shut down.
//
// With a Store every instance's events count. An event goes to it through a queue of 8,192, in
// order; what it changes comes back from it, is delivered, and is noted as delivered once it is safe.
// An end by call waits for [TrackerConfig.EndGrace], an abandonment and a stall for ten seconds, by the
// Store's clock: facts from before them that other instances report meanwhile count. Every start, end, stall
// and abandonment is committed once, whatever becomes of the instances, and delivered at least once. Three
// goroutines do that until [Tracker.Shutdown]. While the store fails, what happens waits in the queue; what
// does not fit is counted, and told without its run's state: see [Verdict].
//
// A live run takes some hundred bytes in memory and the bytes of its ID and customer, an ended one
// some ten bytes for 30 days; there are at most four million of each.
type Tracker struct {
	cfg    TrackerConfig
	memory *memory
	remote *remote // or nil
	traces [traceSlots]atomic.Pointer[placed]
	marks  [traceSlots]atomic.Uint32 // of what is in traces, so that it need not be looked at
	seen   [traceSlots]atomic.Uint32
}

// NewTracker returns a Tracker.
func NewTracker(cfg TrackerConfig) *Tracker {
	if cfg.Remember <= 0 {
		cfg.Remember = keepEnded
	}
	cfg.Remember = min(cfg.Remember, keepMost)
	if cfg.Linger <= 0 {
		cfg.Linger = lingerFor
	}
	if cfg.QueueSize <= 0 {
		cfg.QueueSize = storeQueue
	}
	if cfg.EndGrace == 0 {
		cfg.EndGrace = endGrace
	}
	cfg.EndGrace = min(max(0, cfg.EndGrace), storeLease)
	t := &Tracker{cfg: cfg, memory: newMemory()}
	if cfg.MaxRuns > 0 {
		t.memory.limit = min(max(1, cfg.MaxRuns/memoryShards), maxShard)
	}
	t.memory.remember = daysOf(cfg.Remember)
	if cfg.Store != nil {
		t.memory.beCache()
		t.remote = newRemote(t)
	}
	return t
}

// Verdict is what a Tracker says of an event.
type Verdict struct {
	// Drop is an event that says nothing new, or nothing that can be: the caller delivers it
	// to no sink.
	Drop bool
	// Queued is an event that Deliver will be given, when the store has it: telemetry of a touchpoint
	// or of feedback does not wait for that.
	Queued bool
	// Late is an event after the end of its run: it changes nothing about that.
	Late bool
	// Faults of the event.
	Faults fault.Set
	// OtherCustomer is a start of a live run with another customer than the run's: the one of the earliest
	// start holds, and is in the event. With a Store [TrackerConfig.OtherCustomer] is told instead.
	OtherCustomer bool
	// Aside are transitions that the Store has no room for, as Uncommitted is given them. The
	// caller gives them back with [event.Event.Put].
	Aside []*flight.Event
	// Before are transitions that the event made, to be seen before it. The caller gives
	// them back with [event.Event.Put].
	Before []*flight.Event
}

// applyHere does o to the run in memory, and notes whose it is. It starts the run where no start was heard of,
// if that is asked for.
func (t *Tracker) applyHere(e *flight.Event, id RunID, o *op, fill func(who []byte), v *view) {
	t.memory.apply(id, o, noDay, fill, v)
	if v.absent && t.cfg.ImplicitStarts {
		*v = view{}
		o.begin, o.who = true, t.who(e)
		t.memory.apply(id, o, noDay, fill, v)
	}
	t.tellWho(e, id, v)
}

// define takes the definition of the journey, if it has become known since runs in memory began.
func (t *Tracker) define(journey string) {
	if t.memory.names.tab.Load().unruled[journey] && t.cfg.Rules(journey) != nil {
		t.memory.define(t.cfg.Rules)
	}
}

// before returns what the event has made, and what time had made when it happened.
func (t *Tracker) before(e *flight.Event, v *view) []*flight.Event {
	if v.n == 0 {
		return nil
	}
	out := make([]*flight.Event, 0, v.n)
	for _, f := range v.effects() {
		out = append(out, t.transition(e, v, f))
	}
	return out
}

// tellWho notes whose run in memory it is, if the event says more of that than is known.
func (t *Tracker) tellWho(e *flight.Event, id RunID, v *view) {
	if v.absent || v.over || v.full || (e.Customer.Hash == "" || v.hash) && (e.Customer.Segment == "" || v.segment) {
		return
	}
	var learned view
	t.memory.apply(id, &op{kind: opKnow, at: e.Time.UnixNano(), who: t.who(e)}, noDay, nil, &learned)
}

// Resume notes whose run it is that an event resumes, which is in its place, if the event says more of
// that than is known. Nothing has happened to the customer: it is no sign of life.
func (t *Tracker) Resume(e *flight.Event) {
	if e.Journey.IsZero() || e.Customer.Hash == "" && e.Customer.Segment == "" {
		return
	}
	id := RunID(e.TraceID())
	v := t.memory.where(id, func([]byte) {})
	if t.remote == nil {
		t.tellWho(e, id, &v)
		return
	}
	who := t.who(e)
	if v.over || v.synced && !v.news(who) {
		return
	}
	_ = t.remote.put(&item{id: id, op: op{kind: opKnow, at: e.Time.UnixNano(), who: who}}) // where the queue is full, the next event says it
}

func (t *Tracker) day() uint64 { return dayOf(t.cfg.Now()) }

// noDay is the day for what does not end a run: asking the clock costs as much as the rest of it.
const noDay = 0

// op returns what the event does to its run.
func (t *Tracker) op(e *flight.Event, kind opKind, stage string) op {
	o := op{kind: kind, stage: stage, channel: e.Channel, outcome: e.Outcome, at: e.Time.UnixNano(), id: opID(e.ID)}
	if e.Duration > 0 {
		o.until = o.at + int64(e.Duration)
	}
	if kind == opSign && o.id != 0 {
		o.id++ // the event itself is still to come
	}
	if stage != "" {
		o.expect = t.cfg.Rules(e.Journey.Name).Expect(stage)
	}
	if v := e.Journey.Value; v != nil && !e.ValueHeard() && (kind == opStart || kind == opEnter || kind == opEnd) {
		o.worth = v
	}
	switch kind {
	case opStart:
		o.begin, o.who = true, t.who(e)
	case opTouch:
		o.touchpoint, o.cause = e.Touchpoint, e.Cause
	default:
	}
	return o
}

// opID returns what tells an event from others of its run.
func opID(id event.ID) uint64 { return binary.BigEndian.Uint64(id[8:]) }

// apply is [Tracker.ApplyAs], but what it answers may be late though its manner is Implied.
func (t *Tracker) apply(e *flight.Event, m Manner) Verdict {
	if t.remote != nil {
		return t.applyShared(e, m)
	}
	known := t.memory.known.Load() > 0
	t.define(e.Journey.Name)
	kind := opSign
	switch e.Kind {
	case event.JourneyStarted:
		kind = opStart
	case event.JourneyStageEntered:
		return t.enter(e)
	case event.JourneyEnded:
		return t.end(e)
	case event.JourneyStalled:
		return Verdict{Drop: true} // the sweep, or a later event, says so
	case event.TouchpointEnded:
		kind = opTouch
	case event.FeedbackReceived, event.FeedbackMentioned:
		kind = opRespond
	default: // it lives
	}
	if !known && kind != opStart {
		return Verdict{}
	}
	id := RunID(e.TraceID())
	o := t.op(e, kind, "")
	var v view
	if kind != opStart {
		t.memory.apply(id, &o, noDay, nil, &v)
		if v.over && kind != opTouch { // of a touchpoint counts when it began
			e.Late = true
		}
		return Verdict{Before: t.before(e, &v)}
	}
	t.memory.apply(id, &o, noDay, filler(e), &v)
	if v.other {
		t.holdCustomer(e, id)
	}
	if v.over || v.full {
		verdict := Verdict{Drop: true, Late: v.over && e.ID != transitionID(e, "started"), Before: t.before(e, &v)}
		if v.full {
			verdict.Faults.Add(fault.RunLimit)
		}
		return verdict
	}
	t.place(e, id, &v, v.stage, v.visit)
	if v.n == 0 {
		return Verdict{Drop: true, OtherCustomer: v.other} // it is resumed
	}
	e.ID = transitionID(e, "started")
	return Verdict{}
}

func (t *Tracker) enter(e *flight.Event) Verdict {
	id := RunID(e.TraceID())
	o := t.op(e, opEnter, e.Stage)
	var v view
	t.applyHere(e, id, &o, filler(e), &v)
	verdict := Verdict{Drop: true}
	switch {
	case v.over:
		verdict.Late = e.ID.IsZero() || e.ID != transitionID(e, enteredName(e.Stage, e.Visit))
	case v.absent:
		verdict.Faults.Add(fault.NoJourney)
	case v.full:
		verdict.Faults.Add(fault.RunLimit)
	}
	if v.over || v.absent || v.full {
		verdict.Before = t.before(e, &v)
		return verdict
	}
	stage := e.Stage
	for _, f := range v.effects() {
		now := f.kind == event.JourneyStageEntered && f.stage == v.stage && f.visit == v.visit && f.stage == stage
		if now { // the last of them
			verdict.Drop = false
			t.place(e, id, &v, f.stage, f.visit)
			complete(e, f)
			continue
		}
		other := t.transition(e, &v, f)
		if f.stage == stage { // it came late: the run has moved on
			other.Cause, other.Attributes = e.Cause, e.Attributes
		}
		verdict.Before = append(verdict.Before, other)
	}
	if verdict.Drop {
		t.place(e, id, &v, v.stage, v.visit)
	}
	return verdict
}

func (t *Tracker) end(e *flight.Event) Verdict {
	id := RunID(e.TraceID())
	o := t.op(e, opEnd, "")
	var v view
	t.memory.apply(id, &o, t.day(), filler(e), &v)
	if v.over {
		return Verdict{Drop: true, Late: e.ID.IsZero() || e.ID != transitionID(e, "ended"), Before: t.before(e, &v)}
	}
	var verdict Verdict
	started := e.Journey.Started // of a run that another process started, as the position said
	if !v.absent {
		started = time.Time{}
		if v.begun {
			started = at(v.start)
		}
	}
	for _, f := range v.effects() {
		if f.kind != event.JourneyEnded {
			verdict.Before = append(verdict.Before, t.transition(e, &v, f))
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
	return verdict
}

// Sweep ends the runs that are abandoned at now, says which are stalled, hands each event to emit,
// with the state of the run, and forgets runs that ended long ago. The end of an abandoned run is when
// its patience ran out, not when the sweep came by. It costs what is due.
//
// With a Store it goes by the store's clock, and by ten seconds later, for the instances' clocks
// differ; what it finds is delivered.
func (t *Tracker) Sweep(ctx context.Context, now time.Time, emit func(*flight.Event, State)) {
	for name := range t.memory.names.tab.Load().unruled {
		t.define(name)
	}
	for _, w := range t.memory.sweep(now.UnixNano(), dayOf(now)) {
		for _, f := range w.effects {
			emit(w.event(f), w.state)
		}
	}
	if t.remote != nil {
		_ = t.remote.sweep(ctx) // it has been reported
		t.remote.count(ctx)
	}
}

// Due reports whether [Tracker.Sweep] may have something to do at now. It costs nothing.
func (t *Tracker) Due(now time.Time) bool {
	return t.remote != nil || len(t.memory.names.tab.Load().unruled) > 0 || now.UnixNano() >= t.memory.due.Load() || t.memory.day.Load() != dayOf(now)
}

// Flush returns when everything that was recorded before the call is in the Store, delivered and safe,
// or ctx is done.
func (t *Tracker) Flush(ctx context.Context) error {
	if t.remote == nil {
		return nil
	}
	return t.remote.flush(ctx)
}

// Shutdown stops the Tracker: it flushes until ctx is done. A change that is not in the Store by then is counted as
// [fault.StoreLost], once, given to Uncommitted or Deliver, and said in the error. The
// Tracker goes on for a while all the same: what the Store takes after all is in it and is delivered as
// usual, under the same IDs, without being counted again; what it does not take is said once by the
// next Shutdown. It may be called again, and does not close the Store.
func (t *Tracker) Shutdown(ctx context.Context) error {
	if t.remote == nil {
		return nil
	}
	return t.remote.shutdown(ctx)
}

// Forget erases what is known of the customer, who is known by hash: their runs count as ended from
// now on, and no event says how. It returns how many there were. It fails where the Store
// cannot forget, or does not answer. With a Store it waits first for the ends of the customer's runs that this
// process has recorded and that are not decided yet: an end that was recorded is told.
func (t *Tracker) Forget(ctx context.Context, hash string) (runs int, err error) {
	if hash == "" {
		return 0, nil
	}
	if t.remote == nil {
		return t.memory.forget(hash, t.day()), nil
	}
	f, ok := t.cfg.Store.(Forgetter)
	if !ok {
		return 0, fmt.Errorf("journey: %w: %T has no method Forget", errors.ErrUnsupported, t.cfg.Store)
	}
	if err := t.remote.drain(ctx); err != nil {
		return 0, fmt.Errorf("journey: before forgetting: %w", err)
	}
	if err := t.remote.decideFor(ctx, hash); err != nil {
		return 0, fmt.Errorf("journey: before forgetting: %w", err)
	}
	if runs, err = t.remote.forget(ctx, f, hash); err != nil {
		return 0, fmt.Errorf("journey: forgetting a customer: %w", err)
	}
	return runs, nil
}

// Queue returns how many changes wait for the Store, and how many may; zeros without one. Those that are being
// written count, so that a Store that is away shows, however little happens meanwhile. They have left the
// queue, so more may wait than it holds: the first number is the second one at most.
func (t *Tracker) Queue() (waiting, capacity int) {
	if t.remote == nil {
		return 0, 0
	}
	return t.remote.waiting(), cap(t.remote.queue)
}

// Shared reports whether the runs are in a Store.
func (t *Tracker) Shared() bool { return t.remote != nil }

// Stopped returns a channel that is closed when the Tracker owns no goroutine any more: after a Shutdown
// that has run out of time, when it has gone on for as long as it does. Without a Store it is closed.
func (t *Tracker) Stopped() <-chan struct{} {
	if t.remote != nil {
		return t.remote.gone
	}
	closed := make(chan struct{})
	close(closed)
	return closed
}

// Active calls yield with the number of live runs in each stage of each journey; the
// stage is "" where a run is in none. With a Store that is a [Counter], one instance at a time tells
// of all runs, the others of none.
func (t *Tracker) Active(yield func(journey, stage string, runs int64)) {
	if t.remote != nil {
		if live := t.remote.live.Load(); live != nil {
			for p, n := range *live {
				yield(p.Journey, p.Stage, n)
			}
		}
		return
	}
	for p, n := range t.memory.places() {
		yield(p.Journey, p.Stage, n)
	}
}
