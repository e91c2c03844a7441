package track

import (
	"cmp"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
)

// A promise is a due time on a run. What is known of it are facts: it was made, kept, its clock stopped and went on. They are
// kept by the time at which they happened, and what follows from them is worked out anew when one is heard, so that the order
// in which an instance hears of them does not matter. What is decided is folded: it does not change any more.
//
//	offer ──▶ open ──▶ kept       a keep that is not after the due time
//	  │         │ ▲
//	  │   pause │ │ resume        the due time moves on by the pause
//	  │         ▼ │
//	  │        paused
//	  │
//	  └───────▶ open ──▶ broken   the due time has passed
//	                └──▶ withdrawn  the run ended, completed or cancelled
//
// In a store a keep is decided when the time for facts from before it is over, as an end by call is (machine.grace), and a break
// ten seconds after it is due. In memory both are decided at once.

const (
	// maxPromises bounds the promises of a run that are not settled.
	maxPromises = 16
	// maxPacts bounds the facts of one promise that are kept. The oldest are folded.
	maxPacts = 16
)

// pactKind says what a fact does to a promise. The numbers are in the logs of stores: add at the end, and never renumber.
// Of facts with one time the lower number holds first, so that a stage which keeps a promise and makes it anew does both.
type pactKind uint8

const (
	pactResume pactKind = 1 // the clock goes on
	pactPause  pactKind = 2 // the clock stops
	pactEnter  pactKind = 3 // kept by the beginning of a visit, or by a touchpoint
	pactOffer  pactKind = 4 // made, unless it is open
	pactMake   pactKind = 5 // made, or moved to another due time
	pactKeep   pactKind = 6 // kept
	numPacts   pactKind = 7
)

// pact is what an op says of a promise.
type pact struct {
	name     string
	kind     pactKind
	due      int64    // of an offer or a make
	warn     int64    // of an offer or a make: when the application is warned; 0 is never
	open     openings // of an offer, a make or a resume
	untilEnd bool     // of an offer or a make: the completion of the run keeps it
	byVisit  bool     // the op enters a stage, and only the beginning of a visit counts
	byStart  bool     // the op may start the run, and only the start counts
	rule     *rule    // what works out the times, until they are
}

// promiseFact is a pact at its time.
type promiseFact struct {
	at    int64
	kind  pactKind
	stage uint16 // index in been, plus 1, for what only the beginning of a visit does; or ofStart
	due   int64
	warn  int64
	until bool  // the completion of the run keeps it
	sent  int64 // when the op was written, by the store's clock
}

func (f *promiseFact) compare(o *promiseFact) int {
	return cmp.Or(cmp.Compare(f.at, o.at), cmp.Compare(f.order(), o.order()), cmp.Compare(f.due, o.due), cmp.Compare(f.warn, o.warn))
}

// order returns the place among the facts of one time: what the start of a run makes comes before all else.
func (f *promiseFact) order() pactKind {
	if f.stage == ofStart {
		return 0
	}
	return f.kind
}

// open is a promise that is open.
type open struct {
	made, due int64
	warn      int64 // when the application is warned; 0 is never
	stopped   int64 // since when the clock has stopped, also before the promise was made; 0 while it goes
	untilEnd  bool
}

// promise is what a run knows of the promises of one name.
type promise struct {
	name    string
	settled int   // how many are settled and folded
	told    int   // how many were reported as made
	broke   bool  // the last settled one was broken, and no keep has come since
	isOpen  bool  // the folded facts have left one open
	open    open  // which it is
	warned  int64 // the due time that the application was warned of
	floor   int64 // facts from before are folded
	hours   openings
	facts   []promiseFact
}

// settlement is how a promise ended.
type settlement struct {
	kind event.Kind
	at   int64
	of   open
	late bool // a keep of a promise that was broken
	n    int  // how many facts are folded by it
	sent int64
}

// promised returns the promise with the name. It makes one where there is room, and returns nil otherwise. Names that were only kept,
// and so long ago that nothing makes their promise any more, leave their room.
func (r *run) promised(name string, now int64) *promise {
	for i := range r.promises {
		if r.promises[i].name == name {
			return &r.promises[i]
		}
	}
	if len(r.promises) >= maxPromises {
		r.promises = slices.DeleteFunc(r.promises, func(p promise) bool { return p.idle(now - int64(engine.Grace)) })
	}
	if len(r.promises) >= maxPromises {
		return nil
	}
	r.promises = append(r.promises, promise{name: name, floor: math.MinInt64})
	return &r.promises[len(r.promises)-1]
}

