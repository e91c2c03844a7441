package control_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/cx/stats/control"
)

// world says how many events a chart has on a day, and with what probability each is bad.
type world func(day, chart int, r *rand.Rand) (n int64, p float64)

// The simulations have 20 charts and 90 days, which are refreshed each day, as the documents say: a baseline of up to eight weeks that ends two
// weeks ago.
const (
	charts = 20
	days   = 90
	breaks = 72 // the day on which something breaks
)

// finding is when a chart was found first, and on which day it began.
type finding struct{ found, began int }

func simulate(seed uint64, g world) map[int]finding {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a simulation
	all, found := make([]control.Series, charts), map[int]finding{}
	for d := range days {
		for c := range all {
			n, p := g(d, c, r)
			bad := int64(0)
			for range n {
				if r.Float64() < p {
					bad++
				}
			}
			all[c].Days = append(all[c].Days, control.Day{N: n, Bad: bad})
		}
		now, ps := make([]control.Assessment, charts), make([]float64, charts)
		for c := range all {
			until := d + 1 - 14
			b, _ := control.NewBaseline(all[c], max(0, until-56), until)
			now[c] = control.Assess(all[c], b, until)
			ps[c] = now[c].Worse.P
		}
		for c, p := range stats.BenjaminiHochberg(ps) {
			if _, was := found[c]; p <= 0.05 && !was && !now[c].Worse.Drift {
				found[c] = finding{d, now[c].Worse.Began}
			}
		}
	}
	return found
}

// worlds returns how many worlds are simulated: a sample, or all.
func worlds(sample uint64) uint64 {
	if os.Getenv("CAIRN_WHOLE") != "" {
		return 1000
	}
	return sample
}

// TestNothingPlanted: nothing is found where nothing has changed, in at least 95 of 100 worlds of each kind. A sample fails where its alarms would be
// less likely than 1 in 1,000 if that held.
func TestNothingPlanted(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]world{
		"the same each day": func(int, int, *rand.Rand) (int64, float64) { return 200, 0.1 },
		"weekends": func(d, _ int, _ *rand.Rand) (int64, float64) {
			if d%7 < 2 {
				return 80, 0.16
			}
			return 200, 0.1
		},
		"charts of all sizes":      func(_, c int, _ *rand.Rand) (int64, float64) { return int64(5 + c*c), 0.02 + float64(c)*0.03 },
		"more noise than binomial": func(_, _ int, r *rand.Rand) (int64, float64) { return 1000, 0.08 + 0.04*r.Float64() },
		"rare":                     func(_, c int, _ *rand.Rand) (int64, float64) { return 300, 0.001 * float64(c) },
		"a slow trend in one": func(d, c int, _ *rand.Rand) (int64, float64) {
			if c == 0 {
				return 200, 0.1 + 0.0003*float64(d)
			}
			return 200, 0.1
		},
		"one day in one": func(d, c int, _ *rand.Rand) (int64, float64) {
			if d == breaks && c == 0 {
				return 200, 0.5
			}
			return 200, 0.1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, alarms := worlds(12), uint64(0)
			for seed := range n {
				if len(simulate(seed, g)) > 0 {
					alarms++
				}
			}
			t.Logf("something was found in %d of %d", alarms, n)
			sample := os.Getenv("CAIRN_WHOLE") == ""
			unlikely := stats.BinomialAtLeast(int64(alarms), int64(n), 0.05) < 0.001 //nolint:gosec // at most 1,000
			if sample && unlikely || !sample && alarms*20 > n {
				t.Errorf("something was found in %d of %d, want at most 5%%", alarms, n)
			}
		})
	}
}

// TestRaised: a failure rate of 10% at 200 runs a day that is raised by half is found within five days in half of the worlds. A sample fails where it would
// be less likely than 1 in 1,000 if that held.
func TestRaised(t *testing.T) {
	t.Parallel()
	var took, off []int
	for seed := range worlds(25) {
		f, ok := simulate(seed, func(d, c int, _ *rand.Rand) (int64, float64) {
			if c == 0 && d >= breaks {
				return 200, 0.15
			}
			return 200, 0.1
		})[0]
		if !ok {
			f.found = days // it is not found
		}
		took, off = append(took, f.found-breaks+1), append(off, f.began-breaks)
	}
	slices.Sort(took)
	slices.Sort(off)
	n := len(took)
	t.Logf("found after %d days, 9 of 10 after %d; the beginning is off by %d days, by %d to %d in 8 of 10", took[n/2], took[n*9/10], off[n/2], off[n/10], off[n*9/10])
	soon, _ := slices.BinarySearch(took, 6) //nolint:mnd // found within five days
	late := took[n/2] > 5
	if os.Getenv("CAIRN_WHOLE") == "" {
		late = stats.BinomialAtMost(int64(soon), int64(n), 0.5) < 0.001
	}
	if late || off[n/2] < -2 || off[n/2] > 2 {
		t.Errorf("found after %d days, with a beginning that is off by %d", took[n/2], off[n/2])
	}
}

// TestNeverBefore: what has never failed is found on the second day on which it fails, and what always fails on the second on which it works.
func TestNeverBefore(t *testing.T) {
	t.Parallel()
	s := control.Series{Days: slices.Repeat([]control.Day{{N: 200}}, 70)}
	b, ok := control.NewBaseline(s, 0, 56)
	if !ok {
		t.Fatal("no baseline")
	}
	for day, bad := range []int64{60, 60, 60} {
		s.Days = append(s.Days, control.Day{N: 200, Bad: bad})
		a := control.Assess(s, b, 56)
		if found := a.Worse.P <= 0.05/20; found != (day >= 1) || a.Worse.Drift {
			t.Errorf("day %d: %+v", day, a.Worse)
		}
	}
}
