package insight_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

func drawLives(t *rapid.T) []life {
	hour := func(label string, least, most int) float64 {
		return float64(rapid.IntRange(least, most).Draw(t, label))
	}
	lives := make([]life, rapid.IntRange(0, 30).Draw(t, "runs"))
	for n := range lives {
		l := ticket(n, hour("begun", 0, 100))
		l.journey = rapid.SampledFrom([]string{"ticket", "ticket", "order"}).Draw(t, "journey")
		l.customer = rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f", "g", "h", "i"}).Draw(t, "customer")
		l.segment = rapid.SampledFrom([]string{"", "gold", "iron"}).Draw(t, "segment")
		l.team = rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, "team")
		l.impact = rapid.SampledFrom([]string{"", "high", "low"}).Draw(t, "impact")
		for range rapid.IntRange(0, 3).Draw(t, "touchpoints") {
			l.touched = append(l.touched, touched{
				hour("touched", 0, 120), rapid.SampledFrom([]string{"call", "mail"}).Draw(t, "touchpoint"),
				rapid.SampledFrom([]event.Outcome{event.OK, event.Failed}).Draw(t, "outcome"),
			})
		}
		if rapid.Bool().Draw(t, "ends") {
			l.ended = hour("ended", 1, 100)
			l.outcome = rapid.SampledFrom([]event.Outcome{event.Completed, event.Completed, event.Failed, event.Cancelled, event.Abandoned}).Draw(t, "end")
		}
		if rapid.Bool().Draw(t, "promised") {
			l.due = hour("due", 1, 60)
			switch rapid.IntRange(0, 3).Draw(t, "settled") {
			case 0:
				l.kept = hour("kept", 0, int(l.due))
			case 1:
				l.broken = l.due
				if rapid.Bool().Draw(t, "late") {
					l.kept = l.due + hour("late by", 1, 5)
				}
			case 2:
				l.withdrawn = hour("withdrawn", 0, int(l.due))
			}
		}
		lives[n] = l
	}
	return lives
}

// world is what the model knows: the runs, and the moment of the view.
type world struct {
	lives []life
	now   time.Time
}

// happened reports whether something that many hours after the run's beginning is known at the moment.
func (w *world) happened(l *life, h float64) bool { return h >= 0 && !l.at(h).After(w.now) }

// state returns how a run stands, and when it ended.
func (w *world) state(l *life) (string, time.Time) {
	if w.happened(l, l.ended) {
		return l.outcome.String(), l.at(l.ended)
	}
	last := l.begun
	for _, t := range l.touched {
		if w.happened(l, t.at) && l.at(t.at).After(last) {
			last = l.at(t.at)
		}
	}
	for _, s := range l.entered {
		if w.happened(l, s.at) && l.at(s.at).After(last) {
			last = l.at(s.at)
		}
	}
	if silent := last.Add(72 * time.Hour); l.journey == "ticket" && !silent.After(w.now) {
		return "abandoned", silent
	}
	return "open", time.Time{}
}

// people counts customers, of whom each unknown one is another.
func people(lives []*life) int {
	known, unknown := map[string]bool{}, 0
	for _, l := range lives {
		if l.customer == "" {
			unknown++
		} else {
			known[l.customer] = true
		}
	}
	return len(known) + unknown
}

// few reports whether there are runs, and too few customers to be shown.
func few(lives []*life) bool { return len(lives) > 0 && people(lives) < 5 }

// about returns the runs that a question is about.
func (w *world) about(q *insight.Which) (lives []*life) {
	for i := range w.lives {
		l := &w.lives[i]
		when := l.begun
		if q.By == insight.Ended {
			if _, when = w.state(l); when.IsZero() && !(q.From.IsZero() && q.Until.IsZero()) {
				continue
			}
		}
		if l.begun.After(w.now) || q.Journey != "" && l.journey != q.Journey || !q.From.IsZero() && when.Before(q.From) || !q.Until.IsZero() && !when.Before(q.Until) {
			continue
		}
		if w.meets(l, q.Where) {
			lives = append(lives, l)
		}
	}
	return lives
}

func (w *world) meets(l *life, where []insight.Where) bool {
	for _, c := range where {
		if slices.Contains(c.Values, w.value(l, c.Column)) == c.Not {
			return false
		}
	}
	return true
}

func (w *world) value(l *life, c insight.Column) string {
	switch c {
	case insight.Segment:
		return l.segment
	case "impact":
		return l.impact
	case insight.Outcome:
		s, _ := w.state(l)
		return s
	case insight.Team:
		if len(l.touched) > 0 {
			return l.team // as the table knows it last
		}
		return ""
	default:
		return l.journey
	}
}

