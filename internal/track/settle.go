package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// settleLater notes that the effects of these ops were delivered, at now by the store's clock, so that they are settled
// once they are safe.
func (r *remote) settleLater(rec *ledger.Record, since []entry, ops map[uint64]bool, now time.Time) {
	signed := time.Now()
	r.openMu.Lock()
	defer r.openMu.Unlock()
	p := r.toSettle[rec.Key]
	if p == nil {
		p = &pendingSettle{ops: map[uint64]bool{}, signed: signed}
		r.toSettle[rec.Key] = p
	}
	p.log = bytes.Clone(rec.Log)
	for key := range ops {
		p.ops[key] = true
		last, _ := sign(since, key)
		if ago := signed.Add(at(last).Sub(now)); ago.Before(p.signed) {
			p.signed = ago
		}
	}
}

// settleLoop settles until the tracker is stopped. What it cannot settle it gives a sign of life for.
func (r *remote) settleLoop() {
	wait := time.Duration(0)
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.wake:
		}
		if wait > 0 && !pause(r.ctx, wait) {
			return
		}
		ctx, cancel := context.WithTimeout(r.ctx, storeLease/3)
		err := r.settleAll(ctx)
		cancel()
		wait = pauseToSettle
		if err != nil {
			wait = time.Second
		}
		if errors.Is(err, errUnsafe) {
			r.reportUnsafe(err)
			err = nil
		}
		if errors.Is(err, errBusy) {
			err = nil
		}
		if r.leftToSettle() {
			err = errors.Join(err, r.extend(r.ctx))
			r.wake.Set()
		}
		if err != nil && r.ctx.Err() == nil {
			r.report(err)
		}
	}
}

// leftToSettle reports whether this instance has delivered something that is not settled.
func (r *remote) leftToSettle() bool {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	return len(r.toSettle)+len(r.beingSettled) > 0
}

// settleAll waits until what was delivered is safe, and settles it. A run that is not safe, or that other instances keep
// changing, stays for the next call.
func (r *remote) settleAll(ctx context.Context) error {
	if err := r.settling.Take(ctx); err != nil {
		return fmt.Errorf("%w: another call is still settling: %w", errUnsafe, err)
	}
	defer r.settling.Give()
	r.openMu.Lock()
	batch := r.toSettle
	r.toSettle, r.beingSettled = map[ledger.Key]*pendingSettle{}, maps.Clone(batch)
	r.openMu.Unlock()
	defer func() {
		r.openMu.Lock()
		r.beingSettled = nil
		r.openMu.Unlock()
	}()
	if len(batch) == 0 {
		return nil
	}
	if err := r.cfg.safe(ctx); err != nil {
		r.giveBack(batch)
		return fmt.Errorf("%w: %w", errUnsafe, err)
	}
	for round := 0; len(batch) > 0 && round < 8; round++ {
		if err := r.settleOnce(ctx, batch); err != nil {
			r.giveBack(batch)
			return err
		}
	}
	if len(batch) > 0 {
		r.giveBack(batch)
		return errBusy
	}
	return nil
}

// giveBack keeps what was not settled for the next call of settleAll.
func (r *remote) giveBack(batch map[ledger.Key]*pendingSettle) {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	for id, p := range batch {
		newer := r.toSettle[id]
		if newer == nil {
			r.toSettle[id] = p
			continue
		}
		for op := range p.ops {
			newer.ops[op] = true
		}
		if p.signed.Before(newer.signed) {
			newer.signed = p.signed
		}
	}
}

// settleOnce replaces the logs by their states, as far as their effects were delivered. It takes those for which that
// worked out of the batch; the log of another one is now what the store has.
func (r *remote) settleOnce(ctx context.Context, batch map[ledger.Key]*pendingSettle) error {
	changes := make([]ledger.Change, 0, len(batch))
	for id, p := range batch {
		c, err := r.settleChange(id, r.logOf(p), p.ops)
		if err != nil {
			r.report(err)
			delete(batch, id)
			continue
		}
		changes = append(changes, c)
	}
	return r.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) {
		if rec.Closed || rec.Log == nil || bytes.Equal(rec.Log, c.Replace) {
			delete(batch, c.Key)
			return
		}
		r.openMu.Lock()
		defer r.openMu.Unlock()
		batch[c.Key].log = bytes.Clone(rec.Log)
	})
}

// logOf returns the log that is to be replaced. [remote.extend] may change it meanwhile.
func (r *remote) logOf(p *pendingSettle) []byte {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	return p.log
}

// settleChange returns the change that settles the run: it replaces the log by the state up to the last op that can be
// settled. Ops behind it stay, and those that were delivered are marked as settled. The run's record is closed when the
// run is over and nothing is open.
func (r *remote) settleChange(id ledger.Key, log []byte, delivered map[uint64]bool) (ledger.Change, error) {
	_, since, err := readLog(log)
	if err != nil {
		return ledger.Change{}, err
	}
	n := settleable(since, delivered)
	run := foldLog(log, n)
	c := ledger.Change{Key: id, If: log, Keep: r.cfg.Remember}
	if n == len(since) && run.over {
		c.Replace, c.Close = []byte{}, true
		return c, nil
	}
	c.Replace = run.log()
	for _, e := range since[n:] {
		if e.op.kind == opAlive && delivered[e.op.key] {
			continue // the op that it is a sign of life for is marked as settled
		}
		if e.done.n == 0 || e.op.settled || !delivered[e.op.key] {
			c.Replace = append(c.Replace, e.raw...)
			continue
		}
		e.op.settled = true
		c.Replace = e.op.append(c.Replace)
	}
	c.Customer = run.customer.Hash
	switch due := run.dueAt(); {
	case n < len(since):
		c.Lease = storeLease // another instance has to deliver something, or something is not decided
	case due != 0:
		c.Due = at(due).Add(storeGrace)
	case !run.begun:
		c.Lease = r.cfg.keepUnstarted()
	}
	c.Place = run.place()
	return c, nil
}

// settleable returns how many entries can become a state: the effects of all of them were delivered, and nothing is
// undecided after the last one.
func settleable(since []entry, delivered map[uint64]bool) (n int) {
	for k := range since {
		if o := &since[k].op; since[k].done.n > 0 && !o.settled && !delivered[o.key] {
			return n
		}
		if !since[k].open {
			n = k + 1
		}
	}
	return n
}

// place returns where the run is counted. A probe of the application itself is not a customer's journey.
func (r *run) place() ledger.Place {
	switch {
	case !r.begun || r.over || r.actor == event.ActorSynthetic:
		return ledger.Place{}
	case r.cur < 0:
		return ledger.Place{Group: r.journey.Name}
	default:
		return ledger.Place{Group: r.journey.Name, Name: r.been[r.cur].name}
	}
}
