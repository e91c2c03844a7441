package watch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
)

// archived returns the only breakdown of the town's archive at the moment.
func (o *town) archived(j *watch.Journey) insight.Breakdown {
	o.Helper()
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}}, Breakdowns: &blueprint.Breakdowns{Name: j.Name()}})
	if err == nil {
		err = table.Load(o.Context(), log(o.seen().archive))
	}
	if err != nil {
		o.Fatal(err)
	}
	all, err := table.View(insight.Everything(), time.Now()).Breakdowns(o.Context(), insight.Which{})
	if err != nil || len(all.List) != 1 {
		o.Fatalf("%v: the archive has %+v", err, all.List)
	}
	return all.List[0]
}

// TestLoading: a table that has not read the archive yet is asked again within seconds, and is no error unless that lasts for longer than one interval.
func TestLoading(t *testing.T) {
	for _, c := range []struct {
		reason string
		loads  time.Duration
		errors int
		by     time.Duration // the breakdown is found
	}{
		{"it takes some seconds", 10 * time.Second, 0, 20 * time.Second},
		{"it takes some minutes, less than an interval", 50 * time.Minute, 0, 52 * time.Minute},
		{"it takes two hours and a half, which is told after each interval", 150 * time.Minute, 2, 152 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := newTown(t)
			o.pass(100 * day)
			o.show(found(payment, 10))
			p, begun := o.plan(o.client(o.store)), time.Now()
			finds := p.Find
			p.Find = func(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error) {
				if time.Since(begun) < c.loads {
					return breakdown.Findings{}, fmt.Errorf("the table: %w", insight.ErrLoading)
				}
				return finds(ctx, open)
			}
			o.startPlan(o.store, p)
			o.pass(c.by)
			if n := len(o.seen().errors); n != c.errors || len(o.list()) != 1 {
				t.Errorf("%s: after %v %d errors are told, want %d, and there are %d breakdowns: %v", c.reason, c.by, n, c.errors, len(o.list()), o.seen().errors)
			}
			// Once it is loaded, the charts are looked at in intervals.
			was := o.seen().finds
			o.pass(3 * time.Hour)
			if n := o.seen().finds - was; n != 3 {
				t.Errorf("%s: then the charts are looked at %d times in three intervals", c.reason, n)
			}
		})
	}
}

// TestDaysThatCount: customers a day are those by the days that count, not those of the calendar.
func TestDaysThatCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		f := found(payment, 10)
		f.Began = f.Last.Add(-9 * day) // two of these days count
		o.show(f)
		p := o.plan(o.client(o.store))
		p.Place = func(context.Context, breakdown.Found) (watch.Placement, error) {
			return watch.Placement{Customers: 50}, nil
		}
		o.startPlan(o.store, p)
		o.pass(time.Minute)
		if is := o.one(); is.Severity != "high" {
			t.Errorf("25 customers a day are %q: %+v", is.Severity, is)
		}
	})
}

// TestReturnedCountsAnew: the charts of a breakdown that was mended and usual count from the mending on, also once it has returned. Until then, and where the mending has not
// helped, they count from the baseline on.
func TestReturnedCountsAnew(t *testing.T) {
	inTown(t, func(t *testing.T, o *town, is watch.Status) {
		asked := func(reason string, want time.Time) {
			t.Helper()
			if open := o.seen().open; len(open) == 0 || !open[0].Since.Equal(want) {
				t.Errorf("%s: Find is given %+v, want %v", reason, open, want)
			}
		}
		asked("it is found", time.Time{})
		breakdowns.Mend(o.person(o.client(o.store), is.ID))
		o.pass(2 * time.Hour)
		asked("it is mended, and the charts still show it", time.Time{})
		mended := o.one().Mended
		o.show()
		o.pass(5 * day)
		asked("the charts are usual", mended)
		again := found(payment, 10)
		o.show(again)
		o.pass(2 * time.Hour)
		if got := o.one(); got.Stage != watch.Found || !got.Found.Began.Equal(again.Began) {
			t.Fatalf("%+v", got)
		}
		asked("it has returned", mended)
		o.pass(2 * day)
		asked("it lasts", mended)
	})
}

// TestBerlin: a breakdown that begins at midnight in Berlin is of one day in the charts, in the watch, in its ID, in its sentence, in its events and in the archive.
func TestBerlin(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		// The runs of a day in Berlin, which is an hour ahead of UTC until 26 March 2000, and then two.
		events := broken(100)
		first := time.Date(2000, 1, 29, 0, 0, 0, 0, berlin)
		for i := range events {
			move := func(at time.Time) time.Time {
				n := int(at.Sub(dayOne) / day)
				return first.AddDate(0, 0, n).Add(at.Sub(dayOne.AddDate(0, 0, n)))
			}
			events[i].Time, events[i].Journey.Started = move(events[i].Time), move(events[i].Journey.Started)
		}
		began := first.AddDate(0, 0, 80) // 18 April
		table, err := insight.New(&blueprint.Blueprint{Version: 1, Zone: "Europe/Berlin", Journeys: []blueprint.Journey{{Name: "checkout"}}})
		if err == nil {
			err = table.Load(t.Context(), events)
		}
		if err != nil {
			t.Fatal(err)
		}
		o.pass(began.AddDate(0, 0, 5).Add(30 * time.Minute).Sub(time.Now())) // UTC still has the day before
		charts := &watch.Charts{Table: table}
		p := o.plan(o.client(o.store))
		p.Find, p.Place, p.Compare = charts.Find, charts.Place, charts.Compare
		w := o.startPlan(o.store, p)
		o.pass(5 * time.Minute)
		if err := w.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		is := o.one()
		last := began.AddDate(0, 0, 4)
		if !is.Found.Began.Equal(began) || is.Found.Began.Format(time.DateOnly) != "2000-04-18" || !is.Found.Last.Equal(last) || is.Found.Days != 5 {
			t.Errorf("the watch has %+v", is.Found)
		}
		if want := watch.ID("shop", checkout, false, time.Date(2000, 4, 22, 0, 0, 0, 0, time.UTC)); is.ID != want {
			t.Errorf("the ID is %s, want that of 22 April, %s", is.ID, want)
		}
		if s := is.Found.Sentence(); !strings.Contains(s, "since 18 April 2000") || !strings.Contains(s, `The release "2" began on 18 April 2000.`) {
			t.Error(s)
		}
		b := o.archived(breakdowns)
		if !b.Details.Began.Equal(began) || !breakdown.Began(&b, berlin).Equal(began) || breakdown.Began(&b, berlin).Format(time.DateOnly) != "2000-04-18" {
			t.Errorf("the archive has %+v", b.Details)
		}
		if open := breakdown.OpenOf(&b, berlin); !open.BaselineUntil.Equal(is.Found.BaselineUntil) || !open.BaselineFrom.Equal(is.Found.BaselineFrom) {
			t.Errorf("the archive has the baseline %+v, and the watch %+v", open, is.Found)
		}
	})
}
