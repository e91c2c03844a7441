package score

import (
	"strconv"

	"cairncx.dev/cairn/cx/stats"
)

// SmallSample is the number of samples below which an Apdex score is marked.
const SmallSample = 100

// Apdex is how customers experienced the time that an interaction took.
type Apdex struct {
	Satisfied  int64    `json:"satisfied"`
	Tolerating int64    `json:"tolerating"`
	Frustrated int64    `json:"frustrated"`
	Score      Estimate `json:"score,omitzero"` // from 0 to 1
	// Small marks a score of fewer than [SmallSample] samples.
	Small bool `json:"small_group"`
}

// ApdexOf returns the score of the samples in each zone. It has no score without samples, and for a negative count.
//
// Source: Apdex Technical Specification 1.1: (satisfied + tolerating/2) / all. With satisfied samples as promoters and frustrated ones
// as detractors that is half of 1 and their Net Promoter Score, so that its interval is that of [stats.NPSInterval].
func ApdexOf(satisfied, tolerating, frustrated int64, confidence float64) Apdex {
	a := Apdex{Satisfied: satisfied, Tolerating: tolerating, Frustrated: frustrated}
	n := satisfied + tolerating + frustrated
	if n <= 0 || satisfied < 0 || tolerating < 0 || frustrated < 0 {
		return a
	}
	i := stats.NPSInterval(satisfied, frustrated, n, confidence)
	const most = 200
	a.Score = Estimate{
		(float64(satisfied) + float64(tolerating)/2) / float64(n), stats.Interval{Low: 0.5 + i.Low/most, High: 0.5 + i.High/most}, n, Plain,
	}
	a.Small = n < SmallSample
	return a
}

// Rating returns the word of the specification for the score, rounded to two decimals as it is shown: excellent from 0.94, good from
// 0.85, fair from 0.70, poor from 0.50, else unacceptable. It is "" without a score.
func (a Apdex) Rating() string {
	const decimals = 2
	v, _ := strconv.ParseFloat(fixed(a.Score.Value, decimals), 64)
	switch {
	case !a.Score.OK():
		return ""
	case v >= 0.94: //nolint:mnd // the specification's bands, as those below
		return "excellent"
	case v >= 0.85: //nolint:mnd // see above
		return "good"
	case v >= 0.70: //nolint:mnd // see above
		return "fair"
	case v >= 0.50: //nolint:mnd // see above
		return "poor"
	default:
		return "unacceptable"
	}
}

// String returns the score with its mark for a small group, its interval and n, such as "0.75* (0.65 to 0.82), n = 60", and
// "NS" for no samples.
func (a Apdex) String() string {
	if !a.Score.OK() {
		return "NS"
	}
	return a.Mark() + a.Score.String()[len(a.Score.Unit.format(a.Score.Value, false)):]
}

// Mark returns the score with its mark for a small group, such as "0.75*", and "NS" for no samples.
func (a Apdex) Mark() string {
	if !a.Score.OK() {
		return "NS"
	}
	s := a.Score.Unit.format(a.Score.Value, false)
	if a.Small {
		s += "*"
	}
	return s
}
