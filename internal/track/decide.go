package track

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// How an end is decided in a store
//
// Instances hear of what happened at different times. An end by call is therefore appended to the log
// and waits for [Config.EndGrace]: facts from before the end that other instances append meanwhile
// count. An event that arrives behind the moment at which its run would be abandoned waits in the same
// way, until ten seconds after that moment: another instance may have a sign of life from the silence.
//
//	append opEnd ──▶ undecided ──(EndGrace)──▶ append opPass ──▶ tell "ended" ──▶ settle: close
//	append opTouch behind the abandonment ──▶ undecided ──▶ append opPass ──▶ tell "ended" (abandoned)
//
// The opPass is what decides. It says until when time has passed, by the store's clock, so that every
// instance that reads the log finds the same end at the same entry, once. The instance that wrote what
// waits appends it. If that instance is killed, the record's lease runs out, and the one that claims the
// record does.

// undecided is what this instance has written of a run and what did not have its effect yet.
type undecided struct {
	items []*item
	at    time.Time // when it may be decided, by the monotonic clock
	pass  *op       // what was sent to decide it, if the store did not answer: it may have it
}

// storeClock tells the store's time without asking for it: the store said what it is once in a while, and
// the monotonic clock says how much later it is now. The difference of the wall clocks does not matter.
type storeClock struct {
	mu    sync.Mutex
	store time.Time
	here  time.Time // with the monotonic clock
}

// set notes what the store has just answered. It may have said so a round trip ago, so that the time told
// is late by that at most: nothing is decided too soon.
func (c *storeClock) set(store time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store, c.here = store, time.Now()
}

// now returns the store's time, and false where the store has not been asked yet.
func (c *storeClock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.here.IsZero() {
		return time.Time{}, false
	}
	return c.store.Add(time.Since(c.here)), true
}

// storeNow returns the time by the store's clock. Where the store did not answer yet it is this machine's.
func (r *remote) storeNow(ctx context.Context) time.Time {
	now, ok := r.clock.now()
	if ok {
		return now
	}
	if now, _, err := r.claim(ctx, 0); err == nil {
		return now
	}
	return r.cfg.Now()
}

// hold keeps an item whose effect is not known yet.
func (r *remote) hold(run *run, i *item, now time.Time) {
	wait := r.cfg.EndGrace
	if i.op.kind != opEnd || run.behind(&i.op) {
		wait = max(0, at(run.abandonedAt()).Add(storeGrace).Sub(now))
	}
	until := time.Now().Add(wait)
	r.telling.Lock()
	defer r.telling.Unlock()
	u := r.undecided[i.id]
	if u == nil {
		u = &undecided{at: until}
		r.undecided[i.id] = u
	}
	u.items = append(u.items, i)
	if until.Before(u.at) {
		u.at = until
	}
	select {
	case r.held <- struct{}{}:
	default:
	}
}

// decide appends to the logs what time has decided by now, tells what that did, and returns when it is
// to be called next, or zero for not before something else is written.
func (r *remote) decide(ctx context.Context) (next time.Time, err error) {
	if err := take(ctx, r.deciding); err != nil {
		return next, fmt.Errorf("journey: another call is still deciding: %w", err)
	}
	defer func() { <-r.deciding }()
	ready := map[ledger.Key]*undecided{}
	r.telling.Lock()
	now := time.Now()
	for id, u := range r.undecided {
		if u.at.After(now) {
			if next.IsZero() || u.at.Before(next) {
				next = u.at
			}
			continue
		}
		ready[id] = u
		delete(r.undecided, id)
	}
	r.beingDecided = len(ready)
	r.telling.Unlock()
	defer func() {
		r.telling.Lock()
		r.beingDecided = 0
		r.telling.Unlock()
	}()
	if len(ready) == 0 {
		return next, nil
	}
	if err := take(ctx, r.turn); err != nil {
		r.holdAgain(ready)
		return next, fmt.Errorf("journey: deciding ends: %w", err)
	}
	defer func() { <-r.turn }()
	passed := r.storeNow(ctx)
	changes, ops := make([]ledger.Change, 0, len(ready)), make(map[ledger.Key]*op, len(ready))
	for id, u := range ready {
		o := u.pass
		if o == nil {
			o = r.passing(passed)
		}
		ops[id], u.pass = o, o
		changes = append(changes, ledger.Change{Key: id, Append: o.append(nil), Lease: storeLease})
	}
	err = r.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) {
		items := append([]*item{{id: rec.Key, op: *ops[c.Key]}}, ready[c.Key].items...)
		delete(ready, c.Key)
		r.applyRecord(rec, items)
	})
	r.holdAgain(ready)
	r.nudge()
	if len(ready) > 0 {
		next = time.Now().Add(time.Second)
	}
	return next, err
}

