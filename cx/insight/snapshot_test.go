package insight_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// promised are so many tickets, one an hour, each with a promise and two segments.
func promised(from, until int) (all []event.Event) {
	for n := from; n < until; n++ {
		l := ticket(n, float64(n))
		l.due, l.segment = 48, []string{"gold", "iron"}[n%2]
		l.touched = []touched{{1, "call", event.OK}, {2, "mail", event.Failed}}
		all = append(all, l.events()...)
	}
	return all
}

// everyMethod has all questions, and what is asked of a single run or customer, without their answers.
func everyMethod() map[string]func(context.Context, *insight.View) error {
	all := map[string]func(context.Context, *insight.View) error{
		"Runs": func(ctx context.Context, v *insight.View) error {
			_, err := v.Runs(ctx, insight.Which{}, insight.RunsOf{}, 5)
			return err
		},
		"Examples": func(ctx context.Context, v *insight.View) error {
			_, err := v.Examples(ctx, insight.Which{}, insight.NotCompleted(), 2)
			return err
		},
		"Find": func(ctx context.Context, v *insight.View) error {
			_, err := v.Find(ctx, event.RunRef{ID: "7"})
			return err
		},
		"Near": func(ctx context.Context, v *insight.View) error { _, err := v.Near(ctx, "no. 7"); return err },
		"Run": func(ctx context.Context, v *insight.View) error {
			_, err := v.Run(ctx, event.RunRef{Name: "ticket", ID: "7"})
			return err
		},
		"Matters": func(ctx context.Context, v *insight.View) error {
			_, err := v.Matters(ctx, []event.RunRef{{Name: "ticket", ID: "7"}})
			return err
		},
		"Customer": func(ctx context.Context, v *insight.View) error { _, err := v.Customer(ctx, "customer-7"); return err },
		"State":    func(_ context.Context, v *insight.View) error { _, err := v.State(); return err },
		"Moment":   func(_ context.Context, v *insight.View) error { _, err := v.Moment(); return err },
		"WholeEvents": func(ctx context.Context, v *insight.View) error {
			return v.WholeEvents(ctx, event.Query{}, func(*event.Event) error { return nil })
		},
	}
	for name, ask := range questions() {
		all[name] = func(ctx context.Context, v *insight.View) error { _, err := ask(ctx, v, insight.Which{}); return err }
	}
	return all
}

