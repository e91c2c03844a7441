package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// An op whose effects depend on what other instances may still append waits ([Done.Waits]). When [Machine.Decided] has passed,
// the instance that appended it appends the op of [Machine.Pass], and whatever that does is decided: every instance that reads
// the log comes to the same conclusion at the same entry. If the instance is killed, the lease of the record runs out, and the
// instance that claims the record appends the op.

// undecided is what this instance has committed of a record and what has no effect yet.
type undecided[O Op, P any] struct {
	items []*Item[O, P]
	at    time.Time // when it may be decided, by this machine's monotonic clock
	pass  *O        // the op of time that the store may have taken without answering, or nil
}

// hold keeps an item whose effect is not decided.
func (x *Engine[S, O, D, P]) hold(s S, i *Item[O, P], now time.Time) {
	x.holdUntil(i.Key, time.Now().Add(x.machine.Decided(s, i.Op, now)), i)
}

// holdUntil lets the record be decided at this time, and keeps items that wait for that.
func (x *Engine[S, O, D, P]) holdUntil(key ledger.Key, until time.Time, items ...*Item[O, P]) {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	u := x.undecided[key]
	if u == nil {
		u = &undecided[O, P]{at: until}
		x.undecided[key] = u
	}
	u.items = append(u.items, items...)
	if until.Before(u.at) {
		u.at = until
	}
	x.held.Set()
}

// decide appends an op of time to the log of each record that may be decided by now, and delivers what that did. It returns when it
// is to be called next, or zero for not before something else is held.
func (x *Engine[S, O, D, P]) decide(ctx context.Context) (next time.Time, err error) {
	if err := x.deciding.Take(ctx); err != nil {
		return next, fmt.Errorf("another call is still deciding: %w", err)
	}
	defer x.deciding.Give()
	ready, next := x.ready(time.Now())
	defer func() {
		x.openMu.Lock()
		x.beingDecided = 0
		x.openMu.Unlock()
	}()
	if len(ready) == 0 {
		return next, nil
	}
	if err := x.turn.Take(ctx); err != nil {
		x.holdAgain(ready)
		return next, fmt.Errorf("ends that wait to be decided: %w", err)
	}
	defer x.turn.Give()
	passed := x.storeNow(ctx)
	changes, ops := make([]ledger.Change, 0, len(ready)), make(map[ledger.Key]O, len(ready))
	for id, u := range ready {
		if u.pass == nil {
			o := x.passing(passed)
			u.pass = &o
		}
		o := *u.pass
		ops[id] = o
		changes = append(changes, ledger.Change{Key: id, Append: o.Append(nil), Lease: Lease})
	}
	err = x.inBatches(ctx, changes, func(c *ledger.Change, rec *ledger.Record) {
		items := append([]*Item[O, P]{{Key: rec.Key, Op: ops[c.Key]}}, ready[c.Key].items...)
		delete(ready, c.Key)
		x.deliverRecord(rec, items)
	})
	x.holdAgain(ready)
	x.wake.Set()
	if len(ready) > 0 {
		next = time.Now().Add(time.Second)
	}
	return next, err
}

// ready takes out of undecided what may be decided by now, and returns when the next of the rest may be.
func (x *Engine[S, O, D, P]) ready(now time.Time) (ready map[ledger.Key]*undecided[O, P], next time.Time) {
	ready = map[ledger.Key]*undecided[O, P]{}
	x.openMu.Lock()
	defer x.openMu.Unlock()
	for id, u := range x.undecided {
		if u.at.After(now) {
			if next.IsZero() || u.at.Before(next) {
				next = u.at
			}
			continue
		}
		ready[id] = u
		delete(x.undecided, id)
	}
	x.beingDecided = len(ready)
	return ready, next
}

// decideFor returns when everything that this instance has recorded of the customer before the call is decided. An item
// that does not say whose it is counts as the customer's.
func (x *Engine[S, O, D, P]) decideFor(ctx context.Context, customer string) error {
	if err := x.deciding.Take(ctx); err != nil { // so that no call of decide has any of it in hand
		return fmt.Errorf("another call is still deciding: %w", err)
	}
	theirs := map[*Item[O, P]]bool{}
	x.openMu.Lock()
	for _, u := range x.undecided {
		for _, i := range u.items {
			if x.host.Concerns(i, customer) {
				theirs[i] = true
			}
		}
	}
	x.openMu.Unlock()
	x.deciding.Give()
	for len(theirs) > 0 {
		_, err := within(ctx, func() (time.Time, error) { return x.decide(ctx) })
		if err == nil && !x.waits(theirs) {
			return nil
		}
		if !pause(ctx, pauseToSettle) {
			return fmt.Errorf("a run of the customer waits for the decision on its end: %w", errors.Join(context.Cause(ctx), err))
		}
	}
	return nil
}

// waits reports whether any of the items is still to be decided.
func (x *Engine[S, O, D, P]) waits(items map[*Item[O, P]]bool) bool {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	if x.beingDecided > 0 {
		return true
	}
	for _, u := range x.undecided {
		if slices.ContainsFunc(u.items, func(i *Item[O, P]) bool { return items[i] }) {
			return true
		}
	}
	return false
}

// toDecide returns how many records wait for a decision of this instance.
func (x *Engine[S, O, D, P]) toDecide() int {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	return len(x.undecided) + x.beingDecided
}

// deliverUndecided delivers what waits for a decision that this instance does not make any more. Another instance makes it
// when the lease is over. In case there is no other instance, an end is delivered here too, without being counted: it has
// the same ID wherever it is delivered.
func (x *Engine[S, O, D, P]) deliverUndecided() {
	x.openMu.Lock()
	left := x.undecided
	x.undecided = map[ledger.Key]*undecided[O, P]{}
	x.openMu.Unlock()
	for _, u := range left {
		for _, i := range u.items {
			x.host.Uncommitted(i)
		}
	}
}

// decideLoop decides until the engine is stopped. It is a goroutine of its own, so that a sink or a hook that hangs does not
// hold it up.
func (x *Engine[S, O, D, P]) decideLoop() {
	alarm := time.NewTimer(math.MaxInt64)
	defer alarm.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-alarm.C:
		case <-x.held:
		}
		ctx, cancel := context.WithTimeout(x.ctx, Lease/3)
		next, err := x.decide(ctx)
		cancel()
		if err != nil && x.ctx.Err() == nil {
			x.report(err)
			next = time.Now().Add(time.Second)
		}
		if !next.IsZero() {
			alarm.Reset(time.Until(next))
		}
	}
}

// holdAgain keeps what could not be decided for the next call. An op of time that the store may have taken all the same decides
// nothing a second time.
func (x *Engine[S, O, D, P]) holdAgain(ready map[ledger.Key]*undecided[O, P]) {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	for id, u := range ready {
		if newer := x.undecided[id]; newer != nil {
			newer.items, newer.pass = append(u.items, newer.items...), u.pass
			continue
		}
		x.undecided[id] = u
	}
}

// passing returns the op that says that time has passed until now, by the store's clock.
func (x *Engine[S, O, D, P]) passing(now time.Time) O {
	o := x.machine.Pass(now)
	o.SetKey(newKey())
	return o
}
