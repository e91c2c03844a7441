package stats

import "math"

// SampleSize returns the lowest number of events whose share is known to within the margin, on either side, with the given
// confidence. Share is the share that is expected, in (0, 1), and margin is a share too: 0.05 for five percentage points. At
// 0.5 a share needs most events. It is the value to use where nothing is known.
//
// The result is at least 1. It is [math.MaxInt64] for bad input, for a margin that is not above 0, and where it would be
// larger.
//
// Source: Cochran 1977, Sampling Techniques, third edition, section 4.4: z²·p(1-p)/margin², rounded up, without a correction
// for a finite population. The formula is the normal approximation. For few events or a share near 0 or 1, look at [Wilson] of
// the counts to expect.
func SampleSize(share, margin, confidence float64) int64 {
	if !(share > 0 && share < 1) {
		return math.MaxInt64
	}
	return sizeFor(share*(1-share), margin, confidence)
}

// NPSSampleSize returns the lowest number of answers with which a Net Promoter Score is known to within the margin, in points,
// with the given confidence. It assumes the highest variance, with half of the answers from promoters and half from
// detractors: ±10 points at 95% take 385 answers. Results and bad input are as those of [SampleSize].
//
// Source: Rocks 2016, as [NPSInterval]: z²·v/margin², with v = 1.
func NPSSampleSize(margin, confidence float64) int64 {
	return sizeFor(1, margin/100, confidence)
}

// sizeFor returns the lowest n for which z·sqrt(variance/n) is at most margin.
func sizeFor(variance, margin, confidence float64) int64 {
	z, ok := twoSided(confidence)
	if !ok || !(margin > 0) {
		return math.MaxInt64
	}
	ratio := z / margin
	n := math.Ceil(ratio * ratio * variance)
	if n >= math.MaxInt64 {
		return math.MaxInt64
	}
	return max(1, int64(n))
}
