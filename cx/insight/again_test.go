package insight_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestPromiseMadeAgain: a run of an unknown customer is one customer, however often it made a promise. The four runs of red, of five promises each, are not shown.
func TestPromiseMadeAgain(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 24 {
		l := ticket(n, 0)
		l.customer, l.team = "", "blue"
		if n < 4 {
			l.team = "red"
		} else if n < 14 {
			l.team = "green"
		}
		l.touched = []touched{{0, "call", event.OK}}
		lives = append(lives, l)
	}
	m := &memory{}
	for i := range lives {
		l := &lives[i]
		m.events = append(m.events, l.events()...)
		for n := range 5 {
			made := l.at(float64(n))
			for _, kind := range []event.Kind{event.PromiseMade, event.PromiseKept} {
				when := made.Add(time.Minute)
				if kind == event.PromiseMade {
					when = made
				}
				m.events = append(m.events, event.Event{
					ID: event.NewID(when), Kind: kind, Time: when, Journey: event.Run{Name: l.journey, ID: l.id, Started: l.begun},
					Promise: &event.Promise{Name: "answered", Number: n + 1, Made: made, Due: made.Add(time.Hour)},
				})
			}
		}
	}
	view := tableOf(t, m).View(insight.Everything(), at(48))
	p, err := view.Promises(t.Context(), insight.Which{}, time.Time{}, insight.Team)
	if err != nil {
		t.Fatal(err)
	}
	c, err := view.Compare(t.Context(), insight.Which{}, insight.Team, insight.Keeps("answered"))
	if err != nil {
		t.Fatal(err)
	}
	hidden := map[string]bool{}
	for _, g := range p.List[0].Groups {
		hidden["promises of "+g.Value] = g.Hidden
	}
	for _, g := range c.Groups {
		hidden["comparison of "+g.Value] = g.Hidden
	}
	want := map[string]bool{ // red has four customers, and of the others blue comes first
		"promises of red": true, "promises of blue": true, "promises of green": false,
		"comparison of red": true, "comparison of blue": true, "comparison of green": false,
	}
	if fmt.Sprint(hidden) != fmt.Sprint(want) {
		t.Errorf("hidden: %v, want %v", hidden, want)
	}
}

// TestMovedDueTime: a pause moves the due time of a promise, and only the event that settles it says to when. Until then the promise falls due as it was made, so
// that a report of a past week is the same when it is made again later.
func TestMovedDueTime(t *testing.T) {
	t.Parallel()
	then, late := &memory{}, &memory{}
	for n := range 6 {
		l := ticket(n, 0)
		l.touched = []touched{{0, "call", event.OK}}
		promised := func(kind event.Kind, h, due float64) event.Event {
			return event.Event{
				ID: event.NewID(l.at(h)), Kind: kind, Time: l.at(h), Journey: event.Run{Name: l.journey, ID: l.id, Started: l.begun},
				Promise: &event.Promise{Name: "solved", Number: 1, Made: l.begun, Due: l.at(due)},
			}
		}
		then.events = append(then.events, append(l.events(), promised(event.PromiseMade, 0, 48))...)
		late.events = append(late.events, promised(event.PromiseKept, 100, 120))
	}
	late.events = append(slices.Clone(then.events), late.events...)
	ask := func(m *memory, moment, from, until float64) string {
		a, err := tableOf(t, m).View(insight.Everything(), at(moment)).Promises(t.Context(), insight.Which{From: at(from), Until: at(until), By: insight.FellDue}, at(moment+24), "")
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, p := range a.List {
			said += fmt.Sprintf("made %d kept %d open %d broken %d breaking %d young %d", p.Made, p.Kept.Count, p.Open, p.Broken, p.Breaking, p.TooYoung)
		}
		return said
	}
	for _, c := range []struct {
		m                   *memory
		moment, from, until float64
		want, reason        string
	}{
		{then, 60, 24, 72, "made 6 kept 0 open 0 broken 6 breaking 0 young 0", "the first due time has passed"},
		{late, 60, 24, 72, "made 6 kept 0 open 0 broken 6 breaking 0 young 0", "the same, made again later"},
		{late, 60, 72, 144, "", "at that moment it was not known that the due time would move"},
		{late, 30, 24, 72, "made 6 kept 0 open 6 broken 0 breaking 6 young 6", "before the first due time"},
		{late, 110, 24, 72, "", "the promise was kept: it fell due later"},
		{late, 130, 72, 144, "made 6 kept 6 open 0 broken 0 breaking 0 young 0", "as the event says that kept it"},
	} {
		if got := ask(c.m, c.moment, c.from, c.until); got != c.want {
			t.Errorf("at %v, due from %v to %v: %q, want %q: %s", c.moment, c.from, c.until, got, c.want, c.reason)
		}
	}
}