// decideFor returns when what this instance has recorded of the customer before the call is decided. An item that
// does not say whose it is may be the customer's.
func (r *remote) decideFor(ctx context.Context, hash string) error {
	if err := take(ctx, r.deciding); err != nil { // so that no call of decide has any of it in hand
		return fmt.Errorf("journey: another call is still deciding: %w", err)
	}
	theirs := map[*item]bool{}
	r.telling.Lock()
	for _, u := range r.undecided {
		for _, i := range u.items {
			if i.e != nil && (i.e.Customer.Hash == hash || i.e.Customer.Hash == "") {
				theirs[i] = true
			}
		}
	}
	r.telling.Unlock()
	<-r.deciding
	for len(theirs) > 0 {
		_, err := within(ctx, func() (time.Time, error) { return r.decide(ctx) })
		if err == nil && !r.waits(theirs) {
			return nil
		}
		timer := time.NewTimer(pauseToSettle)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("journey: an end, or what may be the end, of a run of the customer is not decided: %w", errors.Join(context.Cause(ctx), err))
		}
	}
	return nil
}

// waits reports whether any of the items is still to be decided.
func (r *remote) waits(items map[*item]bool) bool {
	r.telling.Lock()
	defer r.telling.Unlock()
	if r.beingDecided > 0 {
		return true
	}
	for _, u := range r.undecided {
		if slices.ContainsFunc(u.items, func(i *item) bool { return items[i] }) {
			return true
		}
	}
	return false
}

// toDecide returns how many runs wait for a decision of this instance.
func (r *remote) toDecide() int {
	r.telling.Lock()
	defer r.telling.Unlock()
	return len(r.undecided) + r.beingDecided
}

// letGo delivers what waits for a decision that this instance does not make any more. Another one makes it
// when the lease is over. An end is delivered here too, without being counted, in case there is no other
// instance: it has the same ID wherever it is told.
func (r *remote) letGo() {
	r.telling.Lock()
	left := r.undecided
	r.undecided = map[ledger.Key]*undecided{}
	r.telling.Unlock()
	for _, u := range left {
		for _, i := range u.items {
			r.expose(i)
		}
	}
}

// decideLoop decides ends until the tracker is stopped. A sink or a hook that hangs does not hold it up.
func (r *remote) decideLoop() {
	alarm := time.NewTimer(math.MaxInt64)
	defer alarm.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-alarm.C:
		case <-r.held:
		}
		ctx, cancel := context.WithTimeout(r.ctx, storeLease/3)
		next, err := r.decide(ctx)
		cancel()
		if err != nil && r.ctx.Err() == nil {
			r.report(err)
			next = time.Now().Add(time.Second)
		}
		if !next.IsZero() {
			alarm.Reset(time.Until(next))
		}
	}
}

// holdAgain keeps what could not be decided for the next time. An op that the store may have taken all the same
// decides nothing a second time.
func (r *remote) holdAgain(ready map[ledger.Key]*undecided) {
	r.telling.Lock()
	defer r.telling.Unlock()
	for id, u := range ready {
		if newer := r.undecided[id]; newer != nil {
			newer.items, newer.pass = append(u.items, newer.items...), u.pass
			continue
		}
		r.undecided[id] = u
	}
}

// passing returns the op that says that it is now, by the store's clock.
func (r *remote) passing(now time.Time) *op {
	o := &op{kind: opPass, at: now.Add(-storeGrace).UnixNano(), sent: now.UnixNano()}
	o.last = now.Add(-r.cfg.EndGrace).UnixNano()
	o.key = opKey()
	o.id = o.key
	return o
}

// passes reports whether time does something to the run at now, by the store's clock, that no entry of
// its log says yet.
func (r *remote) passes(run *run, now time.Time) bool {
	if run.over {
		return false
	}
	if run.ending != nil {
		return run.ending.op.sent <= now.Add(-r.cfg.EndGrace).UnixNano()
	}
	due := run.dueAt()
	return due != 0 && due <= now.Add(-storeGrace).UnixNano()
}
