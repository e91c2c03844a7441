package track

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Tracker holds the state of runs: in which stage each is, since when, and how it ended, by event time. Safe for concurrent
// use.
//
// There are two implementations. Without a [ledger.Store] the runs are in this process's memory ([inMemory]); with one, every instance's
// events count ([inStore]).
type Tracker interface {
	// Place puts an event that begins now where its run is. A touchpoint is a sign of life, and moves the run to the stage
	// that it declares; a run that is only resumed stays as it is. Stage is the declared one, or "".
	Place(e *flight.Event, stage string) Result
	// Joined puts an event that is over, and that joined its run in its course, where the run is now, unless the event
	// declares a stage.
	Joined(e *flight.Event)
	// Apply applies an event that is over: it makes the transition that e asks for, at most once, and completes e with what
	// the run knows.
	Apply(e *flight.Event, m Manner) Result
	// Resume notes whose run an event resumes, if the run does not know that yet. It is no sign of life, because nothing has
	// happened to the customer.
	Resume(e *flight.Event)
	// Sent notes that the position of the run was sent to another process, which may move the customer.
	Sent(p *flight.Position)
	// Knows reports whether this process knows that the event's run has begun and is live, and Ended whether it knows that
	// the run is over.
	Knows(e *flight.Event) bool
	Ended(e *flight.Event) bool
	// Has reports whether there is such a run as the event's, live or over. It asks the store, where there is one, until ctx is done.
	Has(ctx context.Context, e *flight.Event) (bool, error)

	// Sweep applies the time that has passed until now. It gives each event to emit with the state of its run, or delivers it
	// where the runs are in a store, and forgets runs that ended long ago. It costs what is due.
	Sweep(ctx context.Context, now time.Time, emit func(*flight.Event, journey.State))
	// Due reports whether Sweep may have something to do at now. It costs nothing.
	Due(now time.Time) bool
	// Active calls yield with the number of live runs in each stage of each journey. Runs in no stage have the stage "".
	Active(yield func(journey, stage string, runs int64))
	// Forget erases the customer with this hash: their runs count as ended from now on, and no event says how. It returns how
	// many runs there were.
	Forget(ctx context.Context, hash string) (runs int, err error)

	// Shared reports whether the runs are in a store.
	Shared() bool
	// Queue returns how many changes wait for the store, and how many may; zeros without one.
	Queue() (waiting, capacity int)
	// Drain returns nil when the store has, and processors were given, everything that was recorded before the call.
	Drain(ctx context.Context) error
	// Flush returns nil when everything that was recorded before the call is committed, delivered and settled. Otherwise ctx
	// is done, or what was delivered cannot be made safe, and the error says which.
	Flush(ctx context.Context) error
	// Shutdown flushes until ctx is done, and stops the Tracker. It may be called again.
	Shutdown(ctx context.Context) error
	// Stopped returns a channel that is closed when the Tracker has no goroutine any more.
	Stopped() <-chan struct{}
}

// New returns a Tracker: with cfg.Store one that keeps the runs there, else one that keeps them in memory.
func New(cfg Config) Tracker {
	cfg = withDefaults(cfg)
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

// tracker is what both implementations have: the runs in memory, which are copies where a store has them, and the places in
// traces.
type tracker struct {
	cfg      Config
	memory   *memory
	promises sync.Map // of *journey.Definition: its *rules
	traces   [traceSlots]atomic.Pointer[placed]
	marks    [traceSlots]atomic.Uint32 // a few bits of what is in traces, which are cheaper to compare
	seen     [traceSlots]atomic.Uint32
}

func (t *tracker) day() uint64 { return dayOf(t.cfg.Now()) }

// define applies the definition of the journey, if it has become known since runs in memory began.
func (t *tracker) define(journey string) {
	if t.memory.names.tab.Load().unruled[journey] && t.cfg.Rules(journey) != nil {
		t.memory.define(t.cfg.Rules)
	}
}

// opOf returns what an event of this kind does to its run. Whatever happens to the customer is a sign of life, and so is an event
// of a kind that only the application knows. What the company decides or does by itself, and what time does, is none.
func opOf(k event.Kind) opKind {
	switch k {
	case event.JourneyStarted:
		return opStart
	case event.JourneyStageEntered:
		return opEnter
	case event.JourneyStalled:
		return opStall
	case event.JourneyEnded:
		return opEnd
	case event.TouchpointEnded:
		return opTouch
	case event.FeedbackReceived, event.FeedbackMentioned:
		return opRespond
	case event.SurveyClosed, event.ContactSuppressed, event.PromiseBroken, event.PromiseWithdrawn:
		return opKnow
	default:
		return opSign
	}
}

// op returns the op of the event.
func (t *tracker) op(e *flight.Event, kind opKind, stage string) op {
	o := op{kind: kind, stage: stage, channel: e.Channel, outcome: e.Outcome, at: e.Time.UnixNano(), id: opID(e.ID), whole: e.FollowUp != nil}
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
	o.pacts = t.pacts(e, kind, stage)
	switch kind {
	case opStart:
		o.begin, o.who = true, t.who(e)
	case opTouch:
		o.touchpoint, o.cause = e.Touchpoint, e.Cause
	default:
	}
	return o
}

// noDay is the day of an op that ends no run. Reading the clock would cost as much as the rest of the op.
const noDay = 0

// opID returns the part of the event's ID that identifies it in its run.
func opID(id event.ID) uint64 { return binary.BigEndian.Uint64(id[8:]) }

func (t *tracker) who(e *flight.Event) *identity {
	d := t.cfg.Rules(e.Journey.Name)
	return &identity{
		journey: e.Journey, customer: e.Customer, channel: e.Channel, actor: e.Actor,
		patience: d.AbandonAfter(), unruled: d == nil,
	}
}

// copyOf returns a copy of the event that the queue may keep.
func (t *tracker) copyOf(e *flight.Event) *flight.Event {
	if e.ID.IsZero() && !e.Kind.IsTransition() {
		e.ID = event.NewID(e.Time)
	}
	return e.Copy()
}

// segment returns the segment of a journey's trace for a span that follows so many others.
func (t *tracker) segment(spans int) int {
	if t.cfg.SpanLimit <= 0 {
		return 0
	}
	return spans / t.cfg.SpanLimit
}

// Knows implements [Tracker].
func (t *tracker) Knows(e *flight.Event) bool {
	v := t.memory.where(ledger.Key(e.TraceID()), nil)
	return !v.absent && !v.over && (v.begun || v.synced)
}

// Ended implements [Tracker].
func (t *tracker) Ended(e *flight.Event) bool {
	return t.memory.where(ledger.Key(e.TraceID()), nil).over
}

// declares is a definition that can be declared in a stage of a journey.
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
