package paths_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
)

// TestFunnelSince: the difference of two shares is Newcombe's example, 56 of 70 against 48 of 80, from 0.0524 to 0.3339: Statistics in Medicine 17, 1998.
func TestFunnelSince(t *testing.T) {
	t.Parallel()
	of := func(n, all int64) score.Share { return score.ShareOf(n, all, 0.95) }
	week := paths.Age{Age: 7 * 24 * time.Hour}
	funnel := func(n, all int64) paths.Funnel {
		return paths.Funnel{Age: week, Runs: all, Completed: of(n, all), Stages: []paths.FunnelStage{{Name: "pay", Reached: of(n, all), Onward: of(n, all)}}}
	}
	now, before := funnel(56, 70), funnel(48, 80)
	got, err := now.Since(before)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]score.Difference{"completed": got.Completed, "reached": got.Stages[0].Reached, "onward": got.Stages[0].Onward} {
		if math.Abs(d.Value-0.2) > 1e-12 || math.Abs(d.Low-0.0524) > 5e-5 || math.Abs(d.High-0.3339) > 5e-5 || d.N != 70 || d.Before != 80 {
			t.Errorf("%s differs by %v, want 0.2, from 0.0524 to 0.3339", name, d)
		}
	}
	if want := "More completed: +20.0 points (+5.2 to +33.4 points), n = 70 and 80."; got.Sentence() != want || got.Young {
		t.Errorf("it says %q, want %q", got.Sentence(), want)
	}
	for _, c := range []struct {
		name, reason string
		change       func(f *paths.Funnel)
		want         string // of the sentence; none for an error
	}{
		{"worse", "the sign decides", func(f *paths.Funnel) { f.Completed = of(7, 70) }, "Fewer completed: −50.0 points (−61.2 to −35.7 points), n = 70 and 80."},
		{"as good", "the interval contains 0", func(f *paths.Funnel) { f.Completed = of(42, 70) }, "The share that completed differs by no more than chance: 0.0 points (−15.4 to +15.3 points), n = 70 and 80."},
		{"young", "71 of 141 runs do not count", func(f *paths.Funnel) { f.Young = 71 }, "More completed: +20.0 points (+5.2 to +33.4 points), n = 70 and 80. Most runs of one of the two are too young to count, so this may change."},
		{"hidden", "a share of few is not shown", func(f *paths.Funnel) { f.Completed = score.Share{} }, "The shares that completed cannot be compared, because one of them is not shown."},
		{"another age", "the runs had different times", func(f *paths.Funnel) { f.Age.Age++ }, ""},
		{"few", "there is nothing to compare", func(f *paths.Funnel) { f.Few = true }, ""},
		{"none", "there is nothing to compare", func(f *paths.Funnel) { f.Runs = 0 }, ""},
		{"more stages", "the ways differ", func(f *paths.Funnel) { f.Stages = append(f.Stages, f.Stages[0]) }, ""},
		{"another stage", "the ways differ", func(f *paths.Funnel) { f.Stages[0].Name = "cart" }, ""},
	} {
		changed := funnel(56, 70)
		c.change(&changed)
		got, err := changed.Since(before)
		if c.want == "" {
			if _, other := before.Since(changed); !errors.Is(err, paths.ErrIncomparable) || !errors.Is(other, paths.ErrIncomparable) {
				t.Errorf("%s: %v and %v, want %v: %s", c.name, err, other, paths.ErrIncomparable, c.reason)
			}
		} else if err != nil || got.Sentence() != c.want {
			t.Errorf("%s: it says %q (%v), want %q: %s", c.name, got.Sentence(), err, c.want, c.reason)
		}
	}
}
