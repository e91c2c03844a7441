package watch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback/score"
)

// stand makes the charts say how what is open stands.
func (o *town) stand(list ...breakdown.Standing) {
	o.set(func() { o.stands = list })
}

// inTown runs the test in a town that has the breakdown of payment since two hours.
func inTown(t *testing.T, f func(t *testing.T, o *town, is watch.Status)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10, checkout))
		o.start(o.store)
		o.pass(2 * time.Hour)
		f(t, o, o.one())
	})
}

// TestDriftOfTheOpen: an open breakdown that becomes worse and worse looks like a drift. It is not usual, and its finding says on which day it began.
func TestDriftOfTheOpen(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		for _, f := range []breakdown.Found{found(payment, 12), found(card, 12, payment)} {
			f.Drift = true
			o.show(f)
			o.pass(40 * day)
			if got := o.one(); got.ID != is.ID || !got.Usual.IsZero() || !got.Ended.IsZero() || got.Found.Drift {
				t.Errorf("%+v", got)
			}
		}
		if got := o.told(); strings.Contains(got, "usual") {
			t.Error(got)
		}
	})
}

// TestMendedInVain: the charts still show it when the 14 days after the mending are over: it is found again, and its promises are made anew.
func TestMendedInVain(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		o.set(func() { o.before, o.after = score.ShareOf(60, 200, 0.95), score.ShareOf(58, 200, 0.95) })
		breakdowns.Mend(o.person(o.client(o.store), is.ID))
		o.pass(14*day + 12*time.Hour)
		o.want("found, mended", "found, compared, compared")
		o.pass(day)
		o.want("found, mended, found", "found, compared, compared, returned")
		if news := o.seen().news; !news[len(news)-1].Still {
			t.Errorf("%+v", news[len(news)-1])
		}
		if got := o.one(); got.ID != is.ID || got.Stage != watch.Found || !got.Mended.IsZero() || got.Compared != nil || !got.Again.After(is.Again) {
			t.Errorf("%+v", got)
		}
		o.pass(3 * day)
		o.want("found, mended, found", "found, compared, compared, returned, up: confirmed")
	})
}

// TestReplanned: another plan takes the place of the first one, whose action mends nothing any more.
func TestReplanned(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		staff := o.client(o.store)
		first := improvement.Plan(improvement.Propose(cx.NewContext(t.Context(), staff), "retry"))
		second := improvement.Plan(improvement.Propose(cx.NewContext(t.Context(), staff), "bank"))
		ctx := breakdowns.Plan(o.person(staff, is.ID), event.RunRef{Namespace: "shop", Name: "improvement", ID: "retry"}, "payments")
		o.pass(day)
		again := event.RunRef{Namespace: "shop", Name: "improvement", ID: "bank"}
		breakdowns.Replan(ctx, again, "tools")
		o.pass(2 * time.Hour)
		if got := o.one(); got.Stage != watch.Planned || got.Action != again || got.Owner != "tools" {
			t.Errorf("%+v", got)
		}
		improvement.Make(first)
		o.pass(day)
		o.want("found, planned, confirmed, planned", "found")
		improvement.Make(second)
		o.pass(day)
		o.want("found, planned, confirmed, planned, mended", "found, mended")
	})
}

