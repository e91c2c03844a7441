package track

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Tracker holds the state of live runs: where each is, since when, and how it ended. All of it goes by event time. Safe
// for concurrent use.
//
// There are two. Without a [ledger.Store] the runs are in this process's memory ([inMemory]); with one, every instance's
// events count ([inStore]).
type Tracker interface {
	// Place puts an event that begins now where its run is. A touchpoint moves the run to the stage that it declares, if
	// it does, and is a sign of life; a run that is merely resumed stays as it is. Stage is the declared one, or "".
	Place(e *flight.Event, stage string) Result
	// Joined completes an event that is over, and that began before it was in its run, with where the run is now, unless
	// it declares a stage.
	Joined(e *flight.Event)
	// Apply makes the transition that e asks for, at most once, and completes e with what the state knows.
	Apply(e *flight.Event, m Manner) Result
	// Resume notes whose run it is that an event resumes, if the event says more of that than is known. Nothing has
	// happened to the customer: it is no sign of life.
	Resume(e *flight.Event)
	// Sent notes that the position of the run was sent to another process, which may move the customer.
	Sent(p *flight.Position)
	// Knows reports whether the event's run is known here to have begun and to be live, and Ended whether it is known
	// here to be over.
	Knows(e *flight.Event) bool
	Ended(e *flight.Event) bool

	// Sweep does what the passing of time has done by now. It hands each event to emit with the state of its run, or
	// delivers it where the runs are in a store, and forgets runs that ended long ago. It costs what is due.
	Sweep(ctx context.Context, now time.Time, emit func(*flight.Event, journey.State))
	// Due reports whether Sweep may have something to do at now. It costs nothing.
	Due(now time.Time) bool
	// Active calls yield with the number of live runs in each stage of each journey; the stage is "" where a run is in
	// none.
	Active(yield func(journey, stage string, runs int64))
	// Forget erases what is known of the customer, who is known by hash: their runs count as ended from now on, and no
	// event says how. It returns how many there were.
	Forget(ctx context.Context, hash string) (runs int, err error)

	// Shared reports whether the runs are in a store.
	Shared() bool
	// Queue returns how many changes wait for the store, and how many may; zeros without one.
	Queue() (waiting, capacity int)
	// Flush returns when everything that was recorded before the call is in the store, delivered and safe, or ctx is
	// done.
	Flush(ctx context.Context) error
	// Shutdown flushes until ctx is done, and stops the Tracker. It may be called again.
	Shutdown(ctx context.Context) error
	// Stopped returns a channel that is closed when the Tracker owns no goroutine any more.
	Stopped() <-chan struct{}
}

// Result is what a Tracker says of an event.
type Result struct {
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
	// start holds, and is in the event. With a store [Config.OtherCustomer] is told instead.
	OtherCustomer bool
	// Aside are transitions that the store has no room for, as Uncommitted is given them. The
	// caller gives them back with [event.Event.Put].
	Aside []*flight.Event
	// Before are transitions that the event made, to be seen before it. The caller gives
	// them back with [event.Event.Put].
	Before []*flight.Event
}

// New returns a Tracker: with cfg.Store one that keeps the runs there, else one that keeps them in memory.
func New(cfg Config) Tracker {
	cfg = cfg.withDefaults()
	t := &tracker{cfg: cfg, memory: newMemory()}
	if cfg.MaxRuns > 0 {
		t.memory.limit = min(max(1, cfg.MaxRuns/memoryShards), maxShard)
	}
	t.memory.remember = daysOf(cfg.Remember)
	if cfg.Store == nil {
		return &inMemory{t}
	}
	t.memory.beCache()
	return &inStore{tracker: t, remote: newRemote(t)}
}

// tracker is what both have: the runs in memory, which are a cache where a store has them, and the places in traces.
type tracker struct {
	cfg    Config
	memory *memory
	traces [traceSlots]atomic.Pointer[placed]
	marks  [traceSlots]atomic.Uint32 // of what is in traces, so that it need not be looked at
	seen   [traceSlots]atomic.Uint32
}

func (t *tracker) day() uint64 { return dayOf(t.cfg.Now()) }

// define takes the definition of the journey, if it has become known since runs in memory began.
func (t *tracker) define(journey string) {
	if t.memory.names.tab.Load().unruled[journey] && t.cfg.Rules(journey) != nil {
		t.memory.define(t.cfg.Rules)
	}
}

// op returns what the event does to its run.
func (t *tracker) op(e *flight.Event, kind opKind, stage string) op {
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

// noDay is the day for what does not end a run: asking the clock costs as much as the rest of it.
const noDay = 0

// opID returns what tells an event from others of its run.
func opID(id event.ID) uint64 { return binary.BigEndian.Uint64(id[8:]) }

func (t *tracker) who(e *flight.Event) *identity {
	d := t.cfg.Rules(e.Journey.Name)
	return &identity{
		journey: e.Journey, customer: e.Customer, channel: e.Channel, actor: e.Actor,
		patience: d.AbandonAfter(), unruled: d == nil,
	}
}

// copyOf returns a copy of the event that may be kept.
func (t *tracker) copyOf(e *flight.Event) *flight.Event {
	if e.ID.IsZero() && !e.Kind.IsTransition() {
		e.ID = event.NewID(e.Time)
	}
	return e.Copy()
}

// segment returns in which segment of its trace a span is that so many came before.
func (t *tracker) segment(spans int) int {
	if t.cfg.SpanLimit <= 0 {
		return 0
	}
	return spans / t.cfg.SpanLimit
}

// declares is a definition of what belongs to a stage of a journey.
type declares interface {
	Journey() (j *journey.Definition, stage string)
}

// declaredStage returns the stage of its journey that the event declares, or "".
func declaredStage(e *flight.Event) string {
	if d, ok := e.Definition().(declares); ok {
		if j, s := d.Journey(); j.Name() == e.Journey.Name {
			return s
		}
	}
	return ""
}
