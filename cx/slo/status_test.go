package slo_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/stats"
)

// near reports whether two numbers differ by less than a float64 may err.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// TestBudget: whole events, and shares, are those of the decimal number that the target is written as.
func TestBudget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		target       float64
		good, bad    int64
		allowed      float64
		left         int64
		share        float64
	}{
		{"the issue's", "9,512 of 10,000 with 9,500 promised leaves 12", 0.95, 9_512, 488, 500, 12, 0.024},
		{"unused", "no event was bad", 0.99, 1_000, 0, 10, 10, 1},
		{"used up", "exactly", 0.99, 990, 10, 10, 0, 0},
		{"overspent", "three times", 0.99, 970, 30, 10, -20, -2},
		{"low traffic", "the workbook: one failure of 10 an hour is 13.9% of a 30-day budget at 99.9%", 0.999, 7_199, 1, 7.2, 6, 1 - 1/7.2},
		{"no whole event", "one bad event of ten breaks 99%", 0.99, 9, 1, 0.1, -1, -9},
		{"nothing happened", "the whole budget is there", 0.99, 0, 0, 0, 0, 1},
		{"0.07 × 100", "7.000000000000001 in binary: the promise is 93 and not 94", 0.93, 100, 0, 7, 7, 1},
		{"0.1 + 0.2", "1 − 0.7 is 0.30000000000000004 in binary", 0.7, 10, 0, 3, 3, 1},
		{"four nines", "1 − 0.9999 is 0.00009999999999998899 in binary", 0.9999, 10_000, 0, 1, 1, 1},
		{"a third", "a third of an event is none", 0.9, 3, 0, 0.3, 0, 1},
		{"many", "larger than an int32", 0.5, 1 << 52, 1 << 52, 1 << 52, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := slo.Compute(slo.Objective{Name: "o", Journey: "j", Target: c.target, Window: slo.Window{Days: 30}}, slo.Heard{Counts: slo.Counts{Good: c.good, Bad: c.bad}})
			if !near(s.Budget.Allowed, c.allowed) || s.Budget.Left != c.left || !near(s.Budget.Share, c.share) {
				t.Errorf("the budget is %+v, want %v allowed, %d left, a share of %v: %s", s.Budget, c.allowed, c.left, c.share, c.reason)
			}
		})
	}
}

// TestInterval: Wilson's at 95%, of the counted events. Source: statsmodels' tests of proportion_confint.
func TestInterval(t *testing.T) {
	t.Parallel()
	s := slo.Compute(slo.Objective{Journey: "j", Target: 0.9}, slo.Heard{Counts: slo.Counts{Good: 190, Bad: 10, Excluded: 1_000}})
	if !near(s.Interval.Low, 0.910421851861224) || !near(s.Interval.High, 0.972617354399236) || s.Ratio != 0.95 || s.Total() != 200 {
		t.Errorf("the state is %+v", s)
	}
	if s := slo.Compute(slo.Objective{Journey: "j", Target: 0.9}, slo.Heard{Counts: slo.Counts{Excluded: 5}}); s.Interval != (stats.Interval{Low: 0, High: 1}) || s.Ratio != 0 || s.Enough {
		t.Errorf("without events the state is %+v", s)
	}
}

// TestEnough: below MinEvents there is not enough to say. Excluded events do not help.
func TestEnough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		min         int
		good, other int64
		want        bool
	}{{0, 0, 9, false}, {0, 1, 0, true}, {50, 49, 9, false}, {50, 50, 0, true}} {
		s := slo.Compute(slo.Objective{Journey: "j", Target: 0.9, MinEvents: c.min}, slo.Heard{Counts: slo.Counts{Good: c.good, Excluded: c.other}})
		if s.Enough != c.want || s.Heard != map[bool]float64{true: 1}[c.want] {
			t.Errorf("with %d of at least %d events Enough is %v and Heard %v", c.good, c.min, s.Enough, s.Heard)
		}
	}
}

// TestBurn: rates of the workbook's example, and of windows without events.
func TestBurn(t *testing.T) {
	t.Parallel()
	s := slo.Compute(slo.Objective{Journey: "j", Target: 0.999}, slo.Heard{Recent: []slo.Recent{
		{Window: time.Minute},
		{Window: time.Hour, Counts: slo.Counts{Good: 9_856, Bad: 144, Excluded: 5}},
		{Window: 6 * time.Hour, Counts: slo.Counts{Good: 10}},
		{Window: 7 * time.Hour, Counts: slo.Counts{Bad: 3}},
	}})
	want := []float64{0, 14.4, 0, 1_000} // the highest burn rate there is: 1 / (1 − target)
	for i, b := range s.Burn {
		if b.Rate != want[i] {
			t.Errorf("over %v the rate is %v, want %v", b.Window, b.Rate, want[i])
		}
	}
	if len(s.Burn) != len(want) || s.Burn[1].Bad != 144 || s.Burn[1].Excluded != 5 {
		t.Errorf("the rates are %+v", s.Burn)
	}
}

