package breakdown_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// openSince is a breakdown of a touchpoint that was found at the time.
func openSince(name string, at time.Time) breakdown.Open {
	return breakdown.OpenOf(&insight.Breakdown{Subject: touchpoint(name), Opened: at}, time.UTC)
}

// even sets how many bad ones each day of the first chart has.
func even(d *insight.Daily, bad func(day int) int64) {
	for n := range d.Charts[0].Series.Days {
		d.Charts[0].Series.Days[n].Bad = bad(n)
	}
}

// TestTrend: a chart of 90 days with 600 interactions each, of which 5% fail, and 11% from day 84 on. The limits of 600 events around 5%, three binomial standard deviations
// away, are 5% ± 2.669% (NIST/SEMATECH e-Handbook, 6.3.3.2). The usual share of 54 days has half an event more, and so is 5.001%.
func TestTrend(t *testing.T) {
	t.Parallel()
	d := daily(90, chart(touchpoint("card"), 90, from(84, 600, 0.05, 0.11)))
	even(d, func(n int) int64 { return map[bool]int64{false: 30, true: 66}[n >= 84] })
	d.Charts[0].Series.Days[60].Out = true
	d.Charts[0].Series.Days[61].N, d.Charts[0].Series.Days[61].Bad = 0, 0
	d.Changes = []insight.DailyChange{{Kind: insight.ReleaseChange, Journey: "order", Name: "4.2", Day: d.Day(84)}, {Kind: insight.ReleaseChange, Journey: "visit", Day: d.Day(84)}}
	o := openSince("card", d.Day(89).Add(7*time.Hour))
	if got := [2]int{d.Number(o.BaselineFrom), d.Number(o.BaselineUntil)}; got != [2]int{19, 75} {
		t.Fatalf("the baseline of what was found on day 89 is that of the days %v, want [19 75]", got)
	}
	is, ok := breakdown.TrendOf(d, o)
	if !ok || len(is.Days) != 90-19 || is.Sigma < 1 || math.Abs(is.Usual-0.05) > 1e-4 || len(is.Changes) != 1 {
		t.Fatalf("%t: %d days, usual %v, sigma %v, changes %v", ok, len(is.Days), is.Usual, is.Sigma, is.Changes)
	}
	usual, out, none := is.Days[84-19], is.Days[60-19], is.Days[61-19]
	width := 3 * math.Sqrt(0.05*0.95/600) * is.Sigma
	if !usual.Day.Equal(d.Day(84)) || usual.Bad != 66 || math.Abs(usual.Expected-30) > 0.05 || math.Abs(usual.Low-(0.05-width)) > 1e-4 || math.Abs(usual.High-(0.05+width)) > 1e-4 {
		t.Errorf("day 84: %+v, want 30 expected and limits at 5%% ± %v", usual, width)
	}
	if !out.Out || out.Expected != 0 || out.High != 1 || none.Expected != 0 || none.High != 1 {
		t.Errorf("days that say nothing: %+v %+v", out, none)
	}
	if share := is.Share(d.Day(84), time.Time{}); share.Count != 6*66 || share.N != 6*600 {
		t.Errorf("the share since day 84: %+v", share)
	}
	if excess, days := is.Excess(d.Day(84), d.Day(86)); days != 2 || math.Abs(excess-72) > 0.1 {
		t.Errorf("in excess on days 84 and 85: %v on %d days", excess, days)
	}
	if excess, days := is.Excess(d.Day(60), d.Day(62)); excess != 0 || days != 0 {
		t.Errorf("in excess on days that say nothing: %v on %d days", excess, days)
	}
}

// TestTrendOfWhatIsNotThere: a chart that the series do not have, and one with too few days.
func TestTrendOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	d := daily(90, chart(touchpoint("card"), 90, always(600, 0.05)))
	if _, ok := breakdown.TrendOf(d, openSince("gone", d.Day(89))); ok {
		t.Error("a chart that is not there")
	}
	if _, ok := breakdown.TrendOf(d, openSince("card", d.Day(41))); ok {
		t.Error("27 days are a baseline")
	}
	if is, ok := breakdown.TrendOf(d, openSince("card", d.Day(42))); !ok || len(is.Days) != 90 {
		t.Errorf("28 days are none: %d", len(is.Days))
	}
}

