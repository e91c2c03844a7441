package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestNothingFromOutside: an answer is the same whether or not the table has what is outside of the viewer's scope. So no number, name or error can tell
// anything of it. The moment is given: without one, that of the latest event is of all of the table.
func TestNothingFromOutside(t *testing.T) {
	t.Parallel()
	lives := strangers(rand.New(rand.NewPCG(16, 7))) //nolint:gosec // the same runs each time
	events := make([][]event.Event, len(lives))
	for i := range lives {
		events[i] = lives[i].events()
	}
	for _, c := range []struct {
		name   string
		viewer insight.Viewer
		in     func(*life) bool
	}{
		{"journey", insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Customers, Journeys: []string{"order"}}, func(l *life) bool { return l.journey == "order" }},
		{"owner", insight.Viewer{Rights: insight.Numbers, Owners: []string{"support"}}, func(l *life) bool { return l.journey == "ticket" }},
		{"segment", insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Customers, Segments: []string{"gold", "none"}}, func(l *life) bool { return l.segment == "gold" }},
	} {
		var whole, part memory
		for i := range lives {
			whole.events = append(whole.events, events[i]...)
			if c.in(&lives[i]) {
				part.events = append(part.events, events[i]...)
			}
		}
		all, some := tableOf(t, &whole).View(c.viewer, at(150)), tableOf(t, &part).View(c.viewer, at(150))
		asked := everyAnswer()
		for _, name := range slices.Sorted(maps.Keys(asked)) {
			if got, want := asked[name](all), asked[name](some); got != want {
				t.Errorf("%s, %s: %s\nand without what is outside of the scope: %s", c.name, name, from(got, want), from(want, got))
			}
		}
	}
}

// strangers are runs of three journeys and three segments, with values that are in one of them alone. Several runs are of one customer.
func strangers(rng *rand.Rand) (lives []life) {
	one := func(of ...string) string { return of[rng.IntN(len(of))] }
	for n := range 150 {
		l := ticket(n, rng.Float64()*200)
		l.journey, l.segment, l.customer = one("ticket", "order", "secret"), one("gold", "iron", ""), fmt.Sprint("customer-", rng.IntN(100))
		l.team, l.impact = one("north", "south", "", l.journey+l.segment), one("high", "low", l.journey+l.segment)
		l.touched = []touched{{1, "call", event.OK}, {2, one("call", "mail", "only-"+l.journey), []event.Outcome{event.OK, event.Failed}[rng.IntN(2)]}}
		l.entered = []entered{{0.5, "cart"}, {1.5, "payment"}}
		if rng.IntN(4) > 0 {
			l.ended, l.outcome = rng.Float64()*90, []event.Outcome{event.Completed, event.Failed, event.Cancelled}[rng.IntN(3)]
		}
		switch rng.IntN(3) {
		case 0:
			l.due, l.kept = 48, rng.Float64()*48
		case 1:
			l.due, l.broken = 48, 48
		}
		l.verdict = []event.Verdict{0, event.Positive, event.Negative}[rng.IntN(3)]
		lives = append(lives, l)
	}
	return lives
}

// everyAnswer has the answers to many questions, with their errors, as texts.
func everyAnswer() map[string]func(*insight.View) string {
	ctx, now, before := context.Background(), insight.Which{From: at(100), Until: at(150)}, insight.Which{From: at(50), Until: at(100)}
	asked := map[string]func(*insight.View) string{
		"State":   func(v *insight.View) string { return text(v.State()) },
		"Periods": func(v *insight.View) string { return text(v.ComparePeriods(ctx, now, before, insight.Completes())) },
		"Changes": func(v *insight.View) string { return text(v.Changes(ctx, now, before)) },
		"Daily": func(v *insight.View) string {
			d, err := v.Daily(ctx, now, insight.DailySettings{})
			for i := range d.Charts {
				err = errors.Join(err, fmt.Errorf("%v", d.Charts[i].Series))
			}
			return text(d, err)
		},
		"GotWorse": func(v *insight.View) string { return text(v.GotWorse(ctx, now, before, insight.NotCompleted())) },
		"Broke":    func(v *insight.View) string { return text(v.Runs(ctx, now, insight.RunsOf{Broke: "solved"}, 9)) },
	}
	for i, w := range []insight.Which{
		{},
		{From: at(20), Until: at(120)},
		{From: at(20), Until: at(120), By: insight.Ended},
		{Journey: "order"},
		{Journey: "secret"},
		{Journey: "nothing"},
		{Where: []insight.Where{{Column: "impact", Values: []string{"secretiron"}, Not: true}}},
	} {
		for name, ask := range map[string]func(*insight.View) string{
			"Outcomes": func(v *insight.View) string { return text(v.Outcomes(ctx, w)) },
			"Reopened": func(v *insight.View) string { return text(v.Reopened(ctx, w)) },
			"Promises": func(v *insight.View) string { return text(v.Promises(ctx, w, at(320), insight.Team)) },
			"Backlog":  func(v *insight.View) string { return text(v.Backlog(ctx, w, insight.Team)) },
			"Voice":    func(v *insight.View) string { return text(v.Voice(ctx, w)) },
			"Support":  func(v *insight.View) string { return text(v.Support(ctx, w)) },
			"Time":     func(v *insight.View) string { return text(v.Time(ctx, w)) },
			"Funnel":   func(v *insight.View) string { return text(v.Funnel(ctx, w, nil)) },
			"Paths":    func(v *insight.View) string { return text(v.Paths(ctx, w)) },
			"GoesWith": func(v *insight.View) string { return text(v.GoesWith(ctx, w, insight.TouchpointFailed())) },
			"AtStake":  func(v *insight.View) string { return text(v.AtStake(ctx, w, insight.FailedAt("call"))) },
			"Team":     func(v *insight.View) string { return text(v.Compare(ctx, w, insight.Team, insight.Completes())) },
			"Impact":   func(v *insight.View) string { return text(v.Compare(ctx, w, "impact", insight.Fails())) },
			"Runs":     func(v *insight.View) string { return text(v.Runs(ctx, w, insight.RunsOf{}, 9)) },
		} {
			asked[fmt.Sprint(name, " ", i)] = ask
		}
	}
	for n := range 12 {
		asked[fmt.Sprint("Find ", n)] = func(v *insight.View) string { return text(v.Find(ctx, event.RunRef{ID: fmt.Sprint(n)})) }
		asked[fmt.Sprint("Run ", n)] = func(v *insight.View) string { return text(v.Run(ctx, event.RunRef{Name: "order", ID: fmt.Sprint(n)})) }
		asked[fmt.Sprint("Customer ", n)] = func(v *insight.View) string { return text(v.Customer(ctx, fmt.Sprint("customer-", n))) }
	}
	return asked
}

func text(answer any, err error) string {
	b, _ := json.Marshal(answer) //nolint:errchkjson // an answer that is no JSON is an empty text in both
	return fmt.Sprint(err, " ", string(b))
}

// from returns a, from shortly before where it differs from b.
func from(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-80):min(len(a), i+120)]
}
