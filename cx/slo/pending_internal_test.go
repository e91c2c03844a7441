package slo

import (
	"math"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// newTally returns the tally of an objective over 90 days, and its clock.
func newTally() (t *tally, now func() time.Time) {
	t = &tally{}
	t.minutes.size(minute, minutes, minuteChunks)
	t.quarters.size(quarter, quarters, 93)
	return t, func() time.Time { return time.Unix(1_800_000_000, 0) }
}

// total sums all that a ring has.
func total(r *ring) Counts { return r.sum(math.MinInt64/2, math.MaxInt64/2) }

// TestPendingCountsOnce: in any order of minutes and reads, both rings have each event once, in its minute and in its quarter of an hour.
// Many events of one minute are more than a word has room for.
func TestPendingCountsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tally, now := newTally()
		want := map[int64]Counts{} // by second
		sum := Counts{}
		first := now().Unix() - 7200
		for range rapid.IntRange(1, 20).Draw(rt, "stretches") {
			second := first + rapid.Int64Range(0, 7200).Draw(rt, "second")
			result := rapid.SampledFrom([]Result{Good, Bad, Excluded}).Draw(rt, "result")
			n := rapid.SampledFrom([]int{1, 2, 700, countMost - 1, countMost, countMost + 1, 2*countMost + 3}).Draw(rt, "n")
			c := want[second]
			for range n {
				tally.count(second, floorDiv(second, minute), result, now)
				switch result {
				case Good:
					c.Good++
					sum.Good++
				case Bad:
					c.Bad++
					sum.Bad++
				case Excluded:
					c.Excluded++
					sum.Excluded++
				}
			}
			want[second] = c
			if rapid.Bool().Draw(rt, "read") {
				tally.settle(now)
				if got := total(&tally.minutes); got != sum {
					rt.Fatalf("after a read the minutes have %+v, want %+v", got, sum)
				}
			}
		}
		tally.settle(now)
		for _, r := range []*ring{&tally.minutes, &tally.quarters} {
			byBucket := map[int64]Counts{}
			for second, c := range want {
				b := byBucket[r.bucket(second)]
				byBucket[r.bucket(second)] = Counts{b.Good + c.Good, b.Bad + c.Bad, b.Excluded + c.Excluded}
			}
			for b, c := range byBucket {
				if got := r.sum(b, b); got != c {
					rt.Fatalf("the bucket %d of %d seconds has %+v, want %+v", b, r.width, got, c)
				}
			}
			if got := total(r); got != sum {
				rt.Fatalf("the ring of %d seconds has %+v, want %+v", r.width, got, sum)
			}
		}
	})
}

// TestPendingAnyTime: an event counts in its bucket at the first and the last minutes that a word can have, and beyond them.
func TestPendingAnyTime(t *testing.T) {
	t.Parallel()
	for _, second := range []int64{0, 59, 60, -1, -60, -61, minuteMost * minute, minuteMost*minute + 59, (minuteMost + 1) * minute} {
		tally, now := newTally()
		for range 3 {
			tally.count(second, floorDiv(second, minute), Bad, now)
		}
		tally.settle(now)
		for _, r := range []*ring{&tally.minutes, &tally.quarters} {
			if b := r.bucket(second); r.sum(b, b) != (Counts{Bad: 3}) || total(r) != (Counts{Bad: 3}) {
				t.Errorf("the second %d: the ring of %d seconds has %+v in its bucket and %+v in all, want 3 bad", second, r.width, r.sum(b, b), total(r))
			}
		}
	}
}

// TestPendingKeepsTheLatest: an event of an earlier minute does not end the pending one, so that events out of order cost no lock each.
func TestPendingKeepsTheLatest(t *testing.T) {
	t.Parallel()
	tally, now := newTally()
	for _, at := range []int64{100, 99, 101, 100, 101} {
		tally.count(at*minute, at, Good, now)
	}
	if w := tally.pending.word.Load(); pendingMinute(w) != 101 || pendingCount(w, Good) != 2 {
		t.Errorf("minute %d is pending with %d events, want 101 with 2", pendingMinute(w), pendingCount(w, Good))
	}
	if got := total(&tally.minutes); got != (Counts{Good: 3}) {
		t.Errorf("the minutes have %+v, want the 3 events of earlier minutes", got)
	}
}

// TestPendingConcurrently: no event is lost or counted twice while others begin minutes, fill words and read. A count that a reader
// has seen stays.
func TestPendingConcurrently(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 5000
	tally, now := newTally()
	first := now().Unix()
	var wg sync.WaitGroup
	for w := range int64(writers) {
		wg.Go(func() {
			for i := range int64(each) {
				second := first + (i/1500)*minute + w%2 // all of them in the same minutes
				tally.count(second, floorDiv(second, minute), Result(1+i%3), now)
			}
		})
	}
	done := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		seen := int64(0)
		for {
			tally.settle(now)
			c := total(&tally.minutes)
			if n := c.Good + c.Bad + c.Excluded; n < seen {
				t.Errorf("a reader has seen %d events, and then %d", seen, n)
			} else {
				seen = n
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	wg.Wait()
	close(done)
	reader.Wait()
	tally.settle(now)
	for _, r := range []*ring{&tally.minutes, &tally.quarters} {
		if c := total(r); c.Good+c.Bad+c.Excluded != writers*each {
			t.Errorf("the ring of %d seconds has %+v, want %d", r.width, c, writers*each)
		}
	}
}

// TestNothingPending: a read of what has counted nothing makes no buckets.
func TestNothingPending(t *testing.T) {
	t.Parallel()
	tally, now := newTally()
	tally.settle(now)
	if n := len(tally.minutes.all()) + len(tally.quarters.all()); n != 0 {
		t.Errorf("there are %d chunks", n)
	}
}

// TestFullCell: a count that is full stays at the most.
func TestFullCell(t *testing.T) {
	t.Parallel()
	tally, now := newTally()
	at := now().Unix()
	for _, n := range []uint32{math.MaxUint32 - 1, 1, 1, 5} {
		tally.add(at, Bad, n, now)
	}
	if got := total(&tally.minutes); got.Bad != math.MaxUint32 {
		t.Errorf("there are %d bad events, want %d", got.Bad, int64(math.MaxUint32))
	}
}
