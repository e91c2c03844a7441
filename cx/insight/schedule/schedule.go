package schedule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/leased"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Schedule makes and delivers the reports of one plan. It owns a goroutine until Shutdown. A nil *Schedule does nothing. It is safe for
// concurrent use.
type Schedule struct {
	plan   Plan
	cfg    config
	record *leased.Record
	name   string // of this instance
	counts *counts
	worker *lifecycle.Worker
	turn   sync.Mutex // telling
}

// shelf has the records of plans.
const shelf = "schedules"

// The pauses of the worker.
const (
	poll                   = 5 * time.Minute // the longest, because the clocks of store and machine may drift
	firstRetry, lastRetry  = time.Second, time.Minute
	firstPause, lastPause  = time.Minute, time.Hour // between attempts
	storeCall              = 10 * time.Second       // bounds a note in the store after the work is over
	released               = 2 * time.Second        // bounds the release of a period while Shutdown waits no longer
	shortest, afterAnother = 10 * time.Millisecond, 50 * time.Millisecond
)

// New starts the schedule. The store is one that all instances share ([ledger.Shelver], as those of cx/stores are), and the records are on
// the shelf "schedules". New does no I/O. It returns an error if the store is nil or has no shelves, and if the plan or an option is not
// valid.
func New(store ledger.Store, plan Plan, opts ...Option) (*Schedule, error) {
	if err := plan.check(); err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	c := configure(opts)
	switch {
	case c.lease < minLease || c.lease > maxLease:
		return nil, fmt.Errorf("schedule: WithLease(%v): use %v to %v", c.lease, minLease, maxLease)
	case c.timeout < minTimeout || c.timeout > maxTimeout:
		return nil, fmt.Errorf("schedule: WithTimeout(%v): use %v to %v", c.timeout, minTimeout, maxTimeout)
	}
	shelves, ok := store.(ledger.Shelver)
	if !ok {
		return nil, fmt.Errorf("schedule: the plan %q: %w", plan.Name, ledger.ErrNoShelves)
	}
	counts, err := newCounts(c.meter, plan.Name)
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	s := &Schedule{plan: plan, cfg: c, record: leased.NewRecord(shelves.Shelf(shelf), plan.key()), name: rand.Text(), counts: counts}
	s.worker = lifecycle.Go(s.run)
	return s, nil
}

// Shutdown stops the schedule. A report that is being made or delivered is finished, within the time of ctx. After that its work is cancelled,
// and the period is released, so that another instance takes it at once. Shutdown returns nil when the goroutine has ended, and else the
// cause of ctx. It may be called again, also after an error.
func (s *Schedule) Shutdown(ctx context.Context) error {
	if s == nil {
		return nil
	}
	s.worker.Stop()
	err := s.worker.Wait(ctx)
	if err == nil {
		s.worker.Abort(errStopped) // nothing holds on to its context
		return nil
	}
	s.worker.Abort(fmt.Errorf("%w: %w", errStopped, err))
	return fmt.Errorf("schedule: the plan %q: a report is not finished, and another instance will make it: %w", s.plan.Name, err)
}

var errStopped = errors.New("the schedule is shut down")

// run works until it is asked to stop.
func (s *Schedule) run(ctx context.Context, stopping <-chan struct{}) {
	retry := firstRetry
	for !lifecycle.Ended(stopping) {
		wait, err := s.step(ctx)
		if err != nil && ctx.Err() == nil {
			s.tell(err)
			wait, retry = retry, min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		pause := time.NewTimer(min(max(wait, shortest), poll))
		select {
		case <-pause.C:
		case <-stopping:
			pause.Stop()
		}
	}
}

// step looks at the plan's record, works on the period that is due, if it is this instance's, and returns when to look again. An error
// is one of the store.
func (s *Schedule) step(ctx context.Context) (time.Duration, error) {
	now, log, err := s.record.Read(ctx)
	if err != nil {
		return 0, s.storeError(err)
	}
	period := s.plan.last(now)
	if len(log) == 0 {
		_, err := s.replace(ctx, log, begun(period.Until).encode())
		return s.until(s.plan.due(s.plan.after(period))), err
	}
	st, err := decode(log)
	if err != nil {
		return 0, fmt.Errorf("the plan %q: %w", s.plan.Name, err)
	}
	if running := s.plan.after(period); st.Done > running.Until.Unix() {
		return s.wasAhead(ctx, log, st, period, running)
	}
	if st.Done >= period.Until.Unix() {
		return s.until(s.plan.due(s.plan.after(period))), nil
	}
	if busy := st.Turn.busy(s.name, period, now); !busy.IsZero() {
		return min(busy.Sub(now), s.until(s.plan.due(s.plan.after(period)))) + afterAnother, nil
	}
	c, err := s.claim(ctx, log, st, period, now)
	if c == nil {
		return afterAnother, err
	}
	return s.work(ctx, c)
}

// wasAhead corrects a record that has reports of periods which have not begun: the store's clock was ahead when it was written. Without it the plan would be
// silent until then. A report that is made again has its MessageID again.
func (s *Schedule) wasAhead(ctx context.Context, log []byte, st *state, last, running report.Period) (time.Duration, error) {
	next := st.clone()
	next.Done, next.Turn = last.Until.Unix(), nil
	done, err := s.replace(ctx, log, next.encode())
	if done {
		s.tell(fmt.Errorf("the plan %q: its record has reports up to %s, which have not had their time: the store's clock was ahead. The next report is that of %s",
			s.plan.Name, time.Unix(st.Done, 0).UTC().Format(time.RFC3339), running.Label()))
	}
	return s.until(s.plan.due(running)), err
}

// until returns how long it is until then, by the store's clock.
func (s *Schedule) until(then time.Time) time.Duration {
	now, ok := s.record.Now()
	if !ok {
		return 0
	}
	return then.Sub(now)
}

// replace makes the log out of the old one, and reports whether it is the new one.
func (s *Schedule) replace(ctx context.Context, old, log []byte) (done bool, err error) {
	_, done, err = s.record.Replace(ctx, old, log)
	return done, s.storeError(err)
}

// storeError says of which plan the error of its record is.
func (s *Schedule) storeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the plan %q: %w", s.plan.Name, err)
}

// tell gives the error to the handler, whose panic harms nothing.
func (s *Schedule) tell(err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	defer func() { _ = recover() }()
	s.cfg.tell(fmt.Errorf("cairn: schedule: %w", err))
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
