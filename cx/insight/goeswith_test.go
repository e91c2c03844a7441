package insight_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// everyBad has each kind of bad runs.
func everyBad() []insight.Bad {
	return []insight.Bad{
		insight.NotCompleted(), insight.EndedAs(event.Failed), insight.EndedAs(event.Cancelled), insight.EndedAs(event.Abandoned), insight.PromiseBroken("solved"),
		insight.ObjectiveMissed("ticket-solved"), insight.WasReopened(), insight.AnsweredNegative(), insight.TouchpointFailed(),
	}
}

// fate is what the model says of one run: it is asked or not, too young or not, and bad or not.
type fate struct{ asked, young, bad bool }

// ended returns the hours until the run was told to have ended by the moment, and -1.
func (w *world) ended(l *life) float64 {
	if w.happened(l, l.ended) {
		return l.ended
	}
	return -1
}

// failed, reopens and negative are hours until a run was bad, and -1 if it was not.
func (w *world) failed(l *life) float64 {
	if l.outcome == event.Failed {
		return w.ended(l)
	}
	return -1
}

// reopened returns the hours from the end to the first touchpoint after it, and -1.
func (w *world) reopened(l *life) float64 {
	first := -1.0
	for _, t := range l.touched {
		if w.happened(l, t.at) && t.at > l.ended && (first < 0 || t.at-l.ended < first) {
			first = t.at - l.ended
		}
	}
	return first
}

// fates judges all runs of the question.
func (w *world) fates(q *insight.Which, bad int) (all []fate) {
	aged := func(hit func(*life) float64, inverse bool) {
		measure := w.atAge(q, hit)
		for _, l := range w.about(q) {
			counts, is := measure(l)
			all = append(all, fate{true, !counts, is != inverse})
		}
	}
	switch bad {
	case 0:
		aged(w.completes, true)
	case 1:
		aged(w.failed, false)
	case 2:
		aged(func(l *life) float64 {
			if l.outcome == event.Cancelled {
				return w.ended(l)
			}
			return -1
		}, false)
	case 3:
		aged(w.silent, false)
	case 4, 5:
		for _, l := range w.about(q) {
			counts, kept := w.kept(l)
			young := l.due > 0 && !w.happened(l, l.due) && (!w.happened(l, l.withdrawn) || w.happened(l, l.kept))
			asked := (counts || young) && (bad == 4 || l.journey == "ticket")
			all = append(all, fate{asked, young, !kept})
		}
	case 6:
		all = w.reopenedFates(q)
	case 7:
		for _, l := range w.about(q) {
			all = append(all, fate{l.verdict != 0, false, l.verdict == event.Negative})
		}
	default:
		aged(w.fails, false)
	}
	return all
}

// reopenedFates compares runs at one time since their end, if some of them have not had the time within which 95 of 100 reopenings came.
func (w *world) reopenedFates(q *insight.Which) (all []fate) {
	var again []float64
	for _, l := range w.about(q) {
		if w.ended(l) >= 0 && l.outcome != event.Abandoned && w.reopened(l) >= 0 {
			again = append(again, w.reopened(l))
		}
	}
	slices.Sort(again)
	needed, youngest := 0.0, 1e9
	if len(again) > 0 {
		needed = again[int(math.Ceil(0.95*float64(len(again))))-1]
	}
	for _, l := range w.about(q) {
		if w.ended(l) >= 0 && l.outcome != event.Abandoned {
			youngest = min(youngest, w.now.Sub(l.at(l.ended)).Hours())
		}
	}
	for _, l := range w.about(q) {
		since := w.now.Sub(l.at(l.ended)).Hours()
		after := w.reopened(l)
		asked := w.ended(l) >= 0 && l.outcome != event.Abandoned
		young := youngest < needed && since < needed
		all = append(all, fate{asked, young, after >= 0 && (youngest >= needed || after <= needed)})
	}
	return all
}

