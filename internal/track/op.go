package track

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// op is one thing that happened to a run. The zero value of a field says nothing.
type op struct {
	kind  opKind
	id    uint64 // of the event; 0 is one that cannot be heard of twice
	key   uint64 // of this report of it: several instances may hear of one event
	sent  int64  // when it was sent to a store, by the store's clock, in Unix nanoseconds
	at    int64  // when it happened; for an opPass, until when time has passed
	until int64  // when it was over, where it lasted

	stage  string
	expect time.Duration
	visit  int // of an opStall, which the first release wrote

	channel event.Channel
	outcome event.Outcome

	touchpoint string // of an opTouch
	cause      string // of an opTouch, where there is one

	worth *event.Money // what the run is worth, as the event says
	pacts []pact       // what it says of promises

	who     *identity // of a start, and of what may make the run known
	begin   bool      // it starts the run where nothing has
	last    int64     // of an opPass: ends by call that were sent until then are decided
	whole   bool      // what it does is known from the whole run only: it is a step of a follow-up; not kept in a log
	event   []byte    // the event of a transition as JSON, so that another instance can deliver it after a crash
	settled bool      // what it did is delivered, and that is safe
}

// opKind says what happened. The numbers are in the logs of stores: add at the end, and never renumber.
type opKind uint8

const (
	opStart   opKind = 1  // it begins
	opSign    opKind = 2  // something happens: it lives
	opEnter   opKind = 3  // it is in a stage
	opTouch   opKind = 4  // a touchpoint, possibly in a stage
	opRespond opKind = 5  // feedback
	opEnd     opKind = 6  // it ends
	opAbandon opKind = 7  // what the first release wrote for an opPass that abandons
	opStall   opKind = 8  // what the first release wrote for an opPass that stalls
	opPass    opKind = 9  // time passes
	opKnow    opKind = 10 // it becomes known whose it is: no sign of life
	opAlive   opKind = 11 // the instance that delivers the effects of the op with the same key is alive: nothing happens to the run
	numOps    opKind = 12
)

const _ = entryVersion - byte(numOps) // kinds of ops stay below those of other entries

// effect is a transition that an op has made.
type effect struct {
	kind         event.Kind
	at           int64
	stage        string // entered or stalled in
	visit        int
	outcome      event.Outcome    // of an end
	left         event.Transition // what was left
	leftReported bool             // an earlier effect has reported that the stage was left
	also         *leaving         // another visit that is over, as is known now
	promise      *event.Promise   // of what becomes of a promise
	late         bool             // the promise was reported as broken before
	cut          bool             // the end of the run breaks the promise: no delay is known
	due          int64            // of a stage that a run enters: when its next promise is due; 0 is not known
	skipped      []string         // of an end: see event.FollowUp
	silence      int64            // of an end: see event.FollowUp
	by           *op              // what made it, if that is another op than the one whose effect it is
}

// leaving is a visit that was over at this time.
type leaving struct {
	visit event.Transition
	at    int64
}

// PromiseDue is the kind of what no sink sees: a promise is about to break, and the application is told. No event from outside has
// a kind that begins with _.
const PromiseDue event.Kind = "_promise.due"

// byTime reports whether time makes the transition, and not what happens to the run.
func (e *effect) byTime() bool {
	return e.kind == event.JourneyStalled || e.kind == event.PromiseBroken || e.kind == PromiseDue || e.kind == event.JourneyEnded && e.outcome == event.Abandoned
}

// done is what an op has done.
type done struct {
	over   bool // the run had ended before it happened: it changes nothing
	repeat bool // the log had the op before: it changes nothing
	wait   bool // it is not known yet: see decideByEntry
	// other is a start of a run that has begun, with another customer than the run's.
	other bool
	crowd bool // the run has as many promises as it can have
	short bool // a promise is due after all that it knows of its hours
	n     int  // effects, the first two here
	two   [2]effect
	rest  []effect
}

func (d *done) add(e effect) {
	if d.n < len(d.two) {
		d.two[d.n] = e
	} else {
		d.rest = append(d.rest, e)
	}
	d.n++
}

// effects returns the transitions in their order.
func (d *done) effects() []effect {
	if d.n <= len(d.two) {
		return d.two[:d.n]
	}
	return append(slices.Clone(d.two[:]), d.rest...)
}

// Key implements [engine.Op].
func (o *op) Key() uint64 { return o.key }

// SetKey implements [engine.Op].
func (o *op) SetKey(key uint64) {
	o.key = key
	if o.id == 0 {
		o.id = key
	}
}

// By implements [engine.Op].
func (o *op) By() uint64 { return o.id }

// Sent implements [engine.Op].
func (o *op) Sent() int64 { return o.sent }

// SetSent implements [engine.Op].
func (o *op) SetSent(at int64) { o.sent = at }

// Settled implements [engine.Op].
func (o *op) Settled() bool { return o.settled }

// SetSettled implements [engine.Op].
func (o *op) SetSettled() { o.settled = true }

// IsAlive implements [engine.Op].
func (o *op) IsAlive() bool { return o.kind == opAlive }

// Append implements [engine.Op].
func (o *op) Append(log []byte) []byte { return o.append(log) }

// Effects implements [engine.Done].
func (d *done) Effects() int { return d.n }

// Waits implements [engine.Done].
func (d *done) Waits() bool { return d.wait }

// IsLate implements [engine.Done].
func (d *done) IsLate() bool { return d.over }
