package paths_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/insight/paths"
)

// TestSortNumbers: the order is that of slices.Sort, whatever the number of values and their range.
func TestSortNumbers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 2, 511, 512, 513, 5000} {
		for name, draw := range map[string]func() int64{
			"the same":         func() int64 { return 7 },
			"few":              func() int64 { return rng.Int64N(3) - 1 },
			"eleven bits":      func() int64 { return 1<<40 + rng.Int64N(1<<11) },
			"a month":          func() int64 { return rng.Int64N(30 * 24 * 3600 * 1e6) },
			"negative":         func() int64 { return -rng.Int64() },
			"everything":       func() int64 { return int64(rng.Uint64()) }, //nolint:gosec // any bits
			"the ends":         func() int64 { return []int64{math.MinInt64, math.MaxInt64, 0, -1}[rng.IntN(4)] },
			"one far from all": func() int64 { return max(rng.Int64N(10), int64(bitOf(rng.IntN(1000) == 0))<<62) },
		} {
			values := make([]int64, n)
			for i := range values {
				values[i] = draw()
			}
			want, bits := slices.Sorted(slices.Values(values)), make([]uint64, n)
			for i, v := range values {
				bits[i] = uint64(v) //nolint:gosec // any bits
			}
			wantBits := slices.Sorted(slices.Values(bits))
			paths.SortNumbers(values)
			paths.SortNumbers(bits)
			if !slices.Equal(values, want) || !slices.Equal(bits, wantBits) {
				t.Errorf("%d values, %s: not in order", n, name)
			}
			known := slices.DeleteFunc(slices.Clone(wantBits), func(v uint64) bool { return v == 0 })
			if got := paths.Distinct(known); got != int64(len(slices.Compact(slices.Clone(known)))) {
				t.Errorf("%d values, %s: %d are different", n, name, got)
			}
		}
	}
}

func bitOf(b bool) int {
	if b {
		return 1
	}
	return 0
}
