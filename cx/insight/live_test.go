package insight_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestLive: open runs, the oldest of them and those of the last hour, by journey. An ended run and a silent one are not open.
func TestLive(t *testing.T) {
	t.Parallel()
	const moment = 100
	var lives []life
	for n := range 40 {
		l := ticket(n, float64(60+n)) // the last one began an hour before the moment
		if n%4 == 0 {
			l.ended, l.outcome = 1, event.Completed
		}
		lives = append(lives, l)
	}
	silent := ticket(40, 1) // nothing happened for longer than 72 hours
	lives = append(lives, silent)
	for n := range 6 {
		l := ticket(100+n, 99.5)
		l.journey = "order"
		lives = append(lives, l)
	}
	for n := range 3 {
		l := ticket(200+n, 90)
		l.journey = "rare"
		lives = append(lives, l)
	}
	table := loaded(t, lives)
	for _, workers := range []int{1, 3} {
		view := table.View(insight.Everything(), at(moment))
		view.SetWorkers(workers)
		a, err := view.Live(t.Context(), insight.Which{}, at(moment-1.5))
		if err != nil || len(a.List) != 3 {
			t.Fatalf("%+v, %v", a, err)
		}
		for i, want := range []insight.LiveRuns{
			{Journey: "order", Open: 6, Oldest: 30 * time.Minute, Begun: 6},
			{Journey: "rare", Hidden: true},
			{Journey: "ticket", Open: 30, Oldest: 39 * time.Hour, FewBegun: true}, // of one customer
		} {
			if a.List[i] != want {
				t.Errorf("%+v, want %+v", a.List[i], want)
			}
		}
	}
	a, err := table.View(insight.Everything(), at(moment)).Live(t.Context(), insight.Which{Journey: "ticket"}, at(95))
	if err != nil || len(a.List) != 1 || a.List[0].Begun != 5 || a.Runs != 41 {
		t.Errorf("%+v, %v: want the five runs that began from hour 95 on", a, err)
	}
	o, err := table.View(insight.Everything(), at(moment)).Outcomes(t.Context(), insight.Which{Journey: "ticket"})
	if err != nil || o.Open.Count != 30 || o.Oldest != 39*time.Hour {
		t.Errorf("Outcomes has %d open runs, the oldest of %s, %v: want the same", o.Open.Count, o.Oldest, err)
	}
}