// goesWith works out the counts of [insight.GoesWith] as text.
func (w *world) goesWith(q *insight.Which, bad int) string {
	about := w.about(q)
	if n := people(about); n > 0 && n < 5 {
		return "hidden"
	}
	var runs, bads, young, without int
	var old []*life
	for i, f := range w.fates(q, bad) {
		switch {
		case !f.asked:
			without++
		case f.young:
			young++
		default:
			old = append(old, about[i])
			runs++
			if f.bad {
				bads++
			}
		}
	}
	if n := people(old); n > 0 && n < 5 {
		return "hidden"
	}
	return fmt.Sprint(len(about), ": ", bads, " of ", runs, ", ", young, " young, ", without, " not asked")
}

// TestGoesWithOfModel: which runs are bad, too young or not asked is what a model says that looks at one run after the other, for each kind of bad runs.
func TestGoesWithOfModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := world{lives: drawLives(rt), now: at(float64(rapid.IntRange(0, 250).Draw(rt, "now")))}
		for i := range w.lives {
			w.lives[i].verdict = rapid.SampledFrom([]event.Verdict{0, event.Positive, event.Negative}).Draw(rt, "verdict")
		}
		view := loaded(t, w.lives).View(insight.Everything(), w.now)
		q := insight.Which{Journey: rapid.SampledFrom([]string{"", "ticket", "order"}).Draw(rt, "about")}
		for i, bad := range everyBad() {
			g, err := view.GoesWith(t.Context(), q, bad)
			if err != nil {
				rt.Fatal(err)
			}
			got := fmt.Sprint(g.Runs, ": ", g.Answer.Whole.Count, " of ", g.Answer.Whole.N, ", ", g.TooYoung, " young, ", g.NotAsked, " not asked")
			if g.Hidden {
				got = "hidden"
			}
			if want := w.goesWith(&q, i); got != want {
				rt.Fatalf("%s: %s, want %s", bad, got, want)
			}
		}
	})
}

// TestGoesWithNumbers: the numbers of a finding are those that are counted from the runs, with those of the young ones left out.
func TestGoesWithNumbers(t *testing.T) {
	t.Parallel()
	m := worked(0)
	table := tableOf(t, m)
	// At 30 hours, the promises of tickets from hour 6 on are not due: 300 of 400 are due, half of the south.
	g, err := table.View(insight.Everything(), at(30)).GoesWith(t.Context(), insight.Which{}, insight.PromiseBroken("solved"))
	if err != nil {
		t.Fatal(err)
	}
	inside, bad := 0, 0
	for n := range 301 {
		if n/2%2 == 1 {
			inside++
			if n%3 > 0 {
				bad++
			}
		}
	}
	if len(g.Answer.Findings) != 1 || g.TooYoung != 99 || !strings.Contains(g.Warning, "99 promises are left out, because they are not due yet") {
		t.Fatalf("%+v", g)
	}
	f := g.Answer.Findings[0]
	if held(f) != "team=south" || f.Inside.N != int64(inside) || f.Inside.Count != int64(bad) || f.Outside.N != int64(301-inside) || f.Outside.Count != 0 || f.Excess.Value != float64(bad) {
		t.Errorf("%d of %d inside, %d of %d outside, %v in excess; want %d of %d, 0 of %d", f.Inside.Count, f.Inside.N, f.Outside.Count, f.Outside.N, f.Excess.Value, bad, inside, 301-inside)
	}
}

