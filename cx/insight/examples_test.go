package insight_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestExamplesAreThoseOfGoesWith: as many runs are bad as GoesWith counts, for each kind of bad runs and each finding.
func TestExamplesAreThoseOfGoesWith(t *testing.T) {
	t.Parallel()
	w := world{lives: wanderers(), now: at(90)}
	for i := range w.lives {
		l := &w.lives[i]
		l.verdict = []event.Verdict{0, event.Positive, event.Negative}[i%3]
		l.touched = append(l.touched, touched{3, "pay", []event.Outcome{event.OK, event.OK, event.Failed}[i%3]})
		if i%4 == 0 {
			l.due, l.broken = 10, 10
		}
	}
	v := loaded(t, w.lives).View(insight.Everything(), w.now)
	for _, bad := range everyBad() {
		q := insight.Which{Journey: "ticket"}
		all, err := v.GoesWith(t.Context(), q, bad)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Examples(t.Context(), q, bad, 5)
		if err != nil {
			t.Fatal(err)
		}
		if got.Found != all.Answer.Whole.Count || got.Of != all.Answer.Whole.N || got.TooYoung != all.TooYoung || got.AtAge != all.AtAge {
			t.Errorf("%s: %d of %d, %d too young at %s; GoesWith has %d of %d, %d at %s", bad, got.Found, got.Of, got.TooYoung, got.AtAge,
				all.Answer.Whole.Count, all.Answer.Whole.N, all.TooYoung, all.AtAge)
		}
		if n := int64(len(got.Typical) + len(got.Worst)); n != min(10, got.Found) {
			t.Errorf("%s: %d examples of %d bad runs", bad, n, got.Found)
		}
	}
}

// TestWhichExamples: typical ones are the nearest to the median, and the worst are the longest of the others. Traces of failures come first.
func TestWhichExamples(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 21 { // run n takes n+1 hours
		l := ticket(n, float64(n))
		l.ended, l.outcome = float64(n+1), event.Failed
		l.touched = []touched{{0.2, "look", event.OK}, {0.4, "look", event.OK}, {0.6, "pay", event.Failed}}
		events := l.events()
		for i := range events {
			if events[i].Touchpoint != "" {
				events[i].SpanContext = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: byte(i)}, SpanID: trace.SpanID{7: 1}})
			}
		}
		m.events = append(m.events, events...)
	}
	v := tableOf(t, m).View(insight.Everything(), at(100))
	got, err := v.Examples(t.Context(), insight.Which{}, insight.EndedAs(event.Failed), 3)
	if err != nil {
		t.Fatal(err)
	}
	took := func(list []insight.Example) (all []time.Duration) {
		for _, e := range list {
			all = append(all, e.Took)
		}
		return all
	}
	if typical := took(got.Typical); !slices.Equal(typical, []time.Duration{11 * time.Hour, 10 * time.Hour, 12 * time.Hour}) {
		t.Errorf("typical: %v", typical)
	}
	if worst := took(got.Worst); !slices.Equal(worst, []time.Duration{21 * time.Hour, 20 * time.Hour, 19 * time.Hour}) {
		t.Errorf("worst: %v", worst)
	}
	for _, e := range append(got.Typical, got.Worst...) {
		want := []string{"00000000000000000000000000000003", "00000000000000000000000000000001", "00000000000000000000000000000002"}
		if !slices.Equal(e.Traces, want) {
			t.Errorf("the traces of %s are %q, want %q", e.Run.ID, e.Traces, want)
		}
	}
	few, err := v.Examples(t.Context(), insight.Which{}, insight.EndedAs(event.Failed), 50)
	if err != nil || len(few.Typical) != 21 || len(few.Worst) != 0 {
		t.Errorf("50 of 21 runs: %d and %d, %v", len(few.Typical), len(few.Worst), err)
	}
}

// TestExamplesAreRefused: single runs need the right, and their number is bounded.
func TestExamplesAreRefused(t *testing.T) {
	t.Parallel()
	table := loaded(t, wanderers())
	var denied *insight.DeniedError
	if _, err := table.View(insight.Viewer{Rights: insight.Numbers}, at(60)).Examples(t.Context(), insight.Which{}, insight.NotCompleted(), 5); !errors.As(err, &denied) {
		t.Errorf("without the right: %v", err)
	}
	for _, n := range []int{-1, 0, insight.MaxExamples + 1} {
		if _, err := table.View(insight.Everything(), at(60)).Examples(t.Context(), insight.Which{}, insight.NotCompleted(), n); !errors.Is(err, insight.ErrWhich) {
			t.Errorf("%d examples: %v", n, err)
		}
	}
	other, err := table.View(insight.Viewer{Rights: insight.Numbers | insight.Customers, Journeys: []string{"order"}}, at(60)).Examples(t.Context(), insight.Which{}, insight.NotCompleted(), 50)
	if err != nil || other.Found == 0 {
		t.Fatalf("%d runs of the viewer's own, %v", other.Found, err)
	}
	for _, e := range append(other.Typical, other.Worst...) {
		if e.Run.Name != "order" {
			t.Errorf("%s is outside of the viewer's scope", e.Run.Name)
		}
	}
}
