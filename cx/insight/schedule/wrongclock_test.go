package schedule_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

// TestClockWasAhead: the store's clock was ahead for some minutes. What it has left in the record keeps no later report back.
func TestClockWasAhead(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name, reason string
		ahead        time.Duration
		kill         bool
		want         []string
		told         string
	}{
		{"hours", "the report of the running period is made early, once", 2 * day, false, []string{"1999-12-27", "2000-01-03", "2000-01-10"}, ""},
		{"a year", "reports go on with the next period that ends", 400 * day, false, []string{"2001-01-22", "1999-12-27", "2000-01-03", "2000-01-10"}, "the store's clock was ahead"},
		{"a year, killed", "the lease of an instance that was killed then is over", 400 * day, true, []string{"1999-12-27", "2000-01-03", "2000-01-10"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, report.Week)
				first := o.start(o.store, o.plan("first", nil))
				o.until(time.Hour) // the plan is known
				o.stop(first)
				o.until(day)
				wrong := &cut{Store: o.store}
				wrong.ahead.Store(int64(c.ahead))
				killed, work := context.WithCancel(t.Context())
				defer work()
				s := o.start(wrong, o.plan("wrong", func(ctx context.Context, _ *schedule.Delivery) error {
					if !c.kill {
						return nil
					}
					wrong.gone.Store(true) // it never notes anything again
					<-killed.Done()
					return killed.Err()
				}))
				o.until(day + 10*time.Minute)
				work()
				o.stop(s)
				right := o.start(o.store, o.plan("right", nil))
				o.until(17 * day)
				o.stop(right)
				o.want(c.want...)
				_, errs := o.all()
				said := false
				for _, err := range errs {
					said = said || strings.Contains(err.Error(), c.told)
				}
				if !said && c.told != "" {
					t.Errorf("%v does not say %q: %s", errs, c.told, c.reason)
				}
			})
		})
	}
}
