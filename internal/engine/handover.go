package engine

import (
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// How an instance hands over
//
// An instance that does not go on, such as a command, commits ops and delivers none of their effects. It writes each op as an instance
// would have done that died a lease ago, and makes the record due: the next instance that claims the record takes the op over. What
// waits is decided by that instance, too. Instances of earlier releases read such an op, and take it over.
//
//	append op(key), sent a lease ago ──▶ claimed and taken over ──▶ deliver ──▶ settle
//	        this instance                          another instance
//
// The key says that the op was handed over, so that the first instance that takes it over counts the effects. A second one, after the
// death of the first, counts nothing, as always. An instance of an earlier release counts nothing.

// handed are the bits of a key that an op has not which is handed over. Every other key is odd.
const handed uint64 = 1<<16 - 1

const (
	// handOverAfter is when a record is due in which an op was handed over.
	handOverAfter = time.Millisecond
	// handOverBefore is by how much longer than a lease ago the op was sent: the clock of a store may count whole milliseconds.
	handOverBefore = time.Second
)

// sent returns the time of sending of an op that is written now.
func (x *Engine[S, O, D, P]) sent(now time.Time) time.Time {
	if x.cfg.HandOver {
		return now.Add(-Lease - handOverBefore)
	}
	return now
}

// handOver gives the host what came with the items, and none of their effects.
func (x *Engine[S, O, D, P]) handOver(rec *ledger.Record, state S, since []Entry[O, D], items []*Item[O, P]) {
	for _, i := range items {
		done, ok := doneBy(since, i.Op.Key())
		if ok && done.IsLate() {
			x.host.Late(i, state, true)
			continue
		}
		x.host.Deliver(Result[S, O, D, P]{Key: rec.Key, State: state, Op: i.Op, Done: done, Item: i, Items: items})
	}
	x.host.Synced(rec.Key, state)
}

// firstOwner reports whether the op with the key was handed over, and one instance at most has taken it over.
func firstOwner[O Op, D Done](since []Entry[O, D], key uint64) bool {
	if key&handed != 0 {
		return false
	}
	var last int64
	first, owners := true, 0
	for k := range since {
		o := since[k].Op
		switch {
		case o.Key() != key:
		case first:
			first, last = false, o.Sent()
		case o.IsAlive():
			if lapsed(last, o.Sent()) {
				owners++
			}
			last = max(last, o.Sent())
		}
	}
	return owners <= 1
}
