package backtest_test

import (
	"slices"
	"sort"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
	"cairncx.dev/cairn/cx/slo/rules"
)

// naive works out when the alerts of an objective fire, without PromQL and without the engine: it counts the events of each window at each
// step. It takes the arithmetic of the rules, which has tests of its own: thresholds, windows and evidence.
type naive struct {
	objective slo.Objective
	good, bad []time.Time
	first     time.Time
	step      time.Duration
}

func newNaive(o slo.Objective, events []happened) *naive {
	n := &naive{objective: o, step: 5 * time.Minute, first: events[0].at.Truncate(time.Hour)}
	for _, e := range events {
		if e.bad {
			n.bad = append(n.bad, e.at)
		} else {
			n.good = append(n.good, e.at)
		}
	}
	return n
}

// happened is an event of the objective.
type happened struct {
	at  time.Time
	bad bool
}

// counted returns the counter of the bad events or of the good ones at a scrape.
func (n *naive) counted(at time.Time, bad bool) float64 {
	list := n.good
	if bad {
		list = n.bad
	}
	return float64(sort.Search(len(list), func(i int) bool { return list[i].After(at) }))
}

// increase is what Prometheus documents: the difference between the last and the first sample within the window, extrapolated to its ends,
// but not below zero. A window does not contain its first instant. A good and a bad event are in series of their own.
func (n *naive) increase(at time.Time, window time.Duration, badOnly bool) float64 {
	if !badOnly {
		return n.increaseOf(at, window, true) + n.increaseOf(at, window, false)
	}
	return n.increaseOf(at, window, true)
}

func (n *naive) increaseOf(at time.Time, window time.Duration, bad bool) float64 {
	const scrape = 15 * time.Second
	count := func(at time.Time) float64 { return n.counted(at, bad) }
	last := at.Truncate(scrape)
	begin := at.Add(-window)
	first := begin.Truncate(scrape).Add(scrape)
	rose, covered := count(last)-count(first), last.Sub(first).Seconds()
	if rose == 0 {
		return 0
	}
	ahead := first.Sub(begin).Seconds()
	if zero := covered * count(first) / rose; zero < ahead {
		ahead = zero
	}
	return rose * ((covered + ahead + at.Sub(last).Seconds()) / covered)
}

// burns reports whether the condition of a burn-rate alert holds.
func (n *naive) burns(b *rules.Burn, at time.Time) bool {
	bad, events := n.increase(at, b.Long, true), n.increase(at, b.Long, false)
	shortBad, shortEvents := n.increase(at, b.Short, true), n.increase(at, b.Short, false)
	if events == 0 || shortEvents == 0 {
		return false
	}
	p := b.Threshold()
	return bad/events > p && shortBad/shortEvents > p && bad > rules.Evidence(events, p) && bad > 1.5 &&
		(n.objective.MinEvents <= 1 || events > float64(n.objective.MinEvents)-0.5)
}

// window sums the hours that end in the window of the objective.
func (n *naive) window(at time.Time) (bad, events float64) {
	from, _ := n.objective.Window.Bounds(at)
	if n.objective.Window.Period != 0 {
		from = from.Add(time.Nanosecond) // the hour that ends with the first instant of a period belongs to the period before
	}
	for hour := at.Truncate(time.Hour); hour.After(from) && !hour.Before(n.first); hour = hour.Add(-time.Hour) {
		const scrape = 15 * time.Second
		bad += n.increase(hour, time.Hour+scrape, true) * 240 / 241 // an hour lies between the first and the last scrape
		events += n.increase(hour, time.Hour+scrape, false) * 240 / 241
	}
	return bad, events
}

// spent reports whether the budget is spent.
func (n *naive) spent(at time.Time) bool {
	bad, events := n.window(at)
	return events > 0 && bad/events > 1-n.objective.Target && bad > 1.5 && (n.objective.MinEvents <= 1 || events > float64(n.objective.MinEvents)-0.5)
}

// fired returns from when to when each of the alerts fires: the burn-rate alerts, and that of the spent budget.
func (n *naive) fired(t *testing.T, from, until time.Time) [][][2]time.Time {
	t.Helper()
	burns, err := rules.Burns(n.objective)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][][2]time.Time, len(burns)+1)
	was := make([]bool, len(all))
	for at := from; !at.After(until); at = at.Add(n.step) {
		now := make([]bool, len(all))
		paged := false
		for i := range burns {
			if burns[i].Severity == rules.Page {
				now[i] = n.burns(&burns[i], at)
				paged = paged || now[i]
			}
		}
		for i := range burns {
			if burns[i].Severity == rules.Ticket {
				now[i] = n.burns(&burns[i], at) && !paged
			}
		}
		now[len(burns)] = n.spent(at)
		for i := range all {
			switch {
			case now[i] && !was[i]:
				all[i] = append(all[i], [2]time.Time{at})
			case !now[i] && was[i]:
				all[i][len(all[i])-1][1] = at
			}
		}
		was = now
	}
	return all
}

// reported returns the same of a report.
func reported(o *backtest.Objective) (all [][][2]time.Time) {
	for _, a := range o.Alerts {
		var list [][2]time.Time
		for _, f := range a.Fired {
			s := [2]time.Time{f.From}
			if f.Until != nil {
				s[1] = *f.Until
			}
			list = append(list, s)
		}
		all = append(all, list)
	}
	return all
}

// same compares the firings of both.
func same(t *testing.T, o *backtest.Objective, want [][][2]time.Time) {
	t.Helper()
	got := reported(o)
	if len(got) != len(want) {
		t.Fatalf("%d alerts, want %d", len(got), len(want))
	}
	for i := range want {
		if !slices.EqualFunc(got[i], want[i], func(a, b [2]time.Time) bool { return a[0].Equal(b[0]) && a[1].Equal(b[1]) }) {
			t.Errorf("%s over %v s:\n got %v\nwant %v", o.Alerts[i].Name, o.Alerts[i].Long, got[i], want[i])
		}
	}
}
