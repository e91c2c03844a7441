package paths_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/paths"
)

// TestSpread: the median and the 90th percentile are those of the sorted list, by the nearest rank, whatever the order and however many values are equal.
func TestSpread(t *testing.T) {
	t.Parallel()
	check := func(t interface{ Errorf(string, ...any) }, name string, list []int64) {
		n := len(list)
		sorted := slices.Sorted(slices.Values(list))
		want := paths.Spread{N: int64(n), Median: time.Duration(sorted[(n+1)/2-1]) * time.Microsecond, P90: time.Duration(sorted[(9*n+9)/10-1]) * time.Microsecond}
		if got := paths.SpreadOf(list); got != want {
			t.Errorf("%s, %d values: %+v, want %+v", name, n, got, want)
		}
		if slices.Sort(list); !slices.Equal(list, sorted) {
			t.Errorf("%s: the list has lost values", name)
		}
	}
	for _, n := range []int{1, 2, 3, 9, 10, 11, 1000, 100_000} {
		for name, value := range map[string]func(i int) int{
			"in order":    func(i int) int { return i },
			"backwards":   func(i int) int { return n - i },
			"equal":       func(int) int { return 7 },
			"two values":  func(i int) int { return i % 2 },
			"up and down": func(i int) int { return min(i, n-i) },
			"sawtooth":    func(i int) int { return i * i % 101 },
		} {
			list := make([]int64, n)
			for i := range list {
				list[i] = int64(value(i))
			}
			check(t, name, list)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, "drawn", rapid.SliceOfN(rapid.Int64Range(0, rapid.SampledFrom([]int64{1, 3, 1000, 1 << 40}).Draw(t, "most")), 1, 300).Draw(t, "values"))
	})
}
