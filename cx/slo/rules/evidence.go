package rules

import (
	"fmt"
	"math"
)

// Evidence returns the number that bad events of n have to exceed before they are evidence, at a significance of 5%, that the share of
// bad events is higher than p:
//
//	n·p + 1.645·sqrt(n·p·(1−p)) + 0.5 + 0.284·(1−2·p)
//
// It is the normal approximation of the binomial distribution with the corrections for continuity and skewness (Cornish and Fisher
// 1937: (z² − 1)/6 = 0.284 at z = 1.645). For p from 0.0002 to 0.8 and n up to 3,000 the lowest whole number above it is never lower than
// the exact one, [cairncx.dev/cairn/cx/stats.BinomialCritical], and at most one higher. PromQL has no binomial distribution, so the rules
// ask for this number. It is defined for n of 0 or more, and p from 0 to 1.
func Evidence(n, p float64) float64 {
	return n*p + 1.645*math.Sqrt(n*p*(1-p)) + 0.5 + 0.284*(1-2*p)
}

// evidence is [Evidence] in PromQL. The series counts the events.
func evidence(series string, p decimal) string {
	share := written(p)
	return fmt.Sprintf("%s * %s + 1.645 * sqrt(%s * %s * %s) + 0.5 + 0.284 * (1 - 2 * %s)",
		share, series, share, written(sub(one(), p)), series, share)
}

// evident reports whether the line of evidence asks for two bad events in any case, so that the rule need not say so. Between 1 and 1.2
// an event that increase reads as a little more than one could pass.
func evident(events int, p decimal) bool {
	return Evidence(float64(max(events, 1)), number(p)) > 1.2
}
