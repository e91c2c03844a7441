package stats

import "math"

// Interval is a range that contains a quantity with a given confidence. Both ends belong to it.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Wilson returns the two-sided score interval of a share of which trials show a number of successes. Its ends lie in [0, 1], and
// it contains successes/trials. Without a success its low end is exactly 0, without a failure its high end exactly 1. It is
// symmetric: the interval of the failures is this one, mirrored at 0.5.
//
// Confidence is the wanted coverage, in (0, 1): 0.95 for 95%. Zero trials and bad input have the interval [0, 1]. The relative
// error of each end is below 1e-14.
//
// Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
// Statistical Association 22, without a continuity correction. It is the method that Brown, Cai and DasGupta 2001 ("Interval
// Estimation for a Binomial Proportion", Statistical Science 16) recommend for few trials. Its coverage is the confidence on
// average. For single shares near 0 or 1 it can be lower.
func Wilson(successes, trials int64, confidence float64) Interval {
	z, ok := twoSided(confidence)
	if !ok || !counted(successes, trials) {
		return Interval{0, 1}
	}
	return Interval{wilsonLow(successes, trials, z), wilsonHigh(successes, trials, z)}
}

// WilsonLower returns the lower limit of the one-sided score interval: with the given confidence the share is not lower. At
// 0.95 it is the low end of the two-sided interval at 0.90. Zero trials and bad input have the limit 0, so that the share is
// never taken to be above anything.
//
// Source and error are those of [Wilson]. A confidence below 0.5 has a limit above successes/trials.
func WilsonLower(successes, trials int64, confidence float64) float64 {
	if !(confidence > 0 && confidence < 1) || !counted(successes, trials) {
		return 0
	}
	z := NormalQuantile(confidence)
	if z < 0 {
		return wilsonHigh(successes, trials, -z)
	}
	return wilsonLow(successes, trials, z)
}

// WilsonUpper returns the upper limit of the one-sided score interval: with the given confidence the share is not higher. Zero
// trials and bad input have the limit 1. In all else it is the mirror image of [WilsonLower].
func WilsonUpper(successes, trials int64, confidence float64) float64 {
	if !(confidence > 0 && confidence < 1) || !counted(successes, trials) {
		return 1
	}
	z := NormalQuantile(confidence)
	if z < 0 {
		return wilsonLow(successes, trials, -z)
	}
	return wilsonHigh(successes, trials, z)
}

// counted reports whether the counts say something of a share.
func counted(successes, trials int64) bool {
	return trials > 0 && successes >= 0 && successes <= trials
}

// wilsonHigh returns the higher of the two shares whose score test against successes of trials gives z.
func wilsonHigh(successes, trials int64, z float64) float64 {
	if successes == trials {
		return 1
	}
	k, n := float64(successes), float64(trials)
	return min(1, max(k/n, twiceCentre(successes, trials, z)/(n+z*z)))
}

// wilsonLow returns the lower of the two shares. The textbook's difference cancels where the share is small. This is the product
// of the two solutions, k²/(n(n+z²)), divided by the higher one.
func wilsonLow(successes, trials int64, z float64) float64 {
	if successes == 0 {
		return 0
	}
	k, n := float64(successes), float64(trials)
	return min(k/n, k/n*(k/twiceCentre(successes, trials, z)))
}

// twiceCentre returns k + z²/2 + z·sqrt(k(n-k)/n + z²/4), the higher solution times n+z².
func twiceCentre(successes, trials int64, z float64) float64 {
	k, n, failures := float64(successes), float64(trials), float64(trials-successes)
	return k + z*z/2 + z*math.Sqrt(k*(failures/n)+z*z/4)
}
