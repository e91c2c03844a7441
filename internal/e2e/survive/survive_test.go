// Package survive_test has real processes share real stores, and kills them.
package survive_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// scenario is what happens to a store.
type scenario struct {
	name      string // also the namespace, and the prefix in the store
	reason    string
	runs      int
	batch     int // steps that a worker does between two Flushes
	workers   int
	kills     int             // while there is work
	lateKills int             // when there is none any more, and they only sweep
	clocks    []time.Duration // by how much they are wrong, worker by worker
	byClock   bool            // events go by the worker's clock
	limit     time.Duration   // for the work, and again for what time does
}

// scenarios are what the test is made of: a sample of it, or with CAIRN_WHOLE=1 the whole, which takes many
// minutes.
func scenarios(sample bool) []scenario {
	s := []scenario{
		{
			name: "kills", reason: "a process may be killed at any time",
			runs: 10_000, batch: 40, workers: 4, kills: 24, lateKills: 6, clocks: []time.Duration{0}, limit: 4 * time.Minute,
		},
		{
			name: "clocks", reason: "instances' clocks differ by a few seconds, and nobody sees it",
			runs: 2_000, batch: 20, workers: 3, kills: 6, lateKills: 2,
			clocks: []time.Duration{-skew, 0, skew}, byClock: true, limit: 4 * time.Minute,
		},
	}
	if sample {
		for i := range s {
			s[i].runs, s[i].kills, s[i].lateKills = s[i].runs/10, s[i].kills/4, 1
		}
	}
	return s
}

// seed is random, or the one that CAIRN_SURVIVE_SEED names to have the same again as far as several
// processes can.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("CAIRN_SURVIVE_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CAIRN_SURVIVE_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

// TestJourneysSurviveTheirProcesses: by event ID there is one start and one end of every journey, and
// every abandonment and stall once, whoever is killed and whatever their clocks say.
func TestJourneysSurviveTheirProcesses(t *testing.T) {
	for _, kind := range storeKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			at := kind.start(t)
			for _, s := range scenarios(testing.Short() || os.Getenv("CAIRN_WHOLE") == "") {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					at := at
					at.Prefix = s.name
					s.run(t, at)
				})
			}
		})
	}
}

func (s *scenario) run(t *testing.T, at storeAt) {
	began, random := time.Now(), seed(t)
	t.Logf("CAIRN_SURVIVE_SEED=%d", random)
	store, closeStore, err := at.open()
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore()
	c := newCrew(t, s, at, random)
	defer c.stop()
	c.work()
	worked := time.Since(began)

	wants, told := map[event.ID]want{}, newBooks()
	for n := range s.runs {
		p := &c.plans[n%len(c.plans)]
		timely := p.due == 0 || c.done[n].Before(c.given[n].Add(p.due-p.began-skew))
		p.wants(wants, s.name, n, timely)
	}
	c.watch(func() error {
		told.read(t, c.all)
		if err := told.missing(wants); err != nil {
			return err
		}
		return allClosed(t.Context(), store, c)
	})
	c.dismiss()

	told.read(t, c.all)
	told.check(t, wants)
	told.checkCalls(t, wants)
	told.checkTouches(t, c.plans, s.runs)
	extra, inFlight := beyond(t, told.events, func(m *member) int { return m.events })
	calls, callsInFlight := beyond(t, told.calls, func(m *member) int { return m.hooks })
	if c.kills < s.kills {
		t.Errorf("%d workers were killed, want %d", c.kills, s.kills)
	}
	optional := 0
	for _, w := range wants {
		if w.may {
			optional++
		}
	}
	t.Logf("%d journeys, %d events by ID (%d of them came too late to be sure of), %d kills %v; beyond one: %d emissions (%d were in flight), %d calls of the hook (%d); %v, of it %v of work",
		s.runs, len(told.events), optional, c.kills, c.killsAt, extra, inFlight, calls, callsInFlight,
		time.Since(began).Round(time.Second), worked.Round(time.Second))
}

// allClosed asks the store whether every run has ended and everything about it is told.
func allClosed(ctx context.Context, store ledger.Store, c *crew) error {
	const atOnce = 500
	never := []byte("\x00never")
	var changes []ledger.Change
	open := 0
	for n := range c.cfg.runs {
		j := event.Run{Namespace: c.cfg.name, Name: c.plans[n%len(c.plans)].journey.Name(), ID: runID(n)}
		changes = append(changes, ledger.Change{Key: ledger.Key(j.TraceID()), If: never, Replace: []byte{}})
		if len(changes) < atOnce && n < c.cfg.runs-1 {
			continue
		}
		records, err := store.Write(ctx, changes)
		if err != nil {
			return fmt.Errorf("look at the store: %w", err)
		}
		for _, r := range records {
			if !r.Closed {
				open++
			}
		}
		changes = changes[:0]
	}
	if open > 0 {
		return fmt.Errorf("%d journeys are not closed in the store", open)
	}
	return nil
}
