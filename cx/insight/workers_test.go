package insight_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// manyLives are runs of three chunks, in which every answer has numbers.
func manyLives() []life {
	rng := rand.New(rand.NewPCG(7, 8))
	lives := make([]life, 8_500)
	for n := range lives {
		l := ticket(n, 1000*rng.Float64())
		l.customer, l.segment = fmt.Sprint(rng.IntN(5000)), []string{"", "gold", "iron", "tin"}[rng.IntN(4)]
		l.team, l.impact = fmt.Sprint("team-", rng.IntN(300)), []string{"high", "low"}[rng.IntN(2)]
		l.touched = []touched{{10 * rng.Float64(), "call", event.OK}, {200 * rng.Float64(), "mail", event.Outcome(1 + 2*rng.IntN(2))}}
		if n%5 == 0 { // the others are of teams that hold too few runs to go with anything
			l.team = "team-1"
		}
		if n%4 == 0 {
			l.journey = "order"
			for i, stage := range []string{"cart", "payment", "cart", "payment", "confirmation"}[:rng.IntN(6)] {
				l.entered = append(l.entered, entered{float64(i) + rng.Float64(), stage})
			}
		}
		if n%3 == 0 {
			l.verdict = event.Verdict(1 + rng.IntN(3))
		}
		if l.due = 48; rng.IntN(3) > 0 {
			l.kept = 48 * rng.Float64()
		}
		if rng.IntN(4) > 0 {
			l.ended, l.outcome = 100*rng.Float64(), []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned}[rng.IntN(4)]
			if l.impact == "high" && l.team == "team-1" || l.segment == "tin" && rng.IntN(3) > 0 {
				l.outcome, l.verdict, l.kept = event.Failed, event.Negative, -1
			}
		}
		if l.kept < 0 {
			l.broken = l.due
		}
		lives[n] = l
	}
	return lives
}

// answers returns the answers of all questions as JSON.
func answers(t testing.TB, view *insight.View) string {
	t.Helper()
	var all []any
	add := func(answer any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer)
	}
	w := insight.Which{Journey: "ticket"}
	o, err := view.Outcomes(t.Context(), w)
	add(o, err)
	r, err := view.Reopened(t.Context(), w)
	add(r, err)
	for _, by := range []insight.Column{"", insight.Team, insight.Segment} {
		p, err := view.Promises(t.Context(), w, at(900), by)
		add(p, err)
		l, err := view.Backlog(t.Context(), w, by)
		add(l, err)
	}
	for _, m := range []insight.Measure{insight.Completes(), insight.EndsAs(event.Abandoned), insight.Fails(), insight.Keeps("solved")} {
		c, err := view.Compare(t.Context(), w, insight.Team, m)
		add(c, err)
		p, err := view.ComparePeriods(t.Context(), insight.Which{From: at(500)}, insight.Which{Until: at(500)}, m)
		add(p, err)
	}
	s, err := view.Time(t.Context(), w)
	add(s, err)
	f, err := view.Funnel(t.Context(), insight.Which{From: at(500)}, &insight.Which{Until: at(500)})
	add(f, err)
	routes, err := view.Paths(t.Context(), w)
	add(routes, err)
	findings := 0
	for _, bad := range []insight.Bad{insight.NotCompleted(), insight.PromiseBroken("solved"), insight.AnsweredNegative()} {
		g, err := view.GoesWith(t.Context(), insight.Which{}, bad)
		add(g, err)
		findings += len(g.Answer.Findings)
		if bad != insight.NotCompleted() {
			continue
		}
		g, err = view.GotWorse(t.Context(), insight.Which{From: at(500)}, insight.Which{Until: at(500)}, bad)
		add(g, err)
	}
	if findings < 5 {
		t.Errorf("%d findings: the runs of the test want more", findings)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWorkersAgree: one goroutine and several give the same bytes.
func TestWorkersAgree(t *testing.T) {
	t.Parallel()
	table := loaded(t, manyLives())
	one, three := table.View(insight.Everything(), at(850)), table.View(insight.Everything(), at(850))
	one.SetWorkers(1)
	three.SetWorkers(3)
	if diff := gocmp.Diff(answers(t, one), answers(t, three)); diff != "" {
		t.Errorf("(-one +three):\n%.2000s", diff)
	}
}

// TestArrivalDoesNotMatter: the same events in another order, and in other batches, give the same bytes.
func TestArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for _, l := range manyLives() {
		m.events = append(m.events, l.events()...)
	}
	want := answers(t, tableOf(t, m).View(insight.Everything(), at(850)))
	rand.New(rand.NewPCG(1, 9)).Shuffle(len(m.events), func(i, k int) { m.events[i], m.events[k] = m.events[k], m.events[i] })
	m.most = len(m.events)/3 + 1
	table := tableOf(t, m)
	for range 2 {
		if err := table.Load(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if diff := gocmp.Diff(want, answers(t, table.View(insight.Everything(), at(850)))); diff != "" {
		t.Errorf("(-in order +shuffled):\n%.2000s", diff)
	}
}
