package breakdown_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// TestDaysThatCount: a day without events and a day that is out are in no number of days: what is found, and its chart, have the same excess a day.
func TestDaysThatCount(t *testing.T) {
	t.Parallel()
	const days, broke = 90, 80
	d := daily(days, chart(touchpoint("card"), days, from(broke, 600, 0.05, 0.11)))
	even(d, func(n int) int64 { return map[bool]int64{false: 30, true: 66}[n >= broke] })
	is := d.Charts[0].Series.Days
	is[84].N, is[84].Bad = 0, 0 // nothing happened
	is[86].Out = true           // a holiday
	found := breakdown.Find(d, shop(), nil, breakdown.Settings{}).Found
	if len(found) != 1 {
		t.Fatalf("found: %+v", found)
	}
	f := &found[0]
	trend, ok := breakdown.TrendOf(d, breakdown.Open{Subject: f.Subject, BaselineFrom: f.BaselineFrom, BaselineUntil: f.BaselineUntil})
	if !ok {
		t.Fatal("it has no chart")
	}
	excess, n := trend.Excess(f.Began, time.Time{})
	if f.Days != 8 || n != 8 || math.Abs(f.Excess-excess) > 1e-9 || math.Abs(f.PerDay-36) > 0.5 || math.Abs(f.PerDay-excess/float64(n)) > 1e-9 {
		t.Errorf("%v more on %d days, %v a day; the chart has %v on %d", f.Excess, f.Days, f.PerDay, excess, n)
	}
}

// TestLasted: the days of a breakdown are those from its beginning to the day before the one that has its mending, or its end. One that has returned lasts since then.
func TestLasted(t *testing.T) {
	t.Parallel()
	const days, broke = 90, 80
	d := daily(days, chart(touchpoint("card"), days, from(broke, 600, 0.05, 0.11)))
	even(d, func(n int) int64 { return map[bool]int64{false: 30, true: 66}[n >= broke] })
	noon := func(n int) time.Time { return d.Day(n).Add(12 * time.Hour) }
	for _, c := range []struct {
		reason string
		b      insight.Breakdown
		days   int
		last   int
	}{
		{"it lasts", insight.Breakdown{}, 10, 89},
		{"mended", insight.Breakdown{Mended: noon(86)}, 6, 85},
		{"dismissed", insight.Breakdown{Ended: noon(84)}, 4, 83},
		{"mended and closed", insight.Breakdown{Mended: noon(83), Ended: noon(89)}, 3, 82},
		{"returned", insight.Breakdown{Mended: noon(83), Found: noon(87)}, 6, 89}, // the days before the mending are those of the first time
	} {
		c.b.Subject, c.b.Opened, c.b.Details.Began = touchpoint("card"), noon(82), d.Day(broke)
		trend, ok := breakdown.TrendOf(d, breakdown.OpenOf(&c.b, time.UTC))
		if !ok {
			t.Fatal("it has no chart")
		}
		f := breakdown.Lasted(&c.b, &trend, d.Day(days-1))
		if f.Days != c.days || !f.Last.Equal(d.Day(c.last)) || f.Since.N != int64(600*c.days) || math.Abs(f.PerDay-36) > 0.2 || math.Abs(f.Before.Value-0.05) > 1e-9 {
			t.Errorf("%s: %d days until %v, %+v since, %v a day, %v before", c.reason, f.Days, f.Last, f.Since, f.PerDay, f.Before.Value)
		}
		if want := "from " + f.Began.Format("2 January 2006") + " to " + f.Last.Format("2 January 2006") + ": 36.0 more"; !strings.Contains(f.PastSentence(), want) {
			t.Errorf("%s: %q does not have %q", c.reason, f.PastSentence(), want)
		}
	}
	carried := breakdown.Lasted(&insight.Breakdown{Opened: noon(82), Details: event.Breakdown{Before: 0.1, Since: 0.2, Excess: 7}}, nil, d.Day(days-1))
	if carried.Days != 0 || carried.Excess != 7 || carried.Since.Value != 0.2 || !carried.Began.Equal(d.Day(82)) || !carried.BaselineUntil.Equal(d.Day(68)) || !carried.BaselineFrom.Equal(d.Day(12)) {
		t.Errorf("without a chart: %+v", carried)
	}
}

// TestDayInBerlin: a day of the charts is the same day wherever it is read from. An archive has it in UTC, where it is the evening before.
func TestDayInBerlin(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{time.Date(2026, 2, 3, 0, 0, 0, 0, berlin), time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), time.Date(2026, 7, 1, 0, 0, 0, 0, berlin)} {
		b := insight.Breakdown{Subject: touchpoint("card"), Opened: day.AddDate(0, 0, 4), Details: event.Breakdown{Began: day.UTC()}}
		f := breakdown.Lasted(&b, nil, day.AddDate(0, 0, 9))
		if want := "since " + day.Format("2 January 2006"); !strings.Contains(f.Sentence(), want) || !f.Began.Equal(day) {
			t.Errorf("%q does not have %q", f.Sentence(), want)
		}
		if !breakdown.Near(day.AddDate(0, 0, 1), f.Began) || !breakdown.Near(day.AddDate(0, 0, -1), f.Began) || breakdown.Near(day.AddDate(0, 0, 2), f.Began) || breakdown.Near(day.AddDate(0, 0, -2), f.Began) {
			t.Errorf("the days beside %v", day)
		}
	}
}

// TestCosts: the costliest ones that are open are asked what they have cost, and the others have what their last step says, for the events of today. Events are never
// customers.
func TestCosts(t *testing.T) {
	t.Parallel()
	var list []insight.Breakdown
	var found []breakdown.Found
	for n := range 22 {
		list = append(list, insight.Breakdown{Details: event.Breakdown{Excess: 10, Customers: 4, Value: &event.Money{Amount: 100, Currency: "EUR"}}})
		found = append(found, breakdown.Found{Excess: float64(20 + n), Days: 5, PerDay: 4})
	}
	list = append(list, insight.Breakdown{Ended: monday, Details: event.Breakdown{Excess: 10, Customers: 5}}, insight.Breakdown{Details: event.Breakdown{Excess: 900}})
	found = append(found, breakdown.Found{Excess: 100, Days: 5}, breakdown.Found{Excess: 900})
	asked := 0
	got, err := breakdown.Costs(list, found, func(f *breakdown.Found) (float64, []event.Money, error) {
		asked++
		return 2 * f.Excess, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]breakdown.Spent{
		21: {Events: 41, PerDay: 4, Customers: 82}, 2: {Events: 22, PerDay: 4, Customers: 44},
		1:  {Events: 21, PerDay: 4, Customers: 8.4, Value: []event.Money{{Amount: 210, Currency: "EUR"}}}, // beyond the 20
		22: {Events: 100, Customers: 50}, 23: {Events: 900},
	}
	for i := range want {
		if diff := cmp.Diff(want[i], got[i]); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
	}
	if asked != 20 {
		t.Errorf("%d were asked for", asked)
	}
	slices.SortFunc(got, func(x, y breakdown.Spent) int { return x.Compare(&y) })
	if got[0].Customers != 82 || got[len(got)-1].Events != 900 {
		t.Errorf("the dearest is %+v, and the last one %+v: customers come before events", got[0], got[len(got)-1])
	}
}