// TestColumnsThatFollow: a column that follows from a bad run is no answer, though it goes with it perfectly, and the answer says why it is left out.
func TestColumnsThatFollow(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 400 {
		l := ticket(n, 0)
		l.team, l.impact = []string{"north", "south"}[n%2], []string{"high", "low"}[n%2]
		l.due, l.kept, l.ended, l.outcome, l.verdict = 24, 6, 6, event.Completed, event.Positive
		l.touched = []touched{{1, "call", event.OK}}
		if n%4 == 0 {
			l.kept, l.broken, l.ended, l.outcome, l.verdict = -1, 24, 30, event.Failed, event.Negative
			l.touched = []touched{{1, "call", event.Failed}, {40, "call", event.OK}}
		}
		lives = append(lives, l)
	}
	view := loaded(t, lives).View(insight.Everything(), at(100))
	for bad, want := range map[insight.Bad][]insight.Column{
		insight.FailedAt("call"):                   {insight.Failures, insight.Cause, insight.Outcome, insight.Stage, insight.Verdict},
		insight.NotCompleted():                     {insight.Outcome, insight.Stage, insight.Cause, insight.Verdict, insight.Failures},
		insight.EndedAs(event.Failed):              {insight.Outcome, insight.Stage, insight.Cause, insight.Verdict, insight.Failures},
		insight.PromiseBroken("solved"):            {insight.Outcome, insight.Stage, insight.Cause, insight.Verdict},
		insight.ObjectiveMissed("ticket-solved"):   {insight.Outcome, insight.Stage, insight.Cause, insight.Verdict},
		insight.WasReopened():                      {insight.Outcome, insight.Verdict, insight.Failures, insight.Channel, insight.Actor, insight.Queue, insight.Team},
		insight.AnsweredNegative():                 {insight.Verdict},
		insight.TouchpointFailed():                 {insight.Failures, insight.Cause, insight.Outcome, insight.Stage, insight.Verdict},
		insight.ObjectiveMissed("calls-succeed"):   {insight.Failures, insight.Cause, insight.Outcome, insight.Stage, insight.Verdict},
		insight.ObjectiveMissed("tickets-quickly"): {insight.Outcome, insight.Stage, insight.Cause, insight.Verdict, insight.Failures},
	} {
		g, err := view.GoesWith(t.Context(), insight.Which{}, bad)
		if err != nil {
			t.Fatalf("%s: %v", bad, err)
		}
		var got []insight.Column
		for _, l := range g.LeftOut {
			got = append(got, l.Column)
			if l.Why == "" || slices.Contains(g.Columns, l.Column) {
				t.Errorf("%s: %s takes part, or has no reason to be left out", bad, l.Column)
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", bad, diff)
		}
		if len(g.Answer.Findings) == 0 || g.Answer.Whole.Count != 100 {
			t.Errorf("%s: %d of %d are bad, %d findings", bad, g.Answer.Whole.Count, g.Answer.Whole.N, len(g.Answer.Findings))
		}
		for _, f := range g.Answer.Findings {
			for _, h := range f.Held {
				if slices.Contains(want, insight.Column(h.Column)) {
					t.Errorf("%s: found %s", bad, held(f))
				}
			}
		}
	}
}

// TestAccounts: accounts take part for those who may see customers, and for no one else.
func TestAccounts(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 400 {
		l := ticket(n, 0)
		l.ended, l.outcome = 1, event.Completed
		if n%4 == 0 {
			l.outcome = event.Failed
		}
		for _, e := range l.events() {
			e.Customer.Account = fmt.Sprint("account-", n%4)
			m.events = append(m.events, e)
		}
	}
	table := tableOf(t, m)
	for _, c := range []struct {
		rights insight.Right
		want   string
	}{{insight.Numbers | insight.Customers, "account=account-0"}, {insight.Numbers, ""}} {
		g, err := table.View(insight.Viewer{Rights: c.rights}, at(10)).GoesWith(t.Context(), insight.Which{}, insight.NotCompleted())
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, f := range g.Answer.Findings {
			found += held(f)
		}
		if found != c.want || slices.Contains(g.Columns, insight.Account) != (c.want != "") || strings.Contains(strings.Join(g.Sentences(), ""), "account-") != (c.want != "") {
			t.Errorf("with the rights %s found %q, want %q", c.rights, found, c.want)
		}
	}
}

// TestArms: "because" is said of an arm, and only where chance has put customers into it: not by another column, not of a selection by what came later, and
// not against the arms of another experiment.
func TestArms(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 800 {
		l := ticket(n, 0)
		l.ended, l.outcome = 1, event.Completed
		v := event.Variant{Experiment: []string{"button", "price"}[n/400], Arm: []string{"a", "b"}[n%2]}
		// The arm b of button is worse than a. Both arms of price are as bad as b.
		if worse := v.Experiment == "price" || v.Arm == "b"; n%10 == n/2%10 || worse && n/2%3 == 0 {
			l.outcome = event.Failed
		}
		for _, e := range l.events() {
			e.Variant = &v
			m.events = append(m.events, e)
		}
	}
	table := tableOf(t, m)
	for _, c := range []struct {
		reason string
		which  insight.Which
		bad    insight.Bad
		causal bool
	}{
		{"all runs, by their end", insight.Which{}, insight.NotCompleted(), true},
		{"a period of beginnings", insight.Which{From: at(-1)}, insight.EndedAs(event.Failed), true},
		{"a period of ends, which an arm may shift", insight.Which{From: at(-1), By: insight.Ended}, insight.NotCompleted(), false},
		{"a channel that the arm may have led to", insight.Which{Where: []insight.Where{{Column: insight.Channel, Values: []string{"fax"}, Not: true}}}, insight.NotCompleted(), false},
	} {
		g, err := table.View(insight.Everything(), at(10)).GoesWith(t.Context(), c.which, c.bad)
		if err != nil {
			t.Fatal(err)
		}
		causal := ""
		for _, f := range g.Answer.Findings {
			if f.Causal {
				causal += held(f)
				if f.Inside.N != 200 || f.Outside.N != 200 {
					t.Errorf("%d runs of the arm against %d, want 200 against 200 of the same experiment", f.Inside.N, f.Outside.N)
				}
			}
		}
		if want := map[bool]string{true: "arm=button: b"}[c.causal]; causal != want {
			t.Errorf("%s: %q is a cause, want %q", c.reason, causal, want)
		}
	}
}

// TestRoseBoth: a run of both selections counts as one of now.
func TestRoseBoth(t *testing.T) {
	t.Parallel()
	view := tableOf(t, worked(200)).View(insight.Everything(), at(72))
	g, err := view.GotWorse(t.Context(), insight.Which{From: at(4)}, insight.Which{}, insight.PromiseBroken("solved"))
	if err != nil {
		t.Fatal(err)
	}
	if g.Both != 200 || g.Before.Runs != 400 || g.Answer.Whole.N != 200 || g.Answer.Before.N != 200 || len(g.Answer.Findings) != 1 {
		t.Errorf("%d in both, %d before, %d now against %d", g.Both, g.Before.Runs, g.Answer.Whole.N, g.Answer.Before.N)
	}
}

// TestRoseYoung: as TestTooYoung: orders of two periods are alike, and those of the later one have had less time. Nothing rose.
func TestRoseYoung(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 2000 {
		l := ticket(n, 48*float64(n)/2000)
		l.journey, l.segment = "order", []string{"gold", "iron"}[n/3%2]
		l.ended, l.outcome = float64(n%24), event.Completed
		lives = append(lives, l)
	}
	g, err := loaded(t, lives).View(insight.Everything(), at(36)).GotWorse(t.Context(), insight.Which{From: at(24)}, insight.Which{Until: at(24)}, insight.NotCompleted())
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Answer.Findings) != 0 || g.AtAge == 0 || g.TooYoung == 0 || g.Warning == "" {
		t.Errorf("%s", g.Sentence())
	}
	share, before := g.Answer.Whole.Value, g.Answer.Before.Value
	if share < before-0.1 || share > before+0.1 {
		t.Errorf("%.2f now and %.2f before are not of one age", share, before)
	}
}

