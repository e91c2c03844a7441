package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var claiming = []contract{
	{"claim returns the record unchanged", "the sweep decides by the log", claimGives},
	{"claim keeps to its limit", "a sweep takes as many records as it can process within its lease", claimLimit},
	{"a limit of 0 or less claims nothing", "a caller that only needs the time asks so, and a limit that was computed may be negative", claimNothing},
	{"a lease of 0 or less ends at once", "the record is due again, and no sweep may lose it", claimNoLease},
	{"claim takes the longest overdue first", "after an outage no record may wait for ever", claimOrder},
	{"a claimed record is not claimed again", "otherwise two sweeps do the same work and count it twice", claimLease},
	{"a lease expires", "the instance that claimed the record may have died", claimLeaseEnds},
	{"an append may end a lease", "an event within the lease may set an earlier deadline", claimedThenAppended},
	{"a claimed record can be changed by any caller", "a lease excludes other sweeps, and not events", claimedThenChanged},
	{"concurrent claims return different records", "several instances sweep at the same time", claimOnce},
	{"the store's clock", "it advances, and is near the time of this machine", storeClock},
}

// dueRuns makes n records. Their due times are one hour apart, the first record's the earliest.
func (s *suite) dueRuns(n int) {
	s.Helper()
	changes := make([]ledger.Change, n)
	for i := range changes {
		changes[i] = adding(run(i), fmt.Sprint("log ", i))
		changes[i].Due = past().Add(time.Duration(i) * time.Hour)
	}
	s.write(changes...)
}

func claimGives(s *suite) {
	s.dueRuns(3)
	s.one(swapping(run(1), "log 1", "no longer due"))
	_, due := s.claim(all, long)
	if len(due) != 2 {
		s.fail("Claim returned %d records, want the 2 that are due", len(due))
	}
	for _, i := range []int{0, 2} {
		got, _ := in(due, run(i))
		s.want("claimed", got, run(i), fmt.Sprint("log ", i))
	}
}

func claimLimit(s *suite) {
	const runs = 25
	s.dueRuns(runs)
	if _, due := s.claim(0, long); len(due) > 0 {
		s.fail("Claim(0) returned %d records", len(due))
	}
	seen := map[ledger.Key]bool{}
	s.eventually("every record is claimed, a few at a time", func() bool {
		_, due := s.claim(4, long)
		for _, r := range due {
			if seen[r.Key] {
				s.fail("Claim returned %s twice within its lease", show(r))
			}
			seen[r.Key] = true
		}
		return len(seen) == runs
	})
}

func claimOrder(s *suite) {
	const runs = 64
	s.dueRuns(runs)
	rank := map[ledger.Key]int{}
	for i := range runs {
		rank[run(i)] = i
	}
	mean := func(records []ledger.Record) float64 {
		sum := 0
		for _, r := range records {
			sum += rank[r.Key]
		}
		return float64(sum) / float64(max(1, len(records)))
	}
	_, due := s.claim(runs/4, long)
	if len(due) == 0 || mean(due) >= (runs-1)/2.0 {
		s.fail("of %d due records Claim returned %d, on average number %.1f in the order of due times: they are not the longest overdue ones", runs, len(due), mean(due))
	}
	_, rest := s.claim(all, long)
	if len(rest) != runs-len(due) {
		s.fail("Claim returned %d records, want the other %d", len(rest), runs-len(due))
	}
	half := len(rest) / 2
	if first, second := mean(rest[:half]), mean(rest[half:]); first >= second {
		s.fail("in the order of due times, the records that Claim returned first have on average number %.1f, and the others number %.1f: want roughly the longest overdue first", first, second)
	}
}

func claimLease(s *suite) {
	s.dueRuns(10)
	if _, due := s.claim(all, long); len(due) != 10 {
		s.fail("Claim returned %d records, want 10", len(due))
	}
	other := s.connect()
	for _, store := range []ledger.Store{s.store, other} {
		_, due, err := store.Claim(s.Context(), all, long)
		if err != nil || len(due) > 0 {
			s.fail("Claim within the lease returned %d records and %v, want none", len(due), err)
		}
	}
	s.one(ledger.Change{Key: run(11), Append: []byte("a"), Due: past()})
	if _, due := s.claim(all, longest); len(due) != 1 {
		s.fail("Claim returned %d records, want 1", len(due))
	}
	if _, due := s.claim(all, long); len(due) > 0 {
		s.fail("Claim returned %s again, within a lease of %v", show(due[0]), longest)
	}
}

