package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

const week = 7 * 24 * time.Hour

var errServer = errors.New("the server does not take it")

// TestOneInstance: a plan begins with the period that is not over, and each report is delivered once, when the period has settled.
func TestOneInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Week)
		s := o.start(o.store, o.plan("a", nil))
		time.Sleep(2*24*time.Hour + time.Hour - 1) // Monday, 1:00
		synctest.Wait()
		o.want()
		time.Sleep(time.Second)
		o.want("1999-12-27")
		time.Sleep(2 * week)
		list := o.want("1999-12-27", "2000-01-03", "2000-01-10")
		seen := map[string]bool{}
		for _, d := range list {
			if seen[d.MessageID] || len(d.MessageID) != 32 || d.Attempt != 1 || d.Missed != 0 || d.Name != "week" {
				t.Errorf("%+v", d.Delivery)
			}
			seen[d.MessageID] = true
		}
		o.stop(s, s)
		if _, errs := o.all(); len(errs) > 0 {
			t.Error(errs)
		}
		time.Sleep(2 * week)
		o.want("1999-12-27", "2000-01-03", "2000-01-10")
	})
}

// TestSettled: a plan that is first seen between the end of a period and its due time makes the report of that period.
func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		p := o.plan("a", nil)
		p.Settle = 12 * time.Hour
		s := o.start(o.store, p) // at 0:00
		time.Sleep(13 * time.Hour)
		o.want("1999-12-31")
		o.stop(s)
	})
}

// TestManyInstances: of many instances one delivers each report.
func TestManyInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		var all []*schedule.Schedule
		for i := range 8 {
			all = append(all, o.start(o.store, o.plan(fmt.Sprint(i), func(ctx context.Context, _ *schedule.Delivery) error {
				select { // longer than a lease
				case <-time.After(5 * time.Minute):
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})))
			time.Sleep(7 * time.Second)
		}
		o.until(4*24*time.Hour + 12*time.Hour)
		o.want("2000-01-01", "2000-01-02", "2000-01-03", "2000-01-04")
		o.stop(all...)
		if _, errs := o.all(); len(errs) > 0 {
			t.Error(errs)
		}
	})
}

// TestMissed: when all instances were down, the report of the last period is delivered, and the earlier ones are told as missed.
func TestMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Week)
		s := o.start(o.store, o.plan("a", nil))
		time.Sleep(2*24*time.Hour + 2*time.Hour)
		o.want("1999-12-27")
		o.stop(s)
		time.Sleep(4 * week)
		s = o.start(o.store, o.plan("a", func(_ context.Context, d *schedule.Delivery) error {
			if d.Attempt < 3 {
				return errServer
			}
			return nil
		}))
		time.Sleep(5 * time.Minute)
		d := o.want("1999-12-27", "2000-01-24")[1]
		if d.Missed != 3 || !d.MissedSince.Equal(time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC)) || d.Attempt != 3 {
			t.Errorf("missed %d since %s, attempt %d", d.Missed, d.MissedSince, d.Attempt)
		}
		o.stop(s)
		_, errs := o.all()
		if len(errs) != 3 || !strings.Contains(errs[0].Error(), `the plan "week": 3 reports were missed, from 2000-01-03T00:00:00Z on`) {
			t.Error(errs)
		}
	})
}

// TestTriedAgain: a delivery that fails is tried after pauses that grow, by whichever instance, until the next period is over.
func TestTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		due := time.Date(2000, 1, 2, 1, 0, 0, 0, time.UTC)
		var tries []time.Duration
		var ids []string
		fails := func(_ context.Context, d *schedule.Delivery) error {
			if d.Period.From.Format(time.DateOnly) == "2000-01-01" {
				tries, ids = append(tries, time.Since(due).Round(time.Second)), append(ids, d.MessageID)
				return errServer
			}
			return nil
		}
		a, b := o.start(o.store, o.plan("a", fails)), o.start(o.store, o.plan("b", fails))
		o.until(50 * time.Hour)
		list := o.want("2000-01-02")
		if late := list[0].at.Sub(due.Add(24 * time.Hour)); list[0].Missed != 1 || list[0].Attempt != 1 || late > 5*time.Second {
			t.Errorf("missed %d, attempt %d, %v late; want 1, 1, and not after the pause of the period before", list[0].Missed, list[0].Attempt, late)
		}
		o.stop(a, b)
		want := []int{0, 1, 3, 7, 15, 31, 63, 123, 183} // minutes
		if len(tries) < 26 || len(tries) > 30 {
			t.Errorf("%d attempts in 24 hours: %v", len(tries), tries)
		}
		for i, w := range want {
			if late := tries[i] - time.Duration(w)*time.Minute; late < 0 || late > 5*time.Second {
				t.Errorf("attempt %d after %v, want %d minutes", i+1, tries[i], w)
			}
		}
		for _, id := range ids {
			if id != ids[0] {
				t.Error("an attempt has another ID")
			}
		}
		_, errs := o.all()
		if !strings.Contains(errs[0].Error(), `the plan "week", Sat 1 January 2000: attempt 1 has failed, the next one is in 1m0s: deliver the report: the server does not take it`) {
			t.Error(errs[0])
		}
	})
}

