package control

import "math"

// Limits returns the control limits of a share's p-chart for a sample of n events, at the given number of standard deviations (3 is usual) from
// the usual share. They are cut to [0, 1]. Input without a meaning (a share outside [0, 1], no events, a negative number of standard deviations,
// a NaN) has the limits 0 and 1.
//
// The limits are those of the binomial distribution. For shares of many events they are too narrow: see [Baseline.Sigma], which a chart's limits
// are to be multiplied with.
//
// Source: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2.
func Limits(share float64, n int64, sigmas float64) (low, high float64) {
	if !(share >= 0 && share <= 1) || n <= 0 || !(sigmas >= 0) {
		return 0, 1
	}
	d := sigmas * math.Sqrt(share*(1-share)/float64(n))
	return max(0, share-d), min(1, share+d)
}
