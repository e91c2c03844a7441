package control

import "math"

// RunLength returns the average number of steps until a one-sided CUSUM of independent standard normal values, with the reference value k in
// standard deviations, reaches h, where the values have the mean shift. It is infinite where that is beyond the range of a float64, 1 for h of
// at most 0, and NaN for a NaN.
//
// Source: Siegmund 1985, "Sequential Analysis", whose approximation is (exp(−2Δb) + 2Δb − 1) / 2Δ² with Δ = shift − k and b = h + 1.166,
// and b² for Δ = 0. Montgomery, "Introduction to Statistical Quality Control", section 9.1, has it with its accuracy: a few percent.
func RunLength(k, h, shift float64) float64 {
	switch {
	case math.IsNaN(k) || math.IsNaN(h) || math.IsNaN(shift):
		return math.NaN()
	case h <= 0:
		return 1
	}
	delta, b := shift-k, h+1.166
	x := delta * b
	if math.Abs(x) < 1e-4 { // the series of the numerator, which cancels there: 2x² − 4x³/3
		return b * b * (1 - 2*x/3)
	}
	return max(1, (math.Expm1(-2*x)+2*x)/(2*delta*delta))
}

// EWMA returns the exponentially weighted moving averages of the values, from the start value on: each is lambda times the value and 1 − lambda
// times the average before.
//
// Source: Roberts 1959; NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4.
func EWMA(values []float64, start, lambda float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		start = lambda*v + (1-lambda)*start
		out[i] = start
	}
	return out
}

// EWMALimits returns the control limits of an EWMA after many values, at the given number of standard deviations (3 is usual) from the mean of
// values with the standard deviation sigma.
func EWMALimits(mean, sigma, lambda, sigmas float64) (low, high float64) {
	d := sigmas * sigma * math.Sqrt(lambda/(2-lambda))
	return mean - d, mean + d
}
