package paths_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
)

// plainAge is the age by the formula, for each time from the longest one down: the runs that are as old as it are counted one by one.
func plainAge(ages, afters []int64) paths.Age {
	var known [][2]int64
	for i := range ages {
		if afters[i] <= ages[i] {
			known = append(known, [2]int64{ages[i], afters[i]})
		}
	}
	count := func(counts func(age, after int64) bool) (n int64) {
		for _, k := range known {
			if counts(k[0], k[1]) {
				n++
			}
		}
		return n
	}
	var times []int64
	for _, k := range known {
		times = append(times, k[1])
	}
	slices.Sort(times)
	times = slices.Compact(times)
	found, share, least := paths.Age{}, 1.0, max(30, int64(0.02*float64(len(known))))
	for _, at := range slices.Backward(times) {
		if share < 0.95-1e-9 {
			break
		}
		old := count(func(age, _ int64) bool { return age >= at })
		if old < least {
			continue
		}
		exactly := count(func(_, after int64) bool { return after == at })
		atRisk := count(func(age, after int64) bool { return after <= at && age >= at })
		share *= 1 - float64(exactly)/float64(atRisk)
		found = paths.Age{Age: max(time.Duration(at)*time.Microsecond, time.Microsecond), Arrived: old}
	}
	return found
}

// TestAgeOfModel: the age is that of the formula, also of many runs whose times agree.
func TestAgeOfModel(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{0, 1, 29, 30, 31, 500, 3000} {
		for name, draw := range map[string]func() (age, after int64){
			"old":          func() (int64, int64) { return 1_000_000 + rng.Int64N(1000), rng.Int64N(1000) },
			"young":        func() (int64, int64) { return rng.Int64N(1000), rng.Int64N(1000) },
			"many agree":   func() (int64, int64) { return rng.Int64N(20), rng.Int64N(5) },
			"all agree":    func() (int64, int64) { return 5, 5 },
			"at once":      func() (int64, int64) { return rng.Int64N(3), 0 },
			"not arrived":  func() (int64, int64) { return rng.Int64N(10), 5 + rng.Int64N(10) },
			"a long tail":  func() (int64, int64) { return rng.Int64N(1 << 40), 1 << rng.IntN(40) },
			"before start": func() (int64, int64) { return rng.Int64N(3) - 1, 0 },
		} {
			ages, afters := make([]int64, n), make([]int64, n)
			for i := range ages {
				ages[i], afters[i] = draw()
			}
			if want, got := plainAge(ages, afters), paths.AgeOf(ages, afters); got != want {
				t.Errorf("%d runs, %s: %+v, want %+v", n, name, got, want)
			}
		}
	}
}
