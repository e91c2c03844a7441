package engine

import (
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
)

// deliverRecord works out from the record what the items have done to it, and delivers it.
func (x *Engine[S, O, D, P]) deliverRecord(rec *ledger.Record, items []*Item[O, P]) {
	x.deliverTaken(rec, items, 0)
}

// deliverTaken is deliverRecord for a record in which this instance took the items' ops over by the sign of life with the ID by,
// or 0 where it did not.
func (x *Engine[S, O, D, P]) deliverTaken(rec *ledger.Record, items []*Item[O, P], by uint64) {
	if rec.Closed {
		x.host.Closed(rec.Key)
		for _, i := range items {
			var none S
			x.host.Late(i, none, false)
		}
		return
	}
	state, since, err := x.machine.Read(rec.Log)
	if err != nil {
		x.reportUnread(rec.Key, err)
		for _, i := range items {
			x.lose(i)
		}
		return
	}
	if x.cfg.HandOver {
		x.handOver(rec, state, since, items)
		return
	}
	delivered, now := map[uint64]bool{}, x.storeNow(x.ctx)
	if by == 0 {
		if again, taken := x.takeBack(rec, since, items, now); taken != 0 {
			x.deliverTaken(again, items, taken)
			return
		}
	}
	for _, i := range items {
		key := i.Op.Key()
		done, ok := doneBy(since, key)
		switch {
		case ok && done.Waits():
			x.hold(state, i, now)
			continue
		case ok && done.IsLate():
			x.host.Late(i, state, true)
			continue
		}
		mine := ok && done.Effects() > 0 && x.delivers(state, since, i, done, by, now)
		if mine {
			delivered[key] = true
		}
		x.host.Deliver(Result[S, O, D, P]{Key: rec.Key, State: state, Op: i.Op, Done: done, Item: i, Items: items, Mine: mine})
	}
	if wait, ok := x.machine.Undecided(state, now); ok {
		x.holdUntil(rec.Key, time.Now().Add(wait))
	}
	x.host.Synced(rec.Key, state)
	if len(delivered) > 0 || settleable(since, delivered) >= foldAfter {
		x.settleLater(rec, since, delivered, now)
	}
}

// delivers reports whether this instance delivers the effects of the item. Otherwise another instance has delivered them, or
// will. Where the log knows of no such instance, this one delivers them here without counting them.
func (x *Engine[S, O, D, P]) delivers(s S, since []Entry[O, D], i *Item[O, P], done D, by uint64, now time.Time) bool {
	if mayDeliver(since, i.Op.Key(), by, now) {
		return true
	}
	if isOrphan(since, i.Op.Key()) {
		x.host.Deliver(Result[S, O, D, P]{Key: i.Key, State: s, Op: i.Op, Done: done, Mine: true})
	}
	return false
}

// doneBy returns what the op with the key has done. An op that is written twice counts once: the first.
func doneBy[O Op, D Done](since []Entry[O, D], key uint64) (done D, ok bool) {
	for k := range since {
		if since[k].Op.Key() == key {
			return since[k].Done, true
		}
	}
	return done, false
}

// lose counts an item that is not in the store, once, and delivers it.
func (x *Engine[S, O, D, P]) lose(i *Item[O, P]) {
	if i.lost {
		return
	}
	x.fault(fault.Report{Fault: fault.StoreLost})
	x.host.Uncommitted(i)
}
