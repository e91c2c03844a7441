package insight_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// questions are all questions, each with the number of runs that its answer is about.
func questions() map[string]func(context.Context, *insight.View, insight.Which) (int64, error) {
	return map[string]func(context.Context, *insight.View, insight.Which) (int64, error){
		"Outcomes": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Outcomes(ctx, w)
			return a.Runs, err
		},
		"Reopened": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Reopened(ctx, w)
			return a.Runs, err
		},
		"Promises": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Promises(ctx, w, time.Time{}, insight.Team)
			return a.Runs, err
		},
		"PromiseTrends": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.PromiseTrends(ctx, w, []time.Time{monday, at(100), at(200)})
			return a.Runs, err
		},
		"Live": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Live(ctx, w, at(50))
			return a.Runs, err
		},
		"Backlog": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Backlog(ctx, w, insight.Team)
			return a.Runs, err
		},
		"Compare": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Compare(ctx, w, insight.Segment, insight.Completes())
			return a.Runs, err
		},
		"ComparePeriods": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.ComparePeriods(ctx, w, w, insight.Fails())
			return a.Now.Runs, err
		},
		"Voice": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Voice(ctx, w)
			return a.Runs, err
		},
		"Support": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Support(ctx, w)
			return a.Runs, err
		},
		"Time": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Time(ctx, w)
			return a.Runs, err
		},
		"Changes": func(ctx context.Context, v *insight.View, w insight.Which) (n int64, err error) {
			a, err := v.Changes(ctx, w, w)
			for i := range a.List {
				if a.List[i].Promise == "" {
					n += a.List[i].Periods.Now.Runs
				}
			}
			return n, err
		},
		"Daily": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Daily(ctx, w, insight.DailySettings{})
			return a.Runs, err
		},
		"Breakdowns": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Breakdowns(ctx, w)
			return a.Runs, err
		},
		"AtStake": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.AtStake(ctx, w, insight.NotCompleted())
			return a.Runs, err
		},
		"Funnel": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Funnel(ctx, w, &w)
			return a.Runs, err
		},
		"Paths": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.Paths(ctx, w)
			return a.Runs, err
		},
		"PathMap": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.PathMap(ctx, w, nil)
			return a.Runs, err
		},
		"GoesWith": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.GoesWith(ctx, w, insight.NotCompleted())
			return a.Runs, err
		},
		"GotWorse": func(ctx context.Context, v *insight.View, w insight.Which) (int64, error) {
			a, err := v.GotWorse(ctx, w, w, insight.TouchpointFailed())
			return a.Runs, err
		},
	}
}

// elsewhere are the methods of View that are no question, because they are of the tests or, as State, about the table, and those that need the right to see customers, which
// TestStoriesAsEveryViewer, TestExamplesAreRefused and TestMatters ask.
var elsewhere = []string{"SetWorkers", "Workers", "WholeEvents", "State", "At", "For", "Edition", "Moment", "Runs", "Examples", "Find", "Near", "Run", "Matters", "Customer", "Sees"}

// TestQuestionsAreAll: every method of View is in the list of questions, so that the tests of viewers ask it.
func TestQuestionsAreAll(t *testing.T) {
	t.Parallel()
	view := reflect.TypeFor[*insight.View]()
	asked := questions()
	for i := range view.NumMethod() {
		if name := view.Method(i).Name; asked[name] == nil && !slices.Contains(elsewhere, name) {
			t.Errorf("View has the method %s, which no test asks as every viewer: add it to questions, or say here why it is no question", name)
		}
	}
}

// mixed are 60 runs: 30 tickets and 30 orders, a third of each in each segment.
func mixed() (lives []life) {
	for n := range 60 {
		l := ticket(n, float64(n))
		l.journey, l.segment = []string{"ticket", "order"}[n%2], []string{"gold", "iron", ""}[n/2%3]
		lives = append(lives, l)
	}
	return lives
}

