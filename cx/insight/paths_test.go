package insight_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/paths"
)

// wanderers are tickets and orders whose stages, touchpoints and teams come back, and of whom some end, some fall silent, and some are open.
func wanderers() []life {
	rng := rand.New(rand.NewPCG(11, 12))
	lives := make([]life, 600)
	for n := range lives {
		l := ticket(n, 100*rng.Float64())
		l.journey = []string{"ticket", "order"}[n%2]
		h := 0.0
		for range rng.IntN(6) {
			h += 1 + 9*rng.Float64()
			l.touched = append(l.touched, touched{h, []string{"call", "mail", "visit"}[rng.IntN(3)], event.OK})
		}
		h = 0
		for range rng.IntN(5) {
			h += 0.5 + 5*rng.Float64()
			l.entered = append(l.entered, entered{h, []string{"cart", "payment", "confirmation"}[rng.IntN(3)]})
		}
		if rng.IntN(3) > 0 {
			l.ended, l.outcome = 5+20*rng.Float64(), []event.Outcome{event.Completed, event.Completed, event.Failed, event.Cancelled}[rng.IntN(4)]
		}
		lives[n] = l
	}
	return lives
}

// visit is a step of a run in the model, in hours since its beginning.
type visit struct {
	at   float64
	name string
}

func (w *world) stages(l *life) (steps []visit) {
	for _, s := range l.entered {
		if w.happened(l, s.at) {
			steps = append(steps, visit{s.at, s.stage})
		}
	}
	return steps
}

func (w *world) touchpoints(l *life) (steps []visit) {
	for _, s := range l.touched {
		if w.happened(l, s.at) {
			steps = append(steps, visit{s.at, s.name})
		}
	}
	return steps
}

// spent works out the seconds and the visits of each step, those of second visits, and of all runs.
func (w *world) spent(q *insight.Which, of func(*life) []visit) map[string]string {
	seconds, visits := map[string]float64{}, map[string]int{}
	for _, l := range w.about(q) {
		until := w.now.Sub(l.begun).Hours()
		if _, ended := w.state(l); !ended.IsZero() {
			until = ended.Sub(l.begun).Hours()
		}
		seconds["whole"] += until
		seen := map[string]bool{}
		steps := of(l)
		for i, s := range steps {
			next := until
			if i+1 < len(steps) {
				next = min(until, steps[i+1].at)
			}
			spent := max(0, next-s.at)
			seconds[s.name] += spent
			visits[s.name]++
			if seen[s.name] {
				seconds["again"] += spent
			}
			seen[s.name] = true
			if s.name == "payment" { // which the blueprint pauses
				seconds["waits"] += spent
			}
		}
	}
	all := map[string]string{}
	for name, h := range seconds {
		if name != "again" || h > 0 {
			all[name] = fmt.Sprintf("%.2f s, %d", 3600*h, visits[name])
		}
	}
	return all
}

func spent(t *paths.Time) map[string]string {
	all := map[string]string{"whole": fmt.Sprintf("%.2f s, 0", t.Whole.Seconds), "again": fmt.Sprintf("%.2f s, 0", t.Again.Seconds)}
	if t.Waits.Seconds > 0 {
		all["waits"] = fmt.Sprintf("%.2f s, 0", t.Waits.Seconds)
	}
	for _, s := range t.Stages {
		all[s.Name] = fmt.Sprintf("%.2f s, %d", s.Time.Seconds, s.Visits)
		if s.Wait != (s.Name == "payment") {
			all[s.Name] += " waits"
		}
	}
	return all
}

// TestTimeOfModel: where the time goes up to the moment of the view is what a model says that adds up one run after the other.
func TestTimeOfModel(t *testing.T) {
	t.Parallel()
	w := world{lives: wanderers()}
	table := loaded(t, w.lives)
	for _, now := range []float64{20, 60, 110, 300} {
		w.now = at(now)
		for _, journey := range []string{"ticket", "order"} {
			q := insight.Which{Journey: journey}
			s, err := table.View(insight.Everything(), w.now).Time(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			want, got := w.spent(&q, w.touchpoints), spent(s.Touchpoints)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("touchpoints of %s after %v hours (-model +view):\n%s", journey, now, diff)
			}
			if journey == "ticket" { // which pauses nothing
				continue
			}
			if diff := gocmp.Diff(w.spent(&q, w.stages), spent(s.Stages)); diff != "" {
				t.Errorf("stages after %v hours (-model +view):\n%s", now, diff)
			}
		}
	}
}

