package breakdown_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/cx/stats/control"
)

// The companies of the simulation have 20 charts with the days of a usual refresh, and are looked at on each of the 90 days that follow.
const (
	companyCharts = 20
	companyPast   = insight.DefaultDays
	companyLooks  = 90
	companySpike  = companyPast + 45 // a day in the middle of those
)

// company says how many events a chart has on a day, with what probability each is bad, and whether the day is out.
type company func(day, chart int, r *rand.Rand) (n int64, p float64, out bool)

// companies are the kinds of noise that are no breakdown.
func companies() map[string]company {
	usual := func(int, int, *rand.Rand) (int64, float64, bool) { return 200, 0.1, false }
	return map[string]company{
		"the same each day": usual,
		"weekends": func(d, _ int, _ *rand.Rand) (int64, float64, bool) {
			if d%7 < 2 {
				return 80, 0.16, false
			}
			return 200, 0.1, false
		},
		"charts of all sizes": func(_, c int, _ *rand.Rand) (int64, float64, bool) {
			return int64(5 + c*c), 0.02 + float64(c)*0.03, false
		},
		"more noise than binomial": func(_, _ int, r *rand.Rand) (int64, float64, bool) { return 1000, 0.08 + 0.04*r.Float64(), false },
		"rare":                     func(_, c int, _ *rand.Rand) (int64, float64, bool) { return 300, 0.001 * float64(c), false },
		drifting: func(d, c int, r *rand.Rand) (int64, float64, bool) {
			if c == 0 {
				return 200, 0.1 + 0.0003*float64(d), false
			}
			return usual(d, c, r)
		},
		"one day in one": func(d, c int, r *rand.Rand) (int64, float64, bool) {
			if d == companySpike && c == 0 {
				return 200, 0.5, false
			}
			return usual(d, c, r)
		},
		"a holiday": func(d, c int, r *rand.Rand) (int64, float64, bool) {
			if d >= companySpike && d < companySpike+3 {
				return 100, 0.3, true
			}
			return usual(d, c, r)
		},
	}
}

// bernoulli returns how many of n events are bad.
func bernoulli(n int64, p float64, r *rand.Rand) (bad int64) {
	for range n {
		if r.Float64() < p {
			bad++
		}
	}
	return bad
}

// grown returns the charts of a company over all days.
func grown(seed uint64, of company) []insight.DailyChart {
	r := rand.New(rand.NewPCG(seed, 23)) //nolint:gosec // a simulation
	all := make([]insight.DailyChart, companyCharts)
	for c := range all {
		all[c].Subject = touchpoint(fmt.Sprint(c))
	}
	for d := range companyPast + companyLooks {
		for c := range all {
			n, p, out := of(d, c, r)
			all[c].Series.Days = append(all[c].Series.Days, control.Day{N: n, Bad: bernoulli(n, p, r), Out: out})
		}
	}
	return all
}

// alarm returns after how many days of looking at a company a breakdown is found, and 0 if none is.
func alarm(all []insight.DailyChart, settings breakdown.Settings) int {
	d := insight.Daily{Days: companyPast, Charts: make([]insight.DailyChart, len(all))}
	for look := 1; look <= len(all[0].Series.Days)-companyPast; look++ {
		d.First = monday.AddDate(0, 0, look)
		for c := range all {
			d.Charts[c].Subject = all[c].Subject
			d.Charts[c].Series = control.Series{First: d.First.Weekday(), Days: all[c].Series.Days[look : look+companyPast : look+companyPast]}
		}
		found := breakdown.Find(&d, nil, nil, settings).Found
		if len(found) > 0 && !found[0].Drift && !found[0].Better {
			return look
		}
	}
	return 0
}

// drifting is the kind in which one chart does change.
const drifting = "a slow trend in one"

// TestFalseAlarms: a watch that looks at a company in which nothing has changed, each day for 90 days, finds a breakdown in at most 5 of 100 companies of each kind, and in at
// most 8 of 100 where the share of a chart has risen from 10% to 16% in 200 days. The companies of a sample are counted together, and fail where so many alarms would
// be less likely than 1 in 1,000 if they were 5 in 100.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	whole := os.Getenv("CAIRN_WHOLE") != ""
	worlds := int64(2)
	if whole {
		worlds = 250
	}
	var all, alarms atomic.Int64
	t.Run("kinds", func(t *testing.T) {
		for name, of := range companies() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				mine := int64(0)
				for seed := range worlds {
					if alarm(grown(uint64(seed), of), breakdown.Settings{}) > 0 {
						mine++
					}
				}
				all.Add(worlds)
				alarms.Add(mine)
				t.Logf("a false breakdown in %d of %d companies", mine, worlds)
				most := 5 * worlds / 100
				if name == drifting {
					most = 8 * worlds / 100
				}
				if whole && mine > most {
					t.Errorf("a false breakdown in %d of %d companies, and %d may have one", mine, worlds, most)
				}
			})
		}
	})
	if !whole && stats.BinomialAtLeast(alarms.Load(), all.Load(), 0.05) < 0.001 {
		t.Errorf("a false breakdown in %d of %d companies", alarms.Load(), all.Load())
	}
}

// TestRaisedFound: in a company whose first chart has 200 runs a day, of which 10% fail, a rate that rises by half is found within five days in half of the companies, as a watch
// meets it. A sample fails where it would be less likely than 1 in 1,000 if that held.
func TestRaisedFound(t *testing.T) {
	t.Parallel()
	const broke, limit = companyPast, 20
	worlds := int64(8)
	if os.Getenv("CAIRN_WHOLE") != "" {
		worlds = 300
	}
	var took []int
	for seed := range worlds {
		all := grown(uint64(seed), func(d, c int, _ *rand.Rand) (int64, float64, bool) {
			if c == 0 && d >= broke {
				return 200, 0.15, false
			}
			return 200, 0.1, false
		})
		day := limit
		for c := range all {
			all[c].Series.Days = all[c].Series.Days[:companyPast+limit]
		}
		if at := alarm(all, breakdown.Settings{}); at > 0 {
			day = at
		}
		took = append(took, day)
	}
	slices.Sort(took)
	soon, _ := slices.BinarySearch(took, 6) // found within five days
	t.Logf("found after %d days, 9 of 10 after %d", took[len(took)/2], took[len(took)*9/10])
	if stats.BinomialAtMost(int64(soon), worlds, 0.5) < 0.001 || worlds >= 100 && took[len(took)/2] > 5 {
		t.Errorf("found after %v days", took)
	}
}
