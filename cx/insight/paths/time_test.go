package paths_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
)

// TestTimeCases: to whom the time belongs.
func TestTimeCases(t *testing.T) {
	t.Parallel()
	steps := []moment{{1 * hour, "a"}, {3 * hour, "b"}, {4 * hour, "a"}, {9 * hour, "c"}}
	for _, c := range []struct {
		name, reason                 string
		life                         life
		a, b, c, before, again, wait float64 // hours of a run
		visits                       int64   // that are over, to c
	}{
		{"ended", "the last step lasts until the end", life{end: 10 * hour, ended: true, steps: steps}, 7, 1, 1, 1, 5, 1, 5},
		{"open", "the last step lasts until the moment of the question", life{steps: steps}, 7, 1, 11, 1, 5, 1, 0},
		{"ended early", "what happens after the end takes no time", life{end: 5 * hour, ended: true, steps: steps}, 3, 1, 0, 1, 1, 1, 5},
		{"ended before its start", "it takes no time", life{end: -hour, ended: true, steps: steps}, 0, 0, 0, 0, 0, 0, 5},
		{"starts later", "it takes no time", life{start: 30 * hour, steps: steps}, 0, 0, 0, 0, 0, 0, 0},
		{"no steps", "all time is before the first one", life{end: 4 * hour, ended: true}, 0, 0, 0, 4, 0, 0, 0},
	} {
		w := &world{names: []string{"a", "b", "c"}, waits: map[string]bool{"b": true}, at: 20 * hour, few: 5}
		for who := range uint64(5) {
			c.life.who = who + 1
			w.lives = append(w.lives, c.life)
		}
		got, by := w.open(t).Time(), map[string]paths.Stage{}
		for _, s := range got.Stages {
			by[s.Name] = s
		}
		for _, x := range []struct {
			what      string
			got, want float64
		}{
			{"a", by["a"].Time.Seconds, c.a},
			{"b", by["b"].Time.Seconds, c.b},
			{"c", by["c"].Time.Seconds, c.c},
			{"before", got.Before.Seconds, c.before},
			{"again", got.Again.Seconds, c.again},
			{"again of a", by["a"].Again.Seconds, c.again},
			{"waits", got.Waits.Seconds, c.wait},
			{"whole", got.Whole.Seconds, c.a + c.b + c.c + c.before},
		} {
			if math.Abs(x.got-x.want*5*3600) > 1e-6 {
				t.Errorf("%s: %s takes %v s, want %v: %s", c.name, x.what, x.got, x.want*5*3600, c.reason)
			}
		}
		if by["c"].Visit.N != c.visits {
			t.Errorf("%s: %d visits to c are over, want %d: %s", c.name, by["c"].Visit.N, c.visits, c.reason)
		}
	}
}

// TestPortionByHand: runs of 1 of 2, 2 of 4 and 3 of 9 hours, twice. The ratio is 6/15. The residuals are 0.2, 0.4 and -0.6, so the standard error is
// the root of 2·0.56·6/5, divided by 30.
func TestPortionByHand(t *testing.T) {
	t.Parallel()
	w := &world{names: []string{"a", "b"}}
	for range 2 {
		for _, l := range [][2]int64{{1, 2}, {2, 4}, {3, 9}} {
			w.lives = append(w.lives, life{end: l[1] * hour, ended: true, steps: []moment{{0, "a"}, {l[0] * hour, "b"}}})
		}
	}
	for _, s := range w.open(t).Time().Stages {
		share, reach := 0.4, 1.959963984540054*math.Sqrt(2*0.56*6/5)/30
		if s.Name == "b" {
			share = 0.6
		}
		got := s.Time.Share
		if math.Abs(got.Value-share) > 1e-12 || math.Abs(got.Low-(share-reach)) > 1e-12 || math.Abs(got.High-(share+reach)) > 1e-12 || got.N != 6 {
			t.Errorf("%s takes %v, want %v ± %v of 6 runs", s.Name, got, share, reach)
		}
	}
}

// TestPortionCovers: the interval of a share of time has the confidence that it claims.
func TestPortionCovers(t *testing.T) {
	t.Parallel()
	const worlds, truth = 1000, 0.25 // the mean of a is one hour, and that of b three
	covered := 0
	for seed := range uint64(worlds) {
		rng := rand.New(rand.NewPCG(seed, 20))
		w := &world{names: []string{"a", "b"}}
		for range 200 {
			a := int64(rng.ExpFloat64() * float64(hour))
			w.lives = append(w.lives, life{end: a + int64(rng.ExpFloat64()*float64(3*hour)), ended: true, steps: []moment{{0, "a"}, {a, "b"}}})
		}
		for _, s := range w.open(t).Time().Stages {
			if s.Name == "a" && s.Time.Share.Low <= truth && truth <= s.Time.Share.High {
				covered++
			}
		}
	}
	if covered < 930 || covered > 970 { // the standard deviation is 7
		t.Errorf("%d of %d intervals have the true share, want about 950", covered, worlds)
	}
}

// TestWholeTimeIsExact: sums that no int64 and no float64 holds exactly do not overflow, and do not depend on the order.
func TestWholeTimeIsExact(t *testing.T) {
	t.Parallel()
	const years = 8
	log := paths.Log{
		Rows: 100_000, Codes: []paths.Code{{Name: "a"}},
		Run: func(row int) paths.Run {
			return paths.Run{End: years*365*day + int64(row), Ended: true}
		},
		Steps: func(_ int, into []paths.Step) []paths.Step { return append(into, paths.StepAt(0, 0)) },
	}
	got := asked(t, log).Time()
	if want := 100_000*years*365*86400 + 99_999*100_000/2/1e6; got.Whole.Seconds != want || got.Stages[0].Time.Share.Low < 1-1e-9 {
		t.Errorf("all runs take %f s, want %f; a takes %+v", got.Whole.Seconds, want, got.Stages[0].Time)
	}
	if got.Stages[0].Visit.Median < years*365*24*time.Hour {
		t.Errorf("the median is %v", got.Stages[0].Visit.Median)
	}
}
