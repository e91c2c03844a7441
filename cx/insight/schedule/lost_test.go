package schedule_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// loser is a store that can lose everything.
type loser struct {
	*memory.Store

	now atomic.Pointer[memory.Store]
}

func newLoser() *loser {
	l := &loser{Store: new(memory.Store)}
	l.lose()
	return l
}

func (l *loser) lose() { l.now.Store(new(memory.Store)) }

func (l *loser) Shelf(name string) ledger.Store { return loserShelf{l, name} }

type loserShelf struct {
	of   *loser
	name string
}

func (s loserShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.of.now.Load().Shelf(s.name).Write(ctx, changes) //nolint:wrapcheck // a store
}

func (s loserShelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return s.of.now.Load().Shelf(s.name).Claim(ctx, limit, lease) //nolint:wrapcheck // a store
}

// TestLostRecord: a store that loses the plan's record, and its salt with it, makes the plan begin anew. No report comes twice, and the next one comes.
func TestLostRecord(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		when         time.Duration // after the beginning
		during       bool          // the second delivery
		fails        bool          // which then fails
		want         []string
	}{
		{"between two reports", "nothing was due", 30 * time.Hour, false, false, []string{"2000-01-01", "2000-01-02", "2000-01-03"}},
		{"while one is delivered", "it is delivered, and is not delivered again", 0, true, false, []string{"2000-01-01", "2000-01-02", "2000-01-03"}},
		{"while one fails", "the store does not know that it is owed", 0, true, true, []string{"2000-01-01", "2000-01-03"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, store := newOffice(t, report.Day), newLoser()
				o.until(2 * time.Hour)
				lost := false
				var got []string // what anna has
				s := o.start(store, o.plan("a", func(ctx context.Context, d *schedule.Delivery) error {
					return d.Once(ctx, "anna", func(context.Context) error {
						if test.during && d.Period.From.Format(time.DateOnly) == "2000-01-02" && !lost {
							lost = true
							store.lose()
							if test.fails {
								return errServer
							}
						}
						got = append(got, d.Period.From.Format(time.DateOnly))
						return nil
					})
				}))
				if !test.during {
					o.until(test.when)
					store.lose()
				}
				o.until(4 * 24 * time.Hour)
				o.stop(s)
				var ids []string
				list, errs := o.all()
				for _, d := range list {
					ids = append(ids, d.MessageID)
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("delivered %q, want %q: %s; errors %v", got, test.want, test.reason, errs)
				}
				slices.Sort(ids)
				if len(slices.Compact(ids)) != len(list) {
					t.Errorf("two reports have one ID: %q", ids)
				}
				if test.during && len(errs) == 0 {
					t.Error("the loss is not told")
				}
			})
		})
	}
}

// TestOneName: plans of one name that differ in their interval are two plans, also where their periods begin at the same time. Two that do not differ share their
// work, whatever they make.
func TestOneName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, report.Day)
		weekly, daily := o.plan("weekly", nil), o.plan("daily", nil)
		weekly.Every = report.Week
		other := o.plan("other", nil)
		other.Make = func(context.Context, report.Period) (schedule.Report, error) { return page("another report"), nil }
		all := []*schedule.Schedule{o.start(o.store, weekly), o.start(o.store, daily), o.start(o.store, other)}
		o.until(10 * 24 * time.Hour) // Tuesday, with the week of Monday, 3 January
		o.stop(all...)
		ids, by, days := map[string]bool{}, map[string]int{}, map[time.Time]int{}
		list, errs := o.all()
		for _, d := range list {
			ids[d.MessageID] = true
			by[d.Every.String()]++
			if d.Every == report.Day {
				days[d.Period.From]++
			}
		}
		if len(ids) != len(list) || by["week"] != 2 || by["day"] != len(days) || len(days) < 8 || len(errs) > 0 {
			t.Errorf("%d IDs of %d reports: %v, of %d days; errors %v", len(ids), len(list), by, len(days), errs)
		}
	})
}
