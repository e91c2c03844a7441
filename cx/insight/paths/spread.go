package paths

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/stats"
)

// Spread says how long something took. It is the zero value for a group that is too small.
type Spread struct {
	// N is the number of times that were measured.
	N int64 `json:"n"`
	// Median and P90 are exact, by the nearest rank: the ⌈p·n⌉-th of n in order.
	Median time.Duration `json:"median"`
	P90    time.Duration `json:"p90"`
}

// spreadOf returns the spread of sorted microseconds.
func spreadOf(sorted []int64) Spread {
	if len(sorted) == 0 {
		return Spread{}
	}
	return Spread{int64(len(sorted)), micros(nearest(sorted, 1, 2)), micros(nearest(sorted, 9, 10))}
}

// nearest returns the ⌈n·numerator/denominator⌉-th of sorted values.
func nearest(sorted []int64, numerator, denominator int) int64 {
	return sorted[max(1, (len(sorted)*numerator+denominator-1)/denominator)-1]
}

// micros returns a duration. More than 292 years are 292 years.
func micros(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Microsecond)
	return time.Duration(min(max(n, -most), most)) * time.Microsecond
}

// confidence is that of all intervals of the package.
const confidence = 0.95

// between returns an interval of the median that holds for any distribution, from the lowest to the highest of the order statistics, and false for
// fewer than six values, which have none.
//
// Source: Conover 1999, "Practical Nonparametric Statistics", 3rd edition, section 3.2, with the exact binomial distribution.
func between(sorted []int64) (low, high int64, ok bool) {
	n := int64(len(sorted))
	k := stats.BinomialCritical(n, 0.5, (1-confidence)/2)
	if k > n {
		return 0, 0, false
	}
	return sorted[n-k], sorted[k-1], true
}

// sortAll sorts the lists, the workers taking one after the other.
func sortAll(workers int, lists [][]int64) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(workers, len(lists)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(lists)); i = next.Add(1) - 1 {
				slices.Sort(lists[i])
			}
		})
	}
	all.Wait()
}
