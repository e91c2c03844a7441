package insight_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestPromiseTrends: each period has the share that the promises have which fell due in it, as the list of lives says it.
func TestPromiseTrends(t *testing.T) {
	t.Parallel()
	const moment = 460
	bounds := []time.Time{at(0), at(100), at(200), at(300), at(450), at(480), at(600)}
	r := rand.New(rand.NewPCG(7, 8))
	var lives []life
	kept, settled := make([]int64, len(bounds)-1), make([]int64, len(bounds)-1)
	for n := range 2000 {
		l := ticket(n, float64(r.IntN(430)))
		l.due, l.ended, l.outcome = 48, float64(10+r.IntN(60)), event.Completed
		if l.kept = l.ended; l.kept > l.due {
			l.broken = l.due
		}
		if l.at(l.due).After(at(moment)) { // what has not happened at the moment
			l.kept, l.broken, l.ended, l.outcome = -1, -1, -1, 0
		}
		lives = append(lives, l)
		for i := range settled {
			if due := l.at(l.due); !due.Before(bounds[i]) && due.Before(bounds[i+1]) && !due.After(at(moment)) {
				settled[i]++
				if l.kept >= 0 && l.kept <= l.due {
					kept[i]++
				}
			}
		}
	}
	table := loaded(t, lives)
	for _, workers := range []int{1, 3} {
		view := table.View(insight.Everything(), at(moment))
		view.SetWorkers(workers)
		a, err := view.PromiseTrends(t.Context(), insight.Which{By: insight.FellDue}, bounds)
		if err != nil || len(a.List) != 1 || a.Runs != 2000 || a.List[0].Name != "solved" || len(a.List[0].Points) != len(bounds)-1 {
			t.Fatalf("%+v, %v", a, err)
		}
		for i, p := range a.List[0].Points {
			if p.Hidden || p.Matured.Count != kept[i] || p.Matured.N != settled[i] || !p.From.Equal(bounds[i]) || !p.Until.Equal(bounds[i+1]) {
				t.Errorf("period %d is %+v: want %d of %d", i, p, kept[i], settled[i])
			}
		}
	}
	for name, w := range map[string]insight.Which{
		"the promises of a period": {By: insight.FellDue, From: at(100), Until: at(300)},
		"the runs of a period":     {From: at(100), Until: at(300)},
	} {
		view := table.View(insight.Everything(), at(moment))
		a, err := view.PromiseTrends(t.Context(), w, bounds)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := view.Promises(t.Context(), w, time.Time{}, "")
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		for _, p := range a.List[0].Points {
			n += p.Matured.N
		}
		if got, want := fmt.Sprintf("%+v", a.List[0].Standing), fmt.Sprintf("%+v", whole.List[0].Standing); got != want || a.List[0].Target != whole.List[0].Target {
			t.Errorf("%s: the promise is %s, and Promises has %s", name, got, want)
		}
		if want := whole.List[0].Matured.N; n != want || n == 0 {
			t.Errorf("%s: the periods have %d promises, want %d", name, n, want)
		}
	}
}

// TestPromiseTrendsOfFew: a period of fewer than five customers is hidden, and another one with it, so that it does not follow from the whole.
func TestPromiseTrendsOfFew(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 32 {
		l := ticket(n, 0)
		l.due, l.kept, l.ended, l.outcome = []float64{10, 20, 20, 20, 30, 30, 30, 30}[n%8], 5, 5, event.Completed
		if n >= 8 && n%8 == 0 {
			l.due = 20
		}
		lives = append(lives, l)
	}
	table := loaded(t, lives)
	view := table.View(insight.Everything(), at(100))
	a, err := view.PromiseTrends(t.Context(), insight.Which{By: insight.FellDue}, []time.Time{at(5), at(15), at(25), at(35), at(45)})
	if err != nil {
		t.Fatal(err)
	}
	p := a.List[0].Points
	if !p[0].Hidden || p[0].Matured.OK() || !p[1].Hidden || p[1].Matured.OK() || p[2].Hidden || p[2].Matured.N != 16 || p[3].Hidden || p[3].Matured.OK() {
		t.Errorf("one customer, 15, 16 and none: %+v", p)
	}
	few, err := table.View(insight.Everything(), at(100)).PromiseTrends(t.Context(), insight.Which{Where: []insight.Where{{Column: insight.Outcome, Values: []string{"failed"}}}}, []time.Time{at(5), at(15)})
	if err != nil || len(few.List) != 0 {
		t.Errorf("of no run: %+v, %v", few, err)
	}
	many := make([]time.Time, insight.MaxTrend+2)
	for i := range many {
		many[i] = at(float64(i))
	}
	for reason, bounds := range map[string][]time.Time{"none": nil, "one bound": {at(1)}, "an empty period": {at(1), at(1)}, "backwards": {at(2), at(1)}, "too many": many} {
		if _, err := view.PromiseTrends(t.Context(), insight.Which{}, bounds); !errors.Is(err, insight.ErrWhich) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestPromiseTrendsOfFewDue: a period in which the promises of few customers are due yet does not follow from the whole and the other periods.
func TestPromiseTrendsOfFewDue(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 40 {
		l := ticket(n, 0)
		l.due, l.kept, l.ended, l.outcome = []float64{10, 20, 40, 40}[n%4], 5, 5, event.Completed
		if n == 2 || n == 3 {
			l.due = 30
		}
		lives = append(lives, l)
	}
	a, err := loaded(t, lives).View(insight.Everything(), at(31)).PromiseTrends(t.Context(), insight.Which{By: insight.FellDue}, []time.Time{at(5), at(15), at(25), at(45)})
	if err != nil {
		t.Fatal(err)
	}
	shown, hidden := int64(0), 0
	for _, p := range a.List[0].Points {
		shown += p.Matured.N
		hidden += map[bool]int{true: 1}[p.Hidden]
	}
	if left := a.List[0].Matured.N - shown; a.List[0].Matured.N != 22 || left > 0 && left < 5 || hidden != 2 {
		t.Errorf("22 are due, of which two in the last period: %d follow from the %d that are shown, and %d periods are hidden", left, shown, hidden)
	}
}
