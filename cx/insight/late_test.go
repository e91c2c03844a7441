package insight_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// owed is a promise of a run of the test, as its events tell it. Times are hours after monday; 0 did not happen.
type owed struct {
	name                        string
	due, kept, broken, withdrew float64
}

// TestLateAndNext: the open runs that owe something, and those that will, over promises of several names, are those that the events tell.
func TestLateAndNext(t *testing.T) {
	t.Parallel()
	const moment = 50
	r := rand.New(rand.NewPCG(5, 6))
	var runs []ower
	m := &memory{}
	for n := range 5000 {
		one := ower{id: fmt.Sprint(n), ended: r.IntN(4) == 0}
		for k, name := range []string{"solved", "answered", "called"}[:r.IntN(4)] {
			p := owed{name: name, due: float64(1+r.IntN(100)) + float64(k)/4} // no two are due at once
			switch how := r.IntN(5); {
			case how == 0:
				p.kept = min(p.due, moment) / 2
			case how == 1 && p.due < moment-1:
				p.broken = p.due
			case how == 2 && p.due < moment-1:
				p.broken, p.kept = p.due, p.due+1
			case how == 3:
				p.withdrew = min(p.due, moment) / 2
			}
			one.promises = append(one.promises, p)
		}
		runs = append(runs, one)
		m.events = append(m.events, one.events(moment)...)
	}
	table := tableOf(t, m)
	type listed struct {
		id, promise string
		due         float64
	}
	for _, c := range []struct {
		name string
		of   insight.RunsOf
		owes func(owed) bool
	}{
		{"late", insight.RunsOf{Late: true}, func(p owed) bool { return p.kept == 0 && p.withdrew == 0 && p.due <= moment }},
		{"next", insight.RunsOf{Next: true}, func(p owed) bool { return p.kept == 0 && p.withdrew == 0 && p.due > moment }},
		{"next within ten hours", insight.RunsOf{Next: true, Before: at(60)}, func(p owed) bool { return p.kept == 0 && p.withdrew == 0 && p.due > moment && p.due < 60 }},
	} {
		var want []listed
		for i := range runs {
			first := listed{}
			for _, p := range runs[i].promises {
				if c.owes(p) && !runs[i].ended && (first.due == 0 || p.due < first.due) {
					first = listed{runs[i].id, p.name, p.due}
				}
			}
			if first.due != 0 {
				want = append(want, first)
			}
		}
		slices.SortFunc(want, func(a, b listed) int { return cmp.Or(cmp.Compare(a.due, b.due), strings.Compare(a.id, b.id)) })
		got, err := table.View(insight.Everything(), at(moment)).Runs(t.Context(), insight.Which{}, c.of, insight.MaxRuns)
		if err != nil || got.Found != int64(len(want)) || len(got.List) != len(want) || len(want) < 100 {
			t.Fatalf("%s: %d found, %d listed, want %d: %v", c.name, got.Found, len(got.List), len(want), err)
		}
		live, err := table.View(insight.Everything(), at(moment)).Live(t.Context(), insight.Which{}, time.Time{})
		if err != nil || len(live.List) != 1 {
			t.Fatalf("%+v, %v", live, err)
		}
		if l := &live.List[0]; c.of.Late && (l.Late != int64(len(want)) || l.Longest != hours(moment-want[0].due)) || c.of.Next && c.of.Before.IsZero() && l.Next != int64(len(want)) {
			t.Errorf("%s: Live has %+v, want %d, the first due after %v hours", c.name, l, len(want), want[0].due)
		}
		for i := range want {
			l := &got.List[i]
			if (listed{l.Run.ID, l.Promise, l.Due.Sub(monday).Hours()}) != want[i] || l.Overdue != max(0, at(moment).Sub(l.Due)) {
				t.Fatalf("%s: run %d is %s with %s, due after %s and overdue for %s; want %+v", c.name, i, l.Run.ID, l.Promise, l.Due.Sub(monday), l.Overdue, want[i])
			}
		}
	}
}

// ower is a run of the test. It began at monday.
type ower struct {
	id       string
	promises []owed
	ended    bool
}

// events returns the events of the run until the moment, which is its last sign of life.
func (o *ower) events(moment float64) (all []event.Event) {
	add := func(h float64, kind event.Kind, fill func(*event.Event)) {
		e := event.Event{Kind: kind, Time: at(h), Journey: event.Run{Name: "ticket", ID: o.id, Started: monday}, Customer: event.Customer{Hash: o.id}}
		fill(&e)
		e.ID = event.NewID(e.Time)
		all = append(all, e)
	}
	nothing := func(*event.Event) {}
	add(0, event.JourneyStarted, nothing)
	for _, p := range o.promises {
		promise := func(e *event.Event) {
			e.Promise = &event.Promise{Name: p.name, Number: 1, Made: monday, Due: at(p.due)}
			e.Late = e.Kind == event.PromiseKept && p.kept > p.due
		}
		add(0, event.PromiseMade, promise)
		for kind, h := range map[event.Kind]float64{event.PromiseBroken: p.broken, event.PromiseKept: p.kept, event.PromiseWithdrawn: p.withdrew} {
			if h > 0 {
				add(h, kind, promise)
			}
		}
	}
	add(moment-1, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Outcome = "call", event.OK })
	if o.ended {
		add(moment-1, event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Completed })
	}
	return all
}

// TestStoppedClockIsNotNext: a promise whose clock stands still is not due next.
func TestStoppedClockIsNotNext(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 12 {
		l := ticket(n, 0)
		l.journey = "order"
		if n < 5 {
			l.entered = []entered{{1, "cart"}, {2, "payment"}} // which pauses the promise
		}
		all := l.events()
		made := all[0]
		made.Kind, made.Promise = event.PromiseMade, &event.Promise{Name: "confirmed", Number: 1, Made: monday, Due: at(48)}
		made.ID = event.NewID(made.Time)
		m.events = append(append(m.events, all...), made)
	}
	view := tableOf(t, m).View(insight.Everything(), at(20))
	live, err := view.Live(t.Context(), insight.Which{}, at(19))
	if err != nil || len(live.List) != 1 || live.List[0].Open != 12 || live.List[0].Next != 7 || live.List[0].Late != 0 {
		t.Errorf("%+v, %v: want 12 open runs, and 7 of them with a promise that is due next", live, err)
	}
	list, err := view.Runs(t.Context(), insight.Which{}, insight.RunsOf{Next: true}, 20)
	if err != nil || list.Found != 7 {
		t.Errorf("%d runs are due next, %v: want 7", list.Found, err)
	}
}