// TestPlannedAnew: a plan after a mending makes the promise to mend it anew, and its mending is compared by itself. The action that was made before has not mended it.
func TestPlannedAnew(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		o.set(func() { o.before, o.after = score.ShareOf(60, 200, 0.95), score.ShareOf(58, 200, 0.95) })
		staff := o.client(o.store)
		run := event.RunRef{Namespace: "shop", Name: "improvement", ID: "retry"}
		action := improvement.Plan(improvement.Propose(cx.NewContext(t.Context(), staff), "retry"))
		ctx := breakdowns.Plan(o.person(staff, is.ID), run, "payments")
		o.pass(day)
		improvement.Make(action)
		o.pass(10 * day)
		if got := o.one(); got.Stage != watch.Mended || got.Compared == nil {
			t.Fatalf("%+v", got)
		}
		again := time.Now()
		breakdowns.Plan(ctx, run, "payments")
		o.pass(2 * time.Hour)
		if got := o.one(); got.Stage != watch.Planned || !got.Mended.IsZero() || got.Compared != nil {
			t.Errorf("%+v", got)
		}
		o.want("found, planned, mended, planned", "found, mended, compared")
		due := time.Time{}
		archive := o.seen().archive
		for i := range archive {
			if e := &archive[i]; e.Kind == event.PromiseMade && e.Promise.Name == watch.PromiseMended && !e.Time.Before(again.Truncate(time.Microsecond)) {
				due = e.Promise.Due
			}
		}
		if want := again.Add(30 * day); !due.Truncate(time.Second).Equal(want.Truncate(time.Second)) {
			t.Errorf("it is to be mended by %s, want %s", due, want)
		}
		o.pass(31 * day)
		o.want("found, planned, mended, planned", "found, mended, compared, up: mended")
		if len(o.seen().overdue) != 1 || !o.seen().overdue[0].Due.Equal(due) {
			t.Errorf("%+v is reported up, and in the archive it was due at %s", o.seen().overdue, due)
		}
		breakdowns.Mend(o.person(staff, is.ID))
		o.pass(8 * day)
		if got := o.one(); got.Stage != watch.Mended || got.Compared == nil {
			t.Errorf("%+v", got)
		}
	})
}

// TestUnknown: a chart that says nothing is neither worse nor usual.
func TestUnknown(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		breakdowns.Verify(o.person(o.client(o.store), is.ID))
		o.show()
		o.stand(breakdown.Standing{Open: breakdown.Open{Subject: payment}})
		o.pass(60 * day)
		o.want("found, verified", "found")
		if got := o.one(); !got.Usual.IsZero() || !got.Ended.IsZero() {
			t.Errorf("%+v", got)
		}
		o.stand(breakdown.Standing{Open: breakdown.Open{Subject: payment}, Known: true, Usual: true})
		o.pass(30 * day)
		o.want("found, verified, completed held", "found, usual, closed")
	})
}

// TestNumbersOfTheFirst: what else shows the breakdown keeps its baseline, and does not replace the numbers.
func TestNumbersOfTheFirst(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		o.show(found(checkout, 70))
		o.pass(day)
		got := o.one()
		if got.Found.Subject != payment || got.Found.PerDay != 10 || !got.Usual.IsZero() {
			t.Errorf("%+v", got.Found)
		}
		want := []breakdown.Open{
			{Subject: payment, BaselineFrom: is.Found.BaselineFrom, BaselineUntil: is.Found.BaselineUntil},
			{Subject: checkout, BaselineFrom: is.Found.BaselineFrom, BaselineUntil: is.Found.BaselineUntil},
		}
		if !slices.EqualFunc(o.seen().open, want, func(a, b breakdown.Open) bool {
			return a.Subject == b.Subject && a.BaselineFrom.Equal(b.BaselineFrom) && a.BaselineUntil.Equal(b.BaselineUntil)
		}) {
			t.Errorf("Find is given %+v, want %+v", o.seen().open, want)
		}
		own := found(payment, 14)
		o.stand(breakdown.Standing{Open: breakdown.Open{Subject: payment}, Known: true, Shown: &own})
		o.show(found(card, 70, payment))
		o.pass(day)
		if got = o.one(); got.Found.Subject != payment || got.Found.PerDay != 14 {
			t.Errorf("%+v", got.Found)
		}
	})
}

// TestSubsided: a breakdown that heals without a step is not reported up while the charts are usual, and ends by itself with a cause of its own.
func TestSubsided(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, _ watch.Status) {
		o.pass(day)
		o.show()
		o.pass(29 * day)
		o.want("found, completed subsided", "found, usual, closed, up: confirmed")
	})
}