// agree applies what the op says of promises. In memory it settles at once what the op shows to be settled.
func (r *run) agree(o *op, d *done) {
	if r.decides == decideElsewhere || len(o.pacts)+len(r.promises) == 0 {
		return
	}
	in := uint16(0)
	if o.stage != "" {
		in = uint16(r.stage(o.stage, o.expect)) + 1
	}
	for i := range o.pacts {
		x := &o.pacts[i]
		if e := r.ending; e != nil && o.when(x) >= e.op.at {
			continue // the touchpoint was over after the end
		}
		p := r.promised(x.name, o.sent)
		if p == nil {
			d.crowd = true
			continue
		}
		r.keepOpenings(p, x.open)
		f := promiseFact{at: o.when(x), kind: x.kind, due: x.due, warn: x.warn, until: x.untilEnd, sent: o.sent}
		switch {
		case x.byVisit:
			f.stage = in
		case x.byStart:
			f.stage = ofStart
		}
		r.hear(p, f, d)
	}
	if r.decides == decideAtOnce {
		r.settlePromises(o.at, math.MaxInt64, d)
	}
}

// keepOpenings adds to what the promise knows of its hours, as far as the run has room for that.
func (r *run) keepOpenings(p *promise, more openings) {
	if len(more) == 0 {
		return
	}
	room := maxSpans
	for i := range r.promises {
		if o := &r.promises[i]; o != p {
			room -= len(o.hours) / 2
		}
	}
	p.hours = p.hours.merge(more, max(0, room))
}

// hear adds a fact to the promise, and reports a promise that it makes.
func (r *run) hear(p *promise, f promiseFact, d *done) {
	if f.at < p.floor {
		if p.broke && (f.kind == pactKeep || f.kind == pactEnter) && r.counts(&f) {
			p.keepLate(f.at, d)
		}
		return // anything else that it would change is decided
	}
	pos, found := slices.BinarySearchFunc(p.facts, f, func(a, b promiseFact) int { return a.compare(&b) })
	if found && p.facts[pos].stage == f.stage {
		return
	}
	p.facts = slices.Insert(p.facts, pos, f)
	r.reportMade(p, &f, d)
	for len(p.facts) > maxPacts {
		r.foldPact(p, d)
	}
}

// ofStart is the stage of a fact that only the start of the run makes: who starts a live run again resumes it.
const ofStart = math.MaxUint16

// counts reports whether the fact counts: what a stage does counts at the beginning of a visit only.
func (r *run) counts(f *promiseFact) bool {
	switch f.stage {
	case 0:
		return true
	case ofStart:
		return r.begun && f.at == r.start
	default:
	}
	for k := range r.facts {
		if x := &r.facts[k]; x.at == f.at && x.stage == f.stage-1 {
			return k == 0 || r.facts[k-1].stage != x.stage
		}
	}
	return f.at < r.floor // it was the first of its visit when the facts were folded
}

// take applies the fact to an open promise, or to none. It returns whether one is open then, and whether the fact has kept one.
func (o *open) take(f *promiseFact, is bool, hours openings) (open, kept bool) {
	switch f.kind {
	case pactResume:
		if stopped := max(o.stopped, o.made); is && o.stopped != 0 {
			if o.warn > stopped {
				o.warn = hours.add(f.at, hours.between(stopped, o.warn))
			}
			o.due = hours.add(f.at, hours.between(stopped, o.due))
		}
		o.stopped = 0
	case pactPause:
		if o.stopped == 0 {
			o.stopped = f.at
		}
	case pactOffer, pactMake:
		switch {
		case !is:
			o.made, o.due, o.warn, o.untilEnd = f.at, f.due, f.warn, f.until
		case f.kind == pactMake:
			o.due, o.warn, o.untilEnd = f.due, f.warn, f.until
			if o.stopped != 0 {
				o.stopped = f.at // what is left counts from now
			}
		}
		return true, false
	case pactEnter, pactKeep:
		return false, is
	default:
	}
	return is, false
}

// saturated returns t + d.
func saturated(t, d int64) int64 {
	if d > 0 && t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}

// breaks returns when the open promise breaks, if nothing happens. Its due time was set at that moment, and may lie before it. A clock
// that has stopped breaks nothing.
func (o *open) breaks(since int64) int64 {
	if o.stopped != 0 {
		return math.MaxInt64
	}
	return max(o.due, o.made, since)
}

