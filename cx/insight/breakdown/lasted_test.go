package breakdown_test

import (
	"math"
	"testing"
	"time"

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
