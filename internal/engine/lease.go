package engine

import (
	"bytes"
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// How one instance at a time delivers an effect
//
// The instance that appends an op delivers its effects. The store does not know that they were delivered until the op is
// settled. Another instance takes the op over when it has seen no sign of life for [Lease]: the first one may be dead.
// An instance that cannot settle therefore gives a sign of life in time: it stamps its op again, or appends an sign of life where
// other instances keep changing the log.
//
//	append op(key) ──▶ deliver ──▶ settle
//	                     │ ▲
//	                     ▼ │ every aliveAfter, while it cannot settle
//	                stamp op(key), or append sign of life(key)
//
//	append sign of life(key), Lease after the last sign ──▶ taken over ──▶ deliver again ──▶ settle
//
// The log decides which of several instances takes an op over: the first sign of life whose time lies at least the lease behind
// the last sign does, and a later one comes too late. The writer of an op may learn so late that the store has it that the
// lease is over. Then it takes the op over in the same way, or does not deliver it.

// aliveAfter is how long an instance waits before it gives a sign of life. The rest of the lease is left to a call of
// settleAll that runs out of time, to a pause of the process, and to the write itself.
const aliveAfter = Lease / 4

// sign returns the last sign of life of the instance that delivers the effects of the op with the key, and the ID of the
// sign of life by which that instance took the op over, or 0 where it wrote the op. An op that was appended again, because the
// store did not answer, is no sign: its writer has not delivered it.
func sign[O Op, D Done](since []Entry[O, D], key uint64) (last int64, by uint64) {
	first := true
	for k := range since {
		o := since[k].Op
		switch {
		case o.Key() != key:
		case first:
			first, last = false, o.Sent()
		case o.IsAlive():
			if lapsed(last, o.Sent()) {
				by = o.By()
			}
			last = max(last, o.Sent())
		}
	}
	return last, by
}

// lapsed reports whether an instance that gave its last sign of life then may be dead by now.
func lapsed(last, now int64) bool { return now-last >= int64(Lease) }

// unsettledOps returns the keys of the ops in the log that have effects and are not settled, as far as ok accepts them.
func unsettledOps[O Op, D Done](since []Entry[O, D], ok func(key uint64) bool) (keys []uint64) {
	for k := range since {
		if e := &since[k]; e.Done.Effects() > 0 && !e.Op.Settled() && ok(e.Op.Key()) {
			keys = append(keys, e.Op.Key())
		}
	}
	return keys
}

// appendAlive appends to b a sign of life for each of these ops.
func (x *Engine[S, O, D, P]) appendAlive(b []byte, by uint64, keys []uint64, now time.Time) []byte {
	for _, key := range keys {
		b = x.machine.Alive(by, key, now).Append(b)
	}
	return b
}

// takeOver takes over the ops of dead instances in records that are due. It puts each record as it is then in the place of
// the claimed one, and returns the ID that its sign of life entries have.
func (x *Engine[S, O, D, P]) takeOver(ctx context.Context, now time.Time, due []ledger.Record) (by uint64, err error) {
	by = newKey()
	var changes []ledger.Change
	at := map[ledger.Key]int{}
	for k := range due {
		rec := &due[k]
		_, since, err := x.machine.Read(rec.Log)
		if err != nil || rec.Closed {
			continue // redeliver reports it
		}
		mine := x.deliveredHere(rec.Key)
		dead := unsettledOps(since, func(key uint64) bool {
			last, _ := sign(since, key)
			return !mine[key] && lapsed(last, now.UnixNano())
		})
		if len(dead) > 0 {
			at[rec.Key] = k
			changes = append(changes, ledger.Change{Key: rec.Key, Append: x.appendAlive(nil, by, dead, now), Lease: Lease})
		}
	}
	err = x.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) { due[at[c.Key]] = *rec })
	return by, err
}

// takeBack takes the ops of the items over where the store has answered so late that another instance may do so. It returns
// the record as it is then, and the ID of its sign of life entries, or 0 where it had nothing to take over. Where the store does
// not answer, the effects are delivered under the same IDs without being counted, and the instance that takes them over
// later delivers them again.
func (x *Engine[S, O, D, P]) takeBack(rec *ledger.Record, since []Entry[O, D], items []*Item[O, P], now time.Time) (*ledger.Record, uint64) {
	late := unsettledOps(since, func(key uint64) bool {
		last, _ := sign(since, key)
		return lapsed(last, now.UnixNano()) && slices.ContainsFunc(items, func(i *Item[O, P]) bool { return i.Op.Key() == key })
	})
	if len(late) == 0 {
		return rec, 0
	}
	by := newKey()
	records, err := x.writeOnce(x.ctx, []ledger.Change{{Key: rec.Key, Append: x.appendAlive(nil, by, late, now), Lease: Lease}})
	if err != nil {
		x.report(err)
		return rec, by
	}
	return &records[0], by
}

