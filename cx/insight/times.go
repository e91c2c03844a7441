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

// spans collects durations in microseconds, none of which is negative. It finds a rank in a time that grows with their number: it counts them by
// their size as they come, and sorts those of the one size that has the rank. Sizes differ by a sixty-fourth.
type spans struct {
	list   []int64
	counts *[64 << sizeBits]int32
}

const sizeBits = 6

func (s *spans) add(v int64) {
	if s.counts == nil {
		if len(s.list) < 1<<10 {
			s.list = append(s.list, v)
			return
		}
		s.counts = new([64 << sizeBits]int32)
		for _, old := range s.list {
			s.counts[size(old)]++
		}
	}
	s.counts[size(v)]++
	s.list = append(s.list, v)
}

// expect makes room for so many durations.
func (s *spans) expect(n int) { s.list = slices.Grow(s.list, n) }

// merge adds the durations of o.
func (s *spans) merge(o *spans) {
	for _, v := range o.list {
		s.add(v)
	}
}

// size returns the exponent of the value and the sizeBits that follow its first bit.
func size(v int64) int {
	u := uint64(max(v, 0)) //nolint:gosec // not negative
	n := bits.Len64(u)
	if n <= sizeBits {
		return int(u) //nolint:gosec // below 64
	}
	return n<<sizeBits | int(u>>(n-1-sizeBits)&(1<<sizeBits-1)) //nolint:gosec // masked
}

// ranks returns the values with two ranks, from 0. It may change the order of the list.
func (s *spans) ranks(first, second int) (a, b int64) {
	if s.counts == nil {
		slices.Sort(s.list)
		return s.list[first], s.list[second]
	}
	inA, first := s.bucket(first)
	inB, second := s.bucket(second)
	var listA, listB []int64
	for _, v := range s.list {
		switch size(v) {
		case inA:
			listA = append(listA, v)
		case inB:
			listB = append(listB, v)
		}
	}
	if inB == inA {
		listB = listA
	}
	slices.Sort(listA)
	slices.Sort(listB)
	return listA[first], listB[second]
}

// bucket returns the size that has the rank, and the rank among the values of that size.
func (s *spans) bucket(rank int) (size, left int) {
	for rank >= int(s.counts[size]) {
		rank -= int(s.counts[size])
		size++
	}
	return size, rank
}

func (s *spans) times() Times {
	n := len(s.list)
	if n == 0 {
		return Times{}
	}
	half, most := s.ranks((n+1)/2-1, (9*n+9)/10-1)
	return Times{int64(n), time.Duration(half) * time.Microsecond, time.Duration(most) * time.Microsecond}
}
