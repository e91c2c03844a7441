package paths

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// fewSorted is the number of values up to which a sort that compares them is faster.
	fewSorted = 512
	// digit is the number of bits that one pass sorts by.
	digit = 11
)

// sortNumbers sorts the values by their digits, the lowest ones first: Knuth 1998, "The Art of Computer Programming", volume 3, 2nd edition, algorithm 5.2.5R. It needs
// room for as many values again, and a pass for each eleven bits of their range: four for times of a month in microseconds.
func sortNumbers[T int64 | uint64](values []T) {
	if len(values) < fewSorted {
		slices.Sort(values)
		return
	}
	low, high := slices.Min(values), slices.Max(values)
	from, to := values, make([]T, len(values))
	width := bits.Len64(uint64(high) - uint64(low)) // as unsigned numbers, the difference has 64 bits
	for shift := 0; shift < width; shift += digit {
		var next [1 << digit]int
		for _, v := range from {
			next[(uint64(v)-uint64(low))>>shift%(1<<digit)]++
		}
		at := 0
		for i, n := range next {
			next[i] = at
			at += n
		}
		for _, v := range from {
			n := &next[(uint64(v)-uint64(low))>>shift%(1<<digit)]
			to[*n] = v
			*n++
		}
		from, to = to, from
	}
	if &from[0] != &values[0] {
		copy(values, from)
	}
}

// sortAll sorts the lists, the workers taking one after the other.
func sortAll(workers int, lists [][]int64) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(workers, len(lists)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(lists)); i = next.Add(1) - 1 {
				sortNumbers(lists[i])
			}
		})
	}
	all.Wait()
}

// distinct returns the number of different values, which are not 0. It counts them in an open table with linear probing: Knuth, algorithm 6.4L.
func distinct(values []uint64) (n int64) {
	const odd = 0x9e3779b97f4a7c15
	width := bits.Len(uint(len(values))) + 1               // at most half of the slots are used
	slots, seed := make([]uint64, 1<<width), rand.Uint64() //nolint:gosec // no choice of values is slow, and the seed is no secret
	for _, v := range values {
		high, low := bits.Mul64(v^seed, odd)
		at := (high ^ low) * odd >> (64 - width)
		for slots[at] != 0 && slots[at] != v {
			at = (at + 1) % uint64(len(slots))
		}
		if slots[at] == 0 {
			slots[at] = v
			n++
		}
	}
	return n
}
