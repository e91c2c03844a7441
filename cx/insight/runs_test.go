package insight_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// overdueOf is how long a promise of a life is overdue at an hour, as its events say it, and false if it is not broken.
func overdueOf(l *life, hour float64) (time.Duration, bool) {
	if l.due == 0 || l.kept >= 0 && l.kept <= l.due && l.begun.Add(hours(l.kept)).Compare(at(hour)) <= 0 || l.withdrawn >= 0 {
		return 0, false
	}
	if l.broken < 0 && l.at(l.due).After(at(hour)) {
		return 0, false
	}
	until := at(hour)
	switch {
	case l.kept > l.due:
		until = l.at(l.kept)
	case l.ended >= 0:
		until = l.at(l.ended)
	}
	return max(0, until.Sub(l.at(l.due))), true
}

// TestRunsAgainstModel: the lists of random runs are those of a model, whatever the number of goroutines.
func TestRunsAgainstModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	const moment = 500
	var lives []life
	for n := range 9000 { // three chunks
		l := ticket(n, float64(r.IntN(100)))
		if r.IntN(2) == 0 {
			l.ended, l.outcome = float64(1+r.IntN(90)), event.Completed
		}
		switch l.due = float64(20 + r.IntN(500)); r.IntN(4) {
		case 0:
			l.kept = float64(r.IntN(int(l.due)))
		case 1:
			l.kept, l.broken = l.due+float64(r.IntN(30)), l.due
		case 2:
			l.withdrawn = 1
		}
		if l.broken < 0 && l.kept < 0 && l.withdrawn < 0 && l.ended > l.due {
			l.broken = l.due
		}
		if l.at(max(l.broken, l.kept, l.ended)).After(at(moment)) {
			l.kept, l.broken, l.ended, l.outcome = -1, -1, -1, 0
		}
		lives = append(lives, l)
	}
	table := loaded(t, lives)
	type listed struct {
		id  string
		key time.Duration
	}
	model := func(of func(l *life) (time.Duration, bool)) (list []listed) {
		for i := range lives {
			if key, ok := of(&lives[i]); ok {
				list = append(list, listed{lives[i].id, key})
			}
		}
		slices.SortFunc(list, func(a, b listed) int { return cmp.Or(cmp.Compare(a.key, b.key), strings.Compare(a.id, b.id)) })
		return list
	}
	silentAt := func(l *life) time.Time { // the run began, and something may have been heard of it when the promise was kept
		return l.begun.Add(72 * time.Hour)
	}
	for _, c := range []struct {
		name  string
		of    insight.RunsOf
		model func(l *life) (time.Duration, bool)
	}{
		{"latest", insight.RunsOf{}, func(l *life) (time.Duration, bool) { return at(moment).Sub(l.begun), true }},
		{"breaking", insight.RunsOf{Breaking: "solved"}, func(l *life) (time.Duration, bool) {
			open := l.broken < 0 && l.kept < 0 && l.withdrawn < 0 && l.at(l.due).After(at(moment)) && (l.ended >= 0 || silentAt(l).After(at(moment)))
			return l.at(l.due).Sub(monday), open
		}},
		{"broke", insight.RunsOf{Broke: "solved"}, func(l *life) (time.Duration, bool) {
			over, ok := overdueOf(l, moment)
			ok = ok || l.due > 0 && l.kept < 0 && l.withdrawn < 0 && l.ended < 0 && !silentAt(l).After(at(moment))
			if ok && l.ended < 0 && l.kept < l.due { // the run is silent, and so over
				over = max(0, silentAt(l).Sub(l.at(l.due)))
			}
			return -over, ok
		}},
		{"longest", insight.RunsOf{Order: insight.Longest}, func(l *life) (time.Duration, bool) {
			if l.ended >= 0 {
				return -hours(l.ended), true
			}
			return -silentAt(l).Sub(l.begun), true
		}},
	} {
		want := model(c.model)
		for _, top := range []int{1, 20, 5000} {
			for _, workers := range []int{1, 3} {
				view := table.View(insight.Everything(), at(moment))
				view.SetWorkers(workers)
				list, err := view.Runs(t.Context(), insight.Which{}, c.of, top)
				if err != nil {
					t.Fatal(err)
				}
				if list.Found != int64(len(want)) || list.Runs != 9000 || len(list.List) != min(top, len(want)) {
					t.Fatalf("%s: %d found of %d and %d listed, want %d", c.name, list.Found, list.Runs, len(list.List), len(want))
				}
				for i := range list.List {
					if list.List[i].Run.ID != want[i].id {
						t.Fatalf("%s: run %d of the first %d is %+v, want %+v", c.name, i, top, list.List[i], want[i])
					}
				}
			}
		}
	}
}

