package track

import (
	"bytes"
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// How one instance at a time tells a transition
//
// The instance that appends an op tells what the op did. The store does not know that it was told until the
// op is settled. Another instance takes the op over when it has heard nothing of the first one for
// [storeLease]: the first one may be dead. An instance that cannot settle therefore says that it is alive,
// in time: it stamps its op again, or appends an opAlive where other instances change the log all the time.
//
//	append op(key) ──▶ tell ──▶ settle
//	                    │ ▲
//	                    ▼ │ every aliveAfter, while it cannot settle
//	               stamp op(key), or append opAlive(key)
//
//	append opAlive(key), storeLease after the last sign ──▶ taken over ──▶ tell again ──▶ settle
//
// The log decides which of several instances takes an op over: the first opAlive whose time lies at least
// the lease behind the last sign does, and a later one comes too late. The writer of an op may hear so late
// that the store has it that the lease is over. It takes the op over in the same way, or does not tell it.

// aliveAfter is how long an instance waits before it says that it is alive. The rest of the lease is for
// a call of settleAll that runs out of time, for a pause, and for the write itself.
const aliveAfter = storeLease / 4

// sign returns the last sign of life of the instance that tells what the op with the key did, and the ID of
// the opAlive by which that instance took the op over, or 0 where it wrote the op. An op that was appended
// again, since the store did not answer, is no sign: its writer has not told it.
func sign(since []entry, key uint64) (last int64, by uint64) {
	first := true
	for k := range since {
		o := &since[k].op
		switch {
		case o.key != key:
		case first:
			first, last = false, o.sent
		case o.kind == opAlive:
			if lapsed(last, o.sent) {
				by = o.id
			}
			last = max(last, o.sent)
		}
	}
	return last, by
}

// lapsed reports whether an instance that gave its last sign of life then may be dead by now.
func lapsed(last, now int64) bool { return now-last >= int64(storeLease) }

// untoldBy returns the keys of the ops in the log whose effects the store does not know to be told, if ok
// says so of the key.
func untoldBy(since []entry, ok func(key uint64) bool) (keys []uint64) {
	for k := range since {
		if e := &since[k]; e.done.n > 0 && !e.op.told && ok(e.op.key) {
			keys = append(keys, e.op.key)
		}
	}
	return keys
}

// appendAlive appends to b that the instance which tells what these ops did is alive.
func appendAlive(b []byte, id uint64, keys []uint64, now time.Time) []byte {
	for _, key := range keys {
		o := op{kind: opAlive, id: id, key: key, sent: now.UnixNano(), at: now.UnixNano(), until: now.UnixNano()}
		b = o.append(b)
	}
	return b
}

// takeOver takes over what a dead instance has not told, of runs that are due. It puts the record as it
// is then in the place of each, and returns the ID that its opAlive entries have.
func (r *remote) takeOver(ctx context.Context, now time.Time, due []ledger.Record) (by uint64, err error) {
	by = opKey()
	var changes []ledger.Change
	at := map[ledger.Key]int{}
	for k := range due {
		rec := &due[k]
		_, since, err := readLog(rec.Log)
		if err != nil || rec.Closed {
			continue // it is reported when it is looked at
		}
		mine := r.toldOf(rec.Key)
		dead := untoldBy(since, func(key uint64) bool {
			last, _ := sign(since, key)
			return !mine[key] && lapsed(last, now.UnixNano())
		})
		if len(dead) > 0 {
			at[rec.Key] = k
			changes = append(changes, ledger.Change{Key: rec.Key, Append: appendAlive(nil, by, dead, now), Lease: storeLease})
		}
	}
	err = r.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) { due[at[c.Key]] = *rec })
	return by, err
}

// takeBack takes over what the items did, where the store answered so late that another instance may do so. It
// returns the record as it is then, and the ID of its opAlive entries, or 0. Where the store does not answer, it
// is told under the same IDs without being counted, and the instance that takes it over later tells it again.
func (r *remote) takeBack(rec *ledger.Record, since []entry, items []*item, now time.Time) (*ledger.Record, uint64) {
	late := untoldBy(since, func(key uint64) bool {
		last, _ := sign(since, key)
		return lapsed(last, now.UnixNano()) && slices.ContainsFunc(items, func(i *item) bool { return i.op.key == key })
	})
	if len(late) == 0 {
		return rec, 0
	}
	by := opKey()
	records, err := r.writeOnce(r.ctx, []ledger.Change{{Key: rec.Key, Append: appendAlive(nil, by, late, now), Lease: storeLease}})
	if err != nil {
		r.report(err)
		return rec, by
	}
	return &records[0], by
}