// TestAlertWindows: the workbook's for 30 days, and scaled ones.
func TestAlertWindows(t *testing.T) {
	t.Parallel()
	minutes := func(list ...int) (all []time.Duration) {
		for _, m := range list {
			all = append(all, time.Duration(m)*time.Minute)
		}
		return all
	}
	for _, c := range []struct {
		window slo.Window
		want   []time.Duration
		reason string
	}{
		{slo.Window{Days: 30}, minutes(5, 30, 60, 360, 3*24*60), "the workbook's"},
		{slo.Window{Period: slo.CalendarMonth}, minutes(5, 30, 60, 360, 3*24*60), "a month stands for 30 days"},
		{slo.Window{Days: 28}, minutes(5, 28, 56, 336, 4_032), "4.67 minutes are 5"},
		{slo.Window{Days: 7}, minutes(1, 7, 14, 84, 1_008), "1.17 minutes are 1"},
		{slo.Window{Days: 1}, minutes(1, 2, 12, 144), "10 seconds are 1 minute, as 1 minute is"},
		{slo.Window{Days: 90}, minutes(15, 90, 180, 1_080, 9*24*60), "three times as long"},
		{slo.Window{}, minutes(1), "no window"},
	} {
		if got := slo.AlertWindows(c.window); !slices.Equal(got, c.want) {
			t.Errorf("the windows of %v are %v, want %v: %s", c.window, got, c.want, c.reason)
		}
	}
}

// TestComposite: the mean of the ratios by the weights that were heard.
func TestComposite(t *testing.T) {
	t.Parallel()
	part := func(good, bad int64, least int) slo.Status {
		return slo.Compute(slo.Objective{Name: "p", Journey: "j", Target: 0.9, MinEvents: least}, slo.Heard{Counts: slo.Counts{Good: good, Bad: bad}})
	}
	of := func(weights ...float64) slo.Objective {
		o := slo.Objective{Name: "buying", Target: 0.92, Window: slo.Window{Days: 28}}
		for _, w := range weights {
			o.Of = append(o.Of, slo.Part{Objective: "p", Weight: w})
		}
		return o
	}
	at99 := func() slo.Objective {
		o := of(1, 2, 7)
		o.Target = 0.99
		return o
	}
	for _, c := range []struct {
		name, reason string
		objective    slo.Objective
		parts        []slo.Status
		ratio, heard float64
		share        float64
		enough       bool
	}{
		{"two", "(3 × 0.96 + 1 × 0.8) / 4 = 0.92", of(3, 1), []slo.Status{part(96, 4, 0), part(8, 2, 0)}, 0.92, 1, 0, true},
		{"many events do not outweigh", "each part has its own ratio", of(1, 1), []slo.Status{part(1_000_000, 0, 0), part(1, 1, 0)}, 0.75, 1, 1 - 0.25/0.08, true},
		{"an idle part", "its weight drops out", of(3, 1), []slo.Status{part(96, 4, 0), part(0, 0, 0)}, 0.96, 0.75, 0.5, true},
		{"a part with too few", "its weight drops out", of(3, 1), []slo.Status{part(9, 1, 50), part(8, 2, 0)}, 0.8, 0.25, 1 - 0.2/0.08, true},
		{"nothing heard", "there is nothing to say", of(3, 1), []slo.Status{part(0, 0, 0), part(9, 1, 50)}, 0, 0, 1, false},
		{"a missing part", "it was not heard", of(3, 1), []slo.Status{part(96, 4, 0)}, 0.96, 0.75, 0.5, true},
		{"at the targets", "0.99 thrice is 0.99 in decimal numbers, and 0.9899999999999999 in binary ones", at99(), []slo.Status{part(99, 1, 0), part(99, 1, 0), part(99, 1, 0)}, 0.99, 1, 0, true},
		{"all good", "no rounding exceeds 1", of(0.1, 0.2, 0.3), []slo.Status{part(5, 0, 0), part(5, 0, 0), part(5, 0, 0)}, 1, 1, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := slo.Compute(c.objective, slo.Heard{Parts: c.parts, Counts: slo.Counts{Good: 7}})
			if s.Ratio != c.ratio || s.Heard != c.heard || !near(s.Budget.Share, c.share) || (s.Budget.Share < 0) != (c.share < 0) || s.Enough != c.enough || s.Counts != (slo.Counts{}) || len(s.Parts) != len(c.parts) {
				t.Errorf("the state is %+v, want the ratio %v of %v of the weight, and %v of the budget: %s", s, c.ratio, c.heard, c.share, c.reason)
			}
		})
	}
}

