package track

import (
	"cmp"
	"math"
	"slices"

	"cairncx.dev/cairn/internal/engine"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// A promise is a due time on a run. The run remembers facts of it: it was made or kept, its clock stopped or went on. The run sorts facts
// by their times, and works out anew what follows from all of them when it hears of another one. The order in which an instance hears of
// facts therefore does not matter. When nothing can change any more what a fact has led to, the run folds it into the promise.
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
	// maxPromises bounds the names of promises that a run has heard of.
	maxPromises = journey.MaxPromises
	// maxPacts bounds the facts of one promise that are kept. The oldest are folded.
	maxPacts = 16
)

// pactKind says what a fact does to a promise. The numbers are in the logs of stores: add at the end, and never renumber.
// Of two facts at one time the one with the lower number comes first, so that a stage which keeps a promise and makes it anew does both.
type pactKind uint8

const (
	pactResume pactKind = 1 // the clock goes on
	pactPause  pactKind = 2 // the clock stops
	pactEnter  pactKind = 3 // kept by the beginning of a visit, or by a touchpoint
	pactOffer  pactKind = 4 // made, unless it is open
	pactMake   pactKind = 5 // made, or moved to another due time
	pactKeep   pactKind = 6 // kept
	pactMove   pactKind = 7 // moved to another due time, if it is open
	numFacts   pactKind = 8
	pactAnswer pactKind = 8 // no fact of a promise: the run is a follow-up, and its matter has the severity that the name says, if any
	numPacts   pactKind = 9
)

// pact is what one op says of one promise.
type pact struct {
	name     string   // of the promise
	kind     pactKind // what it does
	due      int64    // of an offer, a make or a move
	warn     int64    // of an offer, a make or a move: when the application is warned; 0 is never
	open     openings // of an offer, a make, a move or a resume
	untilEnd bool     // of an offer, a make or a move: the completion of the run keeps it
	byVisit  bool     // the op enters a stage, and only the beginning of a visit counts
	byStart  bool     // the op may start the run, and only the start counts
	only     string   // of a make or a move: on which condition, see flight.OnlyFor
	rule     *rule    // what works out the times, until they are
}

// promiseFact is a pact at its time, as the run keeps it.
type promiseFact struct {
	at    int64
	kind  pactKind
	stage uint16 // index in been, plus 1, for what only the beginning of a visit does; or ofStart
	due   int64
	warn  int64
	until bool  // the completion of the run keeps it
	sent  int64 // when the op was written, by the store's clock
	only  string
}

func (f *promiseFact) compare(o *promiseFact) int {
	return cmp.Or(cmp.Compare(f.at, o.at), cmp.Compare(f.order(), o.order()), cmp.Compare(f.due, o.due), cmp.Compare(f.warn, o.warn), cmp.Compare(f.only, o.only))
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
	silence int64 // of the promise of updates: the longest time in which the customer heard nothing
	warned  int64 // the warning of which the application was told
	floor   int64 // facts from before are folded
	hours   known
	facts   []promiseFact
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
		if x.kind == pactAnswer {
			r.answers.say(o.at, x.name)
			continue
		}
		if e := r.ending; e != nil && o.when(x) >= e.op.at {
			continue // the touchpoint was over after the end
		}
		p := r.promised(x.name, o.sent)
		if p == nil {
			d.crowd = true
			continue
		}
		f := promiseFact{at: o.when(x), kind: x.kind, due: x.due, warn: x.warn, until: x.untilEnd, sent: o.sent, only: x.only}
		switch {
		case x.byVisit:
			f.stage = in
		case x.byStart:
			f.stage = ofStart
		}
		r.keepOpenings(p, x, d)
		r.hear(p, f, d)
		if len(x.open) > 0 && r.outruns(p) {
			d.short = true
		}
	}
	if r.decides == decideAtOnce {
		r.settlePromises(o.at, math.MaxInt64, d)
	}
}

// keepOpenings adds what the op says to what the promise knows of its hours. Where the run has no room for that, it forgets the time
// between the due time and the op, and then folds the oldest facts, which need the oldest spans. A promise that runs in every hour
// stays so: an op with hours is of another definition.
func (r *run) keepOpenings(p *promise, x *pact, d *done) {
	if len(x.open) == 0 || x.kind == pactResume && len(p.hours.spans) == 0 && p.isMade() {
		return
	}
	p.hours = p.hours.with(x.open)
	if is, o := r.openOf(p); is && r.spans() > maxSpans {
		p.hours.forget(o.due/perSecond+1, x.open[0])
	}
	for r.spans() > maxSpans && r.foldOldest(d) {
		p.hours = p.hours.with(x.open) // a promise that is settled by that forgets its hours
	}
	p.hours.cut(max(0, maxSpans-r.spans()+p.hours.size()))
}

// isMade reports whether the promise is open, or a fact that makes it is known.
func (p *promise) isMade() bool {
	return p.isOpen || slices.ContainsFunc(p.facts, func(f promiseFact) bool { return f.kind == pactOffer || f.kind == pactMake })
}

// spans returns how many spans the promises of the run know.
func (r *run) spans() (n int) {
	for i := range r.promises {
		n += r.promises[i].hours.size()
	}
	return n
}

// foldOldest folds the oldest fact of all promises that is not the only one of its promise. It returns false if there is none.
func (r *run) foldOldest(d *done) bool {
	var oldest *promise
	for i := range r.promises {
		if p := &r.promises[i]; len(p.facts) > 1 && (oldest == nil || p.facts[0].at < oldest.facts[0].at) {
			oldest = p
		}
	}
	if oldest != nil {
		r.foldPact(oldest, d)
	}
	return oldest != nil
}

// outruns reports whether the promise is due after all that it knows of its hours, so that closed hours from there on count as opened.
func (r *run) outruns(p *promise) bool {
	is, o := r.openOf(p)
	return is && len(p.hours.spans) > 0 && o.due > p.hours.spans.last()
}

// openOf returns the promise that is open after all facts, as if nothing had broken it, and whether there is one.
func (r *run) openOf(p *promise) (is bool, o open) {
	is, o = p.isOpen, p.open
	for k := range p.facts {
		if f := &p.facts[k]; r.counts(f) {
			is, _ = o.take(f, is, p.hours.spans)
		}
	}
	return is, o
}

// hear adds a fact to the promise, and reports a promise that it makes.
func (r *run) hear(p *promise, f promiseFact, d *done) {
	if f.at < p.floor {
		if p.broke && (f.kind == pactKeep || f.kind == pactEnter) && r.counts(&f) {
			r.silent(p, p.open.made, f.at)
			p.keepLate(f.at, f.kind == pactKeep, d)
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

// ofStart is the stage of a fact that only the start of the run makes. A second start of a live run resumes it.
const ofStart = math.MaxUint16

// counts reports whether the fact counts: what a stage does counts at the beginning of a visit only, and what has a condition where that
// holds.
func (r *run) counts(f *promiseFact) bool {
	if f.only != "" && (!r.answers.is || r.answered(f.at) != 0 || !flight.Holds(f.only, r.answers.severity(f.at))) {
		return false
	}
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
	case pactOffer, pactMake, pactMove:
		switch {
		case !is && f.kind == pactMove:
			return false, false
		case !is:
			o.made, o.due, o.warn, o.untilEnd = f.at, f.due, f.warn, f.until
		case f.kind != pactOffer:
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

// saturated returns t + d, or the latest time if that is later.
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
