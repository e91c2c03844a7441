package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// settleLater notes that the effects of these ops were delivered, at now by the store's clock, so that they are settled
// once they are safe.
func (x *Engine[S, O, D, P]) settleLater(rec *ledger.Record, since []Entry[O, D], ops map[uint64]bool, now time.Time) {
	signed := time.Now()
	x.openMu.Lock()
	defer x.openMu.Unlock()
	p := x.toSettle[rec.Key]
	if p == nil {
		p = &pendingSettle{ops: map[uint64]bool{}, signed: signed}
		x.toSettle[rec.Key] = p
	}
	p.log = bytes.Clone(rec.Log)
	for key := range ops {
		p.ops[key] = true
		last, _ := sign(since, key)
		if ago := signed.Add(time.Unix(0, last).Sub(now)); ago.Before(p.signed) {
			p.signed = ago
		}
	}
}

// settleLoop settles until the engine is stopped. It gives a sign of life for what it cannot settle.
func (x *Engine[S, O, D, P]) settleLoop() {
	wait := time.Duration(0)
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-x.wake:
		}
		if wait > 0 && !pause(x.ctx, wait) {
			return
		}
		ctx, cancel := context.WithTimeout(x.ctx, Lease/3)
		err := x.settleAll(ctx)
		cancel()
		wait = pauseToSettle
		if err != nil {
			wait = time.Second
		}
		if errors.Is(err, errUnsafe) {
			x.reportUnsafe(err)
			err = nil
		}
		if errors.Is(err, errBusy) {
			err = nil
		}
		if x.leftToSettle() {
			err = errors.Join(err, x.extend(x.ctx))
			x.wake.Set()
		}
		if err != nil && x.ctx.Err() == nil {
			x.report(err)
		}
	}
}

// leftToSettle reports whether this instance has delivered something that is not settled.
func (x *Engine[S, O, D, P]) leftToSettle() bool {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	return len(x.toSettle)+len(x.beingSettled) > 0
}

// settleAll waits until what was delivered is safe, and settles it. A record that is not safe, or that other instances keep
// changing, stays for the next call.
func (x *Engine[S, O, D, P]) settleAll(ctx context.Context) error {
	if err := x.settling.Take(ctx); err != nil {
		return fmt.Errorf("%w: another call is still settling: %w", errUnsafe, err)
	}
	defer x.settling.Give()
	x.openMu.Lock()
	batch := x.toSettle
	x.toSettle, x.beingSettled = map[ledger.Key]*pendingSettle{}, maps.Clone(batch)
	x.openMu.Unlock()
	defer func() {
		x.openMu.Lock()
		x.beingSettled = nil
		x.openMu.Unlock()
	}()
	if len(batch) == 0 {
		return nil
	}
	if err := x.safe(ctx); err != nil {
		x.giveBack(batch)
		return fmt.Errorf("%w: %w", errUnsafe, err)
	}
	for round := 0; len(batch) > 0 && round < 8; round++ {
		if err := x.settleOnce(ctx, batch); err != nil {
			x.giveBack(batch)
			return err
		}
	}
	if len(batch) > 0 {
		x.giveBack(batch)
		return errBusy
	}
	return nil
}

// giveBack keeps what was not settled for the next call of settleAll.
func (x *Engine[S, O, D, P]) giveBack(batch map[ledger.Key]*pendingSettle) {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	for id, p := range batch {
		newer := x.toSettle[id]
		if newer == nil {
			x.toSettle[id] = p
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
func (x *Engine[S, O, D, P]) settleOnce(ctx context.Context, batch map[ledger.Key]*pendingSettle) error {
	changes := make([]ledger.Change, 0, len(batch))
	for id, p := range batch {
		c, err := x.settleChange(id, x.logOf(p), p.ops)
		if err != nil {
			x.reportUnread(id, err)
			delete(batch, id)
			continue
		}
		changes = append(changes, c)
	}
	return x.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) {
		if rec.Closed || rec.Log == nil || bytes.Equal(rec.Log, c.Replace) {
			delete(batch, c.Key)
			return
		}
		x.openMu.Lock()
		defer x.openMu.Unlock()
		batch[c.Key].log = bytes.Clone(rec.Log)
	})
}

// logOf returns the log that is to be replaced. [remote.extend] may change it meanwhile.
func (x *Engine[S, O, D, P]) logOf(p *pendingSettle) []byte {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	return p.log
}

// settleChange returns the change that settles the record: it replaces the log by the state up to the last op that can be
// settled. Ops behind it stay, and those that were delivered are marked as settled. The record is closed when it
// is over and nothing is open.
func (x *Engine[S, O, D, P]) settleChange(id ledger.Key, log []byte, delivered map[uint64]bool) (ledger.Change, error) {
	_, since, err := x.machine.Read(log)
	if err != nil {
		return ledger.Change{}, err
	}
	n := settleable(since, delivered)
	state := x.machine.Fold(log, n)
	c := ledger.Change{Key: id, If: log, Keep: x.cfg.Keep}
	if n == len(since) && x.machine.Over(state) {
		c.Replace, c.Close = []byte{}, true
		return c, nil
	}
	x.machine.Rest(&c, state)
	if n < len(since) { // another instance has to deliver something, or something is not decided
		c.Due, c.Lease = time.Time{}, Lease
	}
	c.Replace = x.machine.Whole(state)
	for _, e := range since[n:] {
		if e.Op.IsAlive() && delivered[e.Op.Key()] {
			continue // the op that it is a sign of life for is marked as settled
		}
		if e.Done.Effects() == 0 || e.Op.Settled() || !delivered[e.Op.Key()] {
			c.Replace = append(c.Replace, e.Raw...)
			continue
		}
		e.Op.SetSettled()
		c.Replace = e.Op.Append(c.Replace)
	}
	return c, nil
}

// settleable returns how many entries can become a state: the effects of all of them were delivered, and nothing is
// undecided after the last one.
func settleable[O Op, D Done](since []Entry[O, D], delivered map[uint64]bool) (n int) {
	for k := range since {
		if o := since[k].Op; since[k].Done.Effects() > 0 && !o.Settled() && !delivered[o.Key()] {
			return n
		}
		if !since[k].Open {
			n = k + 1
		}
	}
	return n
}
