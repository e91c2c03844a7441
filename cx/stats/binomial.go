package stats

import "math"

// MaxTrials is the highest number of trials that the binomial functions accept. The time of a call grows with the root of the
// trials.
const MaxTrials = 1_000_000_000_000

// BinomialAtLeast returns the probability that trials of which each succeeds with probability p have at least that many
// successes. It is 1 for 0 successes and fewer, and 0 for more successes than trials.
//
// Bad input has the probability 1: negative trials, more than [MaxTrials], or a p that is NaN or outside [0, 1].
//
// The relative error is below 1e-11 up to a million trials, and below 1e-8 up to MaxTrials, for probabilities above 1e-300.
// A probability below the smallest float64 is 0.
//
// Source: the first term of the sum is from Loader 2000, "Fast and Accurate Computation of Binomial Probabilities", and each
// further one follows from the one before. The sum ends where the terms that are left, bounded by a geometric series, no longer
// change it.
func BinomialAtLeast(successes, trials int64, p float64) float64 {
	if !(p >= 0 && p <= 1) || trials < 0 || trials > MaxTrials {
		return 1
	}
	return atLeast(successes, trials, p, 1-p)
}

// BinomialAtMost returns the probability of at most that many successes. It is 1 for as many successes as trials and more, and
// 0 for negative successes. Bad input, error and source are those of [BinomialAtLeast].
func BinomialAtMost(successes, trials int64, p float64) float64 {
	if !(p >= 0 && p <= 1) || trials < 0 || trials > MaxTrials {
		return 1
	}
	if successes < 0 {
		return 0
	}
	return atLeast(trials-successes, trials, 1-p, p) // at least that many failures
}

// BinomialCritical returns the lowest number of successes that is evidence, at the given significance, that the probability of
// a success is higher than p: the lowest k for which [BinomialAtLeast] is at most significance. The result is trials+1, which
// no count reaches, if even trials successes are no evidence.
//
// Significance is the probability of a false alarm that the caller accepts, in (0, 1): 0.05 for 5%. Bad input has the result
// [math.MaxInt64]. Where the probability is equal to significance but for the error of BinomialAtLeast, the result may be one
// too high or too low.
func BinomialCritical(trials int64, p, significance float64) int64 {
	if !(p >= 0 && p <= 1) || !(significance > 0 && significance < 1) || trials < 0 || trials > MaxTrials {
		return math.MaxInt64
	}
	low, high := int64(0), trials+1 // low successes are no evidence, high ones are
	for high-low > 1 {
		middle := low + (high-low)/2
		if atLeast(middle, trials, p, 1-p) <= significance {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// atLeast returns P(X >= k) for n trials with probability p, where q is 1-p. One of p and q may be rounded, the smaller one is
// not. A tail beyond the mean is summed. The other one is at least a quarter, and its complement is summed.
func atLeast(k, n int64, p, q float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p == 0:
		return 0
	case q == 0:
		return 1
	case float64(k) >= float64(n)*p:
		return min(1, sumUp(k, n, p, q))
	default:
		return max(0, 1-sumUp(n-k+1, n, q, p)) // at most k-1 successes are at least n-k+1 failures
	}
}

// sumUp returns P(X >= k) for a k at or beyond the mean, where each term is smaller than the one before.
func sumUp(k, n int64, p, q float64) float64 {
	term := probability(k, n, p, q)
	sum, odds := term, p/q
	for j := k; j < n && term > 0; j++ {
		ratio := float64(n-j) / float64(j+1) * odds // falls with j: what is left is below term·ratio/(1-ratio)
		term *= ratio
		sum += term
		if term*ratio < sum*(1-ratio)*0x1p-54 {
			break
		}
	}
	return sum
}

// probability returns P(X = k) for 0 <= k <= n and 0 < p < 1, with Loader's saddle-point expansion: the logarithms of
// factorials, which are large and cancel, do not occur.
func probability(k, n int64, p, q float64) float64 {
	x, m := float64(k), float64(n)
	switch k {
	case 0:
		return math.Exp(m * logOf(q, p))
	case n:
		return math.Exp(m * logOf(p, q))
	}
	y := float64(n - k)
	exponent := stirlingError(m) - stirlingError(x) - stirlingError(y) - deviance(x, m*p) - deviance(y, m*q)
	return math.Exp(exponent) * math.Sqrt(m/(2*math.Pi*x*y))
}

// logOf returns log p, where q is 1-p and the larger of the two may be rounded.
func logOf(p, q float64) float64 {
	if p > q {
		return math.Log1p(-q)
	}
	return math.Log(p)
}

// stirlingError returns log n! minus Stirling's approximation, log(sqrt(2πn)·(n/e)^n), for n >= 1. From 16 on it is the series
// of DLMF 5.11.1, whose error is below its first term left out, 2e-16.
func stirlingError(n float64) float64 {
	if n < 16 {
		lgamma, _ := math.Lgamma(n + 1)
		return lgamma - (n+0.5)*math.Log(n) + n - math.Log(2*math.Pi)/2
	}
	r := 1 / (n * n)
	return (1./12 - r*(1./360-r*(1./1260-r*(1./1680-r*(1./1188-r*(691./360360)))))) / n
}

// deviance returns x·log(x/mean) + mean - x, Loader's bd0. Near the mean the three terms cancel, and the function sums the series
// of the logarithm in (x-mean)/(x+mean).
func deviance(x, mean float64) float64 {
	if math.Abs(x-mean) >= 0.1*(x+mean) {
		return x*math.Log(x/mean) + mean - x
	}
	v := (x - mean) / (x + mean)
	sum, power := (x-mean)*v, 2*x*v
	for j := 3.0; ; j += 2 { // v² is below 0.01: at most nine turns
		power *= v * v
		next := sum + power/j
		if next == sum {
			return sum
		}
		sum = next
	}
}
