package stats

import "math"

// NormalQuantile returns the quantile of the standard normal distribution: the z below which a normal value lies with
// probability p. The quantile of 0.975 is 1.959964.
//
// The relative error is below 1e-14 for p from 1e-300 to 1, and the absolute error below 1e-15 near p = 0.5, where z is zero.
// The quantile of 0 is negative infinity, that of 1 positive infinity. A positive p below 1e-300 has the quantile of 1e-300,
// -37.05, which is too high by at most 1.5. The result is NaN if p is NaN or outside [0, 1].
//
// From 0.25 upwards the function uses [math.Erfinv] (Wichura 1988, "Algorithm AS 241: The Percentage Points of the Normal
// Distribution", Applied Statistics 37), whose argument 2p-1 is exact there. Below, 2p-1 loses the digits of p, and the
// function solves the equation with Newton's method on the logarithm of [math.Erfc].
func NormalQuantile(p float64) float64 {
	switch {
	case p == 0:
		return math.Inf(-1)
	case p < 0.25:
		return lowerQuantile(p)
	default:
		return math.Sqrt2 * math.Erfinv(2*p-1) // NaN and numbers outside [0, 1] become NaN
	}
}

// lowerQuantile solves log Φ(z) = log p for 0 < p < 0.25. The logarithm of Φ is concave, and the start lies below the solution,
// because Φ(z) <= exp(-z²/2)/2 for z <= 0. Each step of Newton's method therefore ends below the solution and nearer to it,
// until rounding ends the climb.
func lowerQuantile(p float64) float64 {
	if p < 0 {
		return math.NaN()
	}
	p = max(p, 1e-300) // below, math.Erfc has fewer digits
	const steps = 20   // the most that any p needs is fewer than ten
	z := -math.Sqrt(-2 * math.Log(p))
	for range steps {
		below := math.Erfc(-z/math.Sqrt2) / 2
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		next := z - math.Log(below/p)*below/density
		if !(next > z) {
			break
		}
		z = next
	}
	return z
}

// twoSided returns the z for which a normal value lies within [-z, z] with the given probability, and whether confidence is one:
// a number in (0, 1).
func twoSided(confidence float64) (float64, bool) {
	return math.Sqrt2 * math.Erfinv(confidence), confidence > 0 && confidence < 1
}