// mayDeliver reports whether this instance delivers the effects of its op with the key: no other instance has taken the op
// over. Back is the ID of the sign of life by which this one took it over itself, or 0.
func mayDeliver[O Op, D Done](since []Entry[O, D], key, back uint64, now time.Time) bool {
	last, by := sign(since, key)
	return by == back && back != 0 || by == 0 && !lapsed(last, now.UnixNano())
}

// isOrphan reports whether the log knows of no instance that has delivered the effects of the op with the key, or has taken
// it over.
func isOrphan[O Op, D Done](since []Entry[O, D], key uint64) bool {
	_, by := sign(since, key)
	return by == 0 && len(unsettledOps(since, func(k uint64) bool { return k == key })) > 0
}

// extend gives a sign of life for what this instance has delivered and not settled, so that no other instance delivers it
// again. Where others keep changing a log it appends the sign, which nothing prevents.
func (x *Engine[S, O, D, P]) extend(ctx context.Context) error {
	now, here := x.storeNow(ctx), time.Now()
	var changed []ledger.Change
	err := x.inBatches(ctx, x.stamps(now), func(c *ledger.Change, rec *ledger.Record) {
		if bytes.Equal(rec.Log, c.Replace) {
			x.signed(rec, here)
		} else if signs := x.signs(rec, now); len(signs) > 0 {
			changed = append(changed, ledger.Change{Key: c.Key, Append: signs, Lease: Lease})
		}
	})
	if err != nil {
		return err
	}
	return x.inBatches(ctx, changed, func(_ *ledger.Change, rec *ledger.Record) { x.signed(rec, here) })
}

// stamps returns the changes that stamp anew what this instance has delivered, where a sign of life is due.
func (x *Engine[S, O, D, P]) stamps(now time.Time) (changes []ledger.Change) {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	for _, of := range []map[ledger.Key]*pendingSettle{x.toSettle, x.beingSettled} {
		for id, p := range of {
			if time.Since(p.signed) < aliveAfter {
				continue
			}
			state, since, err := x.machine.Read(p.log)
			if err != nil {
				continue // settleChange reports it
			}
			c := ledger.Change{Key: id, If: p.log, Replace: x.stamped(p, since, now)}
			x.machine.Rest(&c, state) // a sink that is away does not hold up what time does
			c.Lease = Lease
			changes = append(changes, c)
		}
	}
	return changes
}

// stamped returns the log in which each op that this instance has delivered has a new sign of life: the op itself, or the
// sign of life by which it was taken over. Older signs are left out.
func (x *Engine[S, O, D, P]) stamped(p *pendingSettle, since []Entry[O, D], now time.Time) []byte {
	log := x.machine.Whole(x.machine.Fold(p.log, 0))
	for k := range since {
		e := &since[k]
		if !p.ops[e.Op.Key()] {
			log = append(log, e.Raw...)
			continue
		}
		_, by := sign(since, e.Op.Key())
		alive := e.Op.IsAlive()
		if alive && e.Op.By() != by {
			continue
		}
		if alive || by == 0 {
			e.Op.SetSent(now.UnixNano())
		}
		log = e.Op.Append(log)
	}
	return log
}

// signs returns entries that are signs of life for what this instance has delivered and the record has not settled.
func (x *Engine[S, O, D, P]) signs(rec *ledger.Record, now time.Time) []byte {
	_, since, err := x.machine.Read(rec.Log) // a closed one is empty
	if err != nil {
		return nil // settleChange reports it
	}
	mine := x.deliveredHere(rec.Key)
	return x.appendAlive(nil, newKey(), unsettledOps(since, func(key uint64) bool { return mine[key] }), now)
}

// signed notes that the record has a sign of life of this instance from then.
func (x *Engine[S, O, D, P]) signed(rec *ledger.Record, then time.Time) {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	for _, p := range []*pendingSettle{x.toSettle[rec.Key], x.beingSettled[rec.Key]} {
		if p != nil {
			p.log, p.signed = bytes.Clone(rec.Log), then
		}
	}
}
