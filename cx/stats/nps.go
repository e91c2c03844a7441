package stats

import "math"

// NPSInterval returns the two-sided adjusted Wald interval of a Net Promoter Score, in points from -100 to 100. Promoters
// answered 9 or 10, detractors 0 to 6. Responses is the number of all answers, those of passives included.
//
// Confidence is the wanted coverage, in (0, 1). Zero responses and bad input have the interval [-100, 100]. Bad input is also
// more promoters and detractors than responses. Where the formula exceeds -100 or 100, the interval ends there. The absolute
// error of each end is below 1e-11 points.
//
// Source: Rocks 2016, "Interval Estimation for the Net Promoter Score", The American Statistician 70. With three responses
// more, of which ¾ are promoters and ¾ detractors, the score is p - d, its variance p + d - (p - d)², and its standard error
// the root of variance/responses. The three responses draw the interval towards 0. Where all answers agree, their score of 100 or
// -100 may therefore lie outside the interval: at 95% that of a single answer does, at 80% that of any number of answers.
func NPSInterval(promoters, detractors, responses int64, confidence float64) Interval {
	z, ok := twoSided(confidence)
	if !ok || !counted(promoters, responses) || !counted(detractors, responses) || promoters > responses-detractors {
		return Interval{-100, 100}
	}
	n := float64(responses) + 3
	p, d := (float64(promoters)+0.75)/n, (float64(detractors)+0.75)/n
	// p + d - (p-d)² is p(1-p) + d(1-d) + 2pd, which does not cancel when all answers agree.
	variance := p*(float64(responses-promoters)+2.25)/n + d*(float64(responses-detractors)+2.25)/n + 2*p*d
	margin := z * math.Sqrt(variance/n)
	return Interval{100 * max(-1, p-d-margin), 100 * min(1, p-d+margin)}
}
