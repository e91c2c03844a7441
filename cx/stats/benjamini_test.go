package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// TestBenjaminiHochberg: the probabilities are the fifteen of Benjamini and Hochberg 1995, section 3.2, with four rejected at
// 5%. The adjusted ones are what p.adjust(p, "BH") of R is defined to be, worked out by hand.
func TestBenjaminiHochberg(t *testing.T) {
	t.Parallel()
	p := []float64{
		0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000,
	}
	want := []float64{
		15 * 0.0001, 15 * 0.0004 / 2, 15 * 0.0019 / 3, 15 * 0.0095 / 4, 15 * 0.0201 / 5, // 0.0603
		15 * 0.0298 / 7, 15 * 0.0298 / 7, 15 * 0.0344 / 8, 15 * 0.0459 / 9, 15 * 0.3240 / 10,
		15 * 0.4262 / 11, 15 * 0.5719 / 12, 15 * 0.6528 / 13, 15 * 0.7590 / 14, 1,
	}
	rejected := 0
	for i, got := range stats.BenjaminiHochberg(p) {
		near(t, "adjusted", got, want[i], 1e-15)
		if got <= 0.05 {
			rejected++
		}
	}
	if rejected != 4 {
		t.Errorf("%d are rejected, want the paper's 4", rejected)
	}

	order := rand.New(rand.NewPCG(1, 2)).Perm(len(p))
	shuffled := make([]float64, len(p))
	for i, from := range order {
		shuffled[i] = p[from]
	}
	for i, got := range stats.BenjaminiHochberg(shuffled) {
		near(t, "in another order", got, want[order[i]], 1e-15)
	}

	if got := stats.BenjaminiHochberg([]float64{0.01, math.NaN(), -1, 7, math.Inf(-1)}); !slices.Equal(got, []float64{0.05, 1, 1, 1, 1}) {
		t.Errorf("numbers that are no probability: %v", got)
	}
	if got := stats.BenjaminiHochberg(nil); len(got) != 0 {
		t.Errorf("no test: %v", got)
	}
}

// TestBenjaminiHochbergRejects compares with the procedure as the paper words it: with k the highest rank for which p is at
// most rank/m·level, the k lowest are rejected.
func TestBenjaminiHochbergRejects(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 0.05), rapid.Float64Range(0, 1), rapid.Just(0.01)), 1, 40).Draw(t, "p")
		level := rapid.Float64Range(0.001, 0.5).Draw(t, "level")
		before, sorted := slices.Clone(p), slices.Sorted(slices.Values(p))
		k := 0
		for i, value := range sorted {
			if bound := float64(i+1) / float64(len(p)) * level; value <= bound {
				k = i + 1
			} else if value < bound*(1+1e-12) {
				t.Skip("equal but for rounding")
			}
		}
		rejected := 0
		for i, adjusted := range stats.BenjaminiHochberg(p) {
			if adjusted < p[i] || adjusted > 1 {
				t.Errorf("%v is adjusted to %v", p[i], adjusted)
			}
			if adjusted <= level*(1+1e-14) {
				rejected++
			}
		}
		if rejected != k {
			t.Errorf("%d are rejected, want %d", rejected, k)
		}
		if !slices.Equal(before, p) {
			t.Errorf("the caller's slice was changed to %v", p)
		}
	})
}
