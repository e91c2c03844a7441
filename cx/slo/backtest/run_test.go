package backtest_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
)

var begin = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// paying is an objective on a touchpoint.
func paying(name string, target float64, days int) slo.Objective {
	return slo.Objective{Name: name, Touchpoint: name, Target: target, Window: slo.Window{Days: days}}
}

// counts counts interactions at the touchpoint of an objective.
func counts(t testing.TB, c *backtest.Counts, touchpoint string, events []happened) {
	t.Helper()
	for _, h := range events {
		e := event.Event{Kind: event.TouchpointEnded, Touchpoint: touchpoint, Time: h.at, Outcome: event.OK}
		if h.bad {
			e.Outcome = event.Failed
		}
		c.Process(t.Context(), &e)
	}
}

// TestFiresAsCounted compares the firings with a model that counts events one by one. The log has a fast burn, a slow one, single failures,
// idle times, and events at the instants of scrapes and steps.
func TestFiresAsCounted(t *testing.T) {
	t.Parallel()
	var events []happened
	r := rand.New(rand.NewPCG(7, 11))
	add := func(from, length time.Duration, every time.Duration, share float64) {
		for at := from; at < from+length; at += every {
			events = append(events, happened{begin.Add(at).Add(time.Duration(r.Int64N(int64(every)))), r.Float64() < share})
		}
	}
	const hour = time.Hour
	add(0, 30*hour, 2*time.Minute, 0.01)
	add(30*hour, 2*hour, time.Minute, 0.9)      // pages
	add(32*hour, 16*hour, 2*time.Minute, 0.01)  // is over
	add(60*hour, 24*hour, 10*time.Minute, 0.15) // slow, after idle hours
	add(90*hour, hour, 7*time.Minute, 0.5)      // low traffic
	events = append(events, happened{begin.Add(100 * hour), true}, happened{begin.Add(100*hour + 15*time.Second), true})
	slices.SortFunc(events, func(a, b happened) int { return a.at.Compare(b.at) })
	until := begin.Add(110 * hour)
	for _, tt := range []struct {
		name, reason string
		objective    slo.Objective
	}{
		{"paying", "all alerts fire", paying("paying", 0.95, 14)},
		{"evidence", "a least number of events", func() slo.Objective { o := paying("evidence", 0.9, 28); o.MinEvents = 40; return o }()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := backtest.NewCounts([]slo.Objective{tt.objective})
			counts(t, c, tt.name, events)
			rep, err := backtest.Run(t.Context(), c, backtest.WithPeriod(begin, until))
			if err != nil {
				t.Fatal(err)
			}
			n := newNaive(tt.objective, events)
			want := n.fired(t, begin, until)
			some := 0
			for _, list := range want {
				some += len(list)
			}
			if some < 3 {
				t.Fatalf("the model has %d firings only: %s", some, tt.reason)
			}
			same(t, &rep.Objectives[0], want)
		})
	}
}
