package track

import (
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// A run remembers so much exactly. Beyond it the oldest facts are folded together: counts stay, but what
// comes later and happened earlier than that is not put into its place any more.
const (
	maxFacts = 64  // signs of where the customer was
	maxSeen  = 128 // IDs of events
)

// run is the state of one run. It is a function of what happened, not of the order in which that
// was heard of: facts are kept by their time, and what was heard twice counts once.
//
// Event time decides when a run ends. An op at or after the run's last sign plus its patience comes after
// the abandonment, and an op after an end by call comes after that end. How the run finds out what else
// happened before then is up to [decides].
type run struct {
	identity

	begun bool  // a start was heard of
	start int64 // when it began, in Unix nanoseconds, if it has begun
	last  int64 // when something last happened
	floor int64 // facts before this have been folded
	seen  []uint64
	facts []fact  // by time
	been  []stage // the stages it has been in
	early []span  // what happened while no start was heard of, by time; then what of it lies behind the abandonment

	touchpoints, responses uint32
	touched                touched
	channels               uint16 // bits

	// The facts say so: see recount.
	cur     int // index in been, or -1
	entered int64

	said []stalled // the visits that were said to be too long, but for folded ones

	over    bool
	ended   int64 // when, if it is over
	outcome event.Outcome

	decides decides
	ending  *pending  // the end by call that is not decided, with decideByEntry
	parked  []pending // by time: what lies behind an abandonment that is not decided, with decideByEntry
}

// decides says how a run finds out that it has ended.
type decides uint8

const (
	// decideAtOnce is for a run whose ops arrive in their order: an op that shows that the run was
	// abandoned ends it, and so does an end by call.
	decideAtOnce decides = iota
	// decideByEntry is for the log of a store. Instances may still have ops that happened before the end.
	// The end waits for an opPass, which an instance appends when the store's clock says that enough
	// time has passed. Every reader of the log therefore comes to the same conclusion.
	decideByEntry
	// decideElsewhere is for the copy of a store's run at hand, which is a guess: it never ends here.
	decideElsewhere
)

// pending is an op whose effect is not known yet.
type pending struct {
	op   *op
	done *done
}

// span is the time that one op took.
type span struct{ at, until int64 }

// identity is who a run is.
type identity struct {
	journey  event.Run // with the value, but without Started
	customer event.Customer
	channel  event.Channel
	actor    event.Actor
	patience time.Duration // how long it may be silent; 0 is for ever
	unruled  bool          // its definition is not known; not kept in a log
	worthAt  int64         // when the value was said; 0 is by a position, or not known
}

// fact says that at this time the customer was in this stage.
type fact struct {
	at    int64
	stage uint16 // index in been
}

type stage struct {
	name   string
	expect time.Duration
	folded int // visits that facts do not say any more
	visits int
}

type stalled struct {
	stage uint16
	visit int
}

// apply does o to the run and notes in d what that has done. A run that decides by entry keeps both
// pointers until it is over.
func (r *run) apply(o *op, d *done) {
	if r.over {
		d.over = true
		return
	}
	switch o.kind {
	case opAlive:
		return
	case opPass:
		r.pass(o.at, o.last, d)
		return
	case opAbandon, opStall:
		r.pass(o.at, math.MinInt64, d)
		return
	default:
	}
	if o.id != 0 {
		if slices.Contains(r.seen, o.id) {
			d.twin = true
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

// accept does o, if it happened before the run ended.
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

// park keeps what lies behind an abandonment that is not decided.
func (r *run) park(p pending) {
	pos := len(r.parked)
	for pos > 0 && r.parked[pos-1].op.at > p.op.at {
		pos--
	}
	r.parked = slices.Insert(r.parked, pos, p)
}

// behind reports whether o comes after the abandonment, by what is known of the run.
func (r *run) behind(o *op) bool {
	a := r.abandonedAt()
	return a != 0 && o.at >= a
}

// unpark does the ops that lie behind no abandonment any more: something was heard of that happened
// in the silence. What they do is done by that.
func (r *run) unpark(d *done) {
	for len(r.parked) > 0 && !r.behind(r.parked[0].op) {
		p := r.parked[0]
		r.parked = r.parked[1:]
		p.done.wait = false
		var its done
		r.accept(p.op, &its)
		p.done.over, p.done.other = its.over, its.other
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

// do does what happened while the run was live.
func (r *run) do(o *op, d *done) {
	r.learn(o, d)
	if o.kind != opEnd { // which holds only once it is decided
		r.value(o)
	}
	if o.begin || o.kind == opStart {
		r.begin(o, d)
	}
	switch o.kind {
	case opStart:
		r.use(o.channel)
		r.last = max(r.last, o.at)
	case opKnow:
	case opEnd:
		r.end(o, d)
	default:
		if o.kind == opTouch {
			r.touchpoints++
			r.touched.touch(o)
		}
		if o.kind == opRespond {
			r.responses++
		}
		r.use(o.channel)
		if o.stage != "" {
			r.enter(o, d)
		}
		r.last = max(r.last, o.at, o.until)
		if !r.begun && r.decides == decideByEntry {
			r.noteEarly(span{o.at, max(o.at, o.until)})
		}
	}
	r.countEarly()
}

// end takes an end by call. The earliest of several that are not decided holds.
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

// pass does what time has done until by. An end by call is decided if it was sent until then.
func (r *run) pass(by, sent int64, d *done) {
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
	r.sayStalls(by, d)
}

// finish ends the run, in the stage where it is said to be: a stage that was entered after the end, and said
// before the end was heard of, stays said.
func (r *run) finish(e effect, d *done) {
	r.sayStalls(e.at, d)
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
	r.touched.tellIn(&e.left)
	d.add(e)
}

// undecided reports whether it depends on what else is heard of what some ops did.
func (r *run) undecided() bool { return r.ending != nil || len(r.parked) > 0 }

// begin takes a start. The earliest of several holds.
func (r *run) begin(o *op, d *done) {
	switch {
	case !r.begun:
		r.begun, r.start = true, o.at
		d.add(effect{kind: event.JourneyStarted, at: o.at})
		if len(r.early) > 0 && r.patience > 0 {
			r.last = r.start // what happened since then is counted in its order
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

// learn takes from the op whose run it is, as far as the run does not know that. The earliest start holds; one that
// says another customer is noted. A run without a customer, or one that is resumed without, only learns.
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

// value takes what the run is worth by o. What was said last holds.
func (r *run) value(o *op) {
	if v := o.worth; v != nil && (r.worthAt == 0 || o.at >= r.worthAt) {
		r.journey.Value, r.worthAt = v, o.at
	}
}

// noteEarly remembers when something happened, until a start is heard of: what happened since the start
// says whether the run was silent for too long.
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

// countEarly counts, once a start was heard of, what happened before that was heard of, as far as the run was
// not silent for too long. The rest is kept: what fills the silence may still be heard of. An end by call that
// was heard of before the start may turn out to lie behind the abandonment.
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

// dueAt returns when time does something to the run next, or 0 for never.
func (r *run) dueAt() int64 {
	a, s := r.abandonedAt(), r.stallsAt()
	if a == 0 || s != 0 && s < a {
		return s
	}
	return a
}

func at(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }
