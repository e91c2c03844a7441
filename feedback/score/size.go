package score

import (
	"math"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
)

// AnswersFor returns how many answers it takes to know the score of a survey on the scale to within the margin, on either side. The
// margin is in the unit of [Answers.Score]: in points for NPS, as a share for CSAT and thumbs (0.05 is five percentage points), in steps of the
// scale for CES and stars. It assumes the highest variance: half of the answers at each end. The result is [math.MaxInt64] for bad input, for a
// margin that is not above 0, and where it would be larger.
//
// Source: [stats.NPSSampleSize] and [stats.SampleSize]. A mean has the variance of a share, times the square of the length of the scale.
func AnswersFor(scale event.Scale, margin, confidence float64) int64 {
	switch length := float64(scale.Max() - scale.Min()); scale {
	case event.NPS:
		return stats.NPSSampleSize(margin, confidence)
	case event.CSAT, event.Thumbs:
		return stats.SampleSize(half, margin, confidence)
	case event.CES, event.Stars:
		return stats.SampleSize(half, margin/length, confidence)
	default:
		return math.MaxInt64
	}
}

const half = 0.5

// RequestsFor returns how many customers have to be asked for so many answers, at the response rate, in (0, 1]. The result is
// [math.MaxInt64] for bad input, and where it would be larger.
func RequestsFor(answers int64, rate float64) int64 {
	if answers < 0 || !(rate > 0 && rate <= 1) {
		return math.MaxInt64
	}
	n := math.Ceil(float64(answers) / rate)
	if n >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(n)
}
