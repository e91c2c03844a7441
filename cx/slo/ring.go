package slo

import (
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// A process remembers the counts of an objective by time, in two rings, and those of the newest minute beside them (see [pending]):
//
//	minutes   buckets of one minute, an hour a chunk, for windows up to six hours
//	quarters  buckets of a quarter of an hour, a day a chunk, for longer windows and for the calendar's
//
// Every zone's midnight lies at the beginning of a quarter of an hour of UTC today, so a period of the calendar is counted exactly. A
// window that ends now is counted from the beginning of the bucket in which it begins, through the end of the bucket of now: no event
// of the window is missing, and an event may be counted that is older than the window by less than a bucket.
//
// A chunk is allocated when its first event comes. A ring that is full gives up the chunk that lies farthest from now: the oldest, or
// one that a clock which ran far ahead has left. Memory for an objective over 28 days is at most about 45 KB: 0.7 KB for each of
// 9 hours, 1.2 KB for each of 31 days. Each currency of bad events takes 0.8 KB more for each of the days.
const (
	minute       = 60
	minutes      = 60 // in a chunk
	minuteChunks = 9  // six hours touch seven chunks; one for clocks that are ahead, one for a clock that is set back
	minuteReach  = 6 * time.Hour

	quarter     = 15 * 60
	quarters    = 96 // in a chunk
	quarterMore = 3  // chunks beside the days of the window: the window may touch one more, and the clocks' as above
)

// cell has the counts of a bucket, by result from [Good].
type cell [3]atomic.Uint32

// chunk is a stretch of a ring.
type chunk struct {
	number int64 // of the chunk since 1970
	cells  []cell
	stake  map[string][]int64 // the value at stake of bad events, by currency and bucket; the ring's lock guards it
}

// ring counts events in buckets of time. The chunks in it change rarely, and their counts are atomic, so that counting takes no lock.
type ring struct {
	recent atomic.Pointer[chunk] // of the last count
	chunks atomic.Pointer[[]*chunk]
	mu     sync.Mutex

	width int64 // of a bucket, in seconds
	cells int64 // in a chunk
	most  int   // chunks
}

// size sets the width of a bucket in seconds, and the most buckets in a chunk and chunks.
func (r *ring) size(width, cells int64, most int) { r.width, r.cells, r.most = width, cells, most }

// bucket returns the number of the bucket of the second.
func (r *ring) bucket(second int64) int64 { return floorDiv(second, r.width) }

// place is a bucket, as its place in its chunk.
type place struct{ chunk, cell int64 }

// minuteOf returns the place of a second in a ring of minutes.
func minuteOf(second int64) place {
	chunk := floorDiv(second, minute*minutes)
	return place{chunk, (second - chunk*minute*minutes) / minute}
}

// quarterOf returns the place of a second in a ring of quarters of an hour.
func quarterOf(second int64) place {
	chunk := floorDiv(second, quarter*quarters)
	return place{chunk, (second - chunk*quarter*quarters) / quarter}
}

// count counts n events of the result. Now is called if the ring has to choose what to give up.
func (r *ring) count(at place, result Result, n uint32, now func() time.Time) {
	c := r.recent.Load()
	if c == nil || c.number != at.chunk {
		c = r.find(at.chunk, now)
	}
	if c != nil {
		sum := &c.cells[at.cell][result-Good]
		if sum.Add(n) < n {
			sum.Store(math.MaxUint32) // four billion events within minutes: it stays at the most
		}
	}
}

// addStake adds a positive value to the value at stake in the bucket. The caller bounds the currencies.
func (r *ring) addStake(at place, currency string, amount int64, now func() time.Time) {
	c := r.find(at.chunk, now)
	if c == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.stake == nil {
		c.stake = map[string][]int64{}
	}
	if c.stake[currency] == nil {
		c.stake[currency] = make([]int64, r.cells)
	}
	n := &c.stake[currency][at.cell]
	*n = saturated(*n, amount)
}

// find returns the chunk with that number, or nil if there is no room for it.
func (r *ring) find(number int64, now func() time.Time) *chunk {
	c := find(r.all(), number)
	if c == nil {
		c = r.make(number, now)
	}
	if c != nil {
		r.recent.Store(c)
	}
	return c
}

func (r *ring) all() []*chunk {
	if p := r.chunks.Load(); p != nil {
		return *p
	}
	return nil
}

func find(chunks []*chunk, number int64) *chunk {
	for _, c := range chunks {
		if c.number == number {
			return c
		}
	}
	return nil
}

// make adds the chunk with that number. If the ring is full, the chunk that is farthest from now has no place, which may be this one.
func (r *ring) make(number int64, now func() time.Time) *chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	chunks := r.all()
	if c := find(chunks, number); c != nil {
		return c
	}
	farthest := -1
	if len(chunks) >= r.most {
		farthest = farthestFrom(floorDiv(r.bucket(now().Unix()), r.cells), chunks, number)
		if farthest < 0 {
			return nil
		}
	}
	next := slices.Clone(chunks) // readers have the old list
	if farthest >= 0 {
		next = slices.Delete(next, farthest, farthest+1)
	}
	c := &chunk{number: number, cells: make([]cell, r.cells)}
	next = append(next, c)
	r.chunks.Store(&next)
	return c
}

// farthestFrom returns the place of the chunk that is farthest from the chunk of now, or -1 if none is farther than the new one.
func farthestFrom(here int64, chunks []*chunk, number int64) int {
	farthest, far := -1, distance(number, here)
	for i, c := range chunks {
		if d := distance(c.number, here); d > far {
			farthest, far = i, d
		}
	}
	return farthest
}

// sum returns the counts of the buckets from first to last.
func (r *ring) sum(first, last int64) (sum Counts) {
	for _, c := range r.all() {
		from, until := c.within(first, last, r.cells)
		for i := from; i < until; i++ {
			cell := &c.cells[i]
			sum.Good += int64(cell[0].Load())
			sum.Bad += int64(cell[1].Load())
			sum.Excluded += int64(cell[2].Load())
		}
	}
	return sum
}

// stake returns the value at stake in the buckets from first to last, by currency, in the order of the currencies.
func (r *ring) stake(first, last int64) (all []event.Money) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sums := map[string]int64{}
	for _, c := range r.all() {
		from, until := c.within(first, last, r.cells)
		for currency, amounts := range c.stake {
			for _, amount := range amounts[from:max(from, until)] {
				if amount != 0 {
					sums[currency] = saturated(sums[currency], amount)
				}
			}
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, event.Money{Amount: sums[currency], Currency: currency})
	}
	return all
}

// within returns the part of the chunk that lies in the buckets from first to last.
func (c *chunk) within(first, last, cells int64) (from, until int64) {
	start := c.number * cells
	return min(max(first-start, 0), cells), min(max(last+1-start, 0), cells)
}

// floorDiv returns a/b, rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func distance(a, b int64) int64 { return max(a, b) - min(a, b) }

// saturated returns a+b for numbers that are not negative, at most the largest number.
func saturated(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
