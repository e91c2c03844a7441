// Package survive_test has real processes share real stores, and kills and stops the processes.
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
	"cairncx.dev/cairn/internal/e2e/shared"
)

// scenario is the load and the kills of a store.
type scenario struct {
	name      string // also the namespace and the prefix in the store
	reason    string
	runs      int
	batch     int // a worker's steps between two Flushes
	workers   int
	kills     int             // number of kills during the work
	lateKills int             // number of kills after the work, while the workers only sweep
	stops     int             // most stops during the work: a stopped process goes on later
	lateStops int             // most stops after the work
	promises  bool            // the customers follow the plans with promises
	clocks    []time.Duration // the errors of the clocks, worker by worker
	byClock   bool            // the worker's clock gives the times of events
	limit     time.Duration   // bound for the work, and again for the sweeps after it
}

// scenarios are the parts of the test: a sample, or with CAIRN_WHOLE=1 all, which takes many minutes.
func scenarios(sample bool) []scenario {
	s := []scenario{
		{
			name: "kills", reason: "a process may be killed at any time",
			runs: 10_000, batch: 40, workers: 4, kills: 24, lateKills: 6, clocks: []time.Duration{0}, limit: 4 * time.Minute,
		},
		{
			name: "clocks", reason: "instances' clocks differ by a few seconds without consequence",
			runs: 2_000, batch: 20, workers: 3, kills: 6, lateKills: 2,
			clocks: []time.Duration{-skew, 0, skew}, byClock: true, limit: 4 * time.Minute,
		},
		{
			name: "promises", reason: "a promise is settled once, whichever process is killed or stopped, and never by a clock that runs ahead",
			runs: 3_000, batch: 20, workers: 3, kills: 10, lateKills: 3, stops: 10, lateStops: 3, promises: true,
			clocks: []time.Duration{ahead, 0, -2 * time.Minute}, limit: 4 * time.Minute,
		},
		{
			name: "pair", reason: "while one of two processes is stopped, the other has everything to do",
			runs: 2_000, batch: 20, workers: 2, kills: 8, lateKills: 2, stops: 8, lateStops: 2, promises: true,
			clocks: []time.Duration{ahead, 0}, limit: 4 * time.Minute,
		},
	}
	if sample {
		for i := range s {
			s[i].runs, s[i].kills, s[i].lateKills = s[i].runs/10, s[i].kills/4, 1
			if s[i].promises {
				s[i].stops, s[i].lateStops = s[i].stops/4, 1
			}
		}
	}
	return s
}

// seed is random, or the value of CAIRN_SURVIVE_SEED, which repeats a run as far as several processes allow.
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

// TestJourneysSurviveTheirProcesses: by event ID, each journey has one start and one end, and each abandonment and
// stall occurs once, whichever process is killed and whatever the clocks show.
func TestJourneysSurviveTheirProcesses(t *testing.T) {
	for _, kind := range []string{shared.Redis, shared.Postgres, shared.SQLite} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
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

func (s *scenario) run(t *testing.T, at shared.Place) {
	began, random := time.Now(), seed(t)
	t.Logf("CAIRN_SURVIVE_SEED=%d", random)
	store, closeStore, err := at.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore()
	c := newCrew(t, s, at, random)
	defer c.stop()
	c.work()
	worked := time.Since(began)

	wants, told, tooLate := map[event.ID]want{}, newBooks(), map[string]bool{}
	for n := range s.runs {
		p := &c.plans[n%len(c.plans)]
		began := c.given[n].Round(0).UTC().Add(-p.began)
		timely := p.due == 0 || c.done[n].Before(began.Add(p.due-s.margin()))
		p.wants(wants, s.name, n, timely)
		j := event.Run{Namespace: s.name, Name: p.journey.Name(), ID: runID(n)}
		p.wantPledges(wants, j, n, began, timely)
		tooLate[j.Name+"/"+j.ID] = !timely
	}
	c.watch(func() error {
		told.read(t, c.all)
		if err := told.early(wants); err != nil {
			c.fail("%v", err)
		}
		if err := told.missing(wants); err != nil {
			return err
		}
		if err := told.agree(); err != nil {
			return err
		}
		return allClosed(t.Context(), store, c)
	})
	c.dismiss()

	told.read(t, c.all)
	if err := told.early(wants); err != nil {
		t.Error(err)
	}
	told.check(t, wants, tooLate)
	if s.promises {
		told.checkCounts(t, c.all)
	}
	told.checkCalls(t, wants)
	told.checkTouches(t, c.plans, s.runs)
	extra, inFlight := beyond(t, told.events, func(l lines) int { return l.events })
	calls, callsInFlight := beyond(t, told.calls, func(l lines) int { return l.hooks })
	if s.stops > 0 && c.stops == 0 { // a long stop takes the place of others, because one worker always goes on
		t.Error("the test stopped no worker")
	}
	if c.kills < s.kills {
		t.Errorf("the test killed %d workers, want %d", c.kills, s.kills)
	}
	optional := 0
	for _, w := range wants {
		if w.may {
			optional++
		}
	}
	t.Logf("%d journeys, %d events by ID (%d of them came too late to be sure of), %d kills %v, %d stops %v; beyond one: %d emissions (%d were in flight), %d calls of the hook (%d); %v, of it %v of work",
		s.runs, len(told.events), optional, c.kills, c.killsAt, c.stops, c.stopsAt, extra, inFlight, calls, callsInFlight,
		time.Since(began).Round(time.Second), worked.Round(time.Second))
}

// margin is how much the time of an event and the store's clock may differ.
func (s *scenario) margin() time.Duration {
	if s.byClock {
		return skew
	}
	return time.Second
}

// allClosed returns an error until the store has ended and settled every run.
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
			return fmt.Errorf("reading the store: %w", err)
		}
		for _, r := range records {
			if !r.Closed {
				open++
			}
		}
		changes = changes[:0]
	}
	if open > 0 {
		return fmt.Errorf("the store has %d journeys that are not closed", open)
	}
	return nil
}
