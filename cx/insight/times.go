package insight

import (
	"math/bits"
	"slices"
	"time"
)

// Times are how long something took: n durations, their median and their 90th percentile, exact and by the nearest rank. They are zero without a
// duration. Their unit in JSON is nanoseconds.
type Times struct {
	N      int64         `json:"n"`
	Median time.Duration `json:"median_ns"`
	P90    time.Duration `json:"p90_ns"`
}

// timesOf returns the times of microseconds, none of which is negative. It changes the list.
func timesOf(micros []int64) Times {
	n := len(micros)
	if n == 0 {
		return Times{}
	}
	half, most := nearest(micros, (n+1)/2-1), nearest(micros, (9*n+9)/10-1)
	return Times{int64(n), time.Duration(half) * time.Microsecond, time.Duration(most) * time.Microsecond}
}

// nearest returns the value with this rank, from 0, in a time that grows with the length: it counts the values by their size, and sorts those of the one
// size that has the rank. Sizes differ by a sixty-fourth.
func nearest(values []int64, rank int) int64 {
	if len(values) <= 1<<10 {
		slices.Sort(values)
		return values[rank]
	}
	var counts [64 << sizeBits]int32
	for _, v := range values {
		counts[size(v)]++
	}
	in := 0
	for rank >= int(counts[in]) {
		rank -= int(counts[in])
		in++
	}
	some := make([]int64, 0, counts[in])
	for _, v := range values {
		if size(v) == in {
			some = append(some, v)
		}
	}
	slices.Sort(some)
	return some[rank]
}

const sizeBits = 6

// size returns the exponent of the value and the sizeBits that follow its first bit.
func size(v int64) int {
	u := uint64(max(v, 0)) //nolint:gosec // not negative
	n := bits.Len64(u)
	if n <= sizeBits {
		return int(u) //nolint:gosec // below 64
	}
	return n<<sizeBits | int(u>>(n-1-sizeBits)&(1<<sizeBits-1)) //nolint:gosec // masked
}