// TestRunsByValue: the largest value at stake is first, currency by currency, and what has none is last.
func TestRunsByValue(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n, v := range []*event.Money{{Amount: 5, Currency: "USD"}, nil, {Amount: 7, Currency: "EUR"}, {Amount: 9, Currency: "USD"}, {Amount: 80, Currency: "EUR"}} {
		l := ticket(n, 0)
		for _, e := range l.events() {
			e.Journey.Value = v
			m.events = append(m.events, e)
		}
	}
	list, err := tableOf(t, m).View(insight.Everything(), at(1)).Runs(t.Context(), insight.Which{}, insight.RunsOf{Order: insight.Dearest}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range list.List {
		got = append(got, list.List[i].Run.ID)
	}
	if want := []string{"4", "2", "3", "0", "1"}; !slices.Equal(got, want) {
		t.Errorf("the runs are %q, want %q", got, want)
	}
	if got, want := list.List[0].Sentence(nil), `"ticket" "4" is open, 1 hour old, with 0.80 EUR at stake.`; got != want {
		t.Errorf("the run is %s, want %s", got, want)
	}
}

// TestRunsOf: what is wrong with a list that is asked for, and what its sentences say.
func TestRunsOf(t *testing.T) {
	t.Parallel()
	late, soon := ticket(1, 0), ticket(2, 40)
	late.due, late.broken, late.team, late.touched = 48, 48, "north", []touched{{1, "call", event.Failed}}
	soon.due = 48
	other := ticket(3, 0)
	other.journey, other.due = "order", 48
	table := loaded(t, []life{late, soon, other})
	for _, c := range []struct {
		reason, want string
		of           insight.RunsOf
		top          int
		viewer       insight.Viewer
	}{
		{"a mistyped promise", `did you mean "solved"?`, insight.RunsOf{Broke: "sovled"}, 5, insight.Everything()},
		{"a promise that there is not", "give the name of a promise", insight.RunsOf{Breaking: "moon"}, 5, insight.Everything()},
		{"both", "ask for one of them", insight.RunsOf{Broke: "solved", Breaking: "solved"}, 5, insight.Everything()},
		{"two of four", "ask for one of them", insight.RunsOf{Late: true, Next: true}, 5, insight.Everything()},
		{"a bound of what has no due time", "set one of them", insight.RunsOf{Late: true, Before: at(5)}, 5, insight.Everything()},
		{"an order that there is not", "the order is 9", insight.RunsOf{Order: 9}, 5, insight.Everything()},
		{"none", "has 1 to 10000 runs, not 0", insight.RunsOf{}, 0, insight.Everything()},
		{"too many", "not 10001", insight.RunsOf{}, insight.MaxRuns + 1, insight.Everything()},
	} {
		if _, err := table.View(c.viewer, at(60)).Runs(t.Context(), insight.Which{}, c.of, c.top); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := table.View(insight.Everything(), at(60)).Runs(done, insight.Which{}, insight.RunsOf{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %v", err)
	}
	tickets := insight.Which{Journey: "ticket"}
	for _, c := range []struct {
		of   insight.RunsOf
		top  int
		want string
	}{
		{insight.RunsOf{Broke: "solved"}, 5, `1 run of 2. "ticket" "1" is open, 2 days 12 hours old, 12 hours overdue.`},
		{insight.RunsOf{Breaking: "solved"}, 5, `1 run of 2. "ticket" "2" is open, 20 hours old, due by Fri 6 March 2026 01:00.`},
		{insight.RunsOf{}, 1, `2 runs of 2. The first of them: "ticket" "2" is open, 20 hours old.`},
	} {
		list, err := table.View(insight.Everything(), at(60)).Runs(t.Context(), tickets, c.of, c.top)
		if err != nil || len(list.List) != 1 {
			t.Fatal(err, list)
		}
		if got := list.Sentence() + " " + list.List[0].Sentence(nil); got != c.want {
			t.Errorf("%+v says\n%s\nwant\n%s", c.of, got, c.want)
		}
		if c.of.Broke != "" && (list.List[0].Team != "north" || list.List[0].Failures != 1) {
			t.Errorf("the run is %+v", list.List[0])
		}
	}
	if got := (&insight.RunList{Basis: insight.Basis{Runs: 1200}}).Sentence(); got != "No run is like that, of 1,200." {
		t.Errorf("an empty list says %s", got)
	}
	scoped := insight.Viewer{Rights: insight.Numbers | insight.Customers, Journeys: []string{"order"}}
	if list, err := table.View(scoped, at(60)).Runs(t.Context(), insight.Which{}, insight.RunsOf{Broke: "solved"}, 5); err != nil || list.Found != 1 || list.List[0].Run != (event.RunRef{Name: "order", ID: strconv.Itoa(3)}) {
		t.Errorf("a viewer of orders sees %+v: %v", list, err)
	}
}

// TestRunOfTwoPromises: of two promises of a run, the list has the one that is the longest overdue, or the next due. A stage after the end is none of the run.
func TestRunOfTwoPromises(t *testing.T) {
	t.Parallel()
	promise := func(number int, made, due float64) func(*event.Event) {
		return func(e *event.Event) {
			e.Promise = &event.Promise{Name: "solved", Number: number, Made: at(made), Due: at(due)}
		}
	}
	m := &memory{events: []event.Event{
		storyEvent("ticket", "1", 0, event.JourneyStarted, nil),
		storyEvent("ticket", "1", 0, event.PromiseMade, promise(1, 0, 10)),
		storyEvent("ticket", "1", 1, event.PromiseMade, promise(2, 1, 20)),
		storyEvent("ticket", "1", 2, event.PromiseMade, promise(3, 2, 30)),
		storyEvent("ticket", "1", 3, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "triage" }),
		storyEvent("ticket", "1", 40, event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Failed }),
		storyEvent("ticket", "1", 41, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Stage, e.Late, e.Cause = "call", "desk", true, "late" }),
	}}
	table := tableOf(t, m)
	for _, c := range []struct {
		of   insight.RunsOf
		hour float64
		due  float64
		over time.Duration
	}{
		{insight.RunsOf{Breaking: "solved"}, 5, 10, 0},
		{insight.RunsOf{Breaking: "solved"}, 15, 20, 0},
		{insight.RunsOf{Broke: "solved"}, 15, 10, hours(5)},
		{insight.RunsOf{Broke: "solved"}, 25, 10, hours(15)},
		{insight.RunsOf{Broke: "solved"}, 60, 10, hours(30)},
	} {
		list, err := table.View(insight.Everything(), at(c.hour)).Runs(t.Context(), insight.Which{}, c.of, 5)
		if err != nil || len(list.List) != 1 || !list.List[0].Due.Equal(at(c.due)) || list.List[0].Overdue != c.over {
			t.Errorf("%+v at %v hours: %+v, %v; want due at %v and overdue %v", c.of, c.hour, list.List, err, c.due, c.over)
		}
	}
	run, err := table.View(insight.Everything(), time.Time{}).Run(t.Context(), event.RunRef{Name: "ticket", ID: "1"})
	if err != nil || run.Stage != "triage" || run.Cause != "" || run.After != 1 {
		t.Errorf("the run is %+v: %v", run.RunSummary, err)
	}
}

