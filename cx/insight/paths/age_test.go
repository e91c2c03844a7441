package paths_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/cx/stats"
)

// shop returns a process that never changes: of the runs that start each day 60% pay, each after up to fifteen days, and the others are
// abandoned ten days later. The log has no step after the moment of the question.
func shop(perDay int, days, at int64, seed uint64) *world {
	rng := rand.New(rand.NewPCG(seed, 16))
	w := &world{names: []string{"cart", "pay"}, at: at, few: 5}
	for start := int64(0); start < days*day; start += day / int64(perDay) {
		l := life{start: start, steps: []moment{{0, "cart"}}, end: start + 25*day}
		if rng.IntN(10) < 6 {
			pays := rng.Int64N(15 * day)
			l.completed, l.end = true, start+pays
			if l.end <= at {
				l.steps = append(l.steps, moment{pays, "pay"})
			}
		}
		if l.ended = l.end <= at; !l.ended {
			l.end, l.completed = 0, false
		}
		if start <= at {
			w.lives = append(w.lives, l)
		}
	}
	return w
}

// since returns the world's runs that started in a period.
func (w *world) since(from, until int64) *world {
	part := *w
	part.lives = nil
	for _, l := range w.lives {
		if l.start >= from && l.start < until {
			part.lives = append(part.lives, l)
		}
	}
	return &part
}

// TestYoungPeriodIsNotWorse: last month of a process that never changes looks like the months before it, though most of its runs have not had their
// time. The same month looks far worse in a count without an age.
func TestYoungPeriodIsNotWorse(t *testing.T) {
	t.Parallel()
	const at = 120 * day
	stages := []string{"cart", "pay"}
	worse, differs := 0, 0
	const worlds = 40
	for seed := range uint64(worlds) {
		w := shop(50, 120, at, seed)
		age := w.open(t).FunnelAge(stages)
		// The 95th percentile of times that are uniform up to 15 days is 14.25 days. About 4,000 times have it to a hundredth.
		if age.Age < 14*24*time.Hour || age.Age > 14*24*time.Hour+12*time.Hour {
			t.Fatalf("seed %d: runs arrive within %v, want about 14.25 days", seed, age.Age)
		}
		old, young := w.since(0, 90*day).open(t).Funnel(stages, age), w.since(90*day, at).open(t).Funnel(stages, age)
		a, b := old.Stages[1].Reached, young.Stages[1].Reached
		if i := stats.Newcombe(b.Count, b.N, a.Count, a.N, 0.95); i.High < 0 || i.Low > 0 {
			differs++
		}
		if young.Young == 0 || young.Runs == 0 || young.Runs+young.Young != 30*50 || old.Young != 0 {
			t.Fatalf("seed %d: %d old and %d young runs of a month", seed, young.Runs, young.Young)
		}
		paid, all := int64(0), int64(0)
		for _, l := range w.since(90*day, at).lives {
			if all++; len(l.steps) > 1 {
				paid++
			}
		}
		if i := stats.Newcombe(paid, all, a.Count, a.N, 0.95); i.High < 0 {
			worse++
		}
	}
	if differs > 6 { // 40 tests at 5%: more than 6 has a probability below 0.4%
		t.Errorf("the young period differs in %d of %d worlds that never change", differs, worlds)
	}
	if worse != worlds {
		t.Errorf("without an age the young period is worse in %d of %d worlds, so that this test shows nothing", worse, worlds)
	}
}

// TestAgeOfShortLog: a log that is shorter than the process takes has an age that is too low. The open runs say so.
func TestAgeOfShortLog(t *testing.T) {
	t.Parallel()
	stages := []string{"cart", "pay"}
	for days, settled := range map[int64]bool{8: false, 200: true} {
		p := shop(200, days, days*day, 1).open(t)
		if got := p.Funnel(stages, p.FunnelAge(stages)); got.Settled != settled || got.Runs == 0 {
			t.Errorf("%d days: %v of %d runs are open, and settled is %v", days, got.Open, got.Runs, got.Settled)
		}
	}
}