// TestBadThatIsNone: what cannot be asked says why.
func TestBadThatIsNone(t *testing.T) {
	t.Parallel()
	view := loaded(t, mixed()).View(insight.Everything(), at(100))
	for _, c := range []struct {
		bad          insight.Bad
		want, reason string
	}{
		{insight.EndedAs(event.Completed), "is not a bad one", "a good end"},
		{insight.EndedAs(0), "is not a bad one", "no end"},
		{insight.PromiseBroken(""), "has no name", "no promise"},
		{insight.ObjectiveMissed("ticket-sovled"), `did you mean "ticket-solved"?`, "a mistyped objective"},
		{insight.ObjectiveMissed("answers"), "has a survey as its subject", "an objective on what the columns do not have"},
		{insight.ObjectiveMissed("quick-calls"), "has a bound on the time of a touchpoint", "the time of touchpoints is no column"},
	} {
		for name, ask := range map[string]func() (insight.GoesWith, error){
			"GoesWith": func() (insight.GoesWith, error) { return view.GoesWith(t.Context(), insight.Which{}, c.bad) },
			"GotWorse": func() (insight.GoesWith, error) {
				return view.GotWorse(t.Context(), insight.Which{}, insight.Which{}, c.bad)
			},
		} {
			if _, err := ask(); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s of %s: %v, want %q", name, c.reason, err, c.want)
			}
		}
	}
	if _, err := view.GotWorse(t.Context(), insight.Which{}, insight.Which{Journey: "nothing"}, insight.Bad{}); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("a selection before of a journey that there is not: %v", err)
	}
	if _, err := view.GotWorse(t.Context(), insight.Which{}, insight.Which{By: 99}, insight.Bad{}); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("a selection before by no time: %v", err)
	}
	shop := loaded(t, mixed()).View(insight.Viewer{Rights: insight.Numbers, Owners: []string{"shop"}}, at(100))
	if _, err := shop.GoesWith(t.Context(), insight.Which{}, insight.ObjectiveMissed("ticket-solved")); !errors.Is(err, insight.ErrWhich) || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("an objective on a journey that the viewer does not see: %v", err)
	}
}

