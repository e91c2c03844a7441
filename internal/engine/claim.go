package engine

import (
	"context"
	"errors"
	"maps"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Sweep claims the records that are due. It decides what time has done to them, and delivers what a dead instance
// has committed and not delivered. The store gives each record to one instance.
func (x *Engine[S, O, D, P]) Sweep(ctx context.Context) error {
	for !x.cfg.HandOver {
		claimed := time.Now()
		now, due, err := x.claim(ctx, claimBatch)
		if err != nil {
			x.reportTo(ctx, err)
			return err
		}
		if err := x.turn.Take(ctx); err != nil {
			return err // the cause of the caller's context
		}
		err = x.lookAt(ctx, now, due, claimed.Add(Lease))
		x.turn.Give()
		if err != nil {
			x.reportTo(ctx, err)
			return err
		}
		x.wake.Set()
		if len(due) < claimBatch {
			return nil
		}
	}
	return nil
}

// claim asks the store for records that are due, and sets the clock by its answer.
func (x *Engine[S, O, D, P]) claim(ctx context.Context, limit int) (now time.Time, due []ledger.Record, err error) {
	err = x.call(ctx, func(ctx context.Context) (err error) {
		now, due, err = x.store.Claim(ctx, limit, Lease)
		return err
	})
	if err == nil && now.IsZero() {
		err = errNoTime
	}
	if err == nil {
		x.clock.Set(now)
	}
	return now, due, err
}

// lookAt deals with records that were claimed, while the lease lasts. Where that took longer, because the machine stood
// still or another call had the turn, the store gives the rest to another instance.
func (x *Engine[S, O, D, P]) lookAt(ctx context.Context, now time.Time, due []ledger.Record, until time.Time) error {
	by, err := x.takeOver(ctx, now, due)
	if err != nil {
		return err
	}
	changes, waiting := make([]ledger.Change, 0, len(due)), x.waitingOf(due)
	ops := map[ledger.Key]O{}
	for k := range due {
		rec := &due[k]
		if rec.Closed || !time.Now().Before(until) {
			continue
		}
		passes, err := x.redeliver(ctx, rec, now, by)
		switch {
		case errors.Is(err, ErrLog):
			x.reportUnread(rec.Key, err)
			continue
		case err != nil:
			x.report(err)
			continue
		}
		if passes && !waiting[rec.Key] {
			o := x.passing(now)
			ops[rec.Key] = o
			changes = append(changes, ledger.Change{Key: rec.Key, Append: o.Append(nil), Lease: Lease})
		}
	}
	return x.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) {
		x.deliverRecord(rec, []*Item[O, P]{{Key: rec.Key, Op: ops[c.Key]}})
	})
}

// waitingOf returns which of the records have ops of this instance that are not in the store yet. Such an op may be a sign of life
// from before the moment that time would decide: the next claim decides it.
func (x *Engine[S, O, D, P]) waitingOf(due []ledger.Record) map[ledger.Key]bool {
	waiting := make(map[ledger.Key]bool, len(due))
	for k := range due {
		waiting[due[k].Key] = false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, i := range x.pending {
		if _, ok := waiting[i.Key]; ok {
			waiting[i.Key] = true
		}
	}
	return waiting
}

// redeliver delivers the effects of the ops that this instance has taken over by the sign of life with the ID by, and reports
// whether time has done something to the record that its log does not say yet.
func (x *Engine[S, O, D, P]) redeliver(ctx context.Context, rec *ledger.Record, now time.Time, by uint64) (passes bool, err error) {
	state, since, err := x.machine.Read(rec.Log)
	if err != nil {
		return false, err
	}
	delivered := map[uint64]bool{}
	for k := range since {
		e := &since[k]
		if e.Done.Effects() == 0 || e.Op.Settled() {
			continue
		}
		if _, taken := sign(since, e.Op.Key()); taken != by {
			continue
		}
		delivered[e.Op.Key()] = true
		r := Result[S, O, D, P]{Key: rec.Key, State: state, Op: e.Op, Done: e.Done, Mine: true}
		if firstOwner(since, e.Op.Key()) {
			r.Items = []*Item[O, P]{}
		}
		x.host.Deliver(r)
	}
	if !x.machine.Over(state) && x.machine.Empty(state) && len(since) == 0 {
		// Nothing has happened since it became a state, which it did because nothing had happened for a while.
		_, err := x.writeOnce(ctx, []ledger.Change{{Key: rec.Key, If: rec.Log, Replace: []byte{}, Close: true}})
		return false, err
	}
	x.settleLater(rec, since, delivered, now)
	return x.machine.Passes(state, now), nil
}

// deliveredHere returns the keys of the ops whose effects this instance has delivered and may not have settled.
func (x *Engine[S, O, D, P]) deliveredHere(id ledger.Key) map[uint64]bool {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	ops := map[uint64]bool{}
	for _, p := range []*pendingSettle{x.toSettle[id], x.beingSettled[id]} {
		if p != nil {
			maps.Copy(ops, p.ops)
		}
	}
	return ops
}