// TestStatusInWords: the sentences of the documentation, which a person reads without knowing the arithmetic.
func TestStatusInWords(t *testing.T) {
	t.Parallel()
	month := slo.Window{Period: slo.CalendarMonth}
	four := number(4)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		o    slo.Objective
		h    slo.Heard
		want string
	}{
		{
			"the issue's",
			slo.Objective{Journey: "checkout", Target: 0.95, Window: month},
			slo.Heard{Counts: slo.Counts{Good: 9_512, Bad: 488}},
			"9,512 of 10,000 customers; promised 9,500; 12 left this month",
		},
		{
			"short",
			slo.Objective{Touchpoint: "pay", Target: 0.99, Window: slo.Window{Days: 28}},
			slo.Heard{
				Counts: slo.Counts{Good: 960, Bad: 40, Excluded: 1_234}, From: from, Since: from.Add(33 * time.Hour),
				AtStake: []event.Money{{Amount: 124_950, Currency: "EUR"}, {Amount: 1_300, Currency: "JPY"}, {Amount: 5, Currency: "KWD"}, {Amount: 1_234_567, Currency: "CLF"}, {Amount: 7, Currency: event.Other}},
			},
			"960 of 1,000 interactions; promised 990; 30 short in the last 28 days; 1,234 excluded; 1,249.50 EUR at stake; 1,300 JPY at stake; " +
				"0.005 KWD at stake; 123.4567 CLF at stake; counted since 2026-03-02 09:00 UTC",
		},
		{
			"not enough",
			slo.Objective{Survey: "s", Good: slo.Criteria{ScoreAtLeast: four}, Target: 0.85, MinEvents: 50, Window: slo.Window{Days: 7}},
			slo.Heard{Counts: slo.Counts{Good: 8, Bad: 2}, From: from, Since: from},
			"8 of 10 answers in the last 7 days; not enough to say: 50 are needed; promised 85%",
		},
		{"nothing", slo.Objective{Journey: "order", Promise: "answered", Target: 0.999, Window: slo.Window{Days: 1}}, slo.Heard{}, "no promises in the last day; promised 99.9%"},
		{
			"exactly",
			slo.Objective{Journey: "j", Target: 0.9, Window: slo.Window{Period: slo.CalendarQuarter}},
			slo.Heard{Counts: slo.Counts{Good: 9, Bad: 1, Excluded: 1}},
			"9 of 10 customers; promised 9; 0 left this quarter; 1 excluded",
		},
		{
			"a composite",
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 3}, {Objective: "b", Weight: 1}}, Target: 0.92, Window: slo.Window{Days: 28}},
			slo.Heard{Parts: []slo.Status{{Enough: true, Ratio: 0.934}, {}}},
			"93.4%; promised 92%; 17.5% of the budget left in the last 28 days; 75% of the weight was heard",
		},
		{"a single one", slo.Objective{Journey: "j", Target: 0.9, Window: month}, slo.Heard{Counts: slo.Counts{Bad: 1}}, "0 of 1 customer; promised 1; 1 short this month"},
		{
			"a single one of few",
			slo.Objective{Touchpoint: "t", Target: 0.9, MinEvents: 2, Window: month},
			slo.Heard{Counts: slo.Counts{Good: 1}},
			"1 of 1 interaction this month; not enough to say: 2 are needed; promised 90%",
		},
		{
			"a composite above a target of many digits", // 99.99% would read as if the target were missed
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 1}}, Target: 0.999995, Window: month},
			slo.Heard{Parts: []slo.Status{{Enough: true, Counts: slo.Counts{Good: 999_997, Bad: 3}}}},
			"99.9997%; promised 99.9995%; 40% of the budget left this month",
		},
		{
			"a composite at a target of many digits",
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 1}}, Target: 0.92345, Window: month},
			slo.Heard{Parts: []slo.Status{{Enough: true, Ratio: 0.92345}}},
			"92.345%; promised 92.345%; 0% of the budget left this month",
		},
		{
			"a composite below a target of many digits",
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 1}}, Target: 0.92345, Window: month},
			slo.Heard{Parts: []slo.Status{{Enough: true, Ratio: 0.923449}}},
			"92.344%; promised 92.345%; -0.01% of the budget left this month",
		},
		{
			"a composite just below",
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 1}}, Target: 0.92, Window: slo.Window{Period: slo.CalendarWeek}},
			slo.Heard{Parts: []slo.Status{{Enough: true, Ratio: 0.9199999}}},
			"91.99%; promised 92%; -0.01% of the budget left this week",
		},
		{
			"a composite without events",
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 1}}, Target: 0.92, Window: month},
			slo.Heard{},
			"not enough to say this month: no part has enough events; promised 92%",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, slo.Compute(c.o, c.h).String()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
