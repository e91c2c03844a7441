package ledgertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"cairncx.dev/cairn/cx/ledger"
)

var racing = []contract{
	{"concurrent appends", "services append to one run at the same time: no append may be lost or duplicated, and all callers see one history", appendRace},
	{"concurrent batches, in any order", "two batches with the same runs in different orders must not deadlock", batchRace},
	{"one replace of many wins", "a run starts once and ends once, however many instances report it", replaceRace},
	{"replace while others append", "a Replace must not overwrite an append that came after the caller's read", foldRace},
	{"one close of many wins", "a run has one end", closeRace},
}

// history checks the logs that concurrent writers of one record get. Each log has everything that other writers got before this
// writer's call, and of any two logs one is a prefix of the other.
type history struct {
	mu   sync.Mutex
	log  string
	told int
}

// before returns the length of the longest log that a writer has got so far.
func (h *history) before() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told
}

// add checks the log that the store returned for the append of entry. The call began when the longest log had before bytes.
func (h *history) add(log, entry string, before int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !strings.HasSuffix(log, entry):
		return fmt.Errorf("the record returned for the append of %q ends in %q: it is not the state right after the append", entry, log[max(0, len(log)-40):])
	case len(log) < before+len(entry):
		return fmt.Errorf("the record returned for the append of %q has %d bytes, although other writers got %d bytes before: an append was lost", entry, len(log), before)
	case !strings.HasPrefix(log, h.log) && !strings.HasPrefix(h.log, log):
		return fmt.Errorf("two returned logs of one run contradict each other: %.200q and %.200q", log, h.log)
	}
	if len(log) > len(h.log) {
		h.log = log
	}
	h.told = max(h.told, len(log))
	return nil
}

func appendRace(s *suite) {
	const writers, appends, runs = 10, 60, 3
	histories := make([]history, runs)
	s.together(writers, func(ctx context.Context, i int, store ledger.Store) error {
		for n := range appends {
			r := (n + i) % runs
			entry, before := fmt.Sprintf("<%d %d>", i, n), histories[r].before()
			got, err := write(ctx, store, []ledger.Change{adding(run(r), entry)})
			if err != nil {
				return err
			}
			if err := histories[r].add(string(got[0].Log), entry, before); err != nil {
				return err
			}
		}
		return nil
	})
	for r := range runs {
		s.want("after all appends", s.peek(run(r)), run(r), histories[r].log)
	}
	for i := range writers {
		for n := range appends {
			r := (n + i) % runs
			if found := strings.Count(histories[r].log, fmt.Sprintf("<%d %d>", i, n)); found != 1 {
				s.fail("append %d of writer %d is in the log %d times", n, i, found)
			}
		}
	}
}

func batchRace(s *suite) {
	const writers, rounds, runs = 8, 20, 40
	histories := make([]history, runs)
	s.together(writers, func(ctx context.Context, i int, store ledger.Store) error {
		shuffle := rand.New(rand.NewPCG(1, uint64(i))) //nolint:gosec // a fixed seed gives the same order each time
		for round := range rounds {
			order, before := shuffle.Perm(runs), make([]int, runs)
			entry := fmt.Sprintf("<%d %d>", i, round)
			batch := make([]ledger.Change, runs)
			for n, r := range order {
				batch[n], before[n] = adding(run(r), entry), histories[r].before()
			}
			got, err := write(ctx, store, batch)
			if err != nil {
				return err
			}
			for n, r := range order {
				if err := histories[r].add(string(got[n].Log), entry, before[n]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for r := range runs {
		s.want("after all appends", s.peek(run(r)), run(r), histories[r].log)
		if n := strings.Count(histories[r].log, "<"); n != writers*rounds {
			s.fail("run %d has %d appends, want %d", r, n, writers*rounds)
		}
	}
}

func replaceRace(s *suite) {
	const writers, rounds = 10, 20
	was := "start"
	s.one(adding(run(1), was))
	for round := range rounds {
		told, mine := make([]string, writers), make([]string, writers)
		s.together(writers, func(ctx context.Context, i int, store ledger.Store) error {
			mine[i] = fmt.Sprintf("<%d %d>", i, round)
			got, err := write(ctx, store, []ledger.Change{swapping(run(1), was, mine[i])})
			if err == nil {
				told[i] = string(got[0].Log)
			}
			return err
		})
		var winners []string
		for i := range told {
			if told[i] == mine[i] {
				winners = append(winners, mine[i])
			}
		}
		if len(winners) != 1 {
			s.fail("%d of %d writers that replaced the same log got their own log back, want 1: %q", len(winners), writers, winners)
		}
		for i := range told {
			if told[i] != winners[0] {
				s.fail("a writer that lost got %q, want the winner's log %q", told[i], winners[0])
			}
		}
		was = winners[0]
	}
	s.want("at the end", s.peek(run(1)), run(1), was)
}

func foldRace(s *suite) {
	const writers, appends = 6, 60
	s.one(adding(run(1), ""))
	var folded strings.Builder // the logs that were replaced
	s.together(writers+1, func(ctx context.Context, i int, store ledger.Store) error {
		for n := range appends {
			if i < writers {
				if _, err := write(ctx, store, []ledger.Change{adding(run(1), fmt.Sprintf("<%d %d>", i, n))}); err != nil {
					return err
				}
				continue
			}
			got, err := write(ctx, store, []ledger.Change{peeking(run(1))})
			if err != nil {
				return err
			}
			log, mark := string(got[0].Log), fmt.Sprintf("(%d)", n)
			got, err = write(ctx, store, []ledger.Change{swapping(run(1), log, mark)})
			if err != nil {
				return err
			}
			if string(got[0].Log) == mark {
				folded.WriteString(log)
			}
		}
		return nil
	})
	everything := folded.String() + string(s.peek(run(1)).Log)
	for i := range writers {
		for n := range appends {
			entry := fmt.Sprintf("<%d %d>", i, n)
			if found := strings.Count(everything, entry); found != 1 {
				s.fail("append %s occurs %d times after folding, want once", entry, found)
			}
		}
	}
}

func closeRace(s *suite) {
	const writers, runs = 8, 15
	for r := range runs {
		s.one(adding(run(r), "a"))
		told := make([]string, writers)
		s.together(writers, func(ctx context.Context, i int, store ledger.Store) error {
			for { // an append may come between the read and the close
				got, err := write(ctx, store, []ledger.Change{peeking(run(r))})
				if err != nil {
					return err
				}
				got, err = write(ctx, store, []ledger.Change{
					adding(run(runs+r), "b"), ending(run(r), string(got[0].Log), fmt.Sprint("end ", i), long), adding(run(2*runs+r), "b"),
				})
				if err != nil {
					return err
				}
				if got[1].Closed {
					told[i] = string(got[1].Log)
					return nil
				}
				if _, err := write(ctx, store, []ledger.Change{adding(run(r), "+")}); err != nil {
					return err
				}
			}
		})
		for i := range told {
			s.wantClosed(fmt.Sprint("as the store answered writer ", i), s.peek(run(r)), run(r), told[i])
		}
	}
}
