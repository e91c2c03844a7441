package insight

import (
	"math"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// Large selections do not keep their durations to find a median. A sample of the rows says between which two durations the median is almost certainly. One
// pass then counts the durations below, and keeps those between: a few of a hundred. The rank among those gives the median, exactly. If the sample
// has misled, which the counts show, another pass keeps all durations (Floyd and Rivest, "Expected time bounds for selection", CACM 18, 1975).

// valuer appends a value for each of the rows that has one. It uses the lists of rows as it likes.
type valuer func(p *pick, c *cases.Chunk, rows []uint16, list []int64, scratch *scratch) []int64

// scratch has room for lists of rows of a chunk.
type scratch struct{ told, left [cases.Rows]uint16 }

// rank returns the rank that is wanted of n values, from 0. N is at least 1.
type rank func(n int64) int64

// sought finds the values with some ranks among those of the rows of one or more selections.
type sought struct {
	of    valuer
	picks []*pick
	ranks []rank

	n     int64
	marks []mark // one for each rank
	all   *spans // instead of the marks: every value
	list  []int64
	scratch
}

// mark is where a rank is expected: from low on, and no more than width above it.
type mark struct {
	low   int64
	width uint64
	below int64
	list  []int64 // the values in there
}

// The sample: windows of adjacent rows in so many chunks at most. Fewer chunks, and fewer values than fewSampled, need none.
const (
	sampledChunks = 512
	windows       = 4
	windowRows    = 8
	fewSampled    = 256
	// deviations is half of the width of a mark, in standard deviations of a rank in the sample. Adjacent rows are alike, so that it is more than chance needs.
	deviations = 5
)

// seek prepares the search. Its parts find what is sought.
func seek(chunks []*cases.Chunk, of valuer, picks []*pick, ranks ...rank) *sought {
	s := &sought{of: of, picks: picks, ranks: ranks}
	if len(chunks) < 2*fewChunks {
		s.all = &spans{}
		return s
	}
	sample := s.sample(chunks)
	if len(sample) < fewSampled {
		s.all = &spans{}
		return s
	}
	slices.Sort(sample)
	n := int64(len(sample))
	for _, r := range ranks {
		at := r(n)
		share := float64(at) / float64(n)
		off := int64(deviations*math.Sqrt(float64(n)*share*(1-share))) + 1
		m := mark{low: math.MinInt64, width: math.MaxUint64}
		high := int64(math.MaxInt64)
		if at-off >= 0 {
			m.low = sample[at-off]
		}
		if at+off < n {
			high = sample[at+off]
		}
		m.width = uint64(high) - uint64(m.low) //nolint:gosec // a difference of 64 bits
		s.marks = append(s.marks, m)
	}
	return s
}

// sample returns the values of some rows of many chunks.
func (s *sought) sample(chunks []*cases.Chunk) (list []int64) {
	var rows [cases.Rows]uint16
	step := max(1, len(chunks)/sampledChunks)
	spread := uint32(1)
	for i := 0; i < len(chunks); i += step {
		c := chunks[i]
		if c == nil {
			continue
		}
		for w := range windows {
			spread = spread*1664525 + 1013904223 // Numerical Recipes: rows that do not follow a period of the log
			const part = cases.Rows / windows
			from := w*part + int(spread>>16)%(part-windowRows)
			for _, p := range s.picks {
				list = s.of(p, c, p.rowsOf(c, min(from, c.N), min(from+windowRows, c.N), rows[:]), list, &s.scratch)
			}
		}
	}
	return list
}

// part returns a search of the same values for one goroutine, and nil if there is none.
func (s *sought) part() *sought {
	if s == nil {
		return nil
	}
	o := &sought{of: s.of, picks: s.picks, ranks: s.ranks, marks: slices.Clone(s.marks)}
	if s.all != nil {
		o.all = &spans{}
	}
	return o
}

// add adds the values of the rows.
func (s *sought) add(p *pick, c *cases.Chunk, rows []uint16) {
	s.take(s.of(p, c, rows, s.list[:0], &s.scratch))
}

// take is add for a caller that has the values: in the list that it got from s, grown.
func (s *sought) take(list []int64) {
	s.list = list
	s.n += int64(len(list))
	if s.all != nil {
		s.all.addAll(s.list)
		return
	}
	if len(s.marks) == 2 { //nolint:mnd // the median and another rank
		addBoth(&s.marks[0], &s.marks[1], list)
		return
	}
	for i := range s.marks {
		s.marks[i].addAll(s.list)
	}
}

// room returns the list that take takes, with room for a chunk.
func (s *sought) room() *[cases.Rows]int64 {
	s.list = slices.Grow(s.list[:0], cases.Rows)
	return (*[cases.Rows]int64)(s.list[:cases.Rows])
}

// skip adds n values between two bounds without a look at each, if that is enough to know which are below the marks, and reports whether it was.
func (s *sought) skip(n int, least, most int64) bool {
	if s.all != nil {
		return false
	}
	for i := range s.marks {
		if m := &s.marks[i]; most >= m.low && (least < m.low || uint64(least)-uint64(m.low) <= m.width) { //nolint:gosec // a difference of 64 bits
			return false
		}
	}
	s.n += int64(n)
	for i := range s.marks {
		if m := &s.marks[i]; most < m.low {
			m.below += int64(n)
		}
	}
	return true
}

// addAll has no branch that depends on a value, because processors do not guess those.
func (m *mark) addAll(list []int64) {
	if m.list == nil {
		m.list, _ = kept.Get().([]int64)
	}
	n := len(m.list)
	room := slices.Grow(m.list, len(list))[:n+len(list)]
	low, width, below := m.low, m.width, 0
	for _, v := range list {
		below += bit(v < low)
		room[n] = v
		n += bit(uint64(v)-uint64(low) <= width) //nolint:gosec // a difference of 64 bits
	}
	m.below += int64(below)
	m.list = room[:n]
}

// addBoth is addAll of two marks in one pass.
func addBoth(a, b *mark, list []int64) {
	for _, m := range []*mark{a, b} {
		if m.list == nil {
			m.list, _ = kept.Get().([]int64)
		}
		m.list = slices.Grow(m.list, len(list))
	}
	n, m := len(a.list), len(b.list)
	roomA, roomB := a.list[:n+len(list)], b.list[:m+len(list)]
	lowA, widthA, lowB, widthB, belowA, belowB := a.low, a.width, b.low, b.width, 0, 0
	for _, v := range list {
		belowA += bit(v < lowA)
		roomA[n] = v
		n += bit(uint64(v)-uint64(lowA) <= widthA) //nolint:gosec // as in addAll
		belowB += bit(v < lowB)
		roomB[m] = v
		m += bit(uint64(v)-uint64(lowB) <= widthB) //nolint:gosec // as in addAll
	}
	a.below, b.below = a.below+int64(belowA), b.below+int64(belowB)
	a.list, b.list = roomA[:n], roomB[:m]
}

// kept has lists of marks, which are used again.
var kept sync.Pool

// free gives the list back.
func (m *mark) free() {
	if m.list != nil {
		kept.Put(m.list[:0]) //nolint:staticcheck // a slice header is small beside the list
	}
	m.list = nil
}

func (s *sought) merge(o *sought) {
	s.n += o.n
	if s.all != nil {
		s.all.merge(o.all)
		return
	}
	for i := range s.marks {
		s.marks[i].below += o.marks[i].below
		s.marks[i].list = append(s.marks[i].list, o.marks[i].list...)
		o.marks[i].free()
	}
}

// find returns the values with the ranks, in their order; nil without a value.
func (s *sought) find(chunks []*cases.Chunk) []int64 {
	if s.n == 0 {
		return nil
	}
	found := make([]int64, len(s.ranks))
	for i, r := range s.ranks {
		if s.all == nil {
			m := &s.marks[i]
			left := r(s.n) - m.below
			if left >= 0 && left < int64(len(m.list)) {
				found[i] = nth(m.list, int(left))
				continue
			}
			s.keepAll(chunks)
		}
		rank := int(r(s.n))
		found[i], _ = s.all.ranks(rank, rank)
	}
	if s.all != nil {
		s.all.free()
	}
	for i := range s.marks {
		s.marks[i].free()
	}
	return found
}

// soughtIn is a search in a table, for one rank.
type soughtIn struct {
	s      *sought
	chunks []*cases.Chunk
}

// in returns what was sought in the chunks.
func (s *sought) in(chunks []*cases.Chunk) soughtIn { return soughtIn{s, chunks} }

// rank returns the value with the rank that was sought, which is this one.
func (s soughtIn) rank(rank) (int64, bool) {
	if found := s.s.find(s.chunks); found != nil {
		return found[0], true
	}
	return 0, false
}

// times returns the times of values that are sought by median and ninetieth.
func (s *sought) times(chunks []*cases.Chunk) Times {
	found := s.find(chunks)
	if found == nil {
		return Times{}
	}
	return Times{N: s.n, Median: time.Duration(found[0]) * time.Microsecond, P90: time.Duration(found[1]) * time.Microsecond}
}

// keepAll passes over the rows again, because the sample has misled.
func (s *sought) keepAll(chunks []*cases.Chunk) {
	s.all = &spans{}
	for _, p := range s.picks {
		p.each(chunks, func(c *cases.Chunk, rows []uint16) {
			s.list = s.of(p, c, rows, s.list[:0], &s.scratch)
			s.all.addAll(s.list)
		})
	}
}

// nth returns the value with the rank, from 0, and changes the order of the list (Hoare, "Algorithm 65: find", CACM 4, 1961).
func nth(list []int64, rank int) int64 {
	for len(list) > 64 {
		a, b, c := list[0], list[len(list)/2], list[len(list)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		low, high := 0, len(list)-1
		for low <= high {
			for list[low] < pivot {
				low++
			}
			for list[high] > pivot {
				high--
			}
			if low <= high {
				list[low], list[high] = list[high], list[low]
				low++
				high--
			}
		}
		switch {
		case rank <= high:
			list = list[:high+1]
		case rank >= low:
			list, rank = list[low:], rank-low
		default:
			return pivot
		}
	}
	slices.Sort(list)
	return list[rank]
}

// The ranks of [Times]: the nearest ones.
func median(n int64) int64    { return (n+1)/2 - 1 }
func ninetieth(n int64) int64 { return (9*n+9)/10 - 1 }
