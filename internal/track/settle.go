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

// settle notes that the ops of the run have been told, at now by the store's clock.
func (r *remote) settle(rec *ledger.Record, since []entry, ops map[uint64]bool, now time.Time) {
	signed := time.Now()
	r.telling.Lock()
	defer r.telling.Unlock()
	t := r.untold[rec.Key]
	if t == nil {
		t = &told{ops: map[uint64]bool{}, signed: signed}
		r.untold[rec.Key] = t
	}
	t.log = bytes.Clone(rec.Log)
	for key := range ops {
		t.ops[key] = true
		last, _ := sign(since, key)
		if ago := signed.Add(at(last).Sub(now)); ago.Before(t.signed) {
			t.signed = ago
		}
	}
}

// settleLoop settles what has been told until the tracker is stopped.
func (r *remote) settleLoop() {
	wait := time.Duration(0)
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.wake:
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-r.ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
		}
		ctx, cancel := context.WithTimeout(r.ctx, storeLease/3)
		err := r.settleAll(ctx)
		cancel()
		wait = pauseToSettle // so that many are settled at once
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
			r.nudge()
		}
		if err != nil && r.ctx.Err() == nil {
			r.report(err)
		}
	}
}

// leftToSettle reports whether something is told that the store does not know to be told.
func (r *remote) leftToSettle() bool {
	r.telling.Lock()
	defer r.telling.Unlock()
	return len(r.untold)+len(r.inHand) > 0
}

func (r *remote) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// settleAll makes what has been told safe, and notes that in the store. A run that was not made safe, or is
// changed by others all the time, stays for the next time.
func (r *remote) settleAll(ctx context.Context) error {
	if err := take(ctx, r.settling); err != nil {
		return fmt.Errorf("%w: another call is still settling: %w", errUnsafe, err)
	}
	defer func() { <-r.settling }()
	r.telling.Lock()
	batch := r.untold
	r.untold, r.inHand = map[ledger.Key]*told{}, maps.Clone(batch)
	r.telling.Unlock()
	defer func() {
		r.telling.Lock()
		r.inHand = nil
		r.telling.Unlock()
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

func (r *remote) inBatches(ctx context.Context, changes []ledger.Change, each func(*ledger.Change, *ledger.Record)) error {
	for len(changes) > 0 {
		n := min(len(changes), storeBatch)
		records, err := r.writeOnce(ctx, changes[:n])
		if err != nil {
			return err
		}
		for k := range records {
			each(&changes[k], &records[k])
		}
		changes = changes[n:]
	}
	return nil
}

func (r *remote) giveBack(batch map[ledger.Key]*told) {
	r.telling.Lock()
	defer r.telling.Unlock()
	for id, t := range batch {
		newer := r.untold[id]
		if newer == nil {
			r.untold[id] = t
			continue
		}
		for op := range t.ops {
			newer.ops[op] = true
		}
		if t.signed.Before(newer.signed) {
			newer.signed = t.signed
		}
	}
}

// settleOnce replaces the logs by their states. It takes out of the batch what that worked for.
func (r *remote) settleOnce(ctx context.Context, batch map[ledger.Key]*told) error {
	changes := make([]ledger.Change, 0, len(batch))
	for id, t := range batch {
		c, err := r.settled(id, r.logOf(t), t.ops)
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
		r.telling.Lock()
		defer r.telling.Unlock()
		batch[c.Key].log = bytes.Clone(rec.Log)
	})
}

// logOf returns the log that is to be settled. [remote.extend] may change it meanwhile.
func (r *remote) logOf(t *told) []byte {
	r.telling.Lock()
	defer r.telling.Unlock()
	return t.log
}

// settled returns the change by which a run's log becomes its state: as far as what it did is told.
func (r *remote) settled(id ledger.Key, log []byte, told map[uint64]bool) (ledger.Change, error) {
	_, since, err := readLog(log)
	if err != nil {
		return ledger.Change{}, err
	}
	n := tellable(since, told)
	run := foldLog(log, n)
	c := ledger.Change{Key: id, If: log, Keep: r.cfg.Remember}
	if n == len(since) && run.over {
		c.Replace, c.Close = []byte{}, true
		return c, nil
	}
	c.Replace = run.log()
	for _, e := range since[n:] { // behind what another instance has to tell
		if e.op.kind == opAlive && told[e.op.key] {
			continue // its op is told, and the store learns so
		}
		if e.done.n == 0 || e.op.told || !told[e.op.key] {
			c.Replace = append(c.Replace, e.raw...)
			continue
		}
		e.op.told = true
		c.Replace = e.op.append(c.Replace)
	}
	c.Customer = run.customer.Hash
	switch due := run.dueAt(); {
	case n < len(since):
		c.Lease = storeLease // another instance's is to be told, or is not decided
	case due != 0:
		c.Due = at(due).Add(storeGrace)
	case !run.begun:
		c.Lease = r.cfg.keepUnstarted()
	}
	c.Place = run.place()
	return c, nil
}

// tellable returns how many entries there are that can become a state: all that they did is told, and
// nothing is undecided after them.
func tellable(since []entry, told map[uint64]bool) (n int) {
	for k := range since {
		if o := &since[k].op; since[k].done.n > 0 && !o.told && !told[o.key] {
			return n
		}
		if !since[k].open {
			n = k + 1
		}
	}
	return n
}

// place returns where the run is counted. A probe of our own is no customer's journey.
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
