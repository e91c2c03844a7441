package control

import (
	"math"
	"os"
	"time"
)

var (
	X    string
	K    = 1.25
	SM   = 0.0
	Keep = 0.0
)

// Day is what was counted on one day.
type Day struct {
	N   int64 // events
	Bad int64 // of them, those that are bad
	Out bool  // the day says nothing of what is usual: a holiday, a maintenance, a day whose data are missing
}

// counts reports whether the day has data that mean something.
func (d *Day) counts() bool { return !d.Out && d.N > 0 && d.Bad >= 0 && d.Bad <= d.N }

// Series is the days of a chart, one after another, the first of them on the weekday First.
type Series struct {
	First time.Weekday
	Days  []Day
}

const week = 7

func (s *Series) weekday(i int) int { return (int(s.First) + i) % week }

// The numbers of the charts.
const (
	// minExpected is how many bad events a unit of days has to expect, and how many good ones: below, the binomial distribution is far from a
	// normal one.
	minExpected = 10
	// minUnits is how many units a baseline needs, so that its noise is known.
	minUnits = 8
	// most is what one unit adds at most, in standard deviations: less than any finding needs, so that one day alone is none.
	most = 3
	// horizon is the time that P is about, in days.
	horizon = 90
)

// Baseline is what is usual.
type Baseline struct {
	Share    float64       // the share of bad events
	Weekdays [week]float64 // that of each weekday, from Sunday
	Sigma    float64       // the standard deviation of the days, in standard deviations of the binomial distribution; at least 1
	Days     int           // the days with data
	Units    int           // the units that these days make
}

// NewBaseline returns what is usual on the days from, until and without the day until. Ok is false where these have data on fewer than 28 days,
// or expect fewer than eighty bad or good events, and for days that the series does not have.
//
// The share of a weekday is shrunk towards that of all days, by as much as chance explains the weekdays' differences: by min(1, 4/χ²), where χ² is
// that of the seven weekdays (James and Stein 1961).
func NewBaseline(s Series, from, until int) (b Baseline, ok bool) {
	if from < 0 || until > len(s.Days) || from >= until {
		return b, false
	}
	var n, bad [week]float64
	var all, allBad float64
	for i := from; i < until; i++ {
		if d := &s.Days[i]; d.counts() {
			w := s.weekday(i)
			n[w], bad[w] = n[w]+float64(d.N), bad[w]+float64(d.Bad)
			all, allBad = all+float64(d.N), allBad+float64(d.Bad)
			b.Days++
		}
	}
	if b.Days < 28 {
		return b, false
	}
	var units []Unit
	// Half an event more of each kind: what has never happened is rare, and not impossible.
	b.Share = (allBad + 0.5) / (all + 1)
	for w := range week {
		b.Weekdays[w] = b.Share
	}
	b.Sigma = 1
	b.Sigma = sigma(b.units(&s, from, until))
	b.shrink(&n, &bad)
	b.Sigma, units = 1, b.units(&s, from, until)
	b.Units = len(units)
	for i := range units { // a baseline has no early end
		if units[i].early {
			b.Units--
		}
	}
	b.Sigma = sigma(units)
	w := Keep * Keep * 7 * float64(len(units)) / float64(b.Days*b.Days)
	b.Sigma = 1 + max(0, b.Sigma/math.Sqrt(1-w)-1)*(1+SM/math.Sqrt(float64(max(minUnits, len(units)))))
	b.Sigma *= math.Sqrt(1 + w)
	if X == "oracle" {
		b.Sigma, b.Share = 1, 0.1
		for w := range week {
			b.Weekdays[w] = 0.1
		}
	}
	if X == "flat" || X == "flatsigma" {
		for w := range week {
			b.Weekdays[w] = b.Share
		}
	}
	if X == "sigma" || X == "flatsigma" {
		b.Sigma = 1
	}
	return b, b.Units >= minUnits || allBad == 0 || allBad == all
}

// shrink sets the shares of the weekdays.
func (b *Baseline) shrink(n, bad *[week]float64) {
	chi, kinds := 0.0, 0
	for w := range week {
		if e := n[w] * b.Share; e > 0 {
			chi += (bad[w] - e) * (bad[w] - e) / (e * (1 - b.Share) * b.Sigma * b.Sigma)
			kinds++
		}
	}
	keep := 0.0
	if kinds > 3 && chi > 0 {
		keep = max(0, 1-float64(kinds-3)/chi)
	}
	Keep = keep
	for w := range week {
		b.Weekdays[w] = b.Share
		if n[w] > 0 {
			b.Weekdays[w] += keep * (bad[w]/n[w] - b.Share)
		}
	}
}

