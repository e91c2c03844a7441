package track

import (
	"math"
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// This file settles promises, by their facts, by time and by the end of the run, and reports what became of them.

// settlement is how a promise ended.
type settlement struct {
	kind event.Kind
	at   int64
	of   open
	late bool // a keep of a promise that was broken
	hand bool // a keep by hand
	n    int  // how many facts are folded by it
	sent int64
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
		if is, kept = o.take(f, is, p.hours.spans); kept {
			return settlement{kind: event.PromiseKept, at: f.at, of: before, hand: f.kind == pactKeep, n: k + 1, sent: f.sent}, true
		}
		if o.due != before.due {
			since = f.at
		}
		switch {
		case is:
			broke = false
		case keeps && broke:
			return settlement{kind: event.PromiseKept, at: f.at, of: before, late: true, hand: f.kind == pactKeep, n: k + 1, sent: f.sent}, true
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
		return f.kind != pactKeep && f.kind != pactEnter && f.kind != pactResume && f.kind != pactMove || f.sent > sent
	})
}

// settle folds a promise that is settled, and reports it.
func (r *run) settle(p *promise, s settlement, d *done) {
	made := s.of.made
	if s.late {
		made = p.open.made
	} else {
		p.settled++
	}
	r.silent(p, made, s.at)
	if s.kind == event.PromiseBroken {
		r.overdue++
	}
	e := effect{kind: s.kind, at: s.at, promise: s.of.promise(p.name, p.settled), late: s.late}
	if s.late {
		e.promise.Made, e.promise.Due = at(p.open.made), at(p.open.due)
	}
	e.promise.ByHand = s.hand
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
func (p *promise) keepLate(at int64, byHand bool, d *done) {
	p.broke = false
	e := effect{kind: event.PromiseKept, at: at, late: true, promise: p.open.promise(p.name, p.settled)}
	e.promise.ByHand = byHand
	d.add(e)
}

// raise notes that the facts from before then are folded.
func (p *promise) raise(floor int64) {
	p.floor = max(p.floor, floor)
	past := p.floor
	if p.isOpen && p.open.stopped != 0 {
		past = min(past, max(p.open.stopped, p.open.made)) // what is left counts from there when the clock goes on
	}
	if p.hours = p.hours.since(past); !p.isOpen && len(p.facts) == 0 {
		p.hours = known{}
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
		p.isOpen, _ = p.open.take(&f, p.isOpen, p.hours.spans)
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
		if is, _ = o.take(f, is, p.hours.spans); o.due != due {
			since = f.at
		}
		switch {
		case is && !was:
			if n++; n > p.told && n == p.settled+1 {
				p.told = n
				made := &event.Promise{Name: p.name, Number: n, Made: at(f.at), Due: at(f.due), ByHand: f.kind == pactMake}
				d.add(effect{kind: event.PromiseMade, at: f.at, promise: made})
			}
		case is && was && (f.kind == pactMake || f.kind == pactMove) && n == p.settled+1 && (heard == nil || *f == *heard):
			moved := &event.Promise{Name: p.name, Number: n, Made: at(o.made), Due: at(f.due), ByHand: true}
			d.add(effect{kind: event.PromiseMade, at: f.at, promise: moved})
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

// endPromises settles every promise at the end of the run, and returns the longest silence.
func (r *run) endPromises(end int64, outcome event.Outcome, d *done) (silence int64) {
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
	silence = r.silence()
	r.promises = nil
	return silence
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
			is, _ = o.take(f, is, p.hours.spans)
		}
	}
	if !is {
		if p.broke {
			r.silent(p, p.open.made, end)
		}
		if outcome == event.Completed && p.broke && p.open.untilEnd {
			p.keepLate(end, false, d)
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
	r.silent(p, o.made, max(end, o.made))
	d.add(effect{
		kind: kind, at: max(end, o.made), cut: kind == event.PromiseBroken,
		promise: o.promise(p.name, p.settled),
	})
}