// TestEveryQuestionAsEveryViewer: the right and the scope of the viewer hold in every question.
func TestEveryQuestionAsEveryViewer(t *testing.T) {
	t.Parallel()
	table := loaded(t, mixed())
	numbers := insight.Numbers
	for _, c := range []struct {
		name, reason string
		viewer       insight.Viewer
		which        insight.Which
		want         int64
		denied       insight.Right
		unknown      bool
	}{
		{"nobody", "the zero viewer sees nothing", insight.Viewer{}, insight.Which{}, 0, numbers, false},
		{"words alone", "the other rights do not imply numbers", insight.Viewer{Rights: insight.Words | insight.Customers | insight.Act}, insight.Which{}, 0, numbers, false},
		{"everything", "all runs", insight.Everything(), insight.Which{}, 60, 0, false},
		{"a journey", "no number has another journey", insight.Viewer{Rights: numbers, Journeys: []string{"order"}}, insight.Which{}, 30, 0, false},
		{"an owner", "the owner of the blueprint", insight.Viewer{Rights: numbers, Owners: []string{"support"}}, insight.Which{}, 30, 0, false},
		{"an owner or a journey", "each widens the scope", insight.Viewer{Rights: numbers, Owners: []string{"support"}, Journeys: []string{"order"}}, insight.Which{}, 60, 0, false},
		{"an unknown owner", "a scope without a journey is empty, and not all", insight.Viewer{Rights: numbers, Owners: []string{"nobody"}}, insight.Which{}, 0, 0, false},
		{"an empty owner", "it is no owner of a journey without one", insight.Viewer{Rights: numbers, Owners: []string{""}}, insight.Which{}, 0, 0, false},
		{"a segment", "no number has another segment", insight.Viewer{Rights: numbers, Segments: []string{"gold"}}, insight.Which{}, 20, 0, false},
		{
			"a segment, asked for another", "a condition does not widen the scope",
			insight.Viewer{Rights: numbers, Segments: []string{"gold"}},
			insight.Which{Where: []insight.Where{{insight.Segment, []string{"iron"}, false}}},
			0, 0, false,
		},
		{"another journey", "it does not tell whether there is one", insight.Viewer{Rights: numbers, Journeys: []string{"order"}}, insight.Which{Journey: "ticket"}, 0, 0, true},
		{"no journey", "a mistyped name is no empty answer", insight.Everything(), insight.Which{Journey: "tickets"}, 0, 0, true},
	} {
		for name, ask := range questions() {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				n, err := ask(t.Context(), table.View(c.viewer, at(100)), c.which)
				var denied *insight.DeniedError
				switch {
				case c.denied != 0:
					if !errors.As(err, &denied) || denied.Right != c.denied || denied.Question != name || !errors.Is(err, insight.ErrDenied) {
						t.Errorf("the error is %v: %s", err, c.reason)
					}
				case c.unknown:
					if !errors.Is(err, insight.ErrWhich) {
						t.Errorf("the error is %v: %s", err, c.reason)
					}
				case err != nil:
					t.Errorf("the error is %v: %s", err, c.reason)
				}
				if n != c.want {
					t.Errorf("%d runs, want %d: %s", n, c.want, c.reason)
				}
			})
		}
	}
}

// TestBadQuestions: a question without a meaning has an error that says what to do, in every method.
func TestBadQuestions(t *testing.T) {
	t.Parallel()
	table := loaded(t, mixed())
	view := table.View(insight.Everything(), at(100))
	for _, c := range []struct {
		reason, want string
		which        insight.Which
	}{
		{"a period that is over before it begins", "which is not after its beginning", insight.Which{From: at(2), Until: at(1)}},
		{"a mistyped column", `did you mean "segment"?`, insight.Which{Where: []insight.Where{{Column: "segmnet", Values: []string{"gold"}}}}},
		{"a condition without a value", "has no value", insight.Which{Where: []insight.Where{{Column: insight.Team}}}},
		{"a time that there is not", "want Begun or Ended", insight.Which{By: 99}},
	} {
		for name, ask := range questions() {
			if _, err := ask(t.Context(), view, c.which); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s of %s: %v", name, c.reason, err)
			}
		}
	}
	if _, err := view.Compare(t.Context(), insight.Which{}, "segmnet", insight.Completes()); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("a comparison by a mistyped column: %v", err)
	}
	if _, err := view.Outcomes(t.Context(), insight.Which{By: insight.FellDue}); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("outcomes by a due time: %v", err)
	}
	viewer := insight.Viewer{Rights: insight.Numbers}
	var denied *insight.DeniedError
	if _, err := table.View(viewer, at(100)).Compare(t.Context(), insight.Which{}, insight.Account, insight.Completes()); !errors.As(err, &denied) || denied.Right != insight.Customers {
		t.Errorf("accounts without the right to see customers: %v", err)
	}
}

// TestNotLoaded: a table answers nothing before it is loaded.
func TestNotLoaded(t *testing.T) {
	t.Parallel()
	table, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range questions() {
		if _, err := ask(t.Context(), table.View(insight.Everything(), time.Time{}), insight.Which{}); !errors.Is(err, insight.ErrLoading) {
			t.Errorf("%s of an empty table: %v", name, err)
		}
	}
	if err := table.Load(t.Context(), &memory{}); err != nil {
		t.Fatal(err)
	}
	for name, ask := range questions() {
		if n, err := ask(t.Context(), table.View(insight.Everything(), time.Time{}), insight.Which{}); err != nil || n != 0 {
			t.Errorf("%s of a source without events: %d, %v", name, n, err)
		}
	}
}

// TestOptions: faulty options are told all at once.
func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := insight.New(nil, insight.WithAttributes("stage", "", "ok"), insight.WithPeriod(at(1), at(0)), insight.WithLast(0), insight.WithConfidence(95))
	for _, want := range []string{"is a column already", "not after its beginning", "too short", "give 0.95"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if table, err := insight.New(nil, nil, insight.WithAttributes("b"), insight.WithAttributes("a", "b", "team")); err != nil || !slices.Contains(table.Columns(), "a") || len(table.Columns()) != 18 {
		t.Errorf("attributes of two options: %v, %v", table.Columns(), err)
	}
}

