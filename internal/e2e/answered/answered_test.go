// Package answered_test has real processes open follow-ups by rule and take their steps on one store, and kills the processes. What each
// process has exported is in a file that the store has no part in.
package answered_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// whole reports whether the whole test is asked for, and not a sample.
func whole() bool { return os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() }

// seed is random, or the value of CAIRN_ANSWERED_SEED, which repeats a run as far as several processes allow.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("CAIRN_ANSWERED_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CAIRN_ANSWERED_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

// TestFollowUpsSurvive: two processes see each cause, and a rule opens a follow-up for it. Any process takes the next step, or time does, and
// processes are killed meanwhile. Each follow-up is opened once, each step is once, and one that no process answers is overdue once, under
// one ID. With CAIRN_WHOLE=1 there are more of them, and nothing is missing: other processes tell what killed ones have committed.
func TestFollowUpsSurvive(t *testing.T) {
	kinds, matters, kills := []string{shared.Redis, shared.SQLite}, 48, 4
	if whole() {
		kinds, matters, kills = append(kinds, shared.Postgres), 400, 40
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			random := seed(t)
			t.Logf("CAIRN_ANSWERED_SEED=%d", random)
			at := shared.StartStore(t, kind)
			at.Prefix = "answered"
			_, closeStore, err := at.Open(t.Context()) // makes the tables
			if err != nil {
				t.Fatal(err)
			}
			closeStore()
			began := time.Now()
			c := newCrew(t, at, random, matters, kills)
			c.work()
			worked := time.Since(began)
			c.watch()
			c.dismiss()
			c.check()
			t.Logf("%d matters, %d kills %v, %d of them in doubt, the steps took %v, all took %v",
				matters, c.killed, c.killedAt, len(c.doubt), worked.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		})
	}
}

// book is what the processes have exported and were told of one follow-up.
type book struct {
	ids   map[string]map[event.ID]int // by transition: how often each event was exported
	hooks map[string]int
}

// books reads the witnesses. Follow-ups are by their names and IDs.
func (c *crew) books() map[string]*book {
	all := map[string]*book{}
	of := func(run string) *book {
		if all[run] == nil {
			all[run] = &book{map[string]map[event.ID]int{}, map[string]int{}}
		}
		return all[run]
	}
	for _, p := range c.all {
		for _, l := range c.read(p.order.Witness) {
			if l.Hook != nil {
				of(l.Hook.Run).hooks[l.Hook.Step]++
			}
			if e := l.Event; e != nil && e.Kind.IsTransition() && c.names[e.Journey.Name] {
				b := of(e.Journey.Name + " " + e.Journey.ID)
				what := transition(e)
				if b.ids[what] == nil {
					b.ids[what] = map[event.ID]int{}
				}
				b.ids[what][e.ID]++
			}
		}
	}
	return all
}

// transition names a transition of a follow-up.
func transition(e *event.Event) string {
	switch e.Kind { //nolint:exhaustive // the rest are promises
	case event.JourneyStarted:
		return "started"
	case event.JourneyStageEntered:
		return fmt.Sprint(e.Stage, " ", e.Visit)
	case event.JourneyStalled:
		return fmt.Sprint("stalled ", e.Stage, " ", e.Visit)
	case event.JourneyEnded:
		return strings.TrimSpace(fmt.Sprint("ended ", e.Outcome, " ", e.Cause))
	default:
		what := fmt.Sprint(strings.TrimPrefix(string(e.Kind), "promise."), " ", e.Promise.Name, " ", e.Promise.Number)
		if e.Late {
			what += " late"
		}
		if e.Kind == event.PromiseMade && e.Promise.ByHand && !e.Promise.Made.Equal(e.Time) {
			what += " anew"
		}
		return what
	}
}

// missing returns an error if something is missing of a matter that is not in doubt, or, with all, of any.
func (c *crew) missing(books map[string]*book, all bool) error {
	for n := range c.matters {
		if c.doubt[n] && !all {
			continue
		}
		run, k := c.run(n), c.defs.of(n)
		b := books[run]
		if b == nil {
			return fmt.Errorf("the follow-up %s, %q, is missing", run, k.name)
		}
		for _, what := range k.want {
			if len(b.ids[what]) == 0 {
				return fmt.Errorf("%q is missing in the follow-up %s, %q, which has %q", what, run, k.name, slices.Sorted(maps.Keys(b.ids)))
			}
		}
		for _, s := range k.hooked() {
			if b.hooks[s] == 0 {
				return fmt.Errorf("no process was told of %q of the follow-up %s, %q, but of %v", s, run, k.name, b.hooks)
			}
		}
	}
	return nil
}

// check checks that nothing was opened, taken or overdue twice.
func (c *crew) check() {
	c.t.Helper()
	books := c.books()
	runs := map[string]int{}
	for n := range c.matters {
		runs[c.run(n)] = n
	}
	repeats := 0
	for run, b := range books {
		n, ok := runs[run]
		if !ok {
			c.t.Errorf("there is a follow-up %s, which no matter has", run)
			continue
		}
		k := c.defs.of(n)
		for what, ids := range b.ids {
			if len(ids) != 1 {
				c.t.Errorf("%q of the follow-up %s, %q, has %d IDs, want one", what, run, k.name, len(ids))
			}
			if !slices.Contains(k.want, what) {
				c.t.Errorf("the follow-up %s, %q, has %q: %s", run, k.name, what, k.reason)
			}
			for _, times := range ids {
				if times > 1 && !c.doubt[n] {
					c.t.Errorf("%q of the follow-up %s, %q, was exported %d times, and no process was killed meanwhile", what, run, k.name, times)
				}
				repeats += times - 1
			}
		}
		for s, times := range b.hooks {
			if times > 1 && !c.doubt[n] {
				c.t.Errorf("the hook was told of %q of the follow-up %s, %q, %d times, and no process was killed meanwhile", s, run, k.name, times)
			}
		}
	}
	if c.killed < c.kills || len(c.doubt) == 0 || len(c.doubt) == c.matters {
		c.t.Errorf("the test shows nothing: %d of %d kills, %d of %d matters are in doubt", c.killed, c.kills, len(c.doubt), c.matters)
	}
	c.t.Logf("%d events were exported again under the same ID", repeats)
}
