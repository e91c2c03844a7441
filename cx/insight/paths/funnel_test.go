package paths_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
)

// TestFunnelByHand: a hundred runs of which each number is known.
func TestFunnelByHand(t *testing.T) {
	t.Parallel()
	w := &world{names: []string{"cart", "address", "pay"}, currencies: []string{"EUR", "USD"}, at: 30 * day, few: 5}
	add := func(n int, l life) {
		for range n {
			l.who = uint64(len(w.lives) + 1)
			w.lives = append(w.lives, l)
		}
	}
	cart, address, pay := moment{0, "cart"}, moment{hour, "address"}, moment{2 * hour, "pay"}
	add(40, life{ended: true, completed: true, end: 3 * hour, steps: []moment{cart, address, pay}})
	add(10, life{ended: true, completed: true, end: 3 * hour, steps: []moment{cart, pay}})                                // without the address
	add(20, life{ended: true, end: 5 * day, value: 100, steps: []moment{cart}})                                           // lost in the cart
	add(8, life{ended: true, end: 5 * day, value: 50, currency: 1, steps: []moment{cart, address, {hour, "cart"}}})       // lost at the address
	add(3, life{ended: true, end: 5 * day, value: 9999, steps: []moment{cart, address, pay}})                             // lost at the payment, by few
	add(12, life{ended: true, completed: true, end: 9 * day, steps: []moment{cart, address, {8 * day, "pay"}}})           // too late
	add(7, life{steps: []moment{cart}})                                                                                   // open
	add(50, life{start: 29*day + 1, ended: true, completed: true, end: 29*day + hour, steps: []moment{cart, {1, "pay"}}}) // young, and quick
	of := func(n, all int64) score.Share { return score.ShareOf(n, all, 0.95) }
	spread := func(n int64, median, p90 time.Duration) paths.Spread {
		return paths.Spread{N: n, Median: median, P90: p90}
	}
	age := paths.Age{Age: 24 * time.Hour}
	want := paths.Funnel{
		Age: age, Runs: 100, Young: 50, Completed: of(50, 100), Open: of(7, 100),
		Stages: []paths.FunnelStage{
			{Name: "cart", Reached: of(100, 100), Onward: of(73, 100), CompletedHere: of(0, 99), Arrival: spread(100, 0, 0), Left: of(20, 100), Lost: []event.Money{{Amount: 2000, Currency: "EUR"}}},
			{Name: "address", Reached: of(73, 100), Onward: of(53, 73), CompletedHere: of(0, 73), Skipped: 10, Arrival: spread(73, time.Hour, 2*time.Hour), Left: of(8, 73), Lost: []event.Money{{Amount: 400, Currency: "USD"}}},
			{Name: "pay", Reached: of(53, 100), Onward: of(50, 53), CompletedHere: of(50, 53), Arrival: spread(53, 2*time.Hour, 2*time.Hour)},
		},
	}
	w.lives[99].steps, w.lives[99].start = nil, 28*day // one of the open runs came nowhere yet
	want.Outside, want.Stages[0].Reached, want.Stages[0].Onward, want.Stages[0].Left = 1, of(99, 100), of(73, 99), of(20, 99)
	want.Stages[0].Arrival.N = 99
	p := w.open(t)
	got := p.Funnel([]string{"cart", "address", "pay"}, age)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCompletedWithoutALaterStage: runs that complete early are not lost. The sentence says both, and numbers of few do not follow from the sum.
func TestCompletedWithoutALaterStage(t *testing.T) {
	t.Parallel()
	funnel := func(early, helped, outside int) paths.Funnel {
		w := &world{names: []string{"alone", "helped"}, at: 30 * day, few: 5}
		add := func(n int, l life) {
			for range n {
				l.who = uint64(len(w.lives) + 1)
				w.lives = append(w.lives, l)
			}
		}
		add(early, life{ended: true, completed: true, end: hour, steps: []moment{{0, "alone"}}})
		add(helped, life{ended: true, completed: true, end: 2 * hour, steps: []moment{{0, "alone"}, {hour, "helped"}}})
		add(outside, life{ended: true, completed: true, end: hour})
		add(20, life{ended: true, end: hour, steps: []moment{{0, "alone"}}})
		return w.open(t).Funnel([]string{"alone", "helped"}, paths.Age{Age: 24 * time.Hour})
	}
	got := funnel(60, 20, 0)
	if alone := got.Stages[0]; alone.CompletedHere.Count != 60 || alone.CompletedHere.N != 100 || alone.Onward.Count != 20 || alone.Left.Count != 20 {
		t.Errorf("%+v", alone)
	}
	want := `80 of 100 runs (80.0%, 71.1% to 86.7%) completed within 1 day. 60 of 100 runs (60.0%, 50.2% to 69.1%) that came to "alone" completed without a later stage. ` +
		`Most are lost at "alone": 20 of 100 runs (20.0%, 13.3% to 28.9%) that came to it.`
	if said := got.Sentence(); said != want {
		t.Errorf("%s\nwant\n%s", said, want)
	}
	if few := funnel(3, 20, 0).Stages[0]; few.CompletedHere.OK() {
		t.Errorf("three customers are shown: %+v", few)
	}
	if follows := funnel(60, 20, 3).Stages[0]; follows.CompletedHere.OK() {
		t.Errorf("three who came to no stage follow from %+v", follows)
	}
}
