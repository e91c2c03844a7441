package insight

import (
	"hash/fnv"
	"slices"

	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// promise is one promise of a run.
type promise struct {
	name                               uint16
	number                             uint8
	made, due, kept, broken, withdrawn int64
	late                               int64 // when it was kept after all
	moved                              int64 // the last due time; due is the first one until the promise is settled
	stopped                            int64 // since when the clock stands still, of an open promise: see standStill
}

// settled reports whether the promise is kept, broken or withdrawn.
func (p *promise) settled() bool { return p.kept != 0 || p.broken != 0 || p.withdrawn != 0 }

// owed reports whether the promise was broken, and the customer still does not have what it promised: it was neither kept since nor withdrawn.
func (p *promise) owed() bool { return p.broken != 0 && p.kept == 0 && p.late == 0 && p.withdrawn == 0 }

// mature reports whether the promise is due at a moment.
func (p *promise) mature(at int64) bool { return p.due != 0 && p.due <= at && p.stopped == 0 }

// promisee returns the digest of the customer who has the promises of a run. If the customer is not known, a run that made a promise again has a number of
// its own: it is one customer, and not one for each promise.
func promisee(c *cases.Chunk, row int, list []promise) uint64 {
	who := customer(c, row)
	if who == 0 && slices.ContainsFunc(list, func(p promise) bool { return p.number > 1 }) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(c.ID(row)))
		who = max(1, h.Sum64())
	}
	return who
}

// promises appends the promises of a run, as they are at the moment of the view. An event may not have told that a promise was broken, because the events end
// before the moment: such a promise is broken at its due time, or when its run fell silent.
func (p *pick) promises(list []promise, c *cases.Chunk, row int) []promise {
	list = toldPromises(list, p.t.Codes(), c, row, p.at)
	for i := range list {
		one := &list[i]
		if one.made == 0 || one.settled() {
			continue
		}
		p.standStill(one, c, row)
		if one.mature(p.at) {
			one.broken = one.due
		}
		if s, ended := p.stands(c, row); s == silent && one.broken == 0 {
			one.broken, one.stopped = ended, 0
		}
	}
	return list
}

// toldPromises appends the promises of a run, as the events up to a moment tell them.
func toldPromises(list []promise, codes []cases.Code, c *cases.Chunk, row int, moment int64) []promise {
	for _, w := range c.Words(row) {
		code := &codes[cases.CodeOf(w)]
		if code.Kind < cases.Made || code.Kind > cases.Withdrawn || code.Number == 0 {
			continue
		}
		at := c.At(row, w)
		if at > moment && code.Kind != cases.Due {
			continue
		}
		i := 0
		for i < len(list) && (list[i].name != code.Name || list[i].number != code.Number) {
			i++ // without a copy of each promise, as slices.IndexFunc makes
		}
		if i == len(list) {
			list = append(list, promise{name: code.Name, number: code.Number})
		}
		p := &list[i]
		switch code.Kind { //nolint:exhaustive // the kinds of promises
		case cases.Made:
			p.made = at
		case cases.Due:
			if p.due == 0 {
				p.due = at
			}
			p.moved = at
		case cases.Kept:
			switch {
			case code.Late:
				p.late = at
			case p.kept == 0:
				p.kept = at
			}
		case cases.Broken:
			p.broken = at
		case cases.Withdrawn:
			p.withdrawn = at
		}
	}
	for i := range list {
		if p := &list[i]; p.settled() {
			p.due = p.moved // the event that settled it said so
		}
	}
	return list
}
