package paths_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
)

// TestSentences: what is said of answers that the examples do not have.
func TestSentences(t *testing.T) {
	t.Parallel()
	part := func(seconds, share float64) paths.Portion {
		return paths.Portion{Seconds: seconds, Share: score.Estimate{Value: share, N: 1234, Unit: score.Parts}}
	}
	of := func(n, all int64) score.Share { return score.ShareOf(n, all, 0.95) }
	const proof = " This is a difference between runs on different paths, and no proof that the path is its cause."
	const said = `The most costly detour is "z": 9 customers, 2 hours longer at the median (1 hour to 3 hours) than the usual path.`
	detour := func(added, missing []string) paths.Detours {
		return paths.Detours{Runs: 5, Beside: paths.Variant{Steps: []string{"a"}}, Detours: []paths.Detour{{
			Variant: paths.Variant{Steps: []string{"z"}, Customers: 9}, Added: added, Missing: missing, Extra: 2 * time.Hour, Low: time.Hour, High: 3 * time.Hour,
		}}}
	}
	week := paths.Age{Age: 7 * 24 * time.Hour, Arrived: 50}
	for _, c := range []struct {
		name   string
		answer interface{ Sentence() string }
		want   string
	}{
		{"no time", paths.Time{}, "No run has taken any time."},
		{"few", paths.Time{Few: true}, "The runs are of fewer than five customers, and are not shown."},
		{
			"a wait, and open runs",
			paths.Time{Runs: 1234, Open: 1000, Whole: part(86400*1e6, 1), Waits: part(5, 0.25)},
			"1,234 runs took 1,000,000 days in all. Customers wait during 25.0% (0.0% to 0.0%) of the time. 1,000 of the runs have not ended, and count with the time so far.",
		},
		{"no hands", paths.Handovers{}, "No run was in a team's hands."},
		{"few changed hands", paths.Handovers{Runs: 9}, "The runs that changed hands are of fewer than five customers, and are not shown."},
		{"none changed hands", paths.Handovers{Runs: 1, Changed: of(0, 1)}, "None of 1 run changed hands."},
		{"few back and forth", paths.PingPong{}, "Fewer than five customers were sent back and forth, or no run was in a team's hands, so there is nothing to show."},
		{"nothing again", paths.Loops{}, "Fewer than five customers did a step again, or no run has a step, so there is nothing to show."},
		{
			"a long way",
			paths.Loops{
				Runs: of(5, 10), Loops: []paths.Loop{{Steps: []string{"a", "a"}, Long: true, Times: 1, Round: paths.Spread{Median: 26*time.Hour + 31*time.Minute}}},
				Hidden: paths.Hidden{Groups: 2},
			},
			`5 of 10 runs (50.0%, 23.7% to 76.3%) do a step again. The loop that takes the most time is the long way from "a" back to it: 1 time, half of them within 1 day 3 hours. 2 ways back of few customers, and what would give them away, are not shown.`,
		},
		{"no path", paths.Variants{}, "No run has a step."},
		{
			"a long path",
			paths.Variants{Runs: 10, Distinct: 1, Shown: []paths.Variant{{Steps: strings.Split("abcdefghi", ""), Share: of(10, 10)}}},
			`10 runs took 1 path. 10 of 10 runs (100.0%, 72.2% to 100.0%) took the most frequent one: "a" → "b" → "c" → 3 steps → "g" → "h" → "i".`,
		},
		{"no map", paths.Follows{}, "No run has a step."},
		{"few in a funnel", paths.Funnel{Few: true}, "The runs are of fewer than five customers, and are not shown."},
		{"no age", paths.Funnel{}, "Too few runs have come far enough to say how old a run has to be, so no run counts."},
		{"all young", paths.Funnel{Age: week, Young: 9}, "No run is 7 days old yet, so no run counts."},
		{"lost value", paths.Funnel{Age: week, Runs: 100, Young: 20, Completed: of(50, 100), Open: of(10, 100), Stages: []paths.FunnelStage{
			{Name: "cart", Left: of(5, 100), CompletedHere: of(7, 100)}, {Name: "pay\x1b", CompletedHere: of(43, 90), Left: of(40, 90), Lost: []event.Money{{Amount: 123456, Currency: "EUR"}}},
		}}, `50 of 100 runs (50.0%, 40.4% to 59.6%) completed within 7 days. 7 of 100 runs (7.0%, 3.4% to 13.7%) that came to "cart" completed without a later stage. Most are lost at "pay\x1b": 40 of 90 runs (44.4%, 34.6% to 54.7%) that came to it, with a value of 1,234.56 EUR. 20 younger ones do not count yet. 10 of 100 runs (10.0%, 5.5% to 17.4%) are still open, so more may come.`},
		{"few completed", paths.Funnel{Age: week, Runs: 100, Settled: true}, "100 runs had 7 days. Fewer than five customers completed, and are not shown."},
		{"none completed", paths.Detours{}, "No run that is old enough has completed."},
		{"none beside", paths.Detours{Runs: 5}, "Too few customers took the path that others would be compared with."},
		{"none slower", paths.Detours{Runs: 5, Tested: 3, Beside: paths.Variant{Steps: []string{"a"}}}, "None of 3 paths is slower than the usual one by more than chance."},
		{"another order", paths.Detours{Runs: 5, Beside: paths.Variant{Steps: []string{"a"}}, Detours: []paths.Detour{{
			Variant: paths.Variant{Steps: []string{"b", "a"}, Customers: 1200}, Extra: 90 * time.Second, Low: 1500 * time.Millisecond, High: 3 * time.Hour,
		}}}, `The most costly detour is "b" → "a": 1,200 customers, 1 minute 30 seconds longer at the median (1.5 seconds to 3 hours) than the usual path. It has the same steps in another order. This is a difference between runs on different paths, and no proof that the path is its cause.`},
		{"added", detour([]string{"x", "y"}, nil), said + ` It adds "x" and "y".` + proof},
		{"missing", detour(nil, []string{"x"}), said + ` It leaves out "x".` + proof},
		{"added and missing", detour([]string{"x"}, []string{"y"}), said + ` It adds "x", and leaves out "y".` + proof},
		{
			"a path of eight",
			paths.Variants{Runs: 10, Distinct: 1, Shown: []paths.Variant{{Steps: strings.Split("abcdefgh", ""), Share: of(10, 10)}}},
			`10 runs took 1 path. 10 of 10 runs (100.0%, 72.2% to 100.0%) took the most frequent one: "a" → "b" → "c" → "d" → "e" → "f" → "g" → "h".`,
		},
		{"one open run", paths.Time{Runs: 1234, Open: 1, Whole: part(86400*1e6, 1)}, "1,234 runs took 1,000,000 days in all. 1 of the runs has not ended, and counts with the time so far."},
	} {
		if got := c.answer.Sentence(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
