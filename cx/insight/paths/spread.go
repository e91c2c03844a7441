package paths

import (
	"math/bits"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/stats"
)

// Spread says how long something took. It is the zero value for a group that is too small. Its unit in JSON is nanoseconds.
type Spread struct {
	// N is the number of times that were measured.
	N int64 `json:"n"`
	// Median and P90 are exact, by the nearest rank: the ⌈p·n⌉-th of n in order.
	Median time.Duration `json:"median_ns"`
	P90    time.Duration `json:"p90_ns"`
}

// spreadOf returns the spread of microseconds, which it reorders.
func spreadOf(values []int64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	median, most := rank(len(values), 1, 2), rank(len(values), 9, 10)
	high := choose(values, most)
	return Spread{int64(len(values)), micros(choose(values[:most+1], median)), micros(high)}
}

// rank returns the index of the ⌈n·numerator/denominator⌉-th of n values in order.
func rank(n, numerator, denominator int) int {
	return max(1, (n*numerator+denominator-1)/denominator) - 1
}

// choose returns the value that has the index in order, and puts those that are not above it before it. It takes a time that grows with the number of
// values, where a sort takes more: Hoare 1961, "Algorithm 65: Find", Communications of the ACM 4. Where many steps have left much, it sorts that.
func choose(values []int64, at int) int64 {
	low, high := 0, len(values)-1
	for left := 2 * bits.Len(uint(len(values))); low < high; left-- {
		if left == 0 {
			slices.Sort(values[low : high+1])
			break
		}
		middle := low + (high-low)/2
		pivot := max(min(values[low], values[high]), min(max(values[low], values[high]), values[middle]))
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case at <= j:
			high = j
		case at >= i:
			low = i
		default:
			return values[at]
		}
	}
	return values[at]
}

// nearest returns the ⌈n·numerator/denominator⌉-th of sorted values.
func nearest(sorted []int64, numerator, denominator int) int64 {
	return sorted[rank(len(sorted), numerator, denominator)]
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