// TestPromiseOfOnePart: a promise that only the runs of a part of the table have is known, whichever goroutine has that part.
func TestPromiseOfOnePart(t *testing.T) {
	t.Parallel()
	for _, rare := range []int{0, 4_500, 8_999} { // in the first, the second and the third chunk
		lives := make([]life, 9_000)
		for n := range lives {
			lives[n] = ticket(n, float64(n)/100)
		}
		lives[rare].due, lives[rare].kept = 48, 24
		m := &memory{}
		for i := range lives {
			m.events = append(m.events, lives[i].events()...)
		}
		table, err := insight.New(nil) // no blueprint knows the promise either
		if err == nil {
			err = table.Load(t.Context(), m)
		}
		if err != nil {
			t.Fatal(err)
		}
		for workers := 1; workers <= 3; workers++ {
			view := table.View(insight.Everything(), at(500))
			view.SetWorkers(workers)
			if _, err := view.Runs(t.Context(), insight.Which{}, insight.RunsOf{Broke: "solved"}, 10); err != nil {
				t.Errorf("run %d has the promise, and %d workers say %v", rare, workers, err)
			}
		}
	}
}

// TestFellDueIsTheList: the runs of which a promise fell due in the period and was broken are what [insight.View.Promises] counts as due and does not find kept,
// over lives drawn by chance.
func TestFellDueIsTheList(t *testing.T) {
	t.Parallel()
	compared, began := 0, 0
	for seed := range uint64(20) {
		table := tableOf(t, &memory{events: fewCustomers(seed, 40)})
		for _, period := range [][3]float64{{0, 48, 60}, {24, 120, 120}, {24, 240, 150}, {0, 1000, 400}} {
			view, w := table.View(insight.Everything(), at(period[2])), insight.Which{From: at(period[0]), Until: at(period[1]), By: insight.FellDue}
			a, err := view.Promises(t.Context(), w, time.Time{}, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range a.List {
				if p.Hidden || !p.Matured.OK() {
					continue
				}
				w.Journey = p.Journey
				list, err := view.Runs(t.Context(), w, insight.RunsOf{Broke: p.Name}, insight.MaxRuns)
				if err != nil {
					t.Fatal(err)
				}
				if n := p.Matured.N - p.Matured.Count; list.Promises != n || list.Found > n || n > 0 && list.Found == 0 || list.Found != int64(len(list.List)) {
					t.Errorf("seed %d, period %v: %d of %q are broken, and the list has %d promises of %d runs", seed, period, n, p.Name, list.Promises, list.Found)
				}
				w.By = insight.Begun
				if others, err := view.Runs(t.Context(), w, insight.RunsOf{Broke: p.Name}, insight.MaxRuns); err != nil || others.Found != list.Found {
					began++
				}
				w.By = insight.FellDue
				compared++
			}
		}
	}
	if compared < 20 || began == 0 {
		t.Errorf("%d lists are compared, and %d differ from those by beginning: the lives tell nothing", compared, began)
	}
	if _, err := tableOf(t, &memory{}).View(insight.Everything(), at(1)).Runs(t.Context(), insight.Which{By: insight.FellDue}, insight.RunsOf{Late: true}, 1); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), "set the promise there") {
		t.Errorf("a list of promises that fell due, without one: %v", err)
	}
}