// outcomes works out the counts of [insight.Outcomes] as text.
func (w *world) outcomes(q *insight.Which) string {
	lives := w.about(q)
	if few(lives) {
		return "hidden"
	}
	states, back, open, of := map[string]int{}, 0, map[int]int{}, map[string][]*life{}
	var took []time.Duration
	oldest := time.Duration(0)
	for _, l := range lives {
		s, ended := w.state(l)
		states[s]++
		of[s] = append(of[s], l)
		switch s {
		case "completed":
			took = append(took, ended.Sub(l.begun))
		case "abandoned":
			if slices.ContainsFunc(l.touched, func(t touched) bool { return w.happened(l, t.at) && l.at(t.at).After(ended) }) {
				back++
			}
		case "open":
			age := w.now.Sub(l.begun)
			oldest = max(oldest, age)
			for i, days := range []int{90, 30, 7, 1, 0} {
				if age >= time.Duration(days)*24*time.Hour {
					open[4-i]++
					break
				}
			}
		}
	}
	if few(of["completed"]) {
		took = nil
	}
	if few(of["abandoned"]) {
		back = 0
	}
	if few(of["open"]) {
		open = nil // but the oldest is always one
	}
	return fmt.Sprint(len(lives), states["completed"], states["failed"], states["cancelled"], states["abandoned"], states["open"], back,
		len(took), quantile(took, 5), quantile(took, 9), open[0], open[1], open[2], open[3], open[4], oldest)
}

func outcomes(o *insight.Outcomes) string {
	if o.Hidden {
		return "hidden"
	}
	n := [5]int64{}
	for i, a := range o.Ages {
		n[i] = a.Count
	}
	return fmt.Sprint(o.Runs, o.Completed.Count, o.Failed.Count, o.Cancelled.Count, o.Silent.Count, o.Open.Count, o.CameBack.Count,
		o.Took.N, o.Took.Median, o.Took.P90, n[0], n[1], n[2], n[3], n[4], o.Oldest)
}

// TestQuestionsOfModel: whatever the runs, the moment and the question, the answers are those of a model that looks at one run after the other.
func TestQuestionsOfModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := world{lives: drawLives(rt), now: at(float64(rapid.IntRange(0, 250).Draw(rt, "now")))}
		m := &memory{}
		for i := range w.lives {
			m.events = append(m.events, w.lives[i].events()...)
		}
		if len(m.events) > 0 {
			m.events = rapid.Permutation(m.events).Draw(rt, "arrived")
		}
		view := tableOf(t, m).View(insight.Everything(), w.now)
		q := insight.Which{Journey: rapid.SampledFrom([]string{"", "ticket", "order"}).Draw(rt, "about"), By: rapid.SampledFrom([]insight.By{insight.Begun, insight.Ended}).Draw(rt, "by")}
		if rapid.Bool().Draw(rt, "bounded") {
			q.From = at(float64(rapid.IntRange(0, 100).Draw(rt, "from")))
			q.Until = q.From.Add(hours(float64(rapid.IntRange(1, 100).Draw(rt, "hours"))))
		}
		column := rapid.SampledFrom([]insight.Column{insight.Segment, "impact", insight.Outcome, insight.Journey, insight.Team}).Draw(rt, "column")
		if rapid.Bool().Draw(rt, "conditional") {
			q.Where = []insight.Where{{insight.Segment, rapid.SliceOfN(rapid.SampledFrom([]string{"", "gold", "nobody"}), 1, 2).Draw(rt, "values"), rapid.Bool().Draw(rt, "not")}}
		}
		o, err := view.Outcomes(t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		if got, want := outcomes(&o), w.outcomes(&q); got != want {
			rt.Fatalf("outcomes are %s, want %s", got, want)
		}
		by := w.now.Add(30 * time.Hour)
		p, err := view.Promises(t.Context(), q, by, column)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := gocmp.Diff(w.promises(&q, by, column), promiseLines(&p)); diff != "" {
			rt.Fatalf("promises (-model +view):\n%s", diff)
		}
		c, err := view.Compare(t.Context(), q, column, insight.Keeps("solved"))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := gocmp.Diff(w.compared(&q, column, w.kept, true), comparedLines(&c)); diff != "" {
			rt.Fatalf("comparison of promises (-model +view):\n%s", diff)
		}
		for _, m := range []struct {
			measure insight.Measure
			hit     func(*life) float64
		}{{insight.Completes(), w.completes}, {insight.EndsAs(event.Abandoned), w.silent}, {insight.Fails(), w.fails}} {
			if c, err = view.Compare(t.Context(), q, column, m.measure); err != nil {
				rt.Fatal(err)
			}
			if diff := gocmp.Diff(w.compared(&q, column, w.atAge(&q, m.hit), false), comparedLines(&c)); diff != "" {
				rt.Fatalf("comparison of %s (-model +view):\n%s", m.measure, diff)
			}
		}
	})
}