// TestForgottenCustomer: after a customer was forgotten, no answer has the runs.
func TestForgottenCustomer(t *testing.T) {
	t.Parallel()
	m := &memory{epoch: "1"}
	for n := range 8 {
		l := ticket(n, 0)
		m.events = append(m.events, l.events()...)
	}
	table := tableOf(t, m)
	m.events, m.epoch = slices.DeleteFunc(m.events, func(e event.Event) bool { return e.Customer.Hash == "customer-3" }), "2"
	if err := table.Load(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if o, err := table.View(insight.Everything(), at(1)).Outcomes(t.Context(), insight.Which{}); err != nil || o.Runs != 7 {
		t.Errorf("%d runs, want 7: %v", o.Runs, err)
	}
}

// TestProbes: what a probe did is in no answer, and a namespace is one environment.
func TestProbes(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 18 {
		l := ticket(n, 0)
		for _, e := range l.events() {
			if n < 6 {
				e.Actor = event.ActorSynthetic
			} else if n < 12 {
				e.Journey.Namespace = "staging"
			}
			m.events = append(m.events, e)
		}
	}
	view := tableOf(t, m).View(insight.Everything(), at(1))
	for namespace, want := range map[string]int64{"": 12, "staging": 6, "moon": 0} {
		for name, ask := range questions() {
			if n, err := ask(t.Context(), view, insight.Which{Namespace: namespace}); err != nil || n != want {
				t.Errorf("%s of %q: %d runs, want %d: %v", name, namespace, n, want, err)
			}
		}
	}
}

// TestHostileTexts: names from outside are in sentences as quoted texts.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 20 {
		l := ticket(n, 0)
		l.segment = []string{"a\n\x1b[31m", "<script>\u202e"}[n%2]
		lives = append(lives, l)
	}
	c, err := loaded(t, lives).View(insight.Everything(), at(1)).Compare(t.Context(), insight.Which{}, insight.Segment, insight.Fails())
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Groups {
		if s := c.Sentence(&c.Groups[i]); strings.ContainsAny(s, "\n\x1b\u202e") {
			t.Errorf("%q has a control character", s)
		}
	}
	if s := fmt.Sprint(insight.Right(0), insight.Numbers|insight.Act); s != "none numbers, act" {
		t.Errorf("rights are %q", s)
	}
}

// TestPeriodAndTeamOfTable: the options of a table show in its answers.
func TestPeriodAndTeamOfTable(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 20 {
		l := ticket(n, float64(n))
		l.team, l.impact = "north", "high"
		l.touched = []touched{{0.5, "call", event.OK}}
		lives = append(lives, l)
	}
	north := insight.Which{Where: []insight.Where{{Column: insight.Team, Values: []string{"north"}}}}
	for _, c := range []struct {
		reason  string
		options []insight.Option
		which   insight.Which
		want    int64
	}{
		{"the attribute team is the column", nil, north, 20},
		{"another attribute is the column", []insight.Option{insight.WithTeam("impact")}, insight.Which{Where: []insight.Where{{Column: insight.Team, Values: []string{"high"}}}}, 20},
		{"no attribute is the column", []insight.Option{insight.WithTeam("")}, north, 0},
		{"events of the period", []insight.Option{insight.WithPeriod(at(5), at(15))}, insight.Which{}, 10},
		{"events of the last hours", []insight.Option{insight.WithLast(hours(6))}, insight.Which{}, 7}, // from 13.5 to 19.5 hours: runs 13 to 19, the first of which began before
	} {
		o, err := loaded(t, lives, c.options...).View(insight.Everything(), time.Time{}).Outcomes(t.Context(), c.which)
		if err != nil {
			t.Fatal(err)
		}
		if o.Runs != c.want {
			t.Errorf("%d runs, want %d: %s", o.Runs, c.want, c.reason)
		}
	}
}

// TestSees: a journey is in the scope by its name, or by its owner in the blueprint.
func TestSees(t *testing.T) {
	t.Parallel()
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "order", Owner: "shop"}, {Name: "ticket"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		viewer insight.Viewer
		want   string
		reason string
	}{
		{insight.Viewer{}, "order ticket none", "without a scope, and without a right"},
		{insight.Viewer{Journeys: []string{"ticket"}}, "ticket", "by name"},
		{insight.Viewer{Owners: []string{"shop", ""}}, "order", "by owner; no owner is none"},
		{insight.Viewer{Owners: []string{"shop"}, Journeys: []string{"none"}}, "order none", "by either, whether or not there is one"},
		{insight.Viewer{Journeys: []string{""}}, "", "by an empty name"},
	} {
		var got []string
		for _, name := range []string{"order", "ticket", "none"} {
			if table.View(c.viewer, time.Time{}).Sees(name) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: it sees %q, want %q", c.reason, got, c.want)
		}
	}
}
