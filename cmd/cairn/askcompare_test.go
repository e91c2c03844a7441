package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// TestWorstFirst: the group that loses most is first if more is better, and the one that has most in excess if it is worse. Groups without numbers stay last.
func TestWorstFirst(t *testing.T) {
	t.Parallel()
	const n = 40
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // a test's own, seeded
	list := make([]insight.Compared, 0, n)
	share := score.ShareOf(5, 10, 0.95)
	for i := range n {
		g := insight.Compared{Value: string(rune('a' + random.IntN(26))), Excess: float64(random.IntN(9) - 4)}
		if i < n-6 {
			g.Difference = score.Shares(share, share, 0.95)
		}
		g.Hidden = i >= n-3
		list = append(list, g)
	}
	slices.SortStableFunc(list[:n-6], func(a, b insight.Compared) int { return int(b.Excess - a.Excess) })
	before := slices.Clone(list)
	for _, good := range []bool{true, false} {
		got := worstFirst(list, good)
		for i := 1; i < n-6; i++ {
			a, b := &got[i-1], &got[i]
			if good && a.Excess > b.Excess || !good && a.Excess < b.Excess || good && a.Excess == b.Excess && a.Value > b.Value {
				t.Errorf("more is better: %v: %q with %v comes before %q with %v", good, a.Value, a.Excess, b.Value, b.Excess)
			}
		}
		if !slices.EqualFunc(got[n-6:], list[n-6:], sameGroup) {
			t.Errorf("more is better: %v: the groups without numbers have moved", good)
		}
	}
	if !slices.EqualFunc(list, before, sameGroup) {
		t.Error("the answer, which --json prints, has another order")
	}
}

func sameGroup(a, b insight.Compared) bool {
	return a.Value == b.Value && a.Excess == b.Excess && a.Hidden == b.Hidden
}

// TestAskCompareOrder: which measures are better the more there is of them.
func TestAskCompareOrder(t *testing.T) {
	t.Parallel()
	for measure, good := range map[string]bool{
		"completed": true, "kept:solved": true, "positive": true, "failed": false, "cancelled": false, "abandoned": false, "failures": false, "negative": false, "neutral": false,
	} {
		s := &askSettings{}
		if err := s.takeMeasure(measure); err != nil || s.good != good {
			t.Errorf("--measure %s: more is better: %v, want %v (%v)", measure, s.good, good, err)
		}
	}
	stdout, _, _ := askedTickets(t, "compare", "--by", "team", "--measure", "kept:solved")
	at := func(team string) int { return strings.Index(stdout, "\n  "+team+" ") }
	if at("red") < 0 || at("red") > at("blue") || at("blue") > at("green") {
		t.Errorf("red lost 17 promises, and is not first:\n%s", stdout)
	}
}
