package track

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// How an end is decided in a store
//
// Instances learn of facts at different times. An end by call is therefore appended to the log and waits for
// [Config.EndGrace]: facts from before the end that other instances append meanwhile count. An event that lies behind the
// moment at which its run would be abandoned waits in the same way, until ten seconds after that moment: another instance
// may have a sign of life from the silence.
//
//	append opEnd ──▶ undecided ──(EndGrace)──▶ append opPass ──▶ deliver "ended" ──▶ settle: close
//	append opTouch behind the abandonment ──▶ undecided ──▶ append opPass ──▶ deliver "ended" (abandoned)
//
// The opPass decides. It says until when time has passed by the store's clock, so that every instance that reads the log
// finds the same end at the same entry, once. The instance that has appended the op which waits appends the opPass. If that
// instance is killed, the lease of the record runs out, and the instance that claims the record appends it.

// undecided is what this instance has committed of a run and what has no effect yet.
type undecided struct {
	items []*item
	at    time.Time // when it may be decided, by this machine's monotonic clock
	pass  *op       // the opPass that the store may have taken without answering, or nil
}

// hold keeps an item whose effect is not decided.
func (r *remote) hold(run *run, i *item, now time.Time) {
	wait := r.cfg.EndGrace
	if i.op.kind != opEnd || run.behind(&i.op) {
		wait = max(0, at(run.abandonedAt()).Add(storeGrace).Sub(now))
	}
	until := time.Now().Add(wait)
	r.openMu.Lock()
	defer r.openMu.Unlock()
	u := r.undecided[i.id]
	if u == nil {
		u = &undecided{at: until}
		r.undecided[i.id] = u
	}
	u.items = append(u.items, i)
	if until.Before(u.at) {
		u.at = until
	}
	r.held.Set()
}

// decide appends an opPass to the log of each run that may be decided by now, and delivers what that did. It returns when it
// is to be called next, or zero for not before something else is held.
func (r *remote) decide(ctx context.Context) (next time.Time, err error) {
	if err := r.deciding.Take(ctx); err != nil {
		return next, fmt.Errorf("another call is still deciding: %w", err)
	}
	defer r.deciding.Give()
	ready, next := r.ready(time.Now())
	defer func() {
		r.openMu.Lock()
		r.beingDecided = 0
		r.openMu.Unlock()
	}()
	if len(ready) == 0 {
		return next, nil
	}
	if err := r.turn.Take(ctx); err != nil {
		r.holdAgain(ready)
		return next, fmt.Errorf("ends that wait to be decided: %w", err)
	}
	defer r.turn.Give()
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
		r.deliverRecord(rec, items)
	})
	r.holdAgain(ready)
	r.wake.Set()
	if len(ready) > 0 {
		next = time.Now().Add(time.Second)
	}
	return next, err
}

// ready takes out of undecided what may be decided by now, and returns when the next of the rest may be.
func (r *remote) ready(now time.Time) (ready map[ledger.Key]*undecided, next time.Time) {
	ready = map[ledger.Key]*undecided{}
	r.openMu.Lock()
	defer r.openMu.Unlock()
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
	return ready, next
}

// decideFor returns when everything that this instance has recorded of the customer before the call is decided. An item
// that does not say whose it is counts as the customer's.
func (r *remote) decideFor(ctx context.Context, hash string) error {
	if err := r.deciding.Take(ctx); err != nil { // so that no call of decide has any of it in hand
		return fmt.Errorf("another call is still deciding: %w", err)
	}
	theirs := map[*item]bool{}
	r.openMu.Lock()
	for _, u := range r.undecided {
		for _, i := range u.items {
			if i.e != nil && (i.e.Customer.Hash == hash || i.e.Customer.Hash == "") {
				theirs[i] = true
			}
		}
	}
	r.openMu.Unlock()
	r.deciding.Give()
	for len(theirs) > 0 {
		_, err := within(ctx, func() (time.Time, error) { return r.decide(ctx) })
		if err == nil && !r.waits(theirs) {
			return nil
		}
		if !pause(ctx, pauseToSettle) {
			return fmt.Errorf("a run of the customer waits for the decision on its end: %w", errors.Join(context.Cause(ctx), err))
		}
	}
	return nil
}

// waits reports whether any of the items is still to be decided.
func (r *remote) waits(items map[*item]bool) bool {
	r.openMu.Lock()
	defer r.openMu.Unlock()
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
	r.openMu.Lock()
	defer r.openMu.Unlock()
	return len(r.undecided) + r.beingDecided
}

// deliverUndecided delivers what waits for a decision that this instance does not make any more. Another instance makes it
// when the lease is over. In case there is no other instance, an end is delivered here too, without being counted: it has
// the same ID wherever it is delivered.
func (r *remote) deliverUndecided() {
	r.openMu.Lock()
	left := r.undecided
	r.undecided = map[ledger.Key]*undecided{}
	r.openMu.Unlock()
	for _, u := range left {
		for _, i := range u.items {
			r.deliverUncommitted(i)
		}
	}
}

// decideLoop decides until the tracker is stopped. It is a goroutine of its own, so that a sink or a hook that hangs does not
// hold it up.
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

// holdAgain keeps what could not be decided for the next call. An opPass that the store may have taken all the same decides
// nothing a second time.
func (r *remote) holdAgain(ready map[ledger.Key]*undecided) {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	for id, u := range ready {
		if newer := r.undecided[id]; newer != nil {
			newer.items, newer.pass = append(u.items, newer.items...), u.pass
			continue
		}
		r.undecided[id] = u
	}
}

// passing returns the op that says until when time has passed at now, by the store's clock.
func (r *remote) passing(now time.Time) *op {
	o := &op{kind: opPass, at: now.Add(-storeGrace).UnixNano(), sent: now.UnixNano()}
	o.last = now.Add(-r.cfg.EndGrace).UnixNano()
	o.key = opKey()
	o.id = o.key
	return o
}

// passes reports whether time does something to the run at now, by the store's clock, that no entry of its log says yet.
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
