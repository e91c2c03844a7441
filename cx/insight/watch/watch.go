package watch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/leased"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Watch keeps breakdowns: see the package. It owns a goroutine until Shutdown. A nil *Watch does nothing. It is safe for concurrent use.
type Watch struct {
	plan      Plan
	cfg       config
	store     ledger.Store
	record    *leased.Record
	namespace string
	name      string // of this instance
	counts    *counts
	newest    int64 // the epoch of the records, which is ahead of the lease's where that record was lost or restored
	worker    *lifecycle.Worker
	turn      sync.Mutex // telling
}

// The pauses of the worker.
const (
	poll                   = 30 * time.Second // the longest between two looks at the lease
	firstRetry, lastRetry  = time.Second, time.Minute
	released               = 2 * time.Second // bounds the release of the lease while Shutdown waits no longer
	maxEpoch               = 1 << 62
	shortest, afterAnother = 10 * time.Millisecond, 50 * time.Millisecond
)

// New starts the watch. The store is one that all instances share ([ledger.Shelver], as those of cx/stores are), and the records are on the
// shelf "breakdowns". New does no I/O. It returns an error if the store is nil or has no shelves, and if the plan or an option is not valid.
func New(store ledger.Store, plan Plan, opts ...Option) (*Watch, error) {
	if err := plan.check(); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	c := configure(opts)
	switch {
	case c.every < minEvery || c.every > maxEvery:
		return nil, fmt.Errorf("watch: WithEvery(%v): use %v to %v", c.every, minEvery, maxEvery)
	case c.lease < minLease || c.lease > maxLease:
		return nil, fmt.Errorf("watch: WithLease(%v): use %v to %v", c.lease, minLease, maxLease)
	case c.timeout < minTimeout || c.timeout > maxTimeout:
		return nil, fmt.Errorf("watch: WithTimeout(%v): use %v to %v", c.timeout, minTimeout, maxTimeout)
	}
	shelves, ok := store.(ledger.Shelver)
	if !ok {
		return nil, fmt.Errorf("watch: %w", ledger.ErrNoShelves)
	}
	counts, err := newCounts(c.meter)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	w := &Watch{plan: plan, cfg: c, store: shelves.Shelf(shelf), namespace: plan.Client.Namespace(), name: rand.Text(), counts: counts}
	w.record = leased.NewRecord(w.store, keyOf(w.namespace, plan.Journey.Name(), -1))
	w.worker = lifecycle.Go(w.run)
	return w, nil
}

// Shutdown stops the watch. A refresh that is running is finished, within the time of ctx; after that it is cancelled. Then the lease is
// released, so that another instance watches at once. Shutdown returns nil when the goroutine has ended, and else the cause of ctx. It may be
// called again, also after an error. Call it before that of the client.
func (w *Watch) Shutdown(ctx context.Context) error {
	if w == nil {
		return nil
	}
	w.worker.Stop()
	err := w.worker.Wait(ctx)
	if err == nil {
		w.worker.Abort(errStopped) // nothing holds on to its context
		w.counts.stop()
		return nil
	}
	w.worker.Abort(fmt.Errorf("%w: %w", errStopped, err))
	return fmt.Errorf("watch: a refresh is not finished, and another instance goes on with it: %w", err)
}

var errStopped = errors.New("the watch is shut down")

