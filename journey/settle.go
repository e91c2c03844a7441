package journey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// settle notes that the ops of the run have been told.
func (r *remote) settle(rec *Record, ops map[uint64]bool) {
	r.telling.Lock()
	defer r.telling.Unlock()
	t := r.untold[rec.Run]
	if t == nil {
		t = &told{ops: map[uint64]bool{}}
		r.untold[rec.Run] = t
	}
	t.log = bytes.Clone(rec.Log)
	for id := range ops {
		t.ops[id] = true
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
			if errors.Is(err, errUnsafe) {
				r.reportUnsafe(err)
				err = nil
			}
			if err = errors.Join(err, r.extend(r.ctx)); err != nil && r.ctx.Err() == nil {
				r.report(err)
			}
			r.nudge()
		}
	}
}

func (r *remote) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// settleAll makes what has been told safe, and notes that in the store. What was not made safe, or is
// changed by others all the time, stays for the next time.
func (r *remote) settleAll(ctx context.Context) error {
	if err := take(ctx, r.settling); err != nil {
		return fmt.Errorf("journey: another call is still settling: %w", err)
	}
	defer func() { <-r.settling }()
	r.telling.Lock()
	batch := r.untold
	r.untold, r.inHand = map[RunID]*told{}, maps.Clone(batch)
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
	r.unsafe.Store(false)
	for round := 0; len(batch) > 0 && round < 8; round++ {
		if err := r.settleOnce(ctx, batch); err != nil {
			r.giveBack(batch)
			return err
		}
	}
	r.giveBack(batch)
	return nil
}

// extend notes in the store that who told what is not settled is alive, so that no other instance
// tells it again.
func (r *remote) extend(ctx context.Context) error {
	now := r.storeNow(ctx)
	r.telling.Lock()
	changes := make([]Change, 0, len(r.untold))
	for id, t := range r.untold {
		run, since, err := readLog(t.log)
		if err != nil {
			continue // it is reported when it is settled
		}
		c := Change{Run: id, If: t.log, Replace: foldLog(t.log, 0).log(), Lease: storeLease, Place: run.place()}
		if due := run.dueAt(); due != 0 { // what time does is not to wait for a sink
			c.Due = at(due).Add(storeGrace)
		}
		for k := range since {
			e := &since[k]
			if t.ops[e.op.key] {
				e.op.sent = now.UnixNano()
			}
			c.Replace = e.op.append(c.Replace)
		}
		changes = append(changes, c)
	}
	r.telling.Unlock()
	return r.inBatches(ctx, changes, func(c *Change, rec *Record) {
		r.telling.Lock()
		defer r.telling.Unlock()
		if t := r.untold[c.Run]; t != nil && !rec.Closed {
			t.log = bytes.Clone(rec.Log)
		}
	})
}

func (r *remote) inBatches(ctx context.Context, changes []Change, each func(*Change, *Record)) error {
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

func (r *remote) giveBack(batch map[RunID]*told) {
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
	}
}

// settleOnce replaces the logs by their states. It takes out of the batch what that worked for.
func (r *remote) settleOnce(ctx context.Context, batch map[RunID]*told) error {
	changes := make([]Change, 0, len(batch))
	for id, t := range batch {
		c, err := r.settled(id, t)
		if err != nil {
			r.report(err)
			delete(batch, id)
			continue
		}
		changes = append(changes, c)
	}
	return r.inBatches(ctx, changes, func(c *Change, rec *Record) {
		if rec.Closed || rec.Log == nil || bytes.Equal(rec.Log, c.Replace) {
			delete(batch, c.Run)
			return
		}
		batch[c.Run].log = bytes.Clone(rec.Log)
	})
}

// settled returns the change by which a run's log becomes its state: as far as what it did is told.
func (r *remote) settled(id RunID, t *told) (Change, error) {
	_, since, err := readLog(t.log)
	if err != nil {
		return Change{}, err
	}
	n := tellable(since, t.ops)
	run := foldLog(t.log, n)
	c := Change{Run: id, If: t.log, Keep: r.cfg.Remember}
	if n == len(since) && run.over {
		c.Replace, c.Close = []byte{}, true
		return c, nil
	}
	c.Replace = run.log()
	for _, e := range since[n:] { // behind what somebody else has to tell
		if e.done.n == 0 || e.op.told || !t.ops[e.op.key] {
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

// place returns where the run is counted. A probe of our own is nobody's journey.
func (r *run) place() Place {
	switch {
	case !r.begun || r.over || r.actor == event.ActorSynthetic:
		return Place{}
	case r.cur < 0:
		return Place{Journey: r.journey.Name}
	default:
		return Place{Journey: r.journey.Name, Stage: r.been[r.cur].name}
	}
}
