package schedule_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

// TestKilled: an instance is killed at a point of its work, and another one follows it with the same ID.
func TestKilled(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		at           func(c *cut, d *schedule.Delivery) error
		want         []string
	}{
		{"before the delivery", "nothing was delivered", func(c *cut, _ *schedule.Delivery) error { c.gone.Store(true); return errServer }, []string{"heir"}},
		{"after the delivery", "the store does not know of it", func(c *cut, _ *schedule.Delivery) error { c.gone.Store(true); return nil }, []string{"killed", "heir"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, report.Day)
				o.until(2 * time.Hour)
				c := &cut{Store: o.store}
				var first string
				killed := o.start(c, o.plan("killed", func(_ context.Context, d *schedule.Delivery) error { first = d.MessageID; return test.at(c, d) }))
				o.until(25*time.Hour + time.Second)
				heir := o.start(o.store, o.plan("heir", nil))
				time.Sleep(2 * schedule.DefaultLease)
				o.stop(killed, heir)
				list, _ := o.all()
				var by []string
				for _, d := range list {
					by = append(by, d.by)
					if d.MessageID != first {
						t.Errorf("the ID is %s, and was %s", d.MessageID, first)
					}
				}
				if strings.Join(by, " ") != strings.Join(test.want, " ") {
					t.Errorf("delivered by %q, want %q: %s", by, test.want, test.reason)
				}
				if d := list[len(list)-1]; d.Attempt != 2 || d.at.Sub(time.Date(2000, 1, 2, 1, 0, 0, 0, time.UTC)) > schedule.DefaultLease+2*time.Second {
					t.Errorf("attempt %d at %s, want the second one when the lease is over", d.Attempt, d.at)
				}
			})
		})
	}
}

// TestOnce: what was delivered before the instance was killed is not delivered again.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		c := &cut{Store: o.store}
		var calls []string
		one := func(by string, kill bool) deliver {
			return func(ctx context.Context, d *schedule.Delivery) error {
				for _, part := range []string{"a@example.org", "b@example.org", "c@example.org"} {
					if err := d.Once(ctx, part, func(context.Context) error {
						calls = append(calls, by+" "+part)
						if part[0] == 'b' && kill {
							c.gone.Store(true)
						}
						return nil
					}); err != nil {
						return err
					}
				}
				return nil
			}
		}
		killed := o.start(c, o.plan("killed", one("killed", true)))
		o.until(25*time.Hour + time.Second)
		heir := o.start(o.store, o.plan("heir", one("heir", false)))
		time.Sleep(2 * schedule.DefaultLease)
		o.stop(killed, heir)
		if got, want := strings.Join(calls, ", "), "killed a@example.org, killed b@example.org, heir b@example.org, heir c@example.org"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		now, log := record(t, o.store, "week", "day")
		if strings.Contains(string(log), "example") || now.IsZero() {
			t.Errorf("the store has an address: %s", log)
		}
	})
}

// TestStoreDown: what the store does not take is tried until it does, and a lost answer costs no report.
func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		c := &cut{Store: o.store}
		s := o.start(c, o.plan("a", nil))
		o.until(20 * time.Hour)
		c.gone.Store(true)
		o.until(26 * time.Hour)
		o.want()
		if _, errs := o.all(); len(errs) < 10 || len(errs) > 400 || !errors.Is(errs[0], errCut) {
			t.Errorf("%d errors in 6 hours, want about one a minute", len(errs))
		}
		c.gone.Store(false)
		time.Sleep(2 * time.Minute)
		o.want("2000-01-01")
		c.losing.Store(true)
		o.until(49*time.Hour + time.Minute)
		list, _ := o.all()
		for _, d := range list[1:] {
			if d.Period.From.Format(time.DateOnly) != "2000-01-02" {
				t.Errorf("delivered %s", d.Period.Label())
			}
		}
		if len(list) != 2 {
			t.Errorf("%d deliveries, want one, and one attempt", len(list)-1)
		}
		o.stop(s)
	})
}

// TestOnceAtTheEnd: a part that is delivered while the context ends is noted.
func TestOnceAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		calls := 0
		part := func(ctx context.Context, d *schedule.Delivery) error {
			return d.Once(ctx, "a", func(ctx context.Context) error {
				calls++
				<-ctx.Done()
				return nil
			})
		}
		s := o.start(o.store, o.plan("a", part))
		o.until(25*time.Hour + time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		o.stop(s)
		heir := o.start(o.store, o.plan("heir", part))
		time.Sleep(time.Hour)
		o.stop(heir)
		o.want("2000-01-01")
		if calls != 1 {
			t.Errorf("the part was delivered %d times", calls)
		}
	})
}

// TestDeliveredWithoutALease: what was delivered while the store was away is noted when it is back, if no other instance has taken over.
func TestDeliveredWithoutALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		c := &cut{Store: o.store}
		s := o.start(c, o.plan("a", func(ctx context.Context, _ *schedule.Delivery) error {
			c.gone.Store(true)
			<-ctx.Done()
			c.gone.Store(false)
			return nil
		}))
		o.until(48 * time.Hour)
		o.stop(s)
		o.want("2000-01-01")
	})
}

// TestStopped: an instance that goes on when another one works on its report does not disturb that one.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		c := &cut{Store: o.store}
		stopped := o.start(c, o.plan("stopped", func(context.Context, *schedule.Delivery) error {
			c.gone.Store(true)
			time.Sleep(3 * time.Minute)
			c.gone.Store(false)
			return nil
		}))
		o.until(25*time.Hour + time.Second)
		heir := o.start(o.store, o.plan("heir", func(ctx context.Context, _ *schedule.Delivery) error {
			select {
			case <-time.After(5 * time.Minute):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}))
		o.until(26 * time.Hour)
		o.stop(stopped, heir)
		if list := o.want("2000-01-01", "2000-01-01"); list[0].by != "stopped" || list[1].by != "heir" || list[1].MessageID != list[0].MessageID {
			t.Errorf("%+v", list)
		}
	})
}

// TestStoreClock: the store's clock decides, also where it is set while an instance waits.
func TestStoreClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		c := &cut{Store: o.store}
		s := o.start(c, o.plan("a", nil))
		o.until(10 * time.Hour)
		o.want()
		c.ahead.Store(int64(20 * time.Hour))
		time.Sleep(5*time.Minute + time.Second)
		o.want("2000-01-01")
		o.stop(s)
	})
}

// TestLost: an instance that has lost its lease gives up its work and delivers nothing.
func TestLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		o.until(2 * time.Hour)
		c := &cut{Store: o.store}
		var why error
		p := o.plan("slow", nil)
		p.Make = func(ctx context.Context, _ report.Period) (schedule.Report, error) {
			c.gone.Store(true)
			<-ctx.Done()
			why = context.Cause(ctx)
			c.gone.Store(false)
			return page("of an instance that has lost it"), nil
		}
		slow := o.start(c, p)
		o.until(25*time.Hour + time.Second)
		heir := o.start(o.store, o.plan("heir", nil))
		o.until(27 * time.Hour)
		if list := o.want("2000-01-01"); list[0].by != "heir" {
			t.Error("the instance that has lost the lease delivers")
		}
		if why == nil || !strings.Contains(why.Error(), "the lease is lost") {
			t.Errorf("its context ended because of %v", why)
		}
		o.stop(slow, heir)
	})
}
