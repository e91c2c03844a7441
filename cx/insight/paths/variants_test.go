package paths_test

import (
	"testing"

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
