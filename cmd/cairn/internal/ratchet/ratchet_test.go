package ratchet_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/ratchet"
	"cairncx.dev/cairn/cx/slo"
)

func TestNext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                string
		target, limit, want float64
	}{
		{"half a point", 0.95, 0.957, 0.955},
		{"exactly on a step", 0.95, 0.975, 0.975},
		{"as high as the limit allows", 0.90, 0.9789, 0.975},
		{"less than a step", 0.955, 0.9568, 0},
		{"the target is no step itself", 0.933, 0.9368, 0.935},
		{"steps end at 99%", 0.985, 0.9949, 0.99},
		{"nines", 0.99, 0.9951, 0.995},
		{"three nines", 0.995, 0.9993, 0.999},
		{"half of a nine", 0.999, 0.9996, 0.9995},
		{"five nines", 0.9999, 0.999993, 0.99999},
		{"never 100%", 0.999999, 1, 0},
		{"nothing is below the target", 0.95, 0.90, 0},
	} {
		if got := ratchet.Next(tt.target, tt.limit); got != tt.want {
			t.Errorf("%s: %v after %v up to %v, want %v", tt.name, got, tt.target, tt.limit, tt.want)
		}
	}
}

// TestNextIsBetween: the next target is above the old one, not above the limit, and never 100%.
func TestNextIsBetween(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		target, limit := rapid.Float64Range(0.001, 0.99999).Draw(rt, "target"), rapid.Float64Range(0, 1).Draw(rt, "limit")
		if next := ratchet.Next(target, limit); next != 0 && !(next > target && next <= limit && next < 1) {
			rt.Fatalf("%v after %v up to %v", next, target, limit)
		}
	})
}

var end = time.Date(2026, 5, 20, 10, 0, 0, 0, time.UTC) // a Wednesday

// TestSuggest: the lower limits are one-sided at 95%, which are the low ends of the two-sided interval at 90%. Wilson's formula by hand, with
// z = 1.6448536: 950 of 1000 has the lower limit 0.93740, 980 of 1000 has 0.97132.
func TestSuggest(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	rolling := slo.Objective{Name: "a", Touchpoint: "t", Target: 0.93, Window: slo.Window{Days: 7}}
	with := func(f func(o *slo.Objective)) slo.Objective {
		o := rolling
		f(&o)
		return o
	}
	for _, tt := range []struct {
		name                  string
		objective             slo.Objective
		last, before          [2]int64 // good, of
		first                 time.Time
		why                   ratchet.Reason
		text                  string
		fromOfLast, fromOfOld time.Time
	}{
		{"both are better", rolling, [2]int64{950, 1000}, [2]int64{980, 1000}, end.Add(-14 * day), ratchet.Better, "93.5%", end.Add(-7 * day), end.Add(-14 * day)},
		{"one event each", with(func(o *slo.Objective) { o.Target = 0.2 }), [2]int64{1, 1}, [2]int64{1, 1}, end.Add(-14 * day), ratchet.Better, "26.5%", end.Add(-7 * day), end.Add(-14 * day)},
		{"a day", with(func(o *slo.Objective) { o.Window.Days = 1 }), [2]int64{950, 1000}, [2]int64{980, 1000}, end.Add(-2 * day), ratchet.Better, "93.5%", end.Add(-day), end.Add(-2 * day)},
		{"the worse one counts", rolling, [2]int64{980, 1000}, [2]int64{950, 1000}, end.Add(-14 * day), ratchet.Better, "93.5%", end.Add(-7 * day), end.Add(-14 * day)},
		{"one is not", rolling, [2]int64{980, 1000}, [2]int64{940, 1000}, end.Add(-14 * day), ratchet.NotBetter, "", end.Add(-7 * day), end.Add(-14 * day)},
		{"better, but by chance", rolling, [2]int64{19, 20}, [2]int64{20, 20}, end.Add(-14 * day), ratchet.NotBetter, "", end.Add(-7 * day), end.Add(-14 * day)},
		{"by less than a step", with(func(o *slo.Objective) { o.Target = 0.935 }), [2]int64{950, 1000}, [2]int64{950, 1000}, end.Add(-14 * day), ratchet.NoStep, "", end.Add(-7 * day), end.Add(-14 * day)},
		{"the log is too short", rolling, [2]int64{950, 1000}, [2]int64{950, 1000}, end.Add(-14*day + time.Second), ratchet.TooShort, "", time.Time{}, time.Time{}},
		{"a window without events", rolling, [2]int64{950, 1000}, [2]int64{0, 0}, end.Add(-14 * day), ratchet.TooFew, "", end.Add(-7 * day), end.Add(-14 * day)},
		{"fewer than the objective asks for", with(func(o *slo.Objective) { o.MinEvents = 1001 }), [2]int64{950, 1000}, [2]int64{950, 1000}, end.Add(-14 * day), ratchet.TooFew, "", end.Add(-7 * day), end.Add(-14 * day)},
		{
			"months that are over", with(func(o *slo.Objective) { o.Window = slo.Window{Period: slo.CalendarMonth, Zone: "Europe/London"} }),
			[2]int64{980, 1000},
			[2]int64{980, 1000},
			end.AddDate(-1, 0, 0), ratchet.Better, "97%",
			time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		},
		{"a composite", with(func(o *slo.Objective) { o.Touchpoint, o.Of = "", []slo.Part{{Objective: "b", Weight: 1}} }), [2]int64{}, [2]int64{}, end, ratchet.Composite, "", time.Time{}, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			between := func(_ string, from, _ time.Time) slo.Counts {
				n := tt.before
				if from.After(tt.fromOfOld.Add(time.Hour)) {
					n = tt.last
				}
				return slo.Counts{Good: n[0], Bad: n[1] - n[0]}
			}
			got := ratchet.Suggest([]slo.Objective{tt.objective}, between, tt.first, end)[0]
			if got.Why != tt.why || got.Text != tt.text || (got.Next == nil) != (tt.text == "") {
				t.Errorf("%s %q, want %s %q", got.Why, got.Text, tt.why, tt.text)
			}
			if got.Next != nil && fmt.Sprint(*got.Next*100) != tt.text[:len(tt.text)-1] {
				t.Errorf("%v is not %s", *got.Next, tt.text)
			}
			if tt.fromOfLast.IsZero() {
				if got.Last != nil || got.Before != nil {
					t.Errorf("%+v and %+v, want none", got.Last, got.Before)
				}
				return
			}
			for w, n := range map[*ratchet.Window][2]int64{got.Last: tt.last, got.Before: tt.before} {
				if n[1] > 0 && (w.Ratio != float64(n[0])/float64(n[1]) || w.Lower >= w.Ratio || w.Lower < w.Ratio-0.8) || n[1] == 0 && (w.Ratio != 0 || w.Lower != 0) {
					t.Errorf("%v of %v: %v, at least %v", n[0], n[1], w.Ratio, w.Lower)
				}
			}
			if !got.Last.From.Equal(tt.fromOfLast) || !got.Before.From.Equal(tt.fromOfOld) || !got.Before.Until.Equal(tt.fromOfLast) {
				t.Errorf("%v to %v and %v to %v, want from %v and %v", got.Before.From, got.Before.Until, got.Last.From, got.Last.Until, tt.fromOfOld, tt.fromOfLast)
			}
		})
	}
}