// TestBetterForAWhile: an improvement that vanished has not held.
func TestBetterForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		f := found(payment, -50)
		f.Better = true
		o.show(f)
		o.start(o.store)
		o.pass(5 * day)
		o.show()
		o.pass(4 * day)
		o.want("improved, completed subsided", "found, usual, closed")
	})
}

// TestReturnedSmaller: a breakdown that returns keeps the higher severity.
func TestReturnedSmaller(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		o.show(found(payment, 50))
		o.pass(2 * time.Hour)
		breakdowns.Mend(o.person(o.client(o.store), is.ID))
		o.show()
		o.pass(5 * day)
		o.show(found(payment, 10))
		o.pass(2 * time.Hour)
		if got := o.one(); got.Stage != watch.Found || got.Severity != "high" {
			t.Errorf("%+v", got)
		}
	})
}

// TestClockBehind: a person whose clock is behind has taken the step all the same.
func TestClockBehind(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		staff := o.client(o.store)
		ctx := breakdowns.Confirm(o.person(staff, is.ID))
		o.pass(2 * time.Hour)
		run := event.RunRef{Namespace: "shop", Name: "improvement", ID: "retry"}
		breakdowns.Plan(ctx, run, "payments", watch.At(time.Now().Add(-3*time.Hour)))
		o.pass(2 * time.Hour)
		if got := o.one(); got.Stage != watch.Planned || got.Owner != "payments" || got.Action != run {
			t.Errorf("%+v", got)
		}
		ctx = breakdowns.Plan(ctx, run, "payments")
		o.pass(2 * time.Hour)
		breakdowns.Confirm(ctx) // a step back stays one
		o.pass(4 * time.Hour)
		if got := o.one(); got.Stage != watch.Confirmed {
			t.Errorf("%+v", got)
		}
	})
}

// TestReopenedByOtherCode: the promises count from then, as those of the archive do, and nothing is left of the mending.
func TestReopenedByOtherCode(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		staff := o.client(o.store)
		ctx := breakdowns.Mend(o.person(staff, is.ID))
		o.pass(day)
		d := is.Details()
		d.Severity = "high"
		at := time.Now()
		breakdowns.Reopen(ctx, d)
		o.pass(2 * time.Hour)
		got := o.one()
		if got.Stage != watch.Found || !got.Mended.IsZero() || got.Severity != "high" || got.Again.Sub(at).Abs() > time.Second {
			t.Errorf("%+v", got)
		}
		o.pass(4 * time.Hour)
		o.want("found, mended, found", "found, up: confirmed")
	})
}

// TestDayOfTheZone: the day is that of the charts' zone, in the ID and in the store.
func TestDayOfTheZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		f := found(payment, 10)
		f.Last = time.Date(2000, 4, 8, 0, 0, 0, 0, berlin)
		f.Began = time.Date(2000, 3, 20, 0, 0, 0, 0, berlin) // before the clocks change
		o.show(f)
		o.start(o.store)
		o.pass(2 * time.Hour)
		is := o.one()
		if want := watch.ID("shop", payment, false, time.Date(2000, 4, 8, 0, 0, 0, 0, time.UTC)); is.ID != want {
			t.Errorf("the ID is %s, want that of 8 April, %s", is.ID, want)
		}
		if got := is.Found.Began; got.Format(time.DateOnly) != "2000-03-20" || !got.AddDate(0, 0, 10).Equal(time.Date(2000, 3, 30, 0, 0, 0, 0, berlin)) {
			t.Errorf("it began on %s", got)
		}
		if s := is.Found.Sentence(); !strings.Contains(s, "since 20 March 2000") {
			t.Error(s)
		}
	})
}

