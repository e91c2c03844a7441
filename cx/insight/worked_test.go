package insight_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestTimes: the quantiles are those of the sorted list, by the nearest rank, in short lists and in long ones.
func TestTimes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 3, 9, 10, 11, 1024, 1025, 30_000} {
		for _, most := range []int64{1, 60, 1 << 20, 1 << 45} {
			list := make([]int64, n)
			for i := range list {
				list[i] = rng.Int64N(most)
			}
			sorted := slices.Sorted(slices.Values(list))
			got := insight.TimesOf(list)
			micro := time.Microsecond
			want := insight.Times{N: int64(n), Median: time.Duration(sorted[(n+1)/2-1]) * micro, P90: time.Duration(sorted[(9*n+9)/10-1]) * micro}
			if got != want {
				t.Errorf("%d values below %d: %+v, want %+v", n, most, got, want)
			}
		}
	}
	// R: quantile(1:10, c(.5, .9), type = 1) is 5 and 9.
	if got := insight.TimesOf([]int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}); got.Median != 5*time.Microsecond || got.P90 != 9*time.Microsecond {
		t.Errorf("of 1 to 10: %+v", got)
	}
}

// TestAtTheLimit: what happens at exactly the moment has happened, and what is due then is due.
func TestAtTheLimit(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 6 {
		l := ticket(n, 0)
		l.due = 50
		lives = append(lives, l)
	}
	table := loaded(t, lives)
	for _, c := range []struct {
		now, by                                 float64
		silent, open, breaking, broken, overdue int64
		reason                                  string
	}{
		{47.999, 49.999, 0, 6, 0, 0, 0, "before 72 hours of silence they are open, and before 50 hours none breaks"},
		{48, 50, 0, 6, 6, 0, 0, "a promise that is due at the date breaks by it"},
		{49.999, 50, 0, 6, 6, 0, 0, "before its due time a promise is open"},
		{50, 100, 0, 6, 0, 6, 6, "from its due time on a promise is broken, and overdue as long as its run is open"},
		{72, 100, 6, 0, 0, 6, 0, "after exactly 72 hours a run is silent"},
	} {
		view := table.View(insight.Everything(), at(c.now))
		o, err := view.Outcomes(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := view.Promises(t.Context(), insight.Which{}, at(c.by), "")
		if err != nil {
			t.Fatal(err)
		}
		if o.Silent.Count != c.silent || o.Open.Count != c.open || p.List[0].Breaking != c.breaking || p.List[0].Broken != c.broken || p.List[0].Overdue != c.overdue {
			t.Errorf("after %v hours %d silent, %d open, %d breaking, %d broken, %d overdue: %s", c.now, o.Silent.Count, o.Open.Count, p.List[0].Breaking, p.List[0].Broken, p.List[0].Overdue, c.reason)
		}
	}
}

// reopenedLives are ten tickets: six of them are solved and closed; of those, five come back by phone.
func reopenedLives() (lives []life) {
	for n := range 10 {
		l := ticket(n, float64(n))
		l.due = 48
		l.touched = []touched{{1, "open", event.OK}, {5, "resolve", event.OK}}
		if n < 6 {
			l.kept, l.ended, l.outcome = 5, 8, event.Completed
			l.touched = append(l.touched, touched{8, "close", event.OK})
		}
		if n < 5 {
			l.touched = append(l.touched, touched{10 + float64(n), "complain", event.OK}, touched{20, "resolve", event.OK})
		}
		lives = append(lives, l)
	}
	return lives
}

// TestReopened: what came after the end, what came before it, and what it cost.
func TestReopened(t *testing.T) {
	t.Parallel()
	table := loaded(t, reopenedLives())
	r, err := table.View(insight.Everything(), at(100)).Reopened(t.Context(), insight.Which{Journey: "ticket"})
	if err != nil {
		t.Fatal(err)
	}
	said := func(r *insight.Reopening) string {
		s := fmt.Sprint(r.Promise, " ", r.Count, " of ", r.N, ", ", r.Cost.Median, " of ", time.Duration(r.Total*1e9))
		for _, n := range r.Before {
			s += fmt.Sprint(", after ", n.Name, " ", n.Count)
		}
		for _, n := range r.With {
			s += fmt.Sprint(", with ", n.Name, " ", n.Count)
		}
		return s
	}
	var got []string
	for i := range r.Ends {
		got = append(got, said(&r.Ends[i]))
	}
	for i := range r.Promises {
		got = append(got, said(&r.Promises[i]))
	}
	want := []string{
		" 5 of 6, 12h0m0s of 60h0m0s, after close 5, with complain 5",
		"solved 5 of 6, 15h0m0s of 75h0m0s, after resolve 5, with complain 5", // the touchpoint at the time of the end does not reopen
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// At 13 hours two customers had complained: how many is told, what they did is not.
	if r, err = table.View(insight.Everything(), at(13)).Reopened(t.Context(), insight.Which{}); err != nil || len(r.Ends) != 1 || r.Ends[0].Count != 2 {
		t.Fatalf("after 13 hours %+v were reopened, want 2: %v", r.Ends, err)
	}
	if len(r.Ends[0].Before) != 0 || r.Ends[0].Cost.N != 0 {
		t.Errorf("what two customers did is shown: %+v", r.Ends)
	}
}

// TestSentences: the answers in words.
func TestSentences(t *testing.T) {
	t.Parallel()
	view := loaded(t, reopenedLives()).View(insight.Everything(), at(30))
	o, err := view.Outcomes(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := view.Promises(t.Context(), insight.Which{}, at(54), "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := view.Reopened(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := view.Outcomes(t.Context(), insight.Which{Until: at(2)})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{o.Sentence(), p.List[0].Sentence(p.By), r.Ends[0].Sentence(), hidden.Sentence()}
	want := []string{
		"There were 10 runs, of which 60.0% (6 of 10, 31.3% to 83.2%) were completed, half of them within 8 hours and nine in ten within 8 hours. 4 are open, the oldest for 1 day.",
		`The promise "solved" of "ticket" was kept in 100.0% (6 of 6, 61.0% to 100.0%), and the target is 90.0%. 4 are open, and 1 of them breaks by 4 March 15:00 if nothing is done.`,
		"83.3% (5 of 6, 43.6% to 97.0%) of the runs of \"ticket\" that ended had something after their end: half of them for 12 hours or longer, 2 days 12 hours in all.",
		"The question is about fewer than 5 customers, whose numbers are not shown.",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(strings.Join(got, ""), "NaN") {
		t.Error("a sentence has no number")
	}
}

// TestReopenedByJourney: a ticket that is also an order is reopened once in each journey, and the two are not added up. A journey of few customers is hidden, and
// what is shown of the others does not depend on what its runs did.
func TestReopenedByJourney(t *testing.T) {
	t.Parallel()
	ask := func(rare bool) insight.Reopened {
		lives := reopenedLives()
		for _, l := range reopenedLives() {
			l.journey = "order"
			lives = append(lives, l)
		}
		for n := range 4 {
			l := ticket(n, 0)
			l.journey, l.customer, l.ended, l.outcome, l.due = "secret", "stranger", 8, event.Completed, 48
			l.touched = []touched{{1, "open", event.OK}}
			if l.broken = 48; rare {
				l.broken, l.kept = -1, 5
				l.touched = append(l.touched, touched{9, "complain", event.OK})
			}
			lives = append(lives, l)
		}
		a, err := loaded(t, lives).View(insight.Everything(), at(100)).Reopened(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := ask(false)
	got := []string{}
	for i := range a.Ends {
		got = append(got, fmt.Sprint(a.Ends[i].Journey, " ", a.Ends[i].Count, " of ", a.Ends[i].N, " ", a.Ends[i].Hidden))
	}
	if diff := gocmp.Diff([]string{"order 5 of 6 false", "secret 0 of 0 true", "ticket 5 of 6 false"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b := ask(true)
	if diff := gocmp.Diff(a.Ends, b.Ends); diff != "" {
		t.Errorf("what the hidden runs did is to be seen (-without +with):\n%s", diff)
	}
}

// TestObjectivesInWords: a promise with a target names it, and says whether it is met.
func TestObjectivesInWords(t *testing.T) {
	t.Parallel()
	var one *insight.Promise
	for hour, met := range map[float64]bool{30: true, 60: false} { // four of the ten break in between
		p, err := loaded(t, reopenedLives()).View(insight.Everything(), at(hour)).Promises(t.Context(), insight.Which{}, time.Time{}, "")
		if err != nil {
			t.Fatal(err)
		}
		if one = &p.List[0]; one.Met == nil || *one.Met != met {
			t.Errorf("after %v hours %+v, want it to be met: %v", hour, one, met)
		}
	}
	if one.Target != 0.9 || len(one.Objectives) != 1 || !strings.HasPrefix(one.Objectives[0], `90% of the promises "solved" of "ticket" are kept in time`) {
		t.Errorf("%+v", one)
	}
}
