package insight_test

import (
	"fmt"
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
	p, err := view.Promises(insight.Which{}, time.Time{}, insight.Team)
	if err != nil {
		t.Fatal(err)
	}
	c, err := view.Compare(insight.Which{}, insight.Team, insight.Keeps("answered"))
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
