package slo

import (
	"sync"
	"sync/atomic"
	"time"
)

// pending has the counts of one minute that are not in the rings yet. Most events are of the newest minute, and one atomic operation counts
// each of them here, instead of one in each ring. The counts move to the rings when an event of a later minute comes, when one of them is
// full, and before they are read.
//
// The word has the number of the minute since 1970 above the counts of ten bits each, by result from [Good]. Events of earlier minutes are
// counted in the rings at once, and so are those that lose a race for the word. Counting takes the lock only to begin another minute or
// word.
type pending struct {
	word atomic.Uint64
	mu   sync.Mutex // held while counts move, so that a reader which has had it finds them in the rings
}

const (
	countBits  = 10
	countMost  = 1<<countBits - 1
	minuteAt   = results * countBits
	minuteMost = 1<<(64-minuteAt) - 1
)

// pendingMinute returns the minute of a word.
func pendingMinute(w uint64) int64 { return int64(w >> minuteAt) }

// pendingCount returns the count of a result in a word.
func pendingCount(w uint64, result Result) uint32 {
	return uint32(w >> (countBits * (result - Good)) & countMost)
}

// oneOf is a count of one in a word.
func oneOf(result Result) uint64 { return 1 << (countBits * (result - Good)) }

// count counts an event of the result, which happened in that second and minute.
func (t *tally) count(second, at int64, result Result, now func() time.Time) {
	w := t.pending.word.Load()
	if pendingMinute(w) == at && pendingCount(w, result) < countMost && t.pending.word.CompareAndSwap(w, w+oneOf(result)) {
		return
	}
	t.countSlowly(second, at, result, now)
}

// countSlowly counts an event that has no place in the word.
func (t *tally) countSlowly(second, at int64, result Result, now func() time.Time) {
	if !t.begins(at, result) {
		t.add(second, result, 1, now)
		return
	}
	t.pending.mu.Lock()
	defer t.pending.mu.Unlock()
	if !t.begins(at, result) { // another event has begun the word meanwhile
		t.add(second, result, 1, now)
		return
	}
	t.move(t.pending.word.Swap(uint64(at)<<minuteAt|oneOf(result)), now) //nolint:gosec // begins has checked it
}

// begins reports whether an event of that minute and result begins another word: the minute is later, or its count is full.
func (t *tally) begins(at int64, result Result) bool {
	w := t.pending.word.Load()
	here := pendingMinute(w)
	return at <= minuteMost && (at > here || at == here && pendingCount(w, result) == countMost)
}

// settle moves the pending counts to the rings.
func (t *tally) settle(now func() time.Time) {
	t.pending.mu.Lock()
	defer t.pending.mu.Unlock()
	t.move(t.pending.word.Swap(0), now)
}

// move adds the counts of a word to the rings. The caller holds the lock.
func (t *tally) move(w uint64, now func() time.Time) {
	for result := Good; result <= Excluded; result++ {
		if n := pendingCount(w, result); n > 0 {
			t.add(pendingMinute(w)*minute, result, n, now)
		}
	}
}

// add counts n events of the result in both rings.
func (t *tally) add(second int64, result Result, n uint32, now func() time.Time) {
	t.minutes.count(minuteOf(second), result, n, now)
	t.quarters.count(quarterOf(second), result, n, now)
}