// TestFaultyPlans: what fails in the application's functions is an attempt that failed, and never a panic.
func TestFaultyPlans(t *testing.T) {
	for _, test := range []struct {
		name, want string
		make       func(context.Context, report.Period) (schedule.Report, error)
		deliver    deliver
		tries      int
	}{
		{"Make panics", "make the report: Make: it panicked", func(context.Context, report.Period) (schedule.Report, error) { panic("no") }, nil, 0},
		{"Make fails", "make the report: the server does not take it", func(context.Context, report.Period) (schedule.Report, error) { return nil, errServer }, nil, 0},
		{"no report", "Make has returned neither a report nor an error", func(context.Context, report.Period) (schedule.Report, error) { return nil, nil }, nil, 0}, //nolint:nilnil // tried
		{"Deliver panics", "deliver the report: Deliver: it panicked", nil, func(context.Context, *schedule.Delivery) error { panic("no") }, 2},
		{"given up", "deliver the report: the server does not take it: the report cannot be delivered", nil, func(context.Context, *schedule.Delivery) error {
			return fmt.Errorf("%w: %w", errServer, schedule.ErrGivenUp)
		}, 1},
		{"Deliver hangs", "the attempt has taken longer than 1m0s", nil, func(ctx context.Context, _ *schedule.Delivery) error {
			<-ctx.Done()
			return ctx.Err()
		}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, report.Day)
				o.until(2 * time.Hour)
				tries := 0
				p := o.plan("a", nil)
				if test.make != nil {
					p.Make = test.make
				} else {
					p.Deliver = deliver(func(ctx context.Context, d *schedule.Delivery) error { tries++; return test.deliver(ctx, d) })
				}
				s := o.start(o.store, p, schedule.WithTimeout(time.Minute))
				o.until(25*time.Hour + 90*time.Second)
				o.want()
				o.stop(s)
				if _, errs := o.all(); len(errs) == 0 || !strings.Contains(errs[0].Error(), test.want) {
					t.Errorf("%v, want %q", errs, test.want)
				}
				if tries != test.tries {
					t.Errorf("%d attempts to deliver, want %d", tries, test.tries)
				}
			})
		})
	}
}

// TestShutdown: a delivery is finished within the time of Shutdown; after that it is cancelled, and another instance takes it at once.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		slow := func(ctx context.Context, _ *schedule.Delivery) error {
			select {
			case <-time.After(time.Minute):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		s := o.start(o.store, o.plan("a", slow))
		o.until(25*time.Hour + time.Second)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		o.want("2000-01-01")

		s = o.start(o.store, o.plan("a", slow))
		o.until(49*time.Hour + time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		o.want("2000-01-01")
		b := o.start(o.store, o.plan("b", nil))
		time.Sleep(time.Second)
		if d := o.want("2000-01-01", "2000-01-02")[1]; d.Attempt != 2 || d.by != "b" {
			t.Errorf("attempt %d by %s", d.Attempt, d.by)
		}
		o.stop(b)
	})
	var none *schedule.Schedule
	if err := none.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestEndIsWrittenAgain: a store that does not answer when a delivery has ended, and answers again while the lease holds, costs no second delivery.
func TestEndIsWrittenAgain(t *testing.T) {
	for _, gone := range []time.Duration{time.Second, schedule.DefaultLease / 2} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, report.Day)
			store := &cut{Store: o.store}
			o.until(2 * time.Hour)
			a := o.start(store, o.plan("a", func(context.Context, *schedule.Delivery) error {
				store.gone.Store(true)
				time.AfterFunc(gone, func() { store.gone.Store(false) })
				return nil
			}))
			o.until(25*time.Hour + 100*time.Millisecond)
			o.want("2000-01-01")
			b := o.start(o.store, o.plan("b", nil))
			o.until(25*time.Hour + 10*schedule.DefaultLease)
			o.want("2000-01-01")
			if _, errs := o.all(); len(errs) > 0 {
				t.Errorf("the store was away for %v, and the errors are %v", gone, errs)
			}
			o.stop(a, b)
		})
	}
}
