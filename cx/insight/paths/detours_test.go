package paths_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
)

// repairs is a process with known paths: 600 customers take a, b, c in about ten hours; 200 go back from c to b and take twenty hours longer; 100 skip b
// and take as long as most; 4 take a week, and are too few to be shown.
func repairs(seed uint64) *world {
	rng := rand.New(rand.NewPCG(seed, 18))
	w := &world{names: []string{"a", "b", "c", "x"}, at: 365 * day, few: 5}
	add := func(n int, usual int64, names ...string) {
		for range n {
			l := trace(uint64(len(w.lives)+1), names...)
			l.end = usual + rng.Int64N(4*hour) - 2*hour
			w.lives = append(w.lives, l)
		}
	}
	add(600, 10*hour, "a", "b", "c")
	add(200, 30*hour, "a", "b", "c", "b", "c")
	add(100, 10*hour, "a", "c")
	add(4, 7*24*hour, "a", "x", "c")
	return w
}

// TestDetours: the planted detour is the one that is named, with its customers and what it costs.
func TestDetours(t *testing.T) {
	t.Parallel()
	year := paths.Age{Age: 300 * 24 * time.Hour}
	p := repairs(1).open(t)
	d := p.Detours(nil, year)
	if got := strings.Join(d.Beside.Steps, " "); got != "a b c" || d.Beside.Customers != 600 || d.Runs != 904 || d.Young != 0 || d.Tested != 1 {
		t.Fatalf("beside %q of %d customers, %d runs, %d tested", got, d.Beside.Customers, d.Runs, d.Tested)
	}
	if len(d.Detours) != 1 {
		t.Fatalf("the detours are %+v, want one", d.Detours)
	}
	got := d.Detours[0]
	if strings.Join(got.Steps, " ") != "a b c b c" || strings.Join(got.Added, " ") != "b c" || len(got.Missing) != 0 || got.Customers != 200 {
		t.Errorf("the detour is %+v, want the loop of 200 customers that adds b and c", got)
	}
	if got.Extra < 19*time.Hour || got.Extra > 21*time.Hour || got.Low > 20*time.Hour || got.High < 20*time.Hour || got.P > 1e-9 {
		t.Errorf("it takes %v longer, %v to %v, p %g; want about 20 h", got.Extra, got.Low, got.High, got.P)
	}
	if want := 200 * got.Extra.Seconds(); math.Abs(got.Cost-want) > 1e-6*want {
		t.Errorf("it costs %f s, want %f", got.Cost, want)
	}
	// The four runs of a week are not shown, and with them the next smallest path, from which they would follow.
	if d.Hidden.Groups != 2 || d.Hidden.Times != 104 {
		t.Errorf("%+v are hidden, want the four runs and the hundred of the next path", d.Hidden)
	}
	for name, promised := range map[string][]string{"of few": {"a", "x", "c"}, "never taken": {"c", "b", "a"}, "of an unknown step": {"a", "y"}} {
		if d := p.Detours(promised, year); len(d.Beside.Steps) != 0 || len(d.Detours) != 0 {
			t.Errorf("a promised path %s: %+v", name, d)
		}
	}
	if d := p.Detours([]string{"a", "b", "c", "b", "c"}, year); len(d.Detours) != 0 || d.Beside.Customers != 200 || d.Slower != 0 {
		t.Errorf("beside the slow path there are detours: %+v", d.Detours)
	}
	if d := p.Detours(nil, paths.Age{Age: 11 * time.Hour}); d.Runs >= 600 || d.Young != 0 {
		t.Errorf("%d runs completed within 11 hours, and %d are young", d.Runs, d.Young)
	}
	if d := p.Detours(nil, paths.Age{Age: 366 * 24 * time.Hour}); d.Runs != 0 || d.Young != 904 {
		t.Errorf("%d runs of %d young ones count", d.Runs, d.Young)
	}
	if d := p.Detours(nil, paths.Age{}); d.Runs != 0 {
		t.Errorf("without an age %d runs count", d.Runs)
	}
}

// TestDetoursByChance: where all paths take equally long, hardly ever is one called a detour.
func TestDetoursByChance(t *testing.T) {
	t.Parallel()
	const worlds = 200
	named := 0
	for seed := range uint64(worlds) {
		rng := rand.New(rand.NewPCG(seed, 19))
		w := &world{names: []string{"a", "b", "c", "d", "e", "f", "g", "h"}, at: 365 * day, few: 5}
		for i := range 600 {
			way := []string{"a"}
			if rng.IntN(3) > 0 { // two thirds take one of seven other paths
				way = append(way, w.names[1+rng.IntN(7)])
			}
			l := trace(uint64(i+1), way...)
			l.end = int64(rng.ExpFloat64()*float64(10*hour)) + 2
			w.lives = append(w.lives, l)
		}
		p := w.open(t)
		if d := p.Detours(nil, paths.Age{Age: 300 * 24 * time.Hour}); d.Tested != 7 || d.Runs != 600 {
			t.Fatalf("%d paths of %d runs were tested", d.Tested, d.Runs)
		} else if len(d.Detours) > 0 {
			named++
		}
	}
	if named > worlds/20 {
		t.Errorf("a path is called a detour in %d of %d worlds without one", named, worlds)
	}
}

// TestBetween: the ranks of the 95% interval of a median, from the table of the sign test's critical values in Hollander and Wolfe, "Nonparametric
// Statistical Methods": the coverage of the next narrower ranks is below 95%.
func TestBetween(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, low, high int64 }{{6, 1, 6}, {8, 1, 8}, {9, 2, 8}, {10, 2, 9}, {12, 3, 10}, {15, 4, 12}, {20, 6, 15}, {25, 8, 18}, {50, 18, 33}, {100, 40, 61}} {
		ranks := make([]int64, c.n)
		for i := range ranks {
			ranks[i] = int64(i + 1)
		}
		if low, high, ok := paths.Between(ranks); !ok || low != c.low || high != c.high {
			t.Errorf("of %d the interval is %d to %d (%v), want %d to %d", c.n, low, high, ok, c.low, c.high)
		}
	}
	for n := range 6 {
		if _, _, ok := paths.Between(make([]int64, n)); ok {
			t.Errorf("%d values have an interval", n)
		}
	}
}