// next returns how the promise is settled next by its facts until by, and whether it is.
func (r *run) next(p *promise, by int64) (s settlement, ok bool) {
	is, o, broke := p.isOpen, p.open, p.broke
	taken, since := 0, int64(math.MinInt64) // facts, and when the due time was set
	for k := range p.facts {
		f := &p.facts[k]
		if is && o.breaks(since) < f.at {
			break
		}
		if f.at > by {
			break
		}
		taken = k + 1
		if !r.counts(f) {
			continue
		}
		keeps := f.kind == pactKeep || f.kind == pactEnter
		before := o
		var kept bool
		if is, kept = o.take(f, is, p.hours); kept {
			return settlement{kind: event.PromiseKept, at: f.at, of: before, n: k + 1, sent: f.sent}, true
		}
		if o.due != before.due {
			since = f.at
		}
		switch {
		case is:
			broke = false
		case keeps && broke:
			return settlement{kind: event.PromiseKept, at: f.at, of: before, late: true, n: k + 1, sent: f.sent}, true
		}
	}
	if at := o.breaks(since); is && at <= by && at < math.MaxInt64 {
		n := taken // a due time may lie before the fact that sets it
		for n < len(p.facts) && p.facts[n].at <= o.due {
			n++
		}
		return settlement{kind: event.PromiseBroken, at: at, of: o, n: n, sent: math.MinInt64}, true
	}
	return s, false
}

// settlePromises settles what is decided: a break before by, because a keep at the due time itself is not late, and a keep whose
// op was written until sent.
func (r *run) settlePromises(by, sent int64, d *done) {
	for i := range r.promises {
		p := &r.promises[i]
		for {
			s, ok := r.next(p, math.MaxInt64)
			if !ok || s.kind == event.PromiseBroken && s.at >= by || s.kind == event.PromiseKept && s.sent > sent {
				break
			}
			r.settle(p, s, d)
		}
	}
	r.promises = slices.DeleteFunc(r.promises, func(p promise) bool { return p.idle(sent) })
}

// idle reports whether nothing but keeps was heard of the promise, and nothing that was written until sent makes it: an unknown name
// takes no place.
func (p *promise) idle(sent int64) bool {
	return p.told == 0 && p.settled == 0 && !p.isOpen && p.open.stopped == 0 && !slices.ContainsFunc(p.facts, func(f promiseFact) bool {
		return f.kind != pactKeep && f.kind != pactEnter && f.kind != pactResume || f.sent > sent
	})
}

// settle folds a promise that is settled, and reports it.
func (r *run) settle(p *promise, s settlement, d *done) {
	if !s.late {
		p.settled++
	}
	e := effect{kind: s.kind, at: s.at, promise: s.of.promise(p.name, p.settled), late: s.late}
	if s.late {
		e.promise.Made, e.promise.Due = at(p.open.made), at(p.open.due)
	}
	d.add(e)
	p.isOpen, p.broke = false, s.kind == event.PromiseBroken
	if p.open.stopped = s.of.stopped; !s.late {
		p.open = s.of
	}
	p.facts = slices.Delete(p.facts, 0, s.n)
	p.raise(s.at)
	r.reportMade(p, nil, d)
}

// keepLate reports a keep of the promise that was broken last.
func (p *promise) keepLate(at int64, d *done) {
	p.broke = false
	d.add(effect{kind: event.PromiseKept, at: at, late: true, promise: p.open.promise(p.name, p.settled)})
}

// raise notes that the facts from before then are folded.
func (p *promise) raise(floor int64) {
	p.floor = max(p.floor, floor)
	past := p.floor
	if p.isOpen && p.open.stopped != 0 {
		past = min(past, max(p.open.stopped, p.open.made)) // what is left counts from there when the clock goes on
	}
	if p.hours = p.hours.since(past); !p.isOpen && len(p.facts) == 0 {
		p.hours = nil
	}
}

// warnPromises warns of the promises that are about to break by then. A promise whose due time is over now has no warning.
func (r *run) warnPromises(by, now int64, d *done) {
	for i := range r.promises {
		p := &r.promises[i]
		if o, at := r.warning(p); at != 0 && at <= by {
			if p.warned = at; o.due <= now {
				continue
			}
			d.add(effect{kind: PromiseDue, at: at, promise: o.promise(p.name, p.settled+1)})
		}
	}
}

// warning returns when the application is warned of the promise next, or 0 for never.
func (r *run) warning(p *promise) (of open, at int64) {
	s, ok := r.next(p, math.MaxInt64)
	if !ok || s.kind != event.PromiseBroken || s.of.warn == p.warned {
		return open{}, 0
	}
	return s.of, s.of.warn
}