// TestFunnelOfModel: how far orders come within the age of the answer is what a model says, and so are the differences from the period before.
func TestFunnelOfModel(t *testing.T) {
	t.Parallel()
	w := world{lives: wanderers(), now: at(110)}
	stages := []string{"cart", "payment", "confirmation"}
	now, before := insight.Which{From: at(50)}, insight.Which{Until: at(50)}
	f, err := loaded(t, w.lives).View(insight.Everything(), w.now).Funnel(t.Context(), now, &before)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.List) != 1 || f.List[0].Journey != "order" || f.List[0].Change == nil {
		t.Fatalf("%+v", f)
	}
	one := f.List[0]
	limit := one.Now.Age.Age.Hours() + 1e-8 // the age is cut to microseconds
	count := func(q insight.Which) string {
		q.Journey = "order"
		reached, runs, young, completed := [3]int{}, 0, 0, 0
		for _, l := range w.about(&q) {
			if w.now.Sub(l.begun).Hours() < limit {
				young++
				continue
			}
			runs++
			far := -1
			for _, s := range w.stages(l) {
				if s.at <= limit {
					far = max(far, slices.Index(stages, s.name))
				}
			}
			for i := range far + 1 {
				reached[i]++
			}
			if h := w.completes(l); h >= 0 && h <= limit {
				completed++
			}
		}
		return fmt.Sprint(runs, young, reached, completed)
	}
	shown := func(f *paths.Funnel) string {
		reached := [3]int64{}
		for i, s := range f.Stages {
			reached[i] = s.Reached.Count
		}
		return fmt.Sprint(f.Runs, f.Young, reached, f.Completed.Count)
	}
	if got, want := shown(&one.Now), count(now); got != want {
		t.Errorf("now %s, want %s", got, want)
	}
	if got, want := shown(one.Before), count(before); got != want {
		t.Errorf("before %s, want %s", got, want)
	}
	if d := one.Change.Completed; math.Abs(d.Value-(one.Now.Completed.Value-one.Before.Completed.Value)) > 1e-12 || one.Both != 0 {
		t.Errorf("the difference is %v, %d runs are in both", d, one.Both)
	}
	// 95 of 100 that have arrived at the confirmation, and of those that were completed, had done so.
	var arrived, late float64
	for i := range w.lives {
		if l := &w.lives[i]; l.journey == "order" && w.completes(l) >= 0 {
			arrived++
			if w.completes(l) > limit {
				late++
			}
		}
	}
	if late/arrived > 0.1 {
		t.Errorf("at the age %v, %v of %v that were completed had not been", limit, late, arrived)
	}
}

