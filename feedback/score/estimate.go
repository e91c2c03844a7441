package score

import (
	"math"
	"strconv"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
)

// Unit is what an [Estimate] is measured in.
type Unit uint8

// The units.
const (
	Plain  Unit = iota // a plain number: steps of a scale, such as 1 to 7, or an Apdex score
	Points             // of a Net Promoter Score, -100 to 100
	Parts              // of 1: a share
)

// Estimate is a number with its interval and the number of answers that it rests on. Without answers, and for a group that is
// hidden, it is the zero value.
type Estimate struct {
	Value float64 `json:"value"`
	stats.Interval
	N    int64 `json:"n"`
	Unit Unit  `json:"-"`
}

// OK reports whether there is a number.
func (e Estimate) OK() bool { return e.N > 0 }

// String returns the number, its interval and n in its unit, such as "+45 (+29 to +58), n = 100" for a Net Promoter Score, and "none" without
// answers.
func (e Estimate) String() string {
	if !e.OK() {
		return "none"
	}
	return e.Unit.format(e.Value, false) + " (" + e.Range() + "), n = " + strconv.FormatInt(e.N, 10)
}

// Range returns the interval, such as "52.2% to 70.9%", and "" without answers.
func (e Estimate) Range() string {
	if !e.OK() {
		return ""
	}
	return e.Unit.format(e.Low, false) + " to " + e.Unit.format(e.High, false)
}

// Share is a share of answers or requests. Count of [Estimate.N] have what it is about.
type Share struct {
	Count int64 `json:"count"`
	Estimate
}

// ShareOf returns the share of count in n, with the interval of Wilson. It is the zero value if n is not above 0, and for a count that is
// negative or above n.
func ShareOf(count, n int64, confidence float64) Share {
	if n <= 0 || count < 0 || count > n {
		return Share{}
	}
	return Share{count, Estimate{float64(count) / float64(n), stats.Wilson(count, n, confidence), n, Parts}}
}

// NPSOf returns the Net Promoter Score in points. Promoters answered 9 or 10, detractors 0 to 6; n is the number of all answers. It is
// the zero value for counts that cannot be.
func NPSOf(promoters, detractors, n int64, confidence float64) Estimate {
	if n <= 0 || promoters < 0 || detractors < 0 || promoters > n-detractors {
		return Estimate{}
	}
	return Estimate{100 * (float64(promoters) - float64(detractors)) / float64(n), stats.NPSInterval(promoters, detractors, n, confidence), n, Points}
}

// MeanOf returns the mean of the answers on the scale, with the interval of [stats.ScaleMean]. Counts are those of [Answers.Counts]. It is the
// zero value without answers, and for counts that are not those of the scale.
func MeanOf(scale event.Scale, counts []int64, confidence float64) Estimate {
	var n int64
	for _, c := range counts {
		n += c
	}
	if n <= 0 || len(counts) != scale.Max()-scale.Min()+1 {
		return Estimate{}
	}
	mean, i := stats.ScaleMean(int64(scale.Min()), counts, confidence)
	if math.IsNaN(mean) {
		return Estimate{}
	}
	return Estimate{mean, i, n, Plain}
}

// format returns the number as people write it. A difference always has its sign, and so has a Net Promoter Score.
func (u Unit) format(v float64, difference bool) string {
	var text, unit string
	switch u {
	case Points:
		text = fixed(v, 0)
	case Parts:
		if text, unit = fixed(100*v, 1), "%"; difference {
			unit = " points"
		}
	case Plain:
		text = fixed(v, 2)
	}
	if (difference || u == Points) && text[0] != '-' {
		text = "+" + text
	}
	return text + unit
}

// fixed formats a number with so many decimals, and never as minus zero.
func fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if zero := strconv.FormatFloat(0, 'f', decimals, 64); s == "-"+zero {
		return zero
	}
	return s
}