// TestWiderThanChance: days that differ by more than chance make the difference less sure.
func TestWiderThanChance(t *testing.T) {
	for _, c := range []struct {
		sigma float64
		helps bool
	}{{0, true}, {1, true}, {5, false}} {
		inTown(t, func(t *testing.T, o *town, is watch.Status) {
			o.set(func() {
				o.before, o.after, o.sigma = score.ShareOf(60, 200, 0.95), score.ShareOf(30, 200, 0.95), c.sigma
			})
			breakdowns.Mend(o.person(o.client(o.store), is.ID))
			o.show()
			o.pass(9 * day)
			if got := o.one(); got.Compared == nil || got.Compared.Helped() != c.helps || (got.Stage == watch.Verified) != c.helps {
				t.Errorf("sigma %v: %+v %+v", c.sigma, got.Stage, got.Compared)
			} else if got.Compared.Before.Unit != score.Parts {
				t.Errorf("the unit is %v", got.Compared.Before.Unit)
			}
		})
	}
}

// TestFindFails: a promise is broken while the charts cannot be looked at, and is reported up.
func TestFindFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10))
		p := o.plan(o.client(o.store))
		finds := p.Find
		var fails atomic.Bool
		p.Find = func(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error) {
			if fails.Load() {
				return breakdown.Findings{}, errCut
			}
			return finds(ctx, open)
		}
		o.startPlan(o.store, p)
		o.pass(2 * time.Hour)
		fails.Store(true)
		o.pass(3 * day)
		if got := o.told(); got != "found, up: confirmed" {
			t.Errorf("told is %q", got)
		}
	})
}

// TestSlowHook: a hook that never returns by itself is cut off, and keeps no breakdown from being found.
func TestSlowHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10))
		p := o.plan(o.client(o.store))
		p.Tell = func(ctx context.Context, _ watch.News) error { <-ctx.Done(); return context.Cause(ctx) }
		o.startPlan(o.store, p)
		o.pass(time.Minute)
		o.show(found(payment, 10), found(card, 10))
		o.pass(time.Hour + 10*time.Second) // less than the two hooks take
		if all := o.list(); len(all) != 2 {
			t.Errorf("%d breakdowns are found, want two", len(all))
		}
		if len(o.seen().errors) == 0 || !strings.Contains(o.seen().errors[0].Error(), "30s") {
			t.Errorf("%v", o.seen().errors)
		}
	})
}

// TestPlacedInTime: the time of a refresh is not enough to place everything. The costliest is placed first, nothing that was found is lost, and the next refresh goes on.
func TestPlacedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		var list []breakdown.Found
		for i := range 40 {
			list = append(list, found(breakdown.Subject{About: breakdown.OfQueue, Name: strings.Repeat("q", i+1)}, float64(i+1)))
		}
		o.show(list...)
		var placed []string
		p := o.plan(o.client(o.store))
		p.Place = func(_ context.Context, f breakdown.Found) (watch.Placement, error) {
			o.set(func() { placed = append(placed, f.Name) })
			time.Sleep(time.Minute)
			return watch.Placement{Customers: 1}, nil
		}
		w := o.startPlan(o.store, p, watch.WithTimeout(20*time.Minute))
		o.pass(10 * time.Minute)
		if all, err := w.List(t.Context()); err != nil || len(all) != 40 {
			t.Errorf("%v: %d are in the store, want 40", err, len(all))
		}
		o.set(func() {
			if len(placed) == 0 || len(placed[0]) != 40 {
				t.Errorf("%v is placed first", placed)
			}
		})
		o.pass(2 * time.Hour)
		n := 0
		o.set(func() { n = len(placed) })
		if n > 50 || o.story() == "" {
			t.Errorf("%d are placed, and the archive has %q", n, o.story())
		}
		if !slices.ContainsFunc(o.seen().errors, func(err error) bool {
			return errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "longer than")
		}) {
			t.Errorf("%v", o.seen().errors)
		}
	})
}
