package track

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// sweep looks at the runs of the store that are due: it does to them what time has done, and tells what
// an instance that was killed has not told. The store sees to it that each is given to one instance.
func (r *remote) sweep(ctx context.Context) error {
	for {
		claimed := time.Now()
		now, due, err := r.claim(ctx, claimBatch)
		if err != nil {
			r.reportTo(ctx, err)
			return err
		}
		if err := take(ctx, r.turn); err != nil {
			return err
		}
		err = r.lookAt(ctx, now, due, claimed.Add(storeLease))
		<-r.turn
		if err != nil {
			r.reportTo(ctx, err)
			return err
		}
		r.nudge()
		if len(due) < claimBatch {
			return nil
		}
	}
}

// reportTo reports an error, unless it is that the caller waits no longer: ctx is done.
func (r *remote) reportTo(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.report(err)
	}
}

func (r *remote) claim(ctx context.Context, limit int) (now time.Time, due []ledger.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("journey: the store panicked: %T", p)
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

// lookAt deals with runs that were claimed, while the lease lasts: where this took longer, because the machine
// stood still or another call had the turn, the store gives them to another instance.
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
		passes, err := r.passed(ctx, rec, now, by)
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
		r.applyRecord(rec, []*item{{id: rec.Key, op: *ops[c.Key]}})
	})
}

// passed tells of the run what this instance has taken over by the opAlive with the ID, and reports whether time
// has done something to the run.
func (r *remote) passed(ctx context.Context, rec *ledger.Record, now time.Time, by uint64) (passes bool, err error) {
	run, since, err := readLog(rec.Log)
	if err != nil {
		return false, err
	}
	again := map[uint64]bool{}
	for k := range since {
		e := &since[k]
		if e.done.n == 0 || e.op.told {
			continue
		}
		if _, taken := sign(since, e.op.key); taken != by {
			continue
		}
		again[e.op.key] = true
		r.tell(run, nil, &e.op, &e.done, nil)
	}
	if !run.over && !run.begun && len(since) == 0 {
		// It became a state when nothing had happened for a while, and nothing has happened since.
		_, err := r.writeOnce(ctx, []ledger.Change{{Key: rec.Key, If: rec.Log, Replace: []byte{}, Close: true}})
		return false, err
	}
	r.settle(rec, since, again, now)
	return r.passes(run, now), nil
}

// toldOf returns what this instance has told of the run, and the store may not know yet.
func (r *remote) toldOf(id ledger.Key) map[uint64]bool {
	r.telling.Lock()
	defer r.telling.Unlock()
	ops := map[uint64]bool{}
	for _, t := range []*told{r.untold[id], r.inHand[id]} {
		if t != nil {
			maps.Copy(ops, t.ops)
		}
	}
	return ops
}

// count asks how many runs are live where, if it is for this instance to say.
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

// drain returns when everything that was queued before is in the store and told.
func (r *remote) drain(ctx context.Context) error {
	r.mu.Lock()
	until := r.taken
	r.mu.Unlock()
	for {
		r.mu.Lock()
		applied, progress := r.applied, r.progress
		r.mu.Unlock()
		if applied >= until {
			return nil
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return fmt.Errorf("journey: %d changes wait for the store: %w", until-applied, context.Cause(ctx))
		}
	}
}

// flush returns when everything that was queued before is in the store, decided, told and settled.
func (r *remote) flush(ctx context.Context) error {
	if err := r.drain(ctx); err != nil {
		return err
	}
	for {
		_, err := within(ctx, func() (struct{}, error) {
			_, err := r.decide(ctx)
			return struct{}{}, errors.Join(err, r.settleAll(ctx))
		})
		if errors.Is(err, errUnsafe) {
			return err
		}
		r.telling.Lock()
		left := len(r.untold) + len(r.inHand) + len(r.undecided) + r.beingDecided
		r.telling.Unlock()
		if err == nil && left == 0 {
			return nil
		}
		timer := time.NewTimer(pauseToSettle)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("journey: %d runs are not settled in the store: %w", left, errors.Join(context.Cause(ctx), err))
		}
	}
}

// goOn lets the goroutines go on for a while when Shutdown has run out of time.
func (r *remote) goOn() {
	r.linger.Do(func() { time.AfterFunc(r.cfg.Linger, r.stop) })
}

// shutdown flushes and stops. When ctx is done first it sets aside what waits, goes on for a while, and
// may be called again. The call that finds that something could not be written by the end says so in its error.
func (r *remote) shutdown(ctx context.Context) error {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	r.mu.Unlock()
	if first {
		close(r.queue)
		go func() {
			r.running.Wait()
			r.letGo()
			close(r.gone)
		}()
	}
	if err := r.drain(ctx); err != nil {
		r.goOn()
		if n := r.setAside(); n > 0 {
			err = fmt.Errorf("%w; %d of them are counted as lost, and exported without the state of their journeys", err, n)
		}
		return err
	}
	err := r.flush(ctx) // what is not settled now another instance tells again
	if n := r.toDecide(); n > 0 && ctx.Err() != nil {
		r.goOn() // another instance would wait for the lease to be over
		return err
	}
	r.stop()
	if n := r.lost.Swap(0); n > 0 { // it is said once
		err = errors.Join(err, fmt.Errorf("journey: %w: %d changes", errLost, n))
	}
	select {
	case <-r.gone:
	default:
		select {
		case <-r.gone:
		case <-ctx.Done():
			err = errors.Join(err, fmt.Errorf("journey: the store still has not answered: %w", context.Cause(ctx)))
		}
	}
	return err
}