// TestTies: of two values with the same numbers the first one is that which is first in the order of bytes, whichever arrived first.
func TestTies(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 400 {
		l := ticket(n, 0)
		l.segment, l.ended, l.outcome = []string{"zinc", "tin", "alum", "iron"}[n%4], 1, event.Completed
		if l.segment == "zinc" || l.segment == "alum" {
			if n/4%2 == 0 {
				l.outcome = event.Failed
			}
		}
		lives = append(lives, l)
	}
	g, err := loaded(t, lives).View(insight.Everything(), at(2)).GoesWith(t.Context(), insight.Which{}, insight.NotCompleted())
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Answer.Findings) != 2 || held(g.Answer.Findings[0]) != "segment=alum" || held(g.Answer.Findings[1]) != "segment=zinc" {
		t.Errorf("%s", g.Sentence())
	}
}

// TestOneCustomer: 40 bad runs of one customer in a segment are one customer's, and go with no segment.
func TestOneCustomer(t *testing.T) {
	t.Parallel()
	lives := make([]life, 0, 400)
	for n := range 400 {
		l := ticket(n, 0)
		l.segment, l.ended, l.outcome = []string{"gold", "iron"}[n%2], 1, event.Completed
		if n < 80 && n%2 == 0 {
			l.customer, l.outcome = "the-one", event.Failed
		}
		lives = append(lives, l)
	}
	g, err := loaded(t, lives).View(insight.Everything(), at(2)).GoesWith(t.Context(), insight.Which{}, insight.NotCompleted())
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Answer.Findings) != 0 || g.Answer.Clustered != 1 {
		t.Errorf("%d are no more than one customer's: %s", g.Answer.Clustered, g.Sentence())
	}
}

// TestRoseHalf: where most runs of now have not had the time that runs need, both periods are compared at the age that half of those of now have had.
func TestRoseHalf(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 1200 {
		l := ticket(n, -200+200*float64(n)/1000)
		if n >= 1000 {
			l.begun = at(10 * float64(n-1000) / 200)
		}
		l.journey, l.segment = "order", []string{"gold", "iron"}[n/7%2]
		l.ended, l.outcome = float64(1+n%40), event.Completed
		lives = append(lives, l)
	}
	g, err := loaded(t, lives).View(insight.Everything(), at(10)).GotWorse(t.Context(), insight.Which{From: at(0)}, insight.Which{Until: at(0)}, insight.NotCompleted())
	if err != nil {
		t.Fatal(err)
	}
	if n := g.Answer.Whole.N; n < 95 || n > 105 || g.AtAge != hours(5.05) || g.TooYoung == 0 || len(g.Answer.Findings) != 0 {
		t.Errorf("%d runs at %s: %s", n, g.AtAge, g.Sentence())
	}
}