// TestAskedWhileLoading: questions beside loads, each of a view of its own and of one of before. Run it with -race.
func TestAskedWhileLoading(t *testing.T) {
	t.Parallel()
	m := &memory{events: promised(0, 600), most: 100}
	table := tableOf(t, m)
	old := table.View(insight.Everything(), at(700))
	old.SetWorkers(2)
	first, err := old.Outcomes(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for name, ask := range questions() {
		wait.Go(func() {
			last := first.Runs
			for range 4 {
				if n, err := ask(t.Context(), old, insight.Which{}); err != nil || n != first.Runs {
					t.Errorf("%s of the old view: %d runs, want %d: %v", name, n, first.Runs, err)
				}
				n, err := ask(t.Context(), table.View(insight.Everything(), at(700)), insight.Which{})
				if err != nil || n < last {
					t.Errorf("%s: %d runs after %d: %v", name, n, last, err)
				}
				last = n
			}
		})
	}
	for range len(m.events) / m.most {
		if err := table.Load(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	if o, err := table.View(insight.Everything(), at(700)).Outcomes(t.Context(), insight.Which{}); err != nil || o.Runs != 600 {
		t.Errorf("%d runs, %v", o.Runs, err)
	}
}

// TestAnswersOfAViewAgree: a load does not change the answers of a view, whether or not it has a moment. Stories are as the source has them now, up to the moment.
func TestAnswersOfAViewAgree(t *testing.T) {
	t.Parallel()
	m := &memory{events: promised(0, 60)}
	table := tableOf(t, m)
	views := map[string]*insight.View{"of a moment": table.View(insight.Everything(), at(40)), "of the latest event": table.View(insight.Everything(), time.Time{})}
	views["at a moment"] = views["of the latest event"].At(at(40))
	questions := everyAnswer()
	before := map[string]string{}
	ask := func(each func(key, answer string)) {
		for _, view := range slices.Sorted(maps.Keys(views)) {
			for name, question := range questions {
				if story := strings.HasPrefix(name, "Find") || strings.HasPrefix(name, "Run ") || strings.HasPrefix(name, "Customer"); story && view == "of the latest event" {
					continue
				}
				each(view+", "+name, question(views[view]))
			}
		}
	}
	ask(func(key, answer string) { before[key] = answer })
	late := ticket(7, 7) // more of a run that the views have
	late.touched, late.team, late.verdict, late.ended, late.outcome = []touched{{100, "visit", event.Failed}}, "west", event.Negative, 101, event.Failed
	m.events = append(append(m.events, promised(60, 150)...), late.events()[1:]...)
	if err := table.Load(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	ask(func(key, answer string) {
		if was := before[key]; was != answer {
			t.Errorf("%s: %s\nand after a load: %s", key, from(was, answer), from(answer, was))
		}
	})
	for name, view := range views {
		if a, err := view.Outcomes(t.Context(), insight.Which{}); err != nil || a.Basis.Rows != 60 {
			t.Errorf("a view %s rests on %d runs, want 60: %v", name, a.Basis.Rows, err)
		}
	}
	if s, err := table.View(insight.Everything(), time.Time{}).State(); err != nil || s.Runs != 150 {
		t.Errorf("a new view has %d runs, want 150: %v", s.Runs, err)
	}
	if moment, err := views["of the latest event"].Moment(); err != nil || !moment.Equal(at(61)) {
		t.Errorf("the moment is %v, %v, want that of the last event when the view was made, %v", moment, err, at(61))
	}
}

// stuck is a source that gives all that it has in each scan, and waits before its last event.
type stuck struct {
	*memory
	reached, goOn chan struct{}
}

func (s *stuck) Scan(ctx context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	n := 0
	return s.memory.Scan(ctx, event.Scan{}, func(e *event.Event) error {
		if n++; n == len(s.events) {
			close(s.reached)
			<-s.goOn
		}
		return each(e)
	})
}

// TestAskedWhileALoadIsStuck: a load that waits for its source keeps no question waiting, nor does a question keep a load.
func TestAskedWhileALoadIsStuck(t *testing.T) {
	t.Parallel()
	table := tableOf(t, &memory{events: promised(0, 60)})
	old := table.View(insight.Everything(), at(300))
	s := &stuck{&memory{events: promised(60, 90)}, make(chan struct{}), make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- table.Load(t.Context(), s) }()
	<-s.reached
	for name, ask := range questions() {
		for which, view := range map[string]*insight.View{"old": old, "new": table.View(insight.Everything(), at(300))} {
			if n, err := ask(t.Context(), view, insight.Which{}); err != nil || n != 60 {
				t.Errorf("%s of the %s view: %d runs, want 60: %v", name, which, n, err)
			}
		}
	}
	close(s.goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n, err := questions()["Outcomes"](t.Context(), table.View(insight.Everything(), at(300)), insight.Which{}); err != nil || n != 90 {
		t.Errorf("after the load %d runs, want 90: %v", n, err)
	}
}

// TestViewOfBefore: a view of before the first load, and one of before an erasure, answer nothing, in any question, also when the table has been loaded since.
func TestViewOfBefore(t *testing.T) {
	t.Parallel()
	m := &memory{events: promised(0, 60), epoch: "1"}
	table, err := insight.New(tickets(), insight.WithAttributes("impact"))
	if err != nil {
		t.Fatal(err)
	}
	never := table.View(insight.Everything(), at(300))
	load := func() {
		t.Helper()
		if err := table.Load(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	load()
	before := table.View(insight.Everything(), at(300))
	for i, v := 0, reflect.TypeFor[*insight.View](); i < v.NumMethod(); i++ {
		if name := v.Method(i).Name; everyMethod()[name] == nil && !slices.Contains([]string{"At", "For", "Edition", "Sees", "SetWorkers", "Workers"}, name) {
			t.Errorf("View has the method %s, which this test does not ask: add it to everyMethod", name)
		}
	}
	for name, ask := range everyMethod() {
		if err := ask(t.Context(), before); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := ask(t.Context(), never); !errors.Is(err, insight.ErrLoading) {
			t.Errorf("%s of a view of before the first load: %v", name, err)
		}
	}
	m.events, m.epoch = slices.DeleteFunc(m.events, func(e event.Event) bool { return e.Customer.Hash == "customer-3" }), "2"
	load()
	for name, ask := range everyMethod() {
		for _, view := range []*insight.View{before, before.At(at(2))} {
			if err := ask(t.Context(), view); !errors.Is(err, insight.ErrLoading) {
				t.Errorf("%s of a view of before an erasure: %v", name, err)
			}
		}
		if err := ask(t.Context(), table.View(insight.Everything(), at(300))); err != nil {
			t.Errorf("%s of a new view: %v", name, err)
		}
	}
}

// forgetting is a context that has the table forget a customer when a question asks it for the first time whether it has ended.
type forgetting struct {
	context.Context
	once   sync.Once
	forget func()
}

func (f *forgetting) Err() error {
	f.once.Do(f.forget)
	return f.Context.Err()
}

// TestForgottenMeanwhile: a question during which a customer is forgotten gives no answer, whether it reads columns or whole events.
func TestForgottenMeanwhile(t *testing.T) {
	t.Parallel()
	for name, ask := range questions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &memory{events: promised(0, 60), epoch: "1"}
			table := tableOf(t, m)
			view := table.View(insight.Everything(), at(300))
			view.SetWorkers(1)
			forgot := false
			ctx := &forgetting{Context: t.Context(), forget: func() {
				forgot = true
				if err := table.Load(t.Context(), &memory{events: promised(4, 60), epoch: "2"}); err != nil {
					t.Error(err)
				}
			}}
			if _, err := ask(ctx, view, insight.Which{}); !errors.Is(err, insight.ErrLoading) || !forgot {
				t.Errorf("it returns %v; asked whether the context has ended: %t", err, forgot)
			}
		})
	}
	for name, ask := range everyMethod() {
		if name == "State" || name == "Moment" || name == "Runs" || name == "Near" || questions()[name] != nil && name != "Voice" && name != "Support" {
			continue // they read no whole events
		}
		m := &memory{events: promised(0, 60), epoch: "1"}
		table := tableOf(t, m)
		view := table.View(insight.Everything(), at(300))
		m.reading = func() {
			if err := table.Load(t.Context(), &memory{events: promised(4, 60), epoch: "2"}); err != nil {
				t.Error(err)
			}
		}
		err := ask(t.Context(), view)
		if name == "Find" { // it is in the table
			err = fmt.Errorf("%w", insight.ErrLoading)
		}
		if !errors.Is(err, insight.ErrLoading) {
			t.Errorf("%s: a customer is forgotten while it reads whole events: %v", name, err)
		}
	}
	m := &memory{events: promised(0, 60), epoch: "1"}
	table := tableOf(t, m)
	if err := table.View(insight.Everything(), at(300)).WholeEvents(t.Context(), event.Query{Limit: 1}, func(*event.Event) error {
		return table.Load(t.Context(), &memory{events: promised(4, 60), epoch: "2"})
	}); !errors.Is(err, insight.ErrLoading) {
		t.Errorf("a customer is forgotten after the last event has been read: %v", err)
	}
}
