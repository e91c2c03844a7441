package track

import (
	"context"
	"fmt"
	"maps"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// sweep claims the records that are due. It decides what time has done to their runs, and delivers what a dead instance
// has committed and not delivered. The store gives each record to one instance.
func (r *remote) sweep(ctx context.Context) error {
	for {
		claimed := time.Now()
		now, due, err := r.claim(ctx, claimBatch)
		if err != nil {
			r.reportTo(ctx, err)
			return err
		}
		if err := r.turn.Take(ctx); err != nil {
			return err // the cause of the caller's context
		}
		err = r.lookAt(ctx, now, due, claimed.Add(storeLease))
		r.turn.Give()
		if err != nil {
			r.reportTo(ctx, err)
			return err
		}
		r.wake.Set()
		if len(due) < claimBatch {
			return nil
		}
	}
}

// claim asks the store for records that are due, and sets the clock by its answer. A panic of the store is an error.
func (r *remote) claim(ctx context.Context, limit int) (now time.Time, due []ledger.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the store panicked: %T", p)
			r.cfg.panicked(p)
		}
	}()
	if now, due, err = r.store.Claim(ctx, limit, storeLease); err == nil && now.IsZero() {
		err = errNoTime
	}
	if err == nil {
		r.clock.set(now)
	}
	return now, due, err
}

// lookAt deals with records that were claimed, while the lease lasts. Where that took longer, because the machine stood
// still or another call had the turn, the store gives the rest to another instance.
func (r *remote) lookAt(ctx context.Context, now time.Time, due []ledger.Record, until time.Time) error {
	by, err := r.takeOver(ctx, now, due)
	if err != nil {
		return err
	}
	changes := make([]ledger.Change, 0, len(due))
	ops := map[ledger.Key]*op{}
	for k := range due {
		rec := &due[k]
		if rec.Closed || !time.Now().Before(until) {
			continue
		}
		passes, err := r.redeliver(ctx, rec, now, by)
		if err != nil {
			r.report(err)
			continue
		}
		if passes {
			o := r.passing(now)
			ops[rec.Key] = o
			changes = append(changes, ledger.Change{Key: rec.Key, Append: o.append(nil), Lease: storeLease})
		}
	}
	return r.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) {
		r.deliverRecord(rec, []*item{{id: rec.Key, op: *ops[c.Key]}})
	})
}

// redeliver delivers the effects of the ops that this instance has taken over by the opAlive with the ID by, and reports
// whether time has done something to the run that its log does not say yet.
func (r *remote) redeliver(ctx context.Context, rec *ledger.Record, now time.Time, by uint64) (passes bool, err error) {
	run, since, err := readLog(rec.Log)
	if err != nil {
		return false, err
	}
	delivered := map[uint64]bool{}
	for k := range since {
		e := &since[k]
		if e.done.n == 0 || e.op.settled {
			continue
		}
		if _, taken := sign(since, e.op.key); taken != by {
			continue
		}
		delivered[e.op.key] = true
		r.deliver(run, nil, &e.op, &e.done, nil)
	}
	if !run.over && !run.begun && len(since) == 0 {
		// Nothing has happened since it became a state, which it did because nothing had happened for a while.
		_, err := r.writeOnce(ctx, []ledger.Change{{Key: rec.Key, If: rec.Log, Replace: []byte{}, Close: true}})
		return false, err
	}
	r.settleLater(rec, since, delivered, now)
	return r.passes(run, now), nil
}

// deliveredHere returns the keys of the ops whose effects this instance has delivered and may not have settled.
func (r *remote) deliveredHere(id ledger.Key) map[uint64]bool {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	ops := map[uint64]bool{}
	for _, p := range []*pendingSettle{r.toSettle[id], r.beingSettled[id]} {
		if p != nil {
			maps.Copy(ops, p.ops)
		}
	}
	return ops
}

// count asks the store how many runs are live where, as far as this instance has the count lease.
func (r *remote) count(ctx context.Context) {
	c, ok := r.store.(ledger.Counter)
	if !ok || time.Since(r.counted) < storeLease/3 {
		return
	}
	r.counted = time.Now()
	within, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	live, held, err := c.Count(within, r.holder, storeLease)
	switch {
	case err != nil:
		r.reportTo(ctx, err)
	case held:
		r.live.Store(&live)
	default:
		r.live.Store(nil)
	}
}
