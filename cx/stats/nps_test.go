package stats_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// TestNPSInterval compares with the formula of Rocks 2016 (The American Statistician 70), in exact fractions up to the last
// root: v = p + d - (p-d)², with three responses more, of which ¾ are promoters and ¾ detractors.
func TestNPSInterval(t *testing.T) {
	t.Parallel()
	const z95 = 1.9599639845400538556
	for _, c := range []struct{ promoters, detractors, responses int64 }{
		{60, 15, 100},
		{10, 0, 10},
		{0, 10, 10},
		{0, 0, 10},
		{5, 5, 10},
		{1, 0, 1},
		{13, 15, 36},
		{1_000_000_000, 0, 1_000_000_000},
		{400_000_000, 300_000_000, 1_000_000_000},
	} {
		got := stats.NPSInterval(c.promoters, c.detractors, c.responses, 0.95)
		quarter := func(n int64, quarters int64) *big.Rat {
			return new(big.Rat).Add(big.NewRat(n, 1), big.NewRat(quarters, 4))
		}
		n := quarter(c.responses, 12)
		p, d := new(big.Rat).Quo(quarter(c.promoters, 3), n), new(big.Rat).Quo(quarter(c.detractors, 3), n)
		score := new(big.Rat).Sub(p, d)
		v := new(big.Rat).Add(p, d)
		v.Sub(v, new(big.Rat).Mul(score, score))
		root := new(big.Float).SetPrec(200).SetRat(v.Quo(v, n))
		se, _ := root.Sqrt(root).Float64()
		centre, _ := score.Float64()
		what := fmt.Sprintf("%d promoters and %d detractors of %d", c.promoters, c.detractors, c.responses)
		near(t, what+", low", got.Low, max(-100, 100*(centre-z95*se)), 1e-12)
		near(t, what+", high", got.High, min(100, 100*(centre+z95*se)), 1e-12)
	}
}

// TestNPSIntervalProperties: the interval lies in [-100, 100], grows with the confidence, turns its sign when promoters and
// detractors change places, and from 95% and two answers on contains the score.
func TestNPSIntervalProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(2, 1<<40).Draw(t, "n")
		promoters := rapid.Int64Range(0, n).Draw(t, "promoters")
		detractors := rapid.Int64Range(0, n-promoters).Draw(t, "detractors")
		confidence := rapid.Float64Range(0.95, 0.9999).Draw(t, "confidence")
		i, turned := stats.NPSInterval(promoters, detractors, n, confidence), stats.NPSInterval(detractors, promoters, n, confidence)
		score := 100 * (float64(promoters) - float64(detractors)) / float64(n)
		if !(-100 <= i.Low && i.Low <= score+1e-12 && score-1e-12 <= i.High && i.High <= 100) {
			t.Errorf("%v does not contain %v, or is not in [-100, 100]", i, score)
		}
		if turned.Low != -i.High || turned.High != -i.Low {
			t.Errorf("%v is not %v with the other sign", turned, i)
		}
		if wider := stats.NPSInterval(promoters, detractors, n, confidence+(1-confidence)/2); wider.Low > i.Low || wider.High < i.High {
			t.Errorf("%v, with more confidence, is narrower than %v", wider, i)
		}
	})
}

// TestNPSIntervalAgreed: the three responses of the method draw the interval of answers that all agree away from their score.
// It reaches the score if z is at least 3/sqrt(4.5 - 9/(n+3)), which is 2 for one answer, 1.826 for two, and 1.414 for many.
func TestNPSIntervalAgreed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n          int64
		confidence float64
		contains   bool
	}{
		{1, 0.95, false},
		{1, 0.96, true},
		{2, 0.93, false},
		{2, 0.95, true},
		{1_000_000, 0.80, false},
		{1_000_000, 0.85, true},
	} {
		if i := stats.NPSInterval(c.n, 0, c.n, c.confidence); (i.High == 100) != c.contains {
			t.Errorf("%d promoters at %v: %v contains 100: want %v", c.n, c.confidence, i, c.contains)
		}
	}
}
