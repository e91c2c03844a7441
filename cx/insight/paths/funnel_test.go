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
			{Name: "cart", Reached: of(100, 100), Onward: of(73, 100), Arrival: spread(100, 0, 0), Left: of(20, 100), Lost: []event.Money{{Amount: 2000, Currency: "EUR"}}},
			{Name: "address", Reached: of(73, 100), Onward: of(53, 73), Skipped: 10, Arrival: spread(73, time.Hour, 2*time.Hour), Left: of(8, 73), Lost: []event.Money{{Amount: 400, Currency: "USD"}}},
			{Name: "pay", Reached: of(53, 100), Onward: of(50, 53), Arrival: spread(53, 2*time.Hour, 2*time.Hour)},
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
