package journey

import (
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// What a run remembers exactly. Beyond it the oldest are folded together: counts stay, but what
// comes later and happened earlier than that is not put into its place any more.
const (
	maxFacts = 64  // signs of where the customer was
	maxSeen  = 128 // IDs of events
)

// run is the state of one run. It is a function of what happened, not of the order in which that
// was heard of: facts are kept by their time, and what was heard twice counts once.
type run struct {
	identity

	begun bool  // a start was heard of
	start int64 // when it began, in Unix nanoseconds; 0 is not known
	last  int64 // when something last happened
	floor int64 // facts before this have been folded
	seen  []uint64
	facts []fact  // by time
	been  []stage // the stages it has been in

	touchpoints, responses uint32
	channels               uint16 // bits

	// What the facts say, see recount.
	cur     int // index in been, or -1
	entered int64

	stalled stalled // the visit that has been said to be too long

	ended   int64 // 0 is live
	outcome event.Outcome

	grace int64 // how much later than it is too long a visit is called so, for clocks differ; not part of the state
}

// identity is who a run is: what does not change.
type identity struct {
	journey  event.Journey // with the value, but without Started
	customer event.Customer
	channel  event.Channel
	actor    event.Actor
	patience time.Duration // how long it may be silent; 0 is for ever
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
	visit int // 0 is none
}

// op is one thing that happened to a run.
type op struct {
	kind  opKind
	id    uint64 // of the event; 0 is one that cannot be heard of twice
	key   uint64 // of this report of it: several instances may hear of one event
	sent  int64  // when it was sent to a store, in Unix nanoseconds
	at    int64  // when it happened
	until int64  // when it was over, where it lasted

	stage  string
	expect time.Duration
	visit  int // of a stall

	channel event.Channel
	outcome event.Outcome

	who   *identity // of a start, and of what may make the run known
	begin bool      // it starts the run where nobody has
	last  int64     // of an abandonment: nothing happened since
	event []byte    // the event as JSON, to be told again after a crash
	told  bool      // what it did is told, and that is safe
}

type opKind uint8

const (
	_         opKind = iota
	opStart          // it begins
	opSign           // something happens: it lives
	opEnter          // it is in a stage
	opTouch          // a touchpoint, possibly in a stage
	opRespond        // feedback
	opEnd            // it ends
	opAbandon        // it ends because nothing happened
	opStall          // it has been in a stage for too long
	numOps
)

// effect is a transition that an op has made.
type effect struct {
	kind  event.Kind
	at    int64
	stage string // entered or stalled in
	visit int
	left  event.Transition // what was left
	told  bool             // that it was left has been told before
}

// done is what an op has done.
type done struct {
	over bool // the run had ended: nothing
	twin bool // it was heard of before: nothing
	n    int  // effects, the first two here
	two  [2]effect
	rest []effect
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

// apply does o to the run.
func (r *run) apply(o *op) (d done) {
	if r.ended != 0 {
		d.over = true
		return d
	}
	if o.id != 0 {
		if slices.Contains(r.seen, o.id) {
			d.twin = true
			return d
		}
		if len(r.seen) >= maxSeen {
			r.seen = slices.Delete(r.seen, 0, maxSeen/4)
		}
		r.seen = append(r.seen, o.id)
	}
	if o.begin && !r.begun {
		r.begin(o, &d)
	}
	switch o.kind {
	case opStart:
		r.begin(o, &d)
	case opEnd, opAbandon:
		r.finish(o, &d)
	case opStall:
		r.stall(o, &d)
	default:
		if o.kind == opTouch {
			r.touchpoints++
		}
		if o.kind == opRespond {
			r.responses++
		}
		r.use(o.channel)
		if o.stage != "" {
			r.enter(o, &d)
		}
		r.last = max(r.last, o.at, o.until)
	}
	return d
}

func (r *run) use(c event.Channel) {
	if c != 0 {
		r.channels |= 1 << c
	}
}

// begin takes a start. Of several the earliest holds.
func (r *run) begin(o *op, d *done) {
	if !r.begun {
		r.begun = true
		d.add(effect{kind: event.JourneyStarted, at: o.at})
	}
	if r.start == 0 || o.at < r.start {
		r.start = o.at
		if o.who != nil {
			r.channel, r.actor = o.who.channel, o.who.actor
		}
	}
	if o.who != nil && o.who.journey.Value != nil {
		r.journey.Value = o.who.journey.Value
	}
	r.use(o.channel)
	r.last = max(r.last, o.at)
}

// finish ends the run.
func (r *run) finish(o *op, d *done) {
	if o.kind == opAbandon && (o.last != r.last || !r.begun) {
		return // it lives
	}
	r.overdue(o.at, d)
	r.ended, r.outcome = o.at, o.outcome
	if o.at == 0 {
		r.ended = 1
	}
	e := effect{kind: event.JourneyEnded, at: o.at, left: r.here()}
	e.stage, e.visit = e.left.From, e.left.Visit
	d.add(e)
}

// stall says that the visit is too long, if it is still there and that has not been said.
func (r *run) stall(o *op, d *done) {
	if r.cur < 0 || r.been[r.cur].name != o.stage || r.been[r.cur].visits != o.visit ||
		r.stalled == (stalled{uint16(r.cur), o.visit}) { //nolint:gosec // a run is in 65,535 stages at most
		return
	}
	r.stalled = stalled{uint16(r.cur), o.visit} //nolint:gosec // as above
	d.add(effect{kind: event.JourneyStalled, at: o.at, stage: o.stage, visit: o.visit, left: r.here()})
}

// overdue raises the stall of the visit that is left at this time, where nobody has noticed it.
func (r *run) overdue(at int64, d *done) {
	if due := r.stallsAt(); due != 0 && at > after(due, time.Duration(r.grace)) {
		visit := r.been[r.cur].visits
		r.stalled = stalled{uint16(r.cur), visit} //nolint:gosec // a run is in 65,535 stages at most
		d.add(effect{kind: event.JourneyStalled, at: due, stage: r.been[r.cur].name, visit: visit, left: r.here()})
	}
}

// stallsAt returns when the visit becomes too long, or 0 for never, or no more.
func (r *run) stallsAt() int64 {
	if r.cur < 0 || r.been[r.cur].expect <= 0 || r.stalled == (stalled{uint16(r.cur), r.been[r.cur].visits}) { //nolint:gosec // a run is in 65,535 stages at most
		return 0
	}
	return after(r.since(), r.been[r.cur].expect)
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

// dueAt returns when somebody has to look at the run next, or 0 for never.
func (r *run) dueAt() int64 {
	a, s := r.abandonedAt(), r.stallsAt()
	if a == 0 || s != 0 && s < a {
		return s
	}
	return a
}

// since returns when the visit began. Nobody is in a stage of what has not begun.
func (r *run) since() int64 { return max(r.entered, r.start) }

// here returns where the run is, as what is left when it moves.
func (r *run) here() event.Transition {
	if r.cur < 0 {
		return event.Transition{}
	}
	return event.Transition{From: r.been[r.cur].name, Visit: r.been[r.cur].visits, Entered: time.Unix(0, r.since()).UTC()}
}

// enter takes the fact that the customer was in a stage.
func (r *run) enter(o *op, d *done) {
	i := r.stage(o.stage, o.expect)
	f := fact{o.at, uint16(i)} //nolint:gosec // a run is in 65,535 stages at most
	pos := len(r.facts)
	for pos > 0 && r.facts[pos-1].at > f.at {
		pos--
	}
	for k := pos - 1; k >= 0 && r.facts[k].at == f.at; k-- {
		if r.facts[k] == f && (k == pos-1 || pos < len(r.facts)) {
			return // it says nothing new
		}
	}
	switch {
	case f.at < r.floor: // what it would change has been folded
	case pos == len(r.facts):
		r.facts = append(r.facts, f)
		if i != r.cur {
			r.overdue(f.at, d)
			left := r.here()
			r.cur, r.entered = i, f.at
			r.been[i].visits++
			d.add(effect{kind: event.JourneyStageEntered, at: r.since(), stage: o.stage, visit: r.been[i].visits, left: left})
		}
	default:
		before := r.visits()
		r.facts = slices.Insert(r.facts, pos, f)
		r.recount()
		r.tell(before, d)
	}
	if len(r.facts) > maxFacts {
		r.fold(maxFacts / 2)
	}
}

// stage returns the index of the stage in been.
func (r *run) stage(name string, expect time.Duration) int {
	for i := range r.been {
		if r.been[i].name == name {
			if expect > 0 {
				r.been[i].expect = expect
			}
			return i
		}
	}
	r.been = append(r.been, stage{name: name, expect: expect})
	return len(r.been) - 1
}

// visit is one visit to a stage.
type visit struct {
	stage, n int
	entered  int64
}

// visits returns the visits that the facts tell, in their order, behind the one that was folded last.
func (r *run) visits() []visit {
	var vs []visit
	n := make([]int, len(r.been))
	for i := range r.been {
		n[i] = r.been[i].folded
	}
	for _, f := range r.facts {
		if i := int(f.stage); len(vs) == 0 || vs[len(vs)-1].stage != i {
			n[i]++
			vs = append(vs, visit{i, n[i], f.at})
		}
	}
	return vs
}

// recount works out from the facts where the run is.
func (r *run) recount() {
	r.cur, r.entered = -1, 0
	for i := range r.been {
		r.been[i].visits = r.been[i].folded
	}
	for _, f := range r.facts {
		if i := int(f.stage); i != r.cur {
			r.cur, r.entered = i, f.at
			r.been[i].visits++
		}
	}
}

// tell adds the effects of a fact that was heard of late: the visits that nobody knew of. What they
// left is said only where that has not been said before.
func (r *run) tell(before []visit, d *done) {
	known := map[visit]bool{}
	for _, v := range before {
		known[visit{v.stage, v.n, 0}] = true
	}
	last := visit{}
	if n := len(before); n > 0 {
		last = visit{before[n-1].stage, before[n-1].n, 0}
	}
	var prev *visit
	for _, v := range r.visits() {
		if !known[visit{v.stage, v.n, 0}] {
			e := effect{kind: event.JourneyStageEntered, at: max(v.entered, r.start), stage: r.been[v.stage].name, visit: v.n, told: true}
			if prev != nil && (!known[visit{prev.stage, prev.n, 0}] || last == visit{prev.stage, prev.n, 0}) {
				e.told = false
				e.left = event.Transition{
					From: r.been[prev.stage].name, Visit: prev.n,
					Entered: time.Unix(0, max(prev.entered, r.start)).UTC(),
				}
			}
			d.add(e)
		}
		prev = &v
	}
}

// fold forgets the oldest facts but for what they say: all but keep of them, and the first fact of
// the visit that the oldest of those is in.
func (r *run) fold(keep int) {
	n := len(r.facts) - keep
	if n <= 0 {
		return
	}
	cur, at := -1, 0 // the visit that the last of the folded ones is in, and its first fact
	for k, f := range r.facts[:n] {
		if int(f.stage) != cur {
			cur, at = int(f.stage), k
			r.been[cur].folded++
		}
	}
	r.been[cur].folded-- // its first fact stays
	first := r.facts[at]
	r.facts = slices.Delete(r.facts, 0, n)
	r.facts = slices.Insert(r.facts, 0, first)
	r.floor = max(r.floor, r.facts[1].at)
	r.recount()
}

// of returns the state as it goes with the transition: of a stall, in the visit that was too long,
// though by now the run may be elsewhere.
func (s State) of(f effect) State {
	if f.kind == event.JourneyStalled {
		s.Stage, s.Visit, s.Entered = f.stage, f.visit, f.left.Entered
	}
	return s
}

// state returns what is known of the run.
func (r *run) state() State {
	s := State{
		Journey: r.journey, Customer: r.customer, Channel: r.channel, Actor: r.actor,
		Last: at(r.last), Touchpoints: int(r.touchpoints), Responses: int(r.responses), Outcome: r.outcome,
	}
	if r.begun {
		s.Journey.Started = at(r.start)
	}
	if r.cur >= 0 {
		here := r.here()
		s.Stage, s.Visit, s.Entered = here.From, here.Visit, here.Entered
	}
	for _, b := range r.been {
		if b.visits > 0 {
			s.Visits = append(s.Visits, Visits{b.name, b.visits})
		}
	}
	slices.SortFunc(s.Visits, func(a, b Visits) int { return strings.Compare(a.Stage, b.Stage) })
	for c := event.Channel(1); int(c) < event.NumChannels; c++ {
		if r.channels&(1<<c) != 0 {
			s.Channels = append(s.Channels, c)
		}
	}
	if r.ended != 0 {
		s.Ended = at(r.ended)
	}
	return s
}

func at(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}
