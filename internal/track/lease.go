package track

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
// settled. Another instance takes the op over when it has seen no sign of life for [storeLease]: the first one may be dead.
// An instance that cannot settle therefore gives a sign of life in time: it stamps its op again, or appends an opAlive where
// other instances keep changing the log.
//
//	append op(key) ──▶ deliver ──▶ settle
//	                     │ ▲
//	                     ▼ │ every aliveAfter, while it cannot settle
//	                stamp op(key), or append opAlive(key)
//
//	append opAlive(key), storeLease after the last sign ──▶ taken over ──▶ deliver again ──▶ settle
//
// The log decides which of several instances takes an op over: the first opAlive whose time lies at least the lease behind
// the last sign does, and a later one comes too late. The writer of an op may learn so late that the store has it that the
// lease is over. Then it takes the op over in the same way, or does not deliver it.

// aliveAfter is how long an instance waits before it gives a sign of life. The rest of the lease is left to a call of
// settleAll that runs out of time, to a pause of the process, and to the write itself.
const aliveAfter = storeLease / 4

// sign returns the last sign of life of the instance that delivers the effects of the op with the key, and the ID of the
// opAlive by which that instance took the op over, or 0 where it wrote the op. An op that was appended again, because the
// store did not answer, is no sign: its writer has not delivered it.
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

// unsettledOps returns the keys of the ops in the log that have effects and are not settled, as far as ok accepts them.
func unsettledOps(since []entry, ok func(key uint64) bool) (keys []uint64) {
	for k := range since {
		if e := &since[k]; e.done.n > 0 && !e.op.settled && ok(e.op.key) {
			keys = append(keys, e.op.key)
		}
	}
	return keys
}

// appendAlive appends to b a sign of life for each of these ops.
func appendAlive(b []byte, id uint64, keys []uint64, now time.Time) []byte {
	for _, key := range keys {
		o := op{kind: opAlive, id: id, key: key, sent: now.UnixNano(), at: now.UnixNano(), until: now.UnixNano()}
		b = o.append(b)
	}
	return b
}

// takeOver takes over the ops of dead instances in records that are due. It puts each record as it is then in the place of
// the claimed one, and returns the ID that its opAlive entries have.
func (r *remote) takeOver(ctx context.Context, now time.Time, due []ledger.Record) (by uint64, err error) {
	by = opKey()
	var changes []ledger.Change
	at := map[ledger.Key]int{}
	for k := range due {
		rec := &due[k]
		_, since, err := readLog(rec.Log)
		if err != nil || rec.Closed {
			continue // redeliver reports it
		}
		mine := r.deliveredHere(rec.Key)
		dead := unsettledOps(since, func(key uint64) bool {
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

// takeBack takes the ops of the items over where the store has answered so late that another instance may do so. It returns
// the record as it is then, and the ID of its opAlive entries, or 0 where it had nothing to take over. Where the store does
// not answer, the effects are delivered under the same IDs without being counted, and the instance that takes them over
// later delivers them again.
func (r *remote) takeBack(rec *ledger.Record, since []entry, items []*item, now time.Time) (*ledger.Record, uint64) {
	late := unsettledOps(since, func(key uint64) bool {
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

// mayDeliver reports whether this instance delivers the effects of its op with the key: no other instance has taken the op
// over. Back is the ID of the opAlive by which this one took it over itself, or 0.
func mayDeliver(since []entry, key, back uint64, now time.Time) bool {
	last, by := sign(since, key)
	return by == back && back != 0 || by == 0 && !lapsed(last, now.UnixNano())
}

// isOrphan reports whether the log knows of no instance that has delivered the effects of the op with the key, or has taken
// it over.
func isOrphan(since []entry, key uint64) bool {
	_, by := sign(since, key)
	return by == 0 && len(unsettledOps(since, func(k uint64) bool { return k == key })) > 0
}

// extend gives a sign of life for what this instance has delivered and not settled, so that no other instance delivers it
// again. Where others keep changing a log it appends the sign, which nothing prevents.
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

// stamps returns the changes that stamp anew what this instance has delivered, where a sign of life is due.
func (r *remote) stamps(now time.Time) (changes []ledger.Change) {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	for _, of := range []map[ledger.Key]*pendingSettle{r.toSettle, r.beingSettled} {
		for id, p := range of {
			if time.Since(p.signed) < aliveAfter {
				continue
			}
			run, since, err := readLog(p.log)
			if err != nil {
				continue // settleChange reports it
			}
			c := ledger.Change{Key: id, If: p.log, Replace: stamped(p, since, now), Lease: storeLease, Place: run.place()}
			if due := run.dueAt(); due != 0 { // a sink that is away does not hold up what time does
				c.Due = at(due).Add(storeGrace)
			}
			changes = append(changes, c)
		}
	}
	return changes
}

// stamped returns the log in which each op that this instance has delivered has a new sign of life: the op itself, or the
// opAlive by which it was taken over. Older signs are left out.
func stamped(p *pendingSettle, since []entry, now time.Time) []byte {
	log := foldLog(p.log, 0).log()
	for k := range since {
		e := &since[k]
		if !p.ops[e.op.key] {
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

// signs returns entries that are signs of life for what this instance has delivered and the record has not settled.
func (r *remote) signs(rec *ledger.Record, now time.Time) []byte {
	_, since, err := readLog(rec.Log) // a closed one is empty
	if err != nil {
		return nil // settleChange reports it
	}
	mine := r.deliveredHere(rec.Key)
	return appendAlive(nil, opKey(), unsettledOps(since, func(key uint64) bool { return mine[key] }), now)
}

// signed notes that the record has a sign of life of this instance from then.
func (r *remote) signed(rec *ledger.Record, then time.Time) {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	for _, p := range []*pendingSettle{r.toSettle[rec.Key], r.beingSettled[rec.Key]} {
		if p != nil {
			p.log, p.signed = bytes.Clone(rec.Log), then
		}
	}
}
