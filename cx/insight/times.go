package insight

import (
	"math/bits"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
)

// Times are how long something took: n durations, their median and their 90th percentile, exact and by the nearest rank. They are zero without a
// duration. Their unit in JSON is nanoseconds.
type Times = paths.Spread

// spans collects durations in microseconds, none of which is negative. It finds a rank in a time that grows with their number: it counts them by
// their size as they come, and sorts those of the one size that has the rank. Sizes differ by a sixty-fourth.
type spans struct {
	n      int
	few    []int64  // all of them, up to fewSpans: many groups have few
	blocks []*block // all of them, once they are more; all but the last block are full
	counts *[64 << sizeBits]int32
}

// block is a part of the list. Blocks are used again, because memory that is new costs more than the question.
type block [1 << 12]int64

var blocks = sync.Pool{New: func() any { return new(block) }}

const sizeBits = 6

const fewSpans = 256

func (s *spans) add(v int64) {
	at := s.n % len(block{})
	if at == 0 || s.counts == nil {
		if s.n < fewSpans {
			s.few = append(s.few, v)
			s.n++
			return
		}
		s.grow()
		at = s.n % len(block{})
	}
	s.blocks[len(s.blocks)-1][at] = v
	s.counts[size(v)]++
	s.n++
}

// addAll adds every value of the list.
func (s *spans) addAll(list []int64) {
	for _, v := range list {
		s.add(v)
	}
}

// grow makes room for another duration. The first block takes the few that there were.
func (s *spans) grow() {
	b, _ := blocks.Get().(*block)
	s.blocks = append(s.blocks, b)
	if s.counts != nil {
		return
	}
	s.counts = new([64 << sizeBits]int32)
	copy(b[:], s.few)
	for _, v := range s.few {
		s.counts[size(v)]++
	}
	s.few = nil
}

// lists yields the durations in parts.
func (s *spans) lists(yield func([]int64) bool) {
	if s.counts == nil {
		yield(s.few)
		return
	}
	left := s.n
	for _, b := range s.blocks {
		if !yield(b[:min(left, len(b))]) {
			return
		}
		left -= len(b)
	}
}

// merge adds the durations of o, and frees o.
func (s *spans) merge(o *spans) {
	for list := range o.lists {
		for len(list) > 0 {
			at := s.n % len(block{})
			if s.counts == nil || at == 0 || o.counts == nil {
				s.add(list[0])
				list = list[1:]
				continue
			}
			n := copy(s.blocks[len(s.blocks)-1][at:], list)
			for _, v := range list[:n] {
				s.counts[size(v)]++
			}
			s.n += n
			list = list[n:]
		}
	}
	o.free()
}

// free gives the blocks back. The durations are gone.
func (s *spans) free() {
	for _, b := range s.blocks {
		blocks.Put(b)
	}
	*s = spans{}
}

// size returns the exponent of the value and the sizeBits that follow its first bit.
func size(v int64) int {
	u := uint64(max(v, 0))
	n := bits.Len64(u)
	if n <= sizeBits {
		return int(u) //nolint:gosec // below 64
	}
	return n<<sizeBits | int(u>>(n-1-sizeBits)&(1<<sizeBits-1))
}

// ranks returns the values with two ranks, from 0.
func (s *spans) ranks(first, second int) (a, b int64) {
	if s.counts == nil {
		slices.Sort(s.few)
		return s.few[first], s.few[second]
	}
	inA, first := s.bucket(first)
	inB, second := s.bucket(second)
	var listA, listB []int64
	for list := range s.lists {
		for _, v := range list {
			switch size(v) {
			case inA:
				listA = append(listA, v)
			case inB:
				listB = append(listB, v)
			}
		}
	}
	if inB == inA {
		listB = listA
	}
	slices.Sort(listA)
	slices.Sort(listB)
	return listA[first], listB[second]
}

// rank returns the value with the rank, and false without a value. It frees the list.
func (s *spans) rank(r rank) (int64, bool) {
	if s.n == 0 {
		return 0, false
	}
	at := int(r(int64(s.n)))
	value, _ := s.ranks(at, at)
	s.free()
	return value, true
}

// bucket returns the size that has the rank, and the rank among the values of that size.
func (s *spans) bucket(rank int) (size, left int) {
	for rank >= int(s.counts[size]) {
		rank -= int(s.counts[size])
		size++
	}
	return size, rank
}

// times returns the times, and frees the list.
func (s *spans) times() Times {
	n := s.n
	if n == 0 {
		return Times{}
	}
	half, most := s.ranks((n+1)/2-1, (9*n+9)/10-1)
	s.free()
	return Times{N: int64(n), Median: time.Duration(half) * time.Microsecond, P90: time.Duration(most) * time.Microsecond}
}
