package stats

import "math"

// CommonOdds is what several fourfold tables, the strata, say together of one odds ratio.
type CommonOdds struct {
	// Ratio is the common odds ratio of Mantel and Haenszel. It is positive infinity if B·C is 0 in each stratum, 0 if A·D is, and
	// NaN if both are.
	Ratio float64
	// Interval is the two-sided interval of the ratio. It is [0, +Inf] where the ratio is 0, infinite or NaN.
	Interval Interval
	// Statistic is the chi-square statistic, with one degree of freedom, of the test that rows and columns are independent within
	// each stratum. P is its probability. They are 0 and 1 where no stratum says anything.
	Statistic, P float64
	// Corrected and CorrectedP are the same with a continuity correction.
	Corrected, CorrectedP float64
}

// MantelHaenszel compares rows and columns within strata, and sums over them. A difference between rows that only comes from how
// they are distributed over the strata does not show. Where the ratio and the odds ratio of the sums of the tables lie on
// different sides of 1, the split turns the sign (Simpson's paradox).
//
// Confidence is the wanted coverage of the interval, in (0, 1). A stratum without an event says nothing. Bad input is a negative
// count, a stratum with more than [MaxTrials] events, and a confidence outside (0, 1). Its result is the NaN ratio, the interval [0, +Inf], and tests that
// reject nothing.
//
// Source: Mantel and Haenszel 1959, "Statistical Aspects of the Analysis of Data From Retrospective Studies of Disease", Journal
// of the National Cancer Institute 22. The interval is that of Robins, Breslow and Greenland 1986, Biometrics 42. The
// corrected statistic is the one of mantelhaen.test of R, which subtracts ½ from a difference of at least ½.
func MantelHaenszel(strata []Fourfold, confidence float64) CommonOdds {
	none := CommonOdds{Ratio: math.NaN(), Interval: Interval{0, math.Inf(1)}, P: 1, CorrectedP: 1}
	z, ok := twoSided(confidence)
	if !ok {
		return none
	}
	var sums strataSums
	for _, t := range strata {
		if !t.counted() {
			return none
		}
		sums.add(t)
	}
	odds := none
	odds.Ratio = sums.r / sums.s
	if sums.r > 0 && sums.s > 0 {
		deviation := z * math.Sqrt(sums.variance())
		odds.Interval = Interval{odds.Ratio * math.Exp(-deviation), odds.Ratio * math.Exp(deviation)}
	}
	if sums.spread > 0 {
		difference := math.Abs(sums.difference)
		odds.Statistic = difference * difference / sums.spread
		odds.P = ChiSquareTail(odds.Statistic, 1)
		if difference >= 0.5 {
			difference -= 0.5
		}
		odds.Corrected = difference * difference / sums.spread
		odds.CorrectedP = ChiSquareTail(odds.Corrected, 1)
	}
	return odds
}

// strataSums are the sums over strata that the ratio, its interval and the test are made of. With the names of Robins, Breslow and
// Greenland, a stratum of n events has r = AD/n, s = BC/n, p = (A+D)/n and q = (B+C)/n.
type strataSums struct {
	r, s               float64
	pr, mixed, qs      float64 // of p·r, p·s + q·r, and q·s
	difference, spread float64 // of A less its expectation, and of the hypergeometric variance of A
}

// add adds a stratum. One with a single event has neither r nor s, no difference and no spread.
func (u *strataSums) add(t Fourfold) {
	a, b, c, d := float64(t.A), float64(t.B), float64(t.C), float64(t.D)
	n := a + b + c + d
	if n < 2 {
		return
	}
	r, s, p, q := a/n*d, b/n*c, (a+d)/n, (b+c)/n
	u.r += r
	u.s += s
	u.pr += p * r
	u.mixed += p*s + q*r
	u.qs += q * s
	u.difference += r - s // A - (A+B)(A+C)/n
	u.spread += (a + b) / n * (c + d) / n * (a + c) * ((b + d) / (n - 1))
}

// variance returns the variance of the logarithm of the ratio.
func (u *strataSums) variance() float64 {
	return u.pr/u.r/u.r/2 + u.mixed/u.r/u.s/2 + u.qs/u.s/u.s/2
}
