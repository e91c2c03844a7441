package stats

import "math"

// Newcombe returns the two-sided interval of the difference of two independent shares, first minus second. Shares differ with
// the given confidence if the interval does not contain 0. Its ends lie in [-1, 1], and it contains the observed difference.
//
// Confidence is the wanted coverage, in (0, 1). The interval is [-1, 1] if one of the shares has no trials, and for bad input.
// The absolute error of each end is below 1e-14.
//
// Source: Newcombe 1998, "Interval estimation for the difference between independent proportions: comparison of eleven
// methods", Statistics in Medicine 17, method 10. It combines the [Wilson] intervals of the two shares.
func Newcombe(successes1, trials1, successes2, trials2 int64, confidence float64) Interval {
	if !(confidence > 0 && confidence < 1) || !counted(successes1, trials1) || !counted(successes2, trials2) {
		return Interval{-1, 1}
	}
	share1, share2 := float64(successes1)/float64(trials1), float64(successes2)/float64(trials2)
	first, second := Wilson(successes1, trials1, confidence), Wilson(successes2, trials2, confidence)
	difference := share1 - share2
	return Interval{
		Low:  max(-1, difference-math.Hypot(share1-first.Low, second.High-share2)),
		High: min(1, difference+math.Hypot(first.High-share1, share2-second.Low)),
	}
}
