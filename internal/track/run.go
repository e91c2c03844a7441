package track

import (
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// A run remembers at most so much. When it has more facts, it folds the oldest ones together until half of them are left: counts
// stay, but an event that arrives later and happened before the folded ones is not put into its place any more. When it has more
// IDs, it forgets the oldest quarter. The last 32 facts and the last 96 IDs are always exact.
const (
	maxFacts = 64  // signs of where the customer was
	maxSeen  = 128 // IDs of events
)

// run is the state of one run. It is a function of what happened, not of the order in which the tracker learned of it: facts
// are kept by their time, and an op that is applied twice counts once.
//
// Event time decides when a run ends. An op at or after the run's last sign plus its patience comes after the abandonment,
// and an op after an end by call comes after that end. [decides] says how the run finds out what else happened before then.
type run struct {
	identity

	begun bool  // a start was applied
	start int64 // when it began, in Unix nanoseconds, if it has begun
	last  int64 // when something last happened
	floor int64 // facts before this have been folded
	seen  []uint64
	facts []fact  // by time
	been  []stage // the stages it has been in
	early []span  // what happened before a start was applied, by time; then the part that lies behind the abandonment

	touchpoints, responses uint32
	touched                touched
	channels               uint16 // bits

	// recount works these out from the facts.
	cur     int // index in been, or -1
	entered int64

	stalls []visitKey // the visits that have stalled, except folded ones

	promises []promise // those that have something open, or that a later fact may concern
	overdue  uint32    // promises whose due time has passed before they were kept
	answers  answers   // what it knows as a follow-up

	over    bool
	ended   int64 // when, if it is over
	outcome event.Outcome

	decides decides
	ending  *pending  // the end by call that is not decided, with decideByEntry
	parked  []pending // by time: what lies behind an abandonment that is not decided, with decideByEntry
}

// decides is how a run finds out that it has ended.
type decides uint8

const (
	// decideAtOnce is for a run in memory: an op that shows that the run was abandoned ends it, and so does an end by call.
	decideAtOnce decides = iota
	// decideByEntry is for the log of a store. Instances may still have ops that happened before the end, so that the end
	// waits for an opPass, which an instance appends when enough time has passed by the store's clock. Every reader of the
	// log therefore comes to the same conclusion.
	decideByEntry
	// decideElsewhere is for the copy in memory of a store's run, which is a guess: it never ends here.
	decideElsewhere
)

// pending is an op whose effects are not decided yet.
type pending struct {
	op   *op
	done *done
}

// span is the time that one op took.
type span struct{ at, until int64 }

// identity says which run it is, whose, and by which rules it lives.
type identity struct {
	journey  event.Run // with the value, but without Started
	customer event.Customer
	channel  event.Channel
	actor    event.Actor
	patience time.Duration // how long it may be silent; 0 is for ever
	unruled  bool          // its definition is not known; not kept in a log
	worthAt  int64         // the time of the event that said the value; 0 where a position said it, or that is not known
}

// fact says that the customer was in this stage at this time.
type fact struct {
	at    int64
	stage uint16 // index in been
}

type stage struct {
	name   string
	expect time.Duration
	folded int // visits whose facts are folded
	visits int
}

type visitKey struct {
	stage uint16
	visit int
}

// apply applies o to the run and notes in d what that has done. A run that decides by entry keeps both pointers until it is
// over.
func (r *run) apply(o *op, d *done) {
	if r.over {
		d.over = true
		return
	}
	switch o.kind {
	case opAlive:
		return
	case opPass:
		r.pass(o.at, o.last, max(o.at, o.sent), d)
		return
	case opAbandon, opStall:
		r.pass(o.at, math.MinInt64, o.at, d)
		return
	default:
	}
	if o.id != 0 {
		if slices.Contains(r.seen, o.id) {
			d.repeat = true
			return
		}
		if len(r.seen) >= maxSeen {
			r.seen = slices.Delete(r.seen, 0, maxSeen/4)
		}
		r.seen = append(r.seen, o.id)
	}
	if o.who != nil && r.patience == 0 {
		r.patience, r.unruled = o.who.patience, o.who.unruled // or it is not known when the run is abandoned
	}
	r.accept(o, d)
	r.unpark(d)
}

// accept applies o, if it happened before the run ended.
func (r *run) accept(o *op, d *done) {
	switch {
	case o.kind == opKnow && r.behind(o), r.ending != nil && o.at >= r.ending.op.at:
		d.over = true
	case r.decides == decideElsewhere || !r.behind(o):
		r.do(o, d)
	case r.decides == decideAtOnce:
		r.finish(effect{at: r.abandonedAt(), outcome: event.Abandoned}, d)
		d.over = true
	default:
		d.wait = true
		r.park(pending{o, d})
	}
}

// park keeps an op that lies behind an abandonment which is not decided.
func (r *run) park(p pending) {
	pos := len(r.parked)
	for pos > 0 && r.parked[pos-1].op.at > p.op.at {
		pos--
	}
	r.parked = slices.Insert(r.parked, pos, p)
}

// behind reports whether o comes after the abandonment, by what the run knows.
func (r *run) behind(o *op) bool {
	a := r.abandonedAt()
	return a != 0 && o.at >= a
}

// unpark applies the ops that lie behind no abandonment any more, because an op from the silence was applied. Their effects
// are among those of that op, which they name as their cause.
func (r *run) unpark(d *done) {
	for len(r.parked) > 0 && !r.behind(r.parked[0].op) {
		p := r.parked[0]
		r.parked = r.parked[1:]
		p.done.wait = false
		var its done
		r.accept(p.op, &its)
		p.done.over, p.done.other, p.done.crowd, p.done.short = its.over, its.other, its.crowd, its.short
		if its.wait {
			p.done.wait = true
			if r.ending != nil && r.ending.op == p.op {
				r.ending.done = p.done
			}
		}
		for _, e := range its.effects() {
			if e.by == nil {
				e.by = p.op
			}
			d.add(e)
		}
	}
}

// do applies an op that happened while the run was live.
func (r *run) do(o *op, d *done) {
	r.learn(o, d)
	if o.kind != opEnd { // the value that an end says holds only once the end is decided
		r.value(o)
	}
	if o.begin || o.kind == opStart {
		r.begin(o, d)
	}
	switch o.kind {
	case opStart:
		r.use(o.channel)
		r.agree(o, d)
		r.last = max(r.last, o.at)
	case opKnow:
	case opEnd:
		r.end(o, d)
	default:
		if o.kind == opTouch {
			r.touchpoints++
			if r.touched.touch(o); r.decides != decideElsewhere {
				r.touched.try(o, max(o.at, o.until))
			}
		}
		if o.kind == opRespond {
			r.responses++
		}
		r.use(o.channel)
		if o.stage != "" {
			r.enter(o, d)
		}
		if r.agree(o, d); o.stage != "" {
			r.noteDue(d)
		}
		r.last = max(r.last, o.at, o.until)
		if !r.begun && r.decides == decideByEntry {
			r.noteEarly(span{o.at, max(o.at, o.until)})
		}
	}
	r.countEarly()
}

// end applies an end by call. The earliest of several that are not decided holds.
func (r *run) end(o *op, d *done) {
	switch r.decides {
	case decideAtOnce:
		r.value(o)
		r.finish(effect{at: o.at, outcome: o.outcome}, d)
	case decideByEntry:
		if r.ending != nil {
			r.ending.done.wait, r.ending.done.over = false, true
		}
		d.wait = true
		r.ending = &pending{o, d}
	case decideElsewhere:
	}
}

// pass applies what time has done until by; it is now later than that where facts from before may still be heard. It decides an end
// by call that was sent until sent.
func (r *run) pass(by, sent, now int64, d *done) {
	if e := r.ending; e != nil {
		if e.op.sent <= sent {
			r.value(e.op)
			r.finish(effect{at: e.op.at, outcome: e.op.outcome, by: e.op}, d)
		}
		return
	}
	a := r.abandonedAt()
	if a != 0 && a <= by {
		r.finish(effect{at: a, outcome: event.Abandoned}, d)
		return
	}
	r.stallUntil(by, d)
	r.settlePromises(by, sent, d)
	r.warnPromises(by, now, d)
}

// finish ends the run in the stage where it is known to be. A stage that was entered after the end, and reported before the
// end was applied, stays reported.
func (r *run) finish(e effect, d *done) {
	r.stallUntil(e.at, d)
	e.skipped = r.skipped(e.outcome)
	e.silence = r.endPromises(e.at, e.outcome, d)
	r.over, r.ended, r.outcome = true, e.at, e.outcome
	for _, p := range r.parked {
		p.done.wait, p.done.over = false, true
	}
	if r.ending != nil {
		r.ending.done.wait = false
	}
	r.ending, r.parked, r.early = nil, nil, nil
	e.kind, e.left = event.JourneyEnded, r.here()
	e.stage, e.visit = e.left.From, e.left.Visit
	r.touched.describe(&e.left)
	e.left.Friction = r.friction()
	d.add(e)
}

// undecided reports whether the effects of some ops depend on what else may be appended.
func (r *run) undecided() bool {
	if r.ending != nil || len(r.parked) > 0 {
		return true
	}
	_, waits := r.keepsWait()
	return waits
}

// begin applies a start. The earliest of several holds.
func (r *run) begin(o *op, d *done) {
	switch {
	case !r.begun:
		r.begun, r.start = true, o.at
		d.add(effect{kind: event.JourneyStarted, at: o.at})
		if len(r.early) > 0 {
			r.last = r.start // countEarly counts in its order what happened since then
		}
	case o.kind == opStart && o.at < r.start:
		r.start = o.at
	default:
		return
	}
	if o.who != nil {
		r.channel, r.actor = o.who.channel, o.who.actor
	}
}

// learn takes from the op whose run it is, as far as the run does not know that yet. What the earliest start says holds. A
// start with another customer than the run's is noted in d.
func (r *run) learn(o *op, d *done) {
	who := o.who
	if who == nil {
		return
	}
	if r.journey.ID == "" {
		r.identity = *who
		return
	}
	if is, was := who.customer.Hash, r.customer.Hash; o.kind == opStart && r.begun && is != "" && was != "" && is != was {
		d.other = true
	}
	first := o.kind == opStart && (!r.begun || o.at < r.start)
	if c := who.customer; c.Hash != "" && (first || r.customer.Hash == "") {
		r.customer.Hash = c.Hash
	}
	if c := who.customer; c.Segment != "" && (first || r.customer.Segment == "") {
		r.customer.Segment = c.Segment
	}
	if c := who.customer; c.Account != "" && (first || r.customer.Account == "") {
		r.customer.Account = c.Account
	}
	if r.journey.Version == "" {
		r.journey.Version = who.journey.Version
	}
	if !r.rooted() {
		r.journey.Root = who.journey.Root
	}
	if v := who.journey.Value; v != nil && r.journey.Value == nil {
		r.journey.Value = v
	}
}

// value takes from o what the run is worth. The latest event that says it holds.
func (r *run) value(o *op) {
	if v := o.worth; v != nil && (r.worthAt == 0 || o.at >= r.worthAt) {
		r.journey.Value, r.worthAt = v, o.at
	}
}

// noteEarly remembers when something happened until a start is applied: then it shows whether the run was silent for too
// long since its start.
func (r *run) noteEarly(s span) {
	pos := len(r.early)
	for pos > 0 && r.early[pos-1].at > s.at {
		pos--
	}
	if r.early = slices.Insert(r.early, pos, s); len(r.early) > maxFacts {
		r.early[1].at = r.early[0].at
		r.early[1].until = max(r.early[0].until, r.early[1].until)
		r.early = slices.Delete(r.early, 0, 1)
	}
}

// countEarly counts, once a start was applied, what was applied before the start, up to the first silence that is too long.
// It keeps the rest: an op that fills the silence may still follow. An end by call that was applied before the start may
// turn out to lie behind the abandonment.
func (r *run) countEarly() {
	if !r.begun || r.decides != decideByEntry {
		return
	}
	n := 0
	for n < len(r.early) && (r.patience <= 0 || r.early[n].at < after(r.last, r.patience)) {
		r.last = max(r.last, r.early[n].until)
		n++
	}
	r.early = slices.Delete(r.early, 0, n)
	if e := r.ending; e != nil && r.behind(e.op) {
		r.ending = nil
		r.park(*e)
	}
}

func (r *run) use(c event.Channel) {
	if c != 0 {
		r.channels |= 1 << c
	}
}

// abandonedAt returns when the run is abandoned if nothing happens, or 0 for never.
func (r *run) abandonedAt() int64 {
	if !r.begun || r.patience <= 0 {
		return 0
	}
	return after(r.last, r.patience)
}

func after(t int64, d time.Duration) int64 {
	if t > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return t + int64(d)
}

// dueAt returns when the run is abandoned, stalls or breaks a promise next, or 0 for never.
func (r *run) dueAt() (due int64) {
	for _, t := range [...]int64{r.abandonedAt(), r.stallsAt(), r.promiseDue()} {
		if t != 0 && (due == 0 || t < due) {
			due = t
		}
	}
	return due
}

func at(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }
