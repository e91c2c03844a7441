package insight_test

import (
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestBacklogOfARun: which runs are late, each of six customers.
func TestBacklogOfARun(t *testing.T) {
	t.Parallel()
	promised := func(fill func(*life)) life {
		l := ticket(0, 0)
		l.due = 48
		fill(&l)
		return l
	}
	for _, c := range []struct {
		name, reason string
		life         life
		moment       float64
		late, open   int64
		longest      float64
	}{
		{"past due", "its due time was 12 hours ago, and no event tells that it was broken", promised(func(*life) {}), 60, 6, 6, 12},
		{"due at the moment", "a promise is broken at its due time", promised(func(*life) {}), 48, 6, 6, 0},
		{"not due", "it has 12 hours left", promised(func(l *life) { l.due = 72 }), 60, 0, 6, 0},
		{"broken", "an event tells it", promised(func(l *life) { l.broken = 48 }), 60, 6, 6, 12},
		{"kept", "it owes nothing", promised(func(l *life) { l.kept = 40 }), 60, 0, 6, 0},
		{"kept too late", "the customer has it now", promised(func(l *life) { l.broken, l.kept = 48, 55 }), 60, 0, 6, 0},
		{"kept too late, later", "at the moment the customer did not have it", promised(func(l *life) { l.broken, l.kept = 48, 61 }), 60, 6, 6, 12},
		{"withdrawn", "nothing is owed any more", promised(func(l *life) { l.broken, l.withdrawn = 48, 55 }), 60, 0, 6, 0},
		{"over", "a run that ended is no backlog", promised(func(l *life) { l.broken, l.ended, l.outcome = 48, 55, event.Completed }), 60, 0, 0, 0},
		{"over later", "it was open at the moment", promised(func(l *life) { l.broken, l.ended, l.outcome = 48, 61, event.Completed }), 60, 6, 6, 12},
		{"silent", "no one waits for it: it was abandoned after 72 hours", promised(func(l *life) { l.broken = 48 }), 80, 0, 0, 0},
		{"heard of", "a call on the third day keeps it open", promised(func(l *life) { l.broken, l.touched = 48, []touched{{50, "call", event.OK}} }), 80, 6, 6, 32},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var lives []life
			for n := range 6 {
				l := c.life
				l.id, l.customer = fmt.Sprint(n), fmt.Sprint("customer-", n)
				lives = append(lives, l)
			}
			a := backlog(t, loaded(t, lives), c.moment, "")
			if len(a.List) != 1 {
				t.Fatalf("the list is %+v", a.List)
			}
			if l := a.List[0]; l.Late != c.late || l.Open != c.open || l.Longest != hours(c.longest) || l.Journey != "ticket" || l.Promise != "solved" {
				t.Errorf("%+v, want %d late of %d open for %v hours: %s", l, c.late, c.open, c.longest, c.reason)
			}
		})
	}
}

