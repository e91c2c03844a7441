package stats

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg returns the adjusted probabilities of several tests, in the order of p. Where the tests whose adjusted
// probability is at most 0.05 are called findings, at most 5% of the findings are expected to be chance. It holds for
// independent tests, and for tests that depend on each other positively (Benjamini and Yekutieli 2001).
//
// The slice p has the probability of every test that was made, those without a finding too. It is not changed. A NaN and
// a number outside [0, 1] count as 1.
//
// Source: Benjamini and Hochberg 1995, "Controlling the False Discovery Rate", Journal of the Royal Statistical Society B 57.
// An adjusted probability is the lowest level at which the procedure rejects, as p.adjust of R has it: the lowest of p·m/rank
// over this rank and the higher ones of m tests, and at most 1.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	order := make([]int, len(p))
	for i, value := range p {
		order[i] = i
		adjusted[i] = 1
		if value >= 0 && value <= 1 {
			adjusted[i] = value
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(adjusted[b], adjusted[a]) })
	lowest, m := 1.0, float64(len(p))
	for above, i := range order {
		lowest = min(lowest, adjusted[i]*(m/(m-float64(above))))
		adjusted[i] = lowest
	}
	return adjusted
}