func claimLeaseEnds(s *suite) {
	const lease = 250 * time.Millisecond
	s.dueRuns(1)
	from, due := s.claim(all, lease)
	if len(due) != 1 {
		s.fail("Claim returned %d records, want 1", len(due))
	}
	s.dueBetween(run(0), from.Add(lease), s.now().Add(lease))
}

func claimNothing(s *suite) {
	s.dueRuns(3)
	from := s.now()
	for _, limit := range []int{0, -1, -all, math.MinInt} {
		for _, lease := range []time.Duration{long, 0, -1} {
			now, due := s.claim(limit, lease)
			if len(due) > 0 {
				s.fail("Claim(%d) returned %d records", limit, len(due))
			}
			if off := now.Sub(from).Abs(); off > time.Hour {
				s.fail("Claim(%d) returned the time %v, %v away from that of another Claim", limit, now, off)
			}
		}
	}
	if _, due := s.claim(all, long); len(due) != 3 {
		s.fail("Claim returned %d of the 3 records that are due: a Claim with a limit of 0 or less has claimed the others", len(due))
	}
}

func claimNoLease(s *suite) {
	s.dueRuns(1)
	for _, lease := range []time.Duration{0, -1, -long, -longest - 1} {
		for i := range 3 {
			s.eventually(fmt.Sprintf("claim %d of a record with a lease of %v", i, lease), func() bool {
				_, due := s.claim(all, lease)
				_, given := in(due, run(0))
				return given
			})
		}
	}
	s.eventually("the record is claimed with a lease", func() bool { _, due := s.claim(all, long); return len(due) == 1 })
	if _, due := s.claim(all, -long); len(due) > 0 {
		s.fail("Claim returned %s within its lease of %v", show(due[0]), long)
	}
}

func claimedThenAppended(s *suite) {
	s.dueRuns(2)
	s.claim(all, long)
	s.write(adding(run(0), "+"), ledger.Change{Key: run(1), Append: []byte("+"), Due: past()})
	_, due := s.claim(all, long)
	if _, given := in(due, run(0)); given {
		s.fail("Claim returned a leased record again after an append without a Due")
	}
	got, _ := in(due, run(1))
	s.want("due again before its lease ended", got, run(1), "log 1+")
}

func claimedThenChanged(s *suite) {
	s.dueRuns(3)
	s.claim(all, long)
	s.want("append to a claimed record", s.one(adding(run(0), "+")), run(0), "log 0+")
	s.want("Replace of a claimed record", s.one(swapping(run(1), "log 1", "new")), run(1), "new")
	s.wantClosed("close of a claimed record", s.one(ending(run(2), "log 2", "end", long)), run(2), "end")
}

func claimOnce(s *suite) {
	const runs, claimers = 400, 12
	s.dueRuns(runs)
	var mu sync.Mutex
	seen := make(map[ledger.Key]int, runs)
	s.together(claimers, func(ctx context.Context, _ int, store ledger.Store) error {
		for end := time.Now().Add(s.patience); ; {
			_, due, err := store.Claim(ctx, 7, long)
			if err != nil {
				return fmt.Errorf("claiming: %w", err)
			}
			mu.Lock()
			for _, r := range due {
				seen[r.Key]++
			}
			n := len(seen)
			mu.Unlock()
			if n == runs {
				return nil
			}
			if time.Now().After(end) {
				return errors.New("Claim did not return every due record")
			}
		}
	})
	for id, n := range seen {
		if n > 1 {
			s.fail("run %x was claimed %d times within its lease", id, n)
		}
	}
	if _, due := s.claim(all, long); len(due) > 0 {
		s.fail("Claim returned %s again within its lease", show(due[0]))
	}
}

func storeClock(s *suite) {
	last := s.now()
	if off := time.Since(last).Abs(); off > time.Hour {
		s.fail("the store's clock shows %v, which differs by %v from this machine's", last, off)
	}
	first := last
	s.eventually("the store's clock advances", func() bool {
		now := s.now()
		if now.Before(last.Add(-time.Millisecond)) {
			s.fail("the store's clock went from %v back to %v", last, now)
		}
		last = now
		return now.Sub(first) > 20*time.Millisecond
	})
}