func backlog(t *testing.T, table *insight.Table, moment float64, by insight.Column) insight.Backlog {
	t.Helper()
	a, err := table.View(insight.Everything(), at(moment)).Backlog(t.Context(), insight.Which{}, by)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestBacklogCountsRuns: a run that made a promise several times counts once, with the earliest due time that is owed; a clock that stands still is not late, nor is
// a run that ended, whose end is not known.
func TestBacklogCountsRuns(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 6 {
		again, paused, over := ticket(n, 0), ticket(n+6, 0), ticket(n+12, 0)
		paused.journey, paused.entered = "order", []entered{{10, "payment"}}
		m.events = append(append(m.events, again.events()...), paused.events()...)
		made := func(l *life, name string, number int, due float64) {
			m.events = append(m.events, event.Event{
				ID: event.NewID(l.begun), Kind: event.PromiseMade, Time: l.begun, Journey: event.Run{Name: l.journey, ID: l.id, Started: l.begun},
				Promise: &event.Promise{Name: name, Number: number, Made: l.begun, Due: l.at(due)}, Customer: event.Customer{Hash: l.customer},
			})
		}
		made(&again, "answered", 1, 10)
		made(&again, "answered", 2, 20)
		made(&again, "answered", 3, 70)
		made(&paused, "confirmed", 1, 48)
		made(&over, "sent", 1, 48)
		m.events = append(m.events, event.Event{ // its end was before the log
			ID: event.NewID(over.at(50)), Kind: event.TouchpointEnded, Time: over.at(50), Journey: event.Run{Name: over.journey, ID: over.id, Started: over.begun},
			Touchpoint: "call", Outcome: event.OK, Late: true,
		})
	}
	got := map[string]string{}
	for _, l := range backlog(t, tableOf(t, m), 60, "").List {
		got[l.Promise] = fmt.Sprint(l.Late, " of ", l.Open, " for ", l.Longest)
	}
	want := map[string]string{"answered": "6 of 6 for 50h0m0s", "confirmed": "0 of 6 for 0s", "sent": "0 of 0 for 0s"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestBacklogByTeam: groups have their own late runs; those of few customers are hidden, with the one from which they would follow; a team without an open
// run is left out.
func TestBacklogByTeam(t *testing.T) {
	t.Parallel()
	var lives []life
	add := func(team string, open, late, over int) {
		for n := range open + late + over {
			l := ticket(len(lives), 0)
			l.team, l.touched, l.due = team, []touched{{1, "call", event.OK}}, 72
			switch {
			case n < late:
				l.due = 48 + float64(len(lives)%3)
			case n >= open+late:
				l.kept, l.ended, l.outcome = 5, 5, event.Completed
			}
			lives = append(lives, l)
		}
	}
	add("blue", 7, 3, 10)
	add("red", 1, 9, 0)
	add("done", 0, 0, 30)
	add("few", 0, 2, 0)
	add("next", 3, 2, 0) // the smallest of the others
	a := backlog(t, loaded(t, lives), 60, insight.Team)
	got := ""
	for _, g := range a.List[0].Groups {
		got += fmt.Sprint(g.Value, " ", g.Late, "/", g.Open, " ", g.Hidden, "; ")
	}
	if want := "red 9/10 false; blue 3/10 false; few 0/0 true; next 0/0 true; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if l := a.List[0]; l.Late != 16 || l.Open != 27 || l.Longest != 12*time.Hour {
		t.Errorf("%+v, want 16 of 27", l)
	}
	if s := a.List[0].Sentence(); s != `16 of 27 open runs of "ticket" are late with "solved": the longest one was due 12 hours ago.` {
		t.Error(s)
	}
}

// TestBacklogOfFew: a promise to four customers has no number.
func TestBacklogOfFew(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 10 {
		l := ticket(n, 0)
		if n < 4 {
			l.due = 48
		}
		lives = append(lives, l)
	}
	if l := backlog(t, loaded(t, lives), 60, insight.Team).List[0]; !l.Hidden || l.Late+l.Open != 0 || l.Longest != 0 || l.Groups != nil {
		t.Errorf("%+v", l)
	}
}

// TestBacklogIsTheList: the numbers are those of the runs that [insight.View.Runs] lists, over lives drawn by chance, where no promise is kept too late.
func TestBacklogIsTheList(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		table := tableOf(t, &memory{events: fewCustomers(seed, 40)})
		for _, moment := range []float64{40, 120, 400} {
			view := table.View(insight.Everything(), at(moment))
			a, err := view.Backlog(t.Context(), insight.Which{}, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range a.List {
				if l.Hidden {
					continue
				}
				w := insight.Which{Journey: l.Journey, Where: []insight.Where{{Column: insight.Outcome, Values: []string{"open"}}}}
				list, err := view.Runs(t.Context(), w, insight.RunsOf{Broke: l.Promise}, insight.MaxRuns)
				if err != nil {
					t.Fatal(err)
				}
				longest := time.Duration(0)
				if len(list.List) > 0 {
					longest = list.List[0].Overdue
				}
				if list.Found != l.Late || longest != l.Longest {
					t.Errorf("seed %d, moment %v: %+v, and the list has %d, the longest %v", seed, moment, l, list.Found, longest)
				}
			}
		}
	}
}