// isToBeTold reports whether this instance tells what its op with the key did: unless another instance took the
// op over. Back is the ID of the opAlive by which this one took it over itself, or 0.
func isToBeTold(since []entry, key, back uint64, now time.Time) bool {
	last, by := sign(since, key)
	return by == back && back != 0 || by == 0 && !lapsed(last, now.UnixNano())
}

// isAlone reports whether the log knows of no instance that has told what the op with the key did, or has taken it over.
func isAlone(since []entry, key uint64) bool {
	_, by := sign(since, key)
	return by == 0 && len(untoldBy(since, func(k uint64) bool { return k == key })) > 0
}

// extend notes in the store that this instance, which has told what is not settled, is alive, so that no other
// instance tells it again. Where others change a log all the time it appends that, which nothing prevents.
func (r *remote) extend(ctx context.Context) error {
	now, here := r.storeNow(ctx), time.Now()
	var changed []ledger.Change
	err := r.inBatches(ctx, r.stamps(now), func(c *ledger.Change, rec *ledger.Record) {
		if bytes.Equal(rec.Log, c.Replace) {
			r.signed(rec, here)
		} else if signs := r.signs(rec, now); len(signs) > 0 {
			changed = append(changed, ledger.Change{Key: c.Key, Append: signs, Lease: storeLease})
		}
	})
	if err != nil {
		return err
	}
	return r.inBatches(ctx, changed, func(_ *ledger.Change, rec *ledger.Record) { r.signed(rec, here) })
}

// stamps returns the changes that stamp anew what this instance has told, where that is due.
func (r *remote) stamps(now time.Time) (changes []ledger.Change) {
	r.telling.Lock()
	defer r.telling.Unlock()
	for _, of := range []map[ledger.Key]*told{r.untold, r.inHand} {
		for id, t := range of {
			if time.Since(t.signed) < aliveAfter {
				continue
			}
			run, since, err := readLog(t.log)
			if err != nil {
				continue // it is reported when it is settled
			}
			c := ledger.Change{Key: id, If: t.log, Replace: stamped(t, since, now), Lease: storeLease, Place: run.place()}
			if due := run.dueAt(); due != 0 { // what time does is not to wait for a sink
				c.Due = at(due).Add(storeGrace)
			}
			changes = append(changes, c)
		}
	}
	return changes
}

// stamped returns the log in which each op that was told has a new sign of life: the op itself, or the opAlive by
// which it was taken over. Other signs of it are left out.
func stamped(t *told, since []entry, now time.Time) []byte {
	log := foldLog(t.log, 0).log()
	for k := range since {
		e := &since[k]
		if !t.ops[e.op.key] {
			log = append(log, e.raw...)
			continue
		}
		_, by := sign(since, e.op.key)
		alive := e.op.kind == opAlive
		if alive && e.op.id != by {
			continue
		}
		if alive || by == 0 {
			e.op.sent = now.UnixNano()
		}
		log = e.op.append(log)
	}
	return log
}

// signs returns entries that say of what this instance has told, and the record does not know to be told, that the
// instance is alive.
func (r *remote) signs(rec *ledger.Record, now time.Time) []byte {
	_, since, err := readLog(rec.Log) // a closed one is empty
	if err != nil {
		return nil // it is reported when it is settled
	}
	mine := r.toldOf(rec.Key)
	return appendAlive(nil, opKey(), untoldBy(since, func(key uint64) bool { return mine[key] }), now)
}

// signed notes that the record says since then that this instance is alive.
func (r *remote) signed(rec *ledger.Record, then time.Time) {
	r.telling.Lock()
	defer r.telling.Unlock()
	for _, t := range []*told{r.untold[rec.Key], r.inHand[rec.Key]} {
		if t != nil {
			t.log, t.signed = bytes.Clone(rec.Log), then
		}
	}
}