// promise returns the promise as an event has it.
func (o *open) promise(name string, number int) *event.Promise {
	return &event.Promise{Name: name, Number: number, Made: at(o.made), Due: at(o.due)}
}

// foldPact folds the oldest fact of a promise that has too many.
func (r *run) foldPact(p *promise, d *done) {
	if s, ok := r.next(p, p.facts[0].at); ok {
		r.settle(p, s, d)
		return
	}
	f := p.facts[0]
	if r.counts(&f) {
		p.isOpen, _ = p.open.take(&f, p.isOpen, p.hours)
		p.broke = p.broke && !p.isOpen
	}
	p.facts = p.facts[1:]
	p.raise(f.at)
}

// reportMade reports that the promise which is settled next was made, and that the fact which was heard has moved it, or each fact
// that has if none was heard. Whether a later promise is made depends on how this one is settled.
func (r *run) reportMade(p *promise, heard *promiseFact, d *done) {
	is, o, n := p.isOpen, p.open, p.settled
	if is {
		n++
	}
	if heard == nil && p.told > p.settled {
		return // it is known already
	}
	since := int64(math.MinInt64)
	for k := range p.facts {
		f := &p.facts[k]
		if is && o.breaks(since) < f.at {
			is = false
		}
		if !r.counts(f) {
			continue
		}
		was, due := is, o.due
		if is, _ = o.take(f, is, p.hours); o.due != due {
			since = f.at
		}
		switch {
		case is && !was:
			if n++; n > p.told && n == p.settled+1 {
				p.told = n
				d.add(effect{kind: event.PromiseMade, at: f.at, promise: &event.Promise{Name: p.name, Number: n, Made: at(f.at), Due: at(f.due)}})
			}
		case is && was && f.kind == pactMake && n == p.settled+1 && (heard == nil || *f == *heard):
			d.add(effect{kind: event.PromiseMade, at: f.at, promise: &event.Promise{Name: p.name, Number: n, Made: at(o.made), Due: at(f.due)}})
		}
	}
}

// promiseDue returns when a promise is broken if nothing happens, or the application is warned of that, or 0 for never.
func (r *run) promiseDue() (due int64) {
	for i := range r.promises {
		s, ok := r.next(&r.promises[i], math.MaxInt64)
		if ok && s.kind == event.PromiseBroken && (due == 0 || s.at < due) {
			due = saturated(s.at, 1) // a keep at the due time itself is not late
		}
		if _, at := r.warning(&r.promises[i]); at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	return due
}

// keepsWait reports whether a keep is not decided yet, and when the last of them was written.
func (r *run) keepsWait() (sent int64, ok bool) {
	for i := range r.promises {
		if s, is := r.next(&r.promises[i], math.MaxInt64); is && s.kind == event.PromiseKept {
			sent, ok = max(sent, s.sent), true
		}
	}
	return sent, ok
}

// endPromises settles every promise at the end of the run.
func (r *run) endPromises(end int64, outcome event.Outcome, d *done) {
	for i := range r.promises {
		p := &r.promises[i]
		for {
			s, ok := r.next(p, end)
			if !ok || s.kind == event.PromiseBroken && s.at == end {
				break // at the very end the outcome decides
			}
			r.settle(p, s, d)
		}
		r.endPromise(p, end, outcome, d)
	}
	r.promises = nil
}

// endPromise settles the promise that is open when the run ends.
func (r *run) endPromise(p *promise, end int64, outcome event.Outcome, d *done) {
	is, o := p.isOpen, p.open
	for k := range p.facts {
		f := &p.facts[k]
		if f.at > end && (is || p.told <= p.settled) {
			break // only a promise that was reported and turns out to be made after the end is settled there
		}
		if r.counts(f) {
			is, _ = o.take(f, is, p.hours)
		}
	}
	if !is {
		if outcome == event.Completed && p.broke && p.open.untilEnd {
			p.keepLate(end, d)
		}
		return
	}
	kind := event.PromiseBroken
	switch {
	case outcome == event.Completed && o.untilEnd:
		kind = event.PromiseKept
	case outcome == event.Completed, outcome == event.Cancelled:
		kind = event.PromiseWithdrawn
	}
	p.settled++
	d.add(effect{
		kind: kind, at: max(end, o.made), cut: kind == event.PromiseBroken,
		promise: o.promise(p.name, p.settled),
	})
}