// sigma returns the standard deviation of the units, from the differences between neighbours, in which a slow change has no part: 1.128 is the
// mean of the range of two standard normal values (Laney 2002, "Improved Control Charts for Attributes", Quality Engineering 14).
func sigma(units []Unit) float64 {
	sum := 0.0
	for i := 1; i < len(units); i++ {
		sum += math.Abs(units[i].raw - units[i-1].raw)
	}
	if len(units) < 2 {
		return 1
	}
	mean, sq := 0.0, 0.0
	for i := range units {
		mean += units[i].raw / float64(len(units))
	}
	for i := range units {
		sq += (units[i].raw - mean) * (units[i].raw - mean)
	}
	if os.Getenv("SD") != "" {
		return max(1, sum/float64(len(units)-1)/1.128, math.Sqrt(sq/float64(len(units)-1)))
	}
	return max(1, sum/float64(len(units)-1)/1.128)
}

// Unit is one day, or several that together expect enough bad events.
type Unit struct {
	From, Until int     // the days, without the last
	N, Bad      int64   // what was counted
	Expected    float64 // the bad events that are usual
	Z           float64 // how far the bad events are above that, in standard deviations of the baseline, from -3 to 3
	raw         float64
	early       bool
}

// units returns the units of the days from, until.
func (b *Baseline) units(s *Series, from, until int) (list []Unit) {
	u := Unit{From: from}
	for i := from; i < until; i++ {
		d := &s.Days[i]
		if d.counts() {
			u.N, u.Bad = u.N+d.N, u.Bad+d.Bad
			u.Expected += float64(d.N) * b.Weekdays[s.weekday(i)]
		}
		if u.N == 0 {
			u.From = i + 1
			continue
		}
		u.raw = score(u.Bad, u.N, u.Expected)
		enough := min(u.Expected, float64(u.N)-u.Expected) >= minExpected
		// Where bad events are rare, many of them end the unit before so many are expected.
		u.early = !enough && min(u.Bad, u.N) >= minExpected && u.raw/b.Sigma >= most
		if enough || u.early {
			u.Until, u.Z = i+1, max(-most, min(most, u.raw/b.Sigma))
			list = append(list, u)
			u = Unit{From: i + 1}
		}
	}
	return list
}

func score(bad, n int64, expected float64) float64 {
	share := min(1, max(0, expected/float64(n)))
	return 2 * math.Sqrt(float64(n)+0.5) * (math.Asin(math.Sqrt((float64(bad)+0.375)/(float64(n)+0.75))) - math.Asin(math.Sqrt(share)))
}

// Sum is a CUSUM at the end of the days, in one direction.
type Sum struct {
	S float64 // in standard deviations
	// P is how often the sum of a chart without a change comes so far in 90 days, at most 1.
	P float64
	// Began is the first day after the last one on which the sum was zero: on that day it began, if it is a change. It is -1 where the sum is zero.
	Began int
}

// Assessment is what the days since a baseline say.
type Assessment struct {
	Worse, Better Sum
	Units         []Unit
}

// Assess adds up by how much the days from on, to the last one of the series, are worse, and by how much they are better, than the baseline.
// Days at the end that are no whole unit yet say nothing yet.
func Assess(s Series, b Baseline, from int) Assessment {
	a := Assessment{Worse: Sum{P: 1, Began: -1}, Better: Sum{P: 1, Began: -1}}
	if from < 0 || from >= len(s.Days) || b.Sigma < 1 {
		return a
	}
	a.Units = b.units(&s, from, len(s.Days))
	k := 0.5 + K/math.Sqrt(float64(max(b.Units, minUnits)))
	for i := range a.Units {
		u := &a.Units[i]
		a.Worse.add(u.Z-k, u.From)
		a.Better.add(-u.Z-k, u.From)
	}
	if n := len(a.Units); n > 0 {
		length := float64(a.Units[n-1].Until-from) / float64(n) // days a unit
		a.Worse.settle(k, length)
		a.Better.settle(k, length)
	}
	return a
}

func (s *Sum) add(z float64, day int) {
	if s.S <= 0 {
		s.Began = day
	}
	if s.S += z; s.S <= 0 {
		s.S, s.Began = 0, -1
	}
}

func (s *Sum) settle(k, length float64) {
	if s.S > 0 {
		s.P = min(1, horizon/length/RunLength(k, s.S, 0))
	}
}