// TestPathsOfModel: the paths up to the moment of the view, and what follows what, are those of a model.
func TestPathsOfModel(t *testing.T) {
	t.Parallel()
	w := world{lives: wanderers(), now: at(60)}
	q := insight.Which{Journey: "ticket"}
	r, err := loaded(t, w.lives).View(insight.Everything(), w.now).Paths(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	counts, pairs := map[string]int64{}, map[string]int64{}
	for _, l := range w.about(&q) {
		var names []string
		for i, s := range w.touchpoints(l) {
			names = append(names, s.name)
			if i > 0 {
				pairs[names[i-1]+" "+s.name]++
			}
		}
		if len(names) > 0 {
			counts[strings.Join(names, " ")]++
		}
	}
	if r.Variants.Distinct != int64(len(counts)) || r.Follows.Distinct != int64(len(pairs)) || len(r.Variants.Shown) < 5 {
		t.Errorf("%d paths and %d pairs, want %d and %d", r.Variants.Distinct, r.Follows.Distinct, len(counts), len(pairs))
	}
	for _, v := range r.Variants.Shown {
		if got, want := v.Share.Count, counts[strings.Join(v.Steps, " ")]; got != want {
			t.Errorf("%d runs took %v, want %d", got, v.Steps, want)
		}
	}
	for _, p := range r.Follows.Pairs {
		if p.Times != pairs[p.From+" "+p.To] {
			t.Errorf("%s follows %s %d times, want %d", p.To, p.From, p.Times, pairs[p.From+" "+p.To])
		}
	}
	if all := r.Variants.Runs - r.Variants.Hidden.Times; r.Map.Covered.Value < 0.8 && r.Map.Covered.Count != all || r.Map.Covered.Count > all {
		t.Errorf("the map covers %d runs, want 80%% of them or the %d whose path is not hidden", r.Map.Covered.Count, all)
	}
}

// TestHands: teams hand runs over, and send them back and forth.
func TestHands(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 20 {
		l := ticket(n, 0)
		teams := []string{"north", "south", "north", "south"}[:1+n%2*3]
		for i, team := range teams {
			l.touched = []touched{{float64(1 + i), "call", event.OK}}
			l.team = team
			m.events = append(m.events, l.events()...)
		}
	}
	r, err := tableOf(t, m).View(insight.Everything(), at(10)).Paths(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Queues != nil || r.Teams == nil {
		t.Fatalf("no run was in a queue, and all were with a team: %+v", r)
	}
	h, p := r.Teams.Handovers, r.Teams.PingPong
	if h.Runs != 20 || h.Changed.Count != 10 || h.Times != 30 || h.Back.Count != 20 || len(p.Between) != 1 || p.Between[0].Runs.Count != 10 || p.Between[0].Lost.Median != 2*time.Hour {
		t.Errorf("%+v\n%+v", h, p)
	}
}

// TestStagesOfTouchpoints: in a log no event says that a run came to a stage. Its touchpoints say where they happened, those of one stage in a row once.
func TestStagesOfTouchpoints(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 10 {
		for i, stage := range []string{"cart", "cart", "payment", "cart", ""} {
			when := at(float64(n) + float64(i))
			m.events = append(m.events, event.Event{
				ID: event.NewID(when), Kind: event.TouchpointEnded, Time: when, Touchpoint: "click", Outcome: event.OK, Stage: stage,
				Journey: event.Run{Name: "order", ID: fmt.Sprint(n)},
			})
		}
	}
	s, err := tableOf(t, m).View(insight.Everything(), at(100)).Time(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	visits := map[string]int64{}
	for _, stage := range s.Stages.Stages {
		visits[stage.Name] = stage.Visits
	}
	if want := map[string]int64{"cart": 20, "payment": 10}; !maps.Equal(visits, want) {
		t.Errorf("visits are %v, want %v", visits, want)
	}
}

// TestWaiting: how long customers waited for people, and nothing of fewer than five of them.
func TestWaiting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		waited int
		want   string
		reason string
	}{
		{4, "0 of 0, 0s of 0s", "four customers are not shown"},
		{0, "0 of 0, 0s of 0s", "none waited"},
		{6, "6 of 10, 3m0s of 18m0s", "the median of six and their sum"},
	} {
		m := &memory{}
		for n := range 10 {
			l := ticket(n, 0)
			l.touched = []touched{{1, "call", event.OK}}
			for _, e := range l.events() {
				if n < c.waited && e.Kind == event.TouchpointEnded {
					e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "first", Wait: event.Seconds(time.Minute)}, {Queue: "second", Wait: event.Seconds(2 * time.Minute)}}}
				}
				m.events = append(m.events, e)
			}
		}
		s, err := tableOf(t, m).View(insight.Everything(), at(10)).Time(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(s.Queues.Runs.Count, " of ", s.Queues.Runs.N, ", ", s.Queues.Each.Median, " of ", time.Duration(s.Queues.Total*1e9)); got != c.want {
			t.Errorf("%s, want %s: %s", got, c.want, c.reason)
		}
	}
}

// TestFewPaths: what fewer than five customers did has no numbers, and a question about nothing has words.
func TestFewPaths(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 4 {
		l := ticket(n, 0)
		l.touched, l.entered = []touched{{1, "secret", event.OK}}, []entered{{1, "secret"}}
		lives = append(lives, l)
	}
	view := loaded(t, lives).View(insight.Everything(), at(10))
	for _, w := range []insight.Which{{}, {From: at(5)}} {
		s, err := view.Time(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		r, err := view.Paths(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		f, err := view.Funnel(t.Context(), w, &insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := view.GoesWith(t.Context(), w, insight.Bad{})
		if err != nil {
			t.Fatal(err)
		}
		if all := fmt.Sprintf("%+v %+v %+v %+v", s, r, f, g); strings.Contains(all, "secret") || s.Hidden == !w.From.IsZero() || s.Runs+r.Runs+f.Runs+g.Runs != 0 || f.Before.Runs != 0 {
			t.Errorf("%s", all)
		}
		for _, said := range []string{s.Sentence(), r.Sentence(), f.Sentence(), g.Sentence()} {
			if said == "" || strings.Contains(said, "NaN") {
				t.Errorf("%q", said)
			}
		}
	}
}
