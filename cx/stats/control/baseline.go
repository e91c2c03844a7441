package control

import "math"

// Baseline is what is usual. The zero value is none.
type Baseline struct {
	Share    float64       // the share of bad events
	Weekdays [week]float64 // that of each weekday, from Sunday on
	// Sigma is the standard deviation of the chart's units, in those of the binomial distribution; at least 1.
	Sigma float64
	Days  int    // the days with data
	Units []Unit // what these days make
}

// NewBaseline returns what is usual on the days from, until, without the day until. Eight weeks are a good baseline, and the last two weeks
// before today should not be in it. Ok is false where there are fewer than 28 days with data, where they make fewer than eight units, and for
// days that the series does not have. A series without any bad event, or without any good one, needs no units.
//
// The share of a weekday is that of all days, and the weekday's own difference as far as chance does not explain the differences of the
// weekdays: 1 − 4/χ² of it (James and Stein 1961).
//
// Sigma is the larger one of two estimates: the mean difference of neighbours, in which a slow change has no part, divided by 1.128 (Laney 2002,
// "Improved Control Charts for Attributes", Quality Engineering 14), and the standard deviation of all. The part above 1 is raised by 3.5/√units
// of it, because a sigma that is too low is what makes false alarms, and the whole by the error of the weekdays' shares.
func NewBaseline(s Series, from, until int) (b Baseline, ok bool) {
	if from < 0 || until > len(s.Days) || from >= until {
		return Baseline{}, false
	}
	var c counted
	for i := from; i < until; i++ {
		if d := &s.Days[i]; d.counts() {
			c.add(s.weekday(i), d)
			b.Days++
		}
	}
	if b.Days < minDays {
		return Baseline{}, false
	}
	// Half an event of each kind: what has never happened is rare, and not impossible.
	b.Share = (c.allBad + 0.5) / (c.all + 1)
	for w := range b.Weekdays {
		b.Weekdays[w] = b.Share
	}
	b.Sigma = 1
	b.Sigma = max(1, noise(b.units(&s, from, until)))
	keep := b.tellWeekdays(&c)
	b.Sigma = 1
	units := b.units(&s, from, until)
	// The weekdays' shares are fitted to the baseline, whose noise looks smaller by that, and have an error of their own on later days.
	fitted := min(0.5, keep*keep*week*float64(len(units))/float64(b.Days*b.Days))
	b.Sigma = max(1, noise(units)/math.Sqrt(1-fitted))
	b.Sigma += (b.Sigma - 1) * 3.5 / math.Sqrt(float64(max(len(units), minUnits)))
	b.Sigma *= math.Sqrt(1 + fitted)
	b.Units = b.units(&s, from, until)
	if len(b.Units) < minUnits && c.allBad > 0 && c.allBad < c.all {
		return Baseline{}, false
	}
	return b, true
}

// counted is what was counted on each weekday.
type counted struct {
	n, bad      [week]float64
	all, allBad float64
}

func (c *counted) add(w int, d *Day) {
	c.n[w], c.bad[w] = c.n[w]+float64(d.N), c.bad[w]+float64(d.Bad)
	c.all, c.allBad = c.all+float64(d.N), c.allBad+float64(d.Bad)
}

// tellWeekdays sets the shares of the weekdays, and returns how much of their differences it has kept.
func (b *Baseline) tellWeekdays(c *counted) (keep float64) {
	chi, kinds := 0.0, 0.0
	for w := range week {
		if e := c.n[w] * b.Share; e > 0 {
			off := (c.bad[w] - e) / b.Sigma
			chi, kinds = chi+off*off/(e*(1-b.Share)), kinds+1
		}
	}
	if chi > 0 {
		keep = max(0, 1-max(0, kinds-3)/chi)
	}
	for w := range week {
		if c.n[w] > 0 {
			b.Weekdays[w] += keep * (c.bad[w]/c.n[w] - b.Share)
		}
	}
	return keep
}

// noise returns the standard deviation of the units, and 1 for fewer than two.
func noise(units []Unit) float64 {
	n := float64(len(units))
	if n < 2 {
		return 1
	}
	var ranges, mean, squares float64
	for i := range units {
		mean += units[i].raw / n
		if i > 0 {
			ranges += math.Abs(units[i].raw - units[i-1].raw)
		}
	}
	for i := range units {
		squares += (units[i].raw - mean) * (units[i].raw - mean)
	}
	const ofRange = 1.128 // the mean of the range of two standard normal values
	return max(ranges/(n-1)/ofRange, math.Sqrt(squares/(n-1)))
}