// TestAgeOfGrowth: where most runs are young, because there are more every day, the age is still that of the process: the 95th percentile of times
// that are uniform up to 15 days. That of the times that were seen is far lower.
func TestAgeOfGrowth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 17))
		w := &world{names: []string{"a"}, at: 50 * day}
		var seen []int64
		perDay := 4.0
		for d := range int64(50) {
			for range int(perDay) {
				l := life{start: d*day + rng.Int64N(day)}
				if after := rng.Int64N(15 * day); l.start+after <= w.at {
					l.steps = []moment{{after, "a"}}
					seen = append(seen, after)
				}
				w.lives = append(w.lives, l)
			}
			perDay *= 1.17
		}
		slices.Sort(seen)
		got, plain := w.open(t).FunnelAge([]string{"a"}).Age.Hours()/24, float64(seen[len(seen)*95/100])/float64(day)
		if math.Abs(got-14.25) > 0.5 || plain > 13 {
			t.Errorf("seed %d: the age is %.2f days, want 14.25; the plain percentile is %.2f", seed, got, plain)
		}
	}
}

// TestAges: whose times decide from which age on runs count.
func TestAges(t *testing.T) {
	t.Parallel()
	stages := []string{"a", "b"}
	runs := func(n int, start, after, end int64) (list []life) {
		for range n {
			list = append(list, life{start: start, steps: []moment{{0, "a"}, {after, "b"}}, ended: end > 0, completed: true, end: start + end})
		}
		return list
	}
	join := func(lists ...[]life) (all []life) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, c := range []struct {
		name, reason string
		lives        []life
		funnel, end  time.Duration
		arrived      int64
	}{
		{"too few", "29 runs do not say where the 95th percentile is", runs(29, 0, hour, 2*hour), 0, 0, 0},
		{"enough", "30 runs do", runs(30, 0, hour, 2*hour), time.Hour, 2 * time.Hour, 30},
		{"five in a hundred are late", "the 95th of a hundred is on time", join(runs(95, 0, hour, hour), runs(5, 0, 9*hour, 9*hour)), time.Hour, time.Hour, 100},
		{"six in a hundred are late", "the 95th of a hundred is late", join(runs(94, 0, hour, hour), runs(6, 0, 9*hour, 9*hour)), 9 * time.Hour, 9 * time.Hour, 100},
		{
			"young ones are quick", "the runs of the last hour could not be slow, so the others decide",
			join(runs(30, 0, 5*hour, 6*hour), runs(900, 99*hour, hour/2, hour/2)), 5 * time.Hour, 6 * time.Hour, 30,
		},
		{"open", "a run that has not ended has no time to its end", runs(30, 0, hour, 0), time.Hour, 0, 30},
		{"after the question", "a run that starts later says nothing", runs(30, 101*hour, hour, hour), 0, 0, 0},
		{"at once", "an age of nothing would be none, so it is the shortest there is", runs(30, 0, 0, 1), time.Microsecond, time.Microsecond, 30},
	} {
		w := &world{names: stages, at: 100 * hour, lives: c.lives}
		p := w.open(t)
		got := p.FunnelAge(stages)
		if got.Age != c.funnel || got.Arrived != c.arrived {
			t.Errorf("%s: the funnel's age is %v of %d runs, want %v of %d: %s", c.name, got.Age, got.Arrived, c.funnel, c.arrived, c.reason)
		}
		if got := p.EndAge().Age; got != c.end {
			t.Errorf("%s: the end's age is %v, want %v: %s", c.name, got, c.end, c.reason)
		}
	}
}

// TestAgeOfEarlierStage: if too few runs came to the last stage, the one before it says how long it takes.
func TestAgeOfEarlierStage(t *testing.T) {
	t.Parallel()
	w := &world{names: []string{"a", "b", "c"}, at: 100 * hour}
	for i := range 40 {
		l := life{steps: []moment{{hour, "a"}, {2 * hour, "b"}}}
		if i < 10 {
			l.steps = append(l.steps, moment{90 * hour, "c"})
		}
		w.lives = append(w.lives, l)
	}
	want := paths.Age{Age: 2 * time.Hour, Arrived: 40}
	if got := w.open(t).FunnelAge([]string{"a", "b", "c"}); got != want {
		t.Errorf("the age is %+v, want %+v", got, want)
	}
	if got := w.open(t).FunnelAge(nil); got != (paths.Age{}) {
		t.Errorf("the age without stages is %+v, want none", got)
	}
}
