package paths_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx/insight/paths"
)

// TestTimeOfFewWhoEnded: a variant shows its time only if enough customers have ended on it, however many are on it and however often.
func TestTimeOfFewWhoEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ended  []uint64 // the customers of the runs that have ended
		shown  bool
		reason string
	}{
		{[]uint64{1, 2, 3, 4}, false, "four customers are few"},
		{[]uint64{1, 2, 3, 4, 4, 4}, false, "six runs of four customers"},
		{[]uint64{1, 2, 3, 4, 5}, true, "five customers"},
		{[]uint64{0, 0, 0, 1, 1, 2}, true, "each run of an unknown customer is one"},
	} {
		w := &world{names: []string{"a", "b"}, at: 10 * day}
		for who := range uint64(8) {
			l := trace(who+100, "a", "b")
			l.ended, l.completed = false, false
			w.lives = append(w.lives, l)
		}
		for _, who := range c.ended {
			w.lives = append(w.lives, trace(who, "a", "b"))
		}
		v := w.open(t).Variants(0)
		if len(v.Shown) != 1 || (v.Shown[0].Time != paths.Spread{}) != c.shown {
			t.Errorf("%+v: %s", v.Shown, c.reason)
		}
	}
}

// TestMapMoves: a map of a part of the runs has moves wherever some run has two steps that may be shown, also if the most frequent ways have one step.
func TestMapMoves(t *testing.T) {
	t.Parallel()
	w := &world{names: []string{"a", "b", "c"}, few: 5}
	who := uint64(0)
	take := func(n int, names ...string) {
		for range n {
			who++
			w.lives = append(w.lives, trace(who, names...))
		}
	}
	take(90, "a")
	take(8, "a", "b")
	take(6, "b", "a")
	take(5, "c")
	take(2, "a", "c") // of few customers
	got := w.open(t).Follows(0.8)
	// 90 of 111 runs are 81%. 8 and 6 of the 16 runs that moved are 88%.
	if got.Covered.Count != 104 || got.Variants != 3 || len(got.Pairs) != 2 || got.Pairs[0].Times != 8 || got.Pairs[1].Times != 6 {
		t.Errorf("%+v", got)
	}
	if diff := gocmp.Diff(w.follows(0.8), got, cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
		t.Errorf("-model +answer:\n%s", diff)
	}
	take(200, "b", "c")
	if got := w.open(t).Follows(0.8); got.Variants != 2 {
		t.Errorf("%d ways, want the two of most runs, one of which moves", got.Variants)
	}
}
