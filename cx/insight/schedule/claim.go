package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/internal/leased"
	"cairncx.dev/cairn/internal/lifecycle"
)

// claim is a period that this instance holds. The renewals, Delivery.Once and the end take turns.
type claim struct {
	s      *Schedule
	period report.Period
	missed int
	since  time.Time // where the first missed period began
	held   *leased.Held[*state]
}

// errLost is the cause of the context of work that another instance has taken over.
var errLost = fmt.Errorf("%w: another instance makes the report", leased.ErrLost)

// claim takes the period, if the record is still the one that was read. Nil says that another instance was first.
func (s *Schedule) claim(ctx context.Context, log []byte, st *state, p report.Period, now time.Time) (*claim, error) {
	c := &claim{s: s, period: p}
	mine, first := st.clone(), !st.Turn.of(p)
	if first {
		mine.Turn = &turn{Until: p.Until.Unix()}
	}
	mine.Turn.Holder, mine.Turn.Lease = s.name, now.Add(s.cfg.lease).UnixMilli()
	mine.Turn.Tries++
	for q := s.plan.before(p); q.Until.Unix() > st.Done && c.missed < maxMissed; q = s.plan.before(q) {
		c.missed++
		c.since = q.From
	}
	var err error
	c.held, err = leased.Take(ctx, s.record, form{s.name, p}, s.cfg.lease, log, mine)
	if err != nil || c.held == nil {
		return nil, s.storeError(err)
	}
	if first && c.missed > 0 {
		s.counts.add(ctx, missed, int64(c.missed))
		s.tell(fmt.Errorf("the plan %q: %d reports were missed, from %s on: no instance has delivered them in time", s.plan.Name, c.missed, c.since.Format(time.RFC3339)))
	}
	return c, nil
}

// maxMissed bounds the periods that are counted as missed: nine years of days.
const maxMissed = 3300

// work makes and delivers the report, and notes what became of it. It returns how long the instance leaves the plan to others. An error is one of the
// store.
func (s *Schedule) work(ctx context.Context, c *claim) (time.Duration, error) {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timed, stop := context.WithTimeoutCause(within, s.cfg.timeout, fmt.Errorf("the attempt has taken longer than %v", s.cfg.timeout))
	defer stop()
	renewing := lifecycle.Go(func(_ context.Context, stopping <-chan struct{}) {
		c.held.Renew(timed, stopping, func(error) { cancel(errLost) })
	})
	err := s.attempt(timed, c)
	renewing.Stop()
	_ = renewing.Wait(nil) //nolint:staticcheck // it has no bound, and so no error
	renewing.Abort(nil)
	why := context.Cause(timed)
	if err != nil && errors.Is(why, errLost) {
		s.counts.add(ctx, failed, 1)
		s.tell(fmt.Errorf("the plan %q, %s: %w", s.plan.Name, c.period.Label(), errLost))
		return s.cfg.lease, nil
	}
	if err != nil && why != nil && !errors.Is(err, why) {
		err = fmt.Errorf("%w: %w", why, err)
	}
	return 0, s.finish(ctx, c, err)
}

// attempt makes and delivers the report.
func (s *Schedule) attempt(ctx context.Context, c *claim) error {
	var r Report
	err := guarded("Make", func() (err error) {
		r, err = s.plan.Make(ctx, c.period)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("make the report: %w", err)
	case r == nil:
		return errNoReport
	case ctx.Err() != nil: // it is not delivered by an instance that has lost it
		return context.Cause(ctx) //nolint:wrapcheck // the schedule's own
	}
	d := c.delivery(r)
	if err := guarded("Deliver", func() error { return s.plan.Deliver.Deliver(ctx, d) }); err != nil {
		return fmt.Errorf("deliver the report: %w", err)
	}
	return nil
}

var errNoReport = errors.New("make the report: Make has returned neither a report nor an error")

// finish notes that the report is delivered, or when it is tried again.
func (s *Schedule) finish(ctx context.Context, c *claim, err error) error {
	stopped := ctx.Err() != nil
	if stopped {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), released)
		defer cancel()
	}
	end := func(st *state) { st.Done, st.Turn = c.period.Until.Unix(), nil }
	switch {
	case err == nil:
		s.counts.add(ctx, sent, 1)
	case errors.Is(err, ErrGivenUp):
		s.counts.add(ctx, failed, 1)
		s.counts.add(ctx, missed, 1)
		s.tell(fmt.Errorf("the plan %q, %s: %w", s.plan.Name, c.period.Label(), err))
	case stopped:
		s.counts.add(ctx, failed, 1)
		end = func(st *state) { st.Turn.Holder, st.Turn.Lease = "", 0 }
	default:
		s.counts.add(ctx, failed, 1)
		pause := pauseAfter(c.tries())
		s.tell(fmt.Errorf("the plan %q, %s: attempt %d has failed, the next one is in %v: %w", s.plan.Name, c.period.Label(), c.tries(), pause, err))
		now, _ := s.record.Now()
		end = func(st *state) { st.Turn.Holder, st.Turn.Lease = "", now.Add(pause).UnixMilli() }
	}
	return c.settle(ctx, end)
}

// pauseAfter returns the pause after an attempt that has failed.
func pauseAfter(tries int) time.Duration {
	return min(firstPause<<min(max(tries-1, 0), 10), lastPause)
}
