package paths_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
)

// TestWhoIsHidden: which groups are not shown.
func TestWhoIsHidden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		runs         []int // with the step a, b, c, d, in this order, each by customers of its own
		shown        string
		hidden       int64
	}{
		{"none", "all groups are large", []int{5, 5, 9}, "c9 a5 b5", 0},
		{"one", "the next smallest hides with it, wherever it stands", []int{6, 10, 2}, "b10", 2},
		{"one, and equals", "of equals the first one hides", []int{7, 2, 7, 7}, "c7 d7", 2},
		{"two that are enough", "five customers are behind the two", []int{10, 3, 2}, "a10", 2},
		{"two that are not", "four customers are behind the two, so the next one hides, too", []int{10, 2, 2, 6}, "a10", 3},
		{"all", "together they are few, and nothing is told of them", []int{1, 2}, "", 0},
		{"all, and enough", "what is left would be few", []int{3, 2}, "", 2},
		{"alone", "there is nothing to hide with", []int{0, 4}, "", 0},
		{"large alone", "nothing hides", []int{0, 5}, "b5", 0},
	} {
		w, who := &world{names: []string{"a", "b", "c", "d"}}, uint64(0)
		for i, n := range c.runs {
			for range n {
				who++
				w.lives = append(w.lives, trace(who, w.names[i]))
			}
		}
		p := w.open(t)
		got, said := p.Follows(1), ""
		for _, s := range got.Steps {
			said += fmt.Sprint(" ", s.Name, s.Visits)
		}
		if said != "" {
			said = said[1:]
		}
		if said != c.shown || got.HiddenSteps.Groups != c.hidden {
			t.Errorf("%s: steps %q are shown and %d hidden, want %q and %d: %s", c.name, said, got.HiddenSteps.Groups, c.shown, c.hidden, c.reason)
		}
		if v := p.Variants(0); v.Hidden != got.HiddenSteps || len(v.Shown) != len(got.Steps) {
			t.Errorf("%s: %d paths are shown and %+v hidden: %s", c.name, len(v.Shown), v.Hidden, c.reason)
		}
	}
}

// TestOneCustomer: a customer of many runs is one. Runs of unknown customers are one each.
func TestOneCustomer(t *testing.T) {
	t.Parallel()
	for who, shown := range map[uint64]int{0: 1, 1: 0} {
		w := &world{names: []string{"a", "b"}}
		for range 20 {
			w.lives = append(w.lives, trace(who, "a", "b", "a", "b"))
		}
		p := w.open(t)
		for name, got := range map[string]int{
			"variants": len(p.Variants(0).Shown), "pairs": len(p.Follows(1).Pairs) / 2, "loops": len(p.Loops().Loops) / 2,
			"stages": len(p.Time().Stages) / 2, "rallies": len(p.PingPong().Between), "handovers": len(p.Handovers().Pairs) / 2,
		} {
			if got != shown {
				t.Errorf("customer %d: %d %s are shown, want %d", who, got, name, shown)
			}
		}
		if got := p.Loops().Runs.OK() || p.PingPong().Runs.OK() || p.Handovers().Changed.OK() || !p.Time().Few; got != (shown == 1) {
			t.Errorf("customer %d: the shares are shown: %v", who, got)
		}
	}
}

// TestMost: a caller gets as many variants as it wants, and hears of the others.
func TestMost(t *testing.T) {
	t.Parallel()
	p := repairs(1).open(t)
	for most, shown := range map[int]int{-1: 2, 0: 2, 1: 1, 2: 2, 3: 2} {
		got := p.Variants(most)
		left := int64(0)
		if shown == 1 {
			left = 200
		}
		if len(got.Shown) != shown || got.Rest != int64(2-shown) || got.Left != left || got.Hidden.Groups != 2 || got.Distinct != 4 {
			t.Errorf("of %d wanted %d are shown, %d with %d runs are left", most, len(got.Shown), got.Rest, got.Left)
		}
	}
}

// TestConcurrent: questions of several goroutines get the same answers.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	p := repairs(2).open(t)
	answers := make([]string, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			b, err := json.Marshal([]any{p.Variants(0), p.Follows(0.8), p.Detours(nil, p.EndAge()), p.Time(), p.Loops(), p.PingPong(), p.Handovers()})
			if err != nil {
				t.Error(err)
			}
			answers[i] = string(b)
		})
	}
	all.Wait()
	for _, a := range answers[1:] {
		if a != answers[0] {
			t.Errorf("an answer is %s, and another one %s", a, answers[0])
		}
	}
}
