package watch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback/score"
)

// TestLife: a breakdown is found, confirmed, planned, mended when its action is made, verified because that has helped, and closed when it has
// held.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10, checkout))
		o.start(o.store)
		o.pass(time.Minute)
		is := o.one()
		if is.Stage != "found" || is.Subject != payment || is.Severity != "low" || is.ID == "" {
			t.Fatalf("%+v", is)
		}
		o.want("found", "found")

		staff := o.client(o.store)
		o.pass(day)
		ctx := breakdowns.Confirm(o.person(staff, is.ID))
		o.pass(day)
		run := event.RunRef{Namespace: "shop", Name: "improvement", ID: "retry"}
		breakdowns.Plan(ctx, run, "payments")
		action := improvement.Plan(improvement.Propose(cx.NewContext(t.Context(), staff), "retry"))
		o.pass(2 * time.Hour)
		if is = o.one(); is.Stage != "planned" || is.Action != run || is.Owner != "payments" {
			t.Fatalf("%+v", is)
		}
		o.pass(3 * day)
		improvement.Make(action)
		o.pass(2 * time.Hour)
		if is = o.one(); is.Stage != "mended" || is.Mended.IsZero() {
			t.Fatalf("%+v", is)
		}
		o.want("found, confirmed, planned, mended", "found, mended")

		o.show()
		o.set(func() { o.before, o.after = score.ShareOf(60, 200, 0.95), score.ShareOf(20, 200, 0.95) })
		o.pass(8 * day)
		if is = o.one(); is.Stage != "verified" || !is.Compared.Helped() {
			t.Fatalf("%+v", is)
		}
		o.want("found, confirmed, planned, mended, verified", "found, mended, usual, compared, verified")
		o.pass(30 * day)
		o.want("found, confirmed, planned, mended, verified, completed held", "found, mended, usual, compared, verified, compared, compared, closed")
		if n := len(o.list()); n != 0 {
			t.Errorf("the store still has %d breakdowns", n)
		}

		// It returns: a new breakdown names the earlier one.
		o.show(found(payment, 10))
		o.pass(2 * time.Hour)
		if again := o.one(); again.Earlier != is.ID || again.ID == is.ID || again.Stage != "found" {
			t.Errorf("%+v", again)
		}
	})
}

// TestContinued: a finding belongs to the breakdown of its subject, and to one of a subject that shows the same, whatever day it names.
func TestContinued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10))
		o.start(o.store)
		o.pass(2 * time.Hour)
		first := o.one()
		for i, f := range [][]breakdown.Found{
			{found(payment, 12)},
			{found(card, 12, payment)},
			{found(checkout, 12, card)},
			{found(card, 9), found(payment, 9)},
		} {
			o.pass(day)
			for j := range f {
				f[j].Began = time.Now().Add(-time.Duration(i) * day)
				f[j].Last = time.Now().UTC().Truncate(day).Add(-day)
			}
			o.show(f...)
			o.pass(2 * time.Hour)
			if is := o.one(); is.ID != first.ID || is.Subject != payment || !is.Usual.IsZero() {
				t.Fatalf("%d: %+v", i, is)
			}
			if len(o.seen().open) == 0 || o.seen().open[0].Subject != payment || o.seen().open[0].BaselineUntil.IsZero() {
				t.Errorf("%d: Find is given %+v", i, o.seen().open)
			}
		}
		// One for the better is another matter, and so is a drift.
		better, drift := found(payment, -5), found(card, 5)
		better.Better, drift.Drift = true, true
		o.show(found(payment, 9), better, drift)
		o.pass(2 * time.Hour)
		if all := o.list(); len(all) != 2 || all[1].ID == first.ID || !all[1].Found.Better {
			t.Errorf("%+v", all)
		}
	})
}

// TestDismissed: a matter that was dismissed is not raised again while the charts show it, and is when they were usual for 14 days.
func TestDismissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10))
		o.start(o.store)
		o.pass(2 * time.Hour)
		is := o.one()
		breakdowns.Dismiss(o.person(o.client(o.store), is.ID), "intended")
		o.pass(2 * time.Hour)
		o.want("found, cancelled intended", "found")
		if got := o.one(); !got.Dismissed || got.Cause != "intended" || got.Ended.IsZero() {
			t.Errorf("%+v", got)
		}
		for range 2 { // it lasts, and is usual for a while
			o.show(found(payment, 10))
			o.pass(30 * day)
			o.show()
			o.pass(13 * day)
		}
		o.want("found, cancelled intended", "found")
		o.pass(2 * day)
		o.show(found(payment, 10))
		o.pass(2 * time.Hour)
		if got := o.one(); got.ID == is.ID || got.Earlier != is.ID || got.Dismissed {
			t.Errorf("%+v", got)
		}
		o.want("found, cancelled intended, found", "found, found")
	})
}