// run works until it is asked to stop.
func (w *Watch) run(ctx context.Context, stopping <-chan struct{}) {
	retry := firstRetry
	for !lifecycle.Ended(stopping) {
		wait, err := w.step(ctx, stopping)
		if err != nil && ctx.Err() == nil {
			w.tell(err)
			wait, retry = retry, min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		w.sleep(min(max(wait, shortest), poll), stopping)
	}
}

// sleep waits, and reports whether the watch goes on.
func (*Watch) sleep(d time.Duration, ends ...<-chan struct{}) bool {
	pause := time.NewTimer(d)
	defer pause.Stop()
	var second <-chan struct{}
	if len(ends) > 1 {
		second = ends[1]
	}
	select {
	case <-pause.C:
		return true
	case <-ends[0]:
	case <-second:
	}
	return false
}

// step takes the lease, if no other instance has it, and watches until it is lost or the watch is to stop. It returns when to look again. An
// error is one of the store.
func (w *Watch) step(ctx context.Context, stopping <-chan struct{}) (time.Duration, error) {
	now, log, err := w.record.Read(ctx)
	if err != nil {
		return 0, fmt.Errorf("the lease: %w", err)
	}
	l, err := form{}.Decode(log)
	if err != nil {
		return 0, err
	}
	// A lease that is longer than any was given by a clock that was ahead, and keeps no instance.
	if until := time.UnixMilli(l.Lease); l.Holder != "" && l.Holder != w.name && until.After(now) && until.Sub(now) <= maxLease {
		return until.Sub(now) + afterAnother, nil
	}
	if l.Epoch = max(l.Epoch, w.newest) + 1; l.Epoch <= 0 || l.Epoch > maxEpoch {
		return 0, fmt.Errorf("%w: its epoch is too high", errNewer)
	}
	l.Holder, l.Lease = w.name, now.Add(w.cfg.lease).UnixMilli()
	held, err := leased.Take(ctx, w.record, form{w.name, l.Epoch}, w.cfg.lease, log, l)
	if err != nil || held == nil {
		return afterAnother, err
	}
	return w.hold(ctx, stopping, held, l.Epoch)
}

// hold watches while this instance has the lease.
func (w *Watch) hold(ctx context.Context, stopping <-chan struct{}, held *leased.Held[*lock], epoch int64) (time.Duration, error) {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	renewing := lifecycle.Go(func(_ context.Context, stopping <-chan struct{}) { held.Renew(within, stopping, cancel) })
	err := w.refreshes(within, stopping, epoch)
	renewing.Stop()
	_ = renewing.Wait(nil) //nolint:staticcheck // it has no bound, and so no error
	renewing.Abort(nil)
	w.counts.hide()
	switch {
	case lost(err) && w.newest > epoch:
		return afterAnother, nil // the lease says whether another instance watches
	case lost(err) || lost(context.Cause(within)):
		return w.cfg.lease, nil
	}
	if ctx.Err() != nil {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(context.WithoutCancel(ctx), released)
		defer done()
	}
	return 0, errors.Join(err, held.Settle(ctx, func(l *lock) { l.Holder, l.Lease = "", 0 }))
}

// refreshes looks at the charts again and again. An error of one refresh is told, and the next one comes sooner. Charts that are being loaded are no error while that takes no
// longer than the time from one refresh to the next.
func (w *Watch) refreshes(ctx context.Context, stopping <-chan struct{}, epoch int64) error {
	retry, asked := firstRetry, time.Now() // and since when the charts are being loaded
	for {
		timed, stop := context.WithTimeoutCause(ctx, w.cfg.timeout, fmt.Errorf("the refresh has taken longer than %v", w.cfg.timeout))
		err := guarded("it was cut off", func() error { return w.refresh(timed, epoch) })
		stop()
		wait := w.cfg.every
		switch {
		case lost(err) || ctx.Err() != nil:
			return err
		case err != nil:
			if !errors.Is(err, insight.ErrLoading) {
				w.tell(fmt.Errorf("a refresh: %w", err))
			} else if time.Since(asked) > w.cfg.every {
				w.tell(err)
				asked = time.Now()
			}
			wait, retry = min(retry, w.cfg.every), min(2*retry, lastRetry)
		default:
			retry, asked = firstRetry, time.Now().Add(w.cfg.every)
		}
		if !w.sleep(wait, stopping, ctx.Done()) || lifecycle.Ended(stopping) {
			return nil
		}
	}
}

// tell gives the error to the handler, whose panic harms nothing.
func (w *Watch) tell(err error) {
	w.turn.Lock()
	defer w.turn.Unlock()
	defer func() { _ = recover() }()
	w.cfg.tell(fmt.Errorf("cairn: watch: %w", err))
}

// guarded calls f, and makes an error of a panic.
func guarded(what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			r := fault.PanicReport(what, v)
			err = fmt.Errorf("%s: %s\n%s", what, r.Detail, r.Stack)
		}
	}()
	return f()
}

// List returns the breakdowns of the plan's journey that the store has, those that cost most first: those that are open, and those that ended
// and whose matter is not raised again yet. Any instance may call it.
func (w *Watch) List(ctx context.Context) ([]Status, error) {
	if w == nil {
		return nil, nil
	}
	return list(ctx, w.store, w.namespace, w.plan.Journey.Name())
}
