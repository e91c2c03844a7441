package control

import (
	"math"
	"time"
)

// Day is what was counted on one day.
type Day struct {
	N   int64 // events
	Bad int64 // those of them that are bad
	Out bool  // the day says nothing of what is usual, such as a holiday, a maintenance, or a day that is not over
}

// counts reports whether the day has data that mean something.
func (d *Day) counts() bool {
	return !d.Out && d.N > 0 && d.N <= maxEvents && d.Bad >= 0 && d.Bad <= d.N
}

// Series is the days of a chart, one after another. First is the weekday of the first one.
type Series struct {
	First time.Weekday
	Days  []Day
}

const week = 7

func (s *Series) weekday(i int) int { return (int(s.First)%week + week + i) % week }

const (
	// minDays is how many days with data a baseline needs: each weekday four times.
	minDays = 28
	// minExpected is how many bad events a unit of days expects, and how many good ones: below, the binomial distribution is far from a normal one.
	minExpected = 10
	// minUnits is how many units a baseline needs, so that its noise is known.
	minUnits = 8
	// maxEvents is how many events a day has at most: the sum over centuries is then an int64.
	maxEvents = 1 << 44
	// most is what one unit adds at most, in standard deviations: less than a finding needs, so that one day alone is none.
	most = 3
)

// Unit is one day, or several that together expect enough bad events.
type Unit struct {
	From, Until int     // the days, without Until
	N, Bad      int64   // what was counted
	Expected    float64 // the bad events that are usual
	// Z is by how much the bad events are more than usual, in standard deviations of the chart, from -3 to 3. It is the variance-stabilized
	// share of Anscombe 1948, whose extremes are those of a normal value, divided by [Baseline.Sigma].
	Z float64

	raw float64 // before it is divided and bounded
}

// units returns the units of the days from, until. Days that are no whole unit yet are in none.
func (b *Baseline) units(s *Series, from, until int) (list []Unit) {
	u := Unit{From: from}
	for i := from; i < until; i++ {
		d := &s.Days[i]
		if !d.counts() {
			if u.N == 0 {
				u.From = i + 1
			}
			continue
		}
		u.N, u.Bad = u.N+d.N, u.Bad+d.Bad
		u.Expected += float64(d.N) * b.Weekdays[s.weekday(i)]
		if b.whole(&u) {
			u.Until, u.Z = i+1, max(-most, min(most, u.raw/b.Sigma))
			list = append(list, u)
			u = Unit{From: i + 1}
		}
	}
	return list
}

// whole reports whether the unit has enough days, and sets how far it is from usual. Where bad events are so rare that enough of them would be
// expected in months, enough of them end the unit if they are far more than usual.
func (b *Baseline) whole(u *Unit) bool {
	n, bad := float64(u.N), float64(u.Bad)
	share := min(1, u.Expected/n)
	u.raw = 2 * math.Sqrt(n+0.5) * (math.Asin(math.Sqrt((bad+0.375)/(n+0.75))) - math.Asin(math.Sqrt(share)))
	enough := min(u.Expected, n-u.Expected) >= minExpected
	return enough || min(bad, n) >= minExpected && u.raw >= most*b.Sigma || min(n-bad, n) >= minExpected && u.raw <= -most*b.Sigma
}

// Expected returns how many bad events of a day are usual, and 0 for a day that says nothing and for one that the series does not have.
func (b *Baseline) Expected(s Series, day int) float64 {
	if day < 0 || day >= len(s.Days) || !s.Days[day].counts() {
		return 0
	}
	return float64(s.Days[day].N) * b.Weekdays[s.weekday(day)]
}