// TestReturned: what was mended and usual, and is shown again, is found again in the same run, with its promises made anew. A chart that is
// usual for a day has not returned.
func TestReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10))
		o.start(o.store)
		o.pass(2 * time.Hour)
		is := o.one()
		breakdowns.Mend(o.person(o.client(o.store), is.ID))
		o.pass(day)
		o.show()
		o.pass(2 * day)
		o.show(found(payment, 10))
		o.pass(day)
		o.want("found, mended", "found")
		o.show()
		o.pass(5 * day)
		o.show(found(payment, 10))
		o.pass(2 * time.Hour)
		o.want("found, mended, found", "found, usual, returned")
		again := o.one()
		if again.ID != is.ID || again.Stage != "found" || !again.Mended.IsZero() || !again.Again.After(is.Again) {
			t.Errorf("%+v", again)
		}
		made := 0
		archive := o.seen().archive
		for i := range archive {
			if e := &archive[i]; e.Kind == event.PromiseMade && e.Time.After(again.Again.Add(-time.Minute)) {
				made++
			}
		}
		if made < 3 {
			t.Errorf("%d promises are made anew, want three", made)
		}
		o.pass(3 * day)
		o.want("found, mended, found", "found, usual, returned, up: confirmed")
	})
}

// TestReportedUp: each broken promise is reported once, with the age and the cost, by the times of the severity, which rises with the cost.
func TestReportedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 10))
		o.start(o.store, watch.WithEvery(10*time.Minute))
		o.pass(time.Hour)
		o.want("found", "found")
		o.show(found(payment, 50)) // a high severity: to be confirmed within four hours
		o.pass(time.Hour)
		if is := o.one(); is.Severity != "high" {
			t.Errorf("the severity is %q", is.Severity)
		}
		o.pass(3 * time.Hour)
		o.want("found", "found, worse, up: confirmed")
		o.show(found(payment, 1)) // no lower one
		o.pass(31 * day)
		o.want("found", "found, worse, up: confirmed, up: planned, up: mended")
		v := o.seen().overdue[0]
		if v.Lasted < 2*day || v.Found.Excess != 100 || v.Due.Sub(v.Again) != 4*time.Hour || v.ID == "" || v.ID == o.seen().overdue[1].ID {
			t.Errorf("%+v", v)
		}
		broken := map[string]int{}
		archive := o.seen().archive
		for i := range archive {
			if e := &archive[i]; e.Kind == event.PromiseBroken {
				broken[e.Promise.Name]++
				if want := v.Due; e.Promise.Name == "confirmed" && !e.Promise.Due.Equal(want) {
					t.Errorf("the promise in the archive was due at %s, want %s", e.Promise.Due, want)
				}
			}
		}
		if len(broken) != 3 || broken["confirmed"] != 1 {
			t.Errorf("the archive has the broken promises %v", broken)
		}
	})
}

// TestWorseMeanwhile: it is not certain that the archive has the first step, which is recorded again and again. Meanwhile the breakdown costs more: the
// promises have the times of the higher severity, as the reports have.
func TestWorseMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.set(func() { o.unsafe = errCut })
		o.show(found(payment, 10))
		o.start(o.store, watch.WithEvery(10*time.Minute))
		o.pass(time.Hour)
		o.show(found(payment, 50))
		o.pass(time.Hour)
		o.set(func() { o.unsafe, o.errors = nil, nil })
		o.pass(3 * time.Hour)
		o.want("found", "found, worse, up: confirmed")
		v := o.seen().overdue[0]
		archive := o.seen().archive
		for i := range archive {
			if e := &archive[i]; e.Kind == event.PromiseBroken && !e.Promise.Due.Equal(v.Due) {
				t.Errorf("the promise in the archive was due at %s, and that of the report at %s", e.Promise.Due, v.Due)
			}
		}
		if v.Due.Sub(v.Again) != 4*time.Hour {
			t.Errorf("%+v", v)
		}
	})
}

// TestNotToldYet: what could not be told is told at a later refresh, and a step does not wait for it.
func TestNotToldYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.set(func() { o.fails = errCut })
		o.show(found(payment, 10))
		o.start(o.store)
		o.pass(4 * day)
		if o.told() != "" || o.story() != "found" || len(o.seen().errors) < 50 {
			t.Errorf("%s, with %d errors", o, len(o.seen().errors))
		}
		o.set(func() { o.fails, o.errors = nil, nil })
		o.pass(2 * time.Hour)
		o.want("found", "found, up: confirmed")
	})
}

// TestBetter: an improvement is news, promises nothing, and ends by itself.
func TestBetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		f := found(payment, -50)
		f.Better = true
		o.show(f)
		o.start(o.store)
		o.pass(27 * day)
		o.want("improved", "found")
		archive := o.seen().archive
		for i := range archive {
			if e := &archive[i]; e.Promise != nil || e.Breakdown == nil || !e.Breakdown.Better {
				t.Errorf("%s %+v", e.Kind, e.Breakdown)
			}
		}
		o.pass(40 * day)
		o.want("improved, completed held", "found, closed")
		if is := o.one(); is.Ended.IsZero() {
			t.Errorf("%+v", is)
		}
	})
}