// TestCompare: the day of the mending is in neither share, wherever in the day it is.
func TestCompare(t *testing.T) {
	t.Parallel()
	d := daily(30, chart(touchpoint("card"), 30, from(20, 100, 0.4, 0.1)))
	even(d, func(n int) int64 { return map[bool]int64{false: 40, true: 10}[n >= 20] })
	for _, c := range []struct {
		about                string
		began, mended, until time.Time
		before, since        [2]int64
	}{
		{"mended at midnight", d.Day(10), d.Day(20), time.Time{}, [2]int64{400, 1000}, [2]int64{90, 900}},
		{"mended at noon", d.Day(10), d.Day(20).Add(12 * time.Hour), time.Time{}, [2]int64{400, 1000}, [2]int64{90, 900}},
		{"until a day", d.Day(18), d.Day(20).Add(time.Hour), d.Day(23).Add(time.Hour), [2]int64{80, 200}, [2]int64{20, 200}},
		{"not mended yet", d.Day(18), time.Time{}, time.Time{}, [2]int64{180, 1200}, [2]int64{}},
		{"mended before the days", time.Time{}, d.Day(-3), time.Time{}, [2]int64{}, [2]int64{900, 3000}},
		{"mended after the days", time.Time{}, d.Day(40), time.Time{}, [2]int64{900, 3000}, [2]int64{}},
	} {
		before, since := breakdown.Compare(d, touchpoint("card"), c.began, c.mended, c.until)
		if b, s := [2]int64{before.Count, before.N}, [2]int64{since.Count, since.N}; b != c.before || s != c.since {
			t.Errorf("%s: %v and %v, want %v and %v", c.about, b, s, c.before, c.since)
		}
	}
	if before, since := breakdown.Compare(d, touchpoint("gone"), d.Day(10), d.Day(20), time.Time{}); before.N != 0 || since.N != 0 {
		t.Error("a chart that is not there has shares")
	}
}

// TestDays: the series have the baseline of the oldest breakdown.
func TestDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	got := map[string]int{}
	for about, oldest := range map[string]time.Time{
		"none": {}, "today": now, "40 days ago": now.AddDate(0, 0, -40), "100 days ago": now.AddDate(0, 0, -100), "ten years ago": now.AddDate(-10, 0, 0), "ahead": now.AddDate(1, 0, 0),
	} {
		got[about] = breakdown.Days(now, oldest)
	}
	want := map[string]int{"none": 112, "today": 114, "40 days ago": 154, "100 days ago": 214, "ten years ago": insight.MaxDays, "ahead": 112}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, zone := range []string{"UTC", "Pacific/Auckland", "America/Los_Angeles"} {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for days := range 400 {
			found := now.AddDate(0, 0, -days)
			first := now.In(l).AddDate(0, 0, -breakdown.Days(now, found))
			if o := breakdown.OpenOf(&insight.Breakdown{Opened: found}, l); o.BaselineFrom.Before(first) {
				t.Fatalf("%s: what was found %d days ago has a baseline from %v, and the series begin at %v", zone, days, o.BaselineFrom, first)
			}
		}
	}
}

// TestOpenOf: the baseline is that of the events, and else ends 14 days before it was found, by the clock of the zone, and no later than it began.
func TestOpenOf(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, berlin) }
	for _, c := range []struct {
		reason              string
		opened, began, says time.Time
		until               time.Time
	}{
		{"it is not known when it began", day(29).Add(9 * time.Hour), time.Time{}, time.Time{}, day(15)},
		{"it was found after midnight of the zone", time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC), time.Time{}, time.Time{}, day(15)},
		{"it began some days before it was found", day(29), day(25), time.Time{}, day(15)},
		{"it began on the first day after the baseline", day(29), day(15), time.Time{}, day(15)},
		{"it began weeks before it was found", day(29), day(3), time.Time{}, day(3)},
		{"the events say so", day(29), day(3), day(1).UTC(), day(1)},
	} {
		o := breakdown.OpenOf(&insight.Breakdown{Subject: touchpoint("card"), Opened: c.opened, Details: event.Breakdown{Began: c.began, BaselineUntil: c.says, Better: true}}, berlin)
		if !o.BaselineUntil.Equal(c.until) || !o.BaselineFrom.Equal(c.until.AddDate(0, 0, -breakdown.BaselineDays)) || !o.Better || o.Subject != touchpoint("card") {
			t.Errorf("%s: the baseline is %v to %v, want the end %v", c.reason, o.BaselineFrom, o.BaselineUntil, c.until)
		}
	}
}

// A page draws a breakdown that the archive has beside what is usual.
func ExampleTrendOf() {
	d := daily(90, chart(touchpoint("card"), 90, from(84, 600, 0.05, 0.11)))
	b := insight.Breakdown{Subject: touchpoint("card"), Opened: d.Day(89), Details: event.Breakdown{Began: d.Day(84)}}
	trend, ok := breakdown.TrendOf(d, breakdown.OpenOf(&b, d.First.Location()))
	if !ok {
		fmt.Println("its chart has too few days")
		return
	}
	excess, days := trend.Excess(b.Details.Began, time.Time{})
	fmt.Printf("%.0f more than usual on %d days\n", excess, days)
	// Output: 216 more than usual on 6 days
}
