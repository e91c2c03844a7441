package stats

// SharesTest returns the two-sided probability of a difference of two independent shares as large as the one that the counts
// show, or larger, if the shares are the same. It is the [ChiSquare] test of their fourfold table, and exact is false. Where one of the
// expected counts is below 5 it is [FisherExact], and exact is true.
//
// The probability is 1 if one of the shares has no trials, if there is no success or no failure, and for bad input: negative
// counts, more successes than trials, and more than [MaxTrials] trials together.
//
// Source: the rule of choice is Cochran's (1954, "Some Methods for Strengthening the Common χ² Tests", Biometrics 10).
func SharesTest(successes1, trials1, successes2, trials2 int64) (p float64, exact bool) {
	if !counted(successes1, trials1) || !counted(successes2, trials2) {
		return 1, false
	}
	t := Fourfold{successes1, trials1 - successes1, successes2, trials2 - successes2}
	if !t.counted() {
		return 1, false
	}
	n1, n2 := float64(trials1), float64(trials2)
	n, successes, failures := n1+n2, float64(t.A+t.C), float64(t.B+t.D)
	if successes == 0 || failures == 0 {
		return 1, false
	}
	if min(n1, n2)*min(successes, failures) < 5*n {
		return FisherExact(t), true
	}
	// Pearson's statistic of a fourfold table is n·(ad-bc)² divided by the product of the four sums.
	determinant := float64(t.A)*float64(t.D) - float64(t.B)*float64(t.C)
	return ChiSquareTail(determinant/(n1*n2)*(determinant/(successes*failures))*n, 1), false
}
