package insight_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestRareJourney: the promises of a journey of four customers are hidden. How many runs there are is no secret, and what became of them is in no number of an
// answer about all journeys.
func TestRareJourney(t *testing.T) {
	t.Parallel()
	ask := func(rare func(*life)) insight.Promises {
		lives := reopenedLives()
		for n := range 4 {
			l := ticket(n, 0)
			l.journey, l.due, l.team = "secret", 48, "north"
			l.touched = []touched{{1, "open", event.OK}}
			rare(&l)
			lives = append(lives, l)
		}
		a, err := loaded(t, lives).View(insight.Everything(), at(100)).Promises(t.Context(), insight.Which{}, at(200), insight.Team)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	var first insight.Promises
	for i, rare := range []func(*life){
		func(l *life) { l.kept = 5 },
		func(l *life) { l.broken = 48 },
		func(l *life) { l.withdrawn = 7 },
		func(l *life) { l.due = 300 },
	} {
		a := ask(rare)
		if i == 0 {
			first = a
		}
		if diff := gocmp.Diff(first, a); diff != "" {
			t.Errorf("what became of the hidden promises is to be seen (-kept +otherwise):\n%s", diff)
		}
		if len(a.List) != 2 || !a.List[0].Hidden || a.List[0].Journey != "secret" || a.List[1].Hidden || a.List[1].Made != 10 || a.Runs != 14 {
			t.Errorf("%+v", a)
		}
	}
}
