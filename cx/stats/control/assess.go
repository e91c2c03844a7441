package control

import (
	"math"
	"slices"
)

// Sum is how far a CUSUM is at the end of the days, in one direction.
type Sum struct {
	S float64 // in standard deviations
	// P is how often the sum of a chart without a change comes so far in 90 days, at most 1: 90 days over [RunLength].
	P float64
	// Began is the first day after the last one on which the sum was zero: if it is a change, it began then. In a unit of several days it is the first one
	// that is nearer to the days since than to the usual ones. It is -1 where the sum is zero.
	Began int
	// Drift is set where a straight line from the beginning of the baseline explains the days nearly as well as a step on the day Began: it
	// has been changing for weeks, and did not begin on a day. A step is taken for a part of a drift where the share was drifting before it: Began is then the
	// day on which the drift began to show.
	Drift bool
}

// Assessment is what the days since a baseline say.
type Assessment struct {
	Worse, Better Sum
	Units         []Unit // those since the baseline
}

const (
	// horizon is the time that [Sum.P] is about, in days.
	horizon = 90
	// step is by how much the squared errors of a line, in variances of a unit, have to exceed those of a step that is called one. The day of the
	// step is the one that fits best, and charts are looked at each day. With 8, which is twice the logarithm of the 70 days, one in ten charts with
	// a slow trend is called a step within 90 days in the simulations of package breakdown; with 11, one in twenty. A higher number would call more
	// steps drifts in their first days.
	step = 11
)

// Reference returns the reference value k of the CUSUM: 0.5, which looks for changes of one standard deviation, and two standard errors of the
// baseline's mean, which is not known better.
func (b *Baseline) Reference() float64 {
	return 0.5 + 2/math.Sqrt(float64(max(len(b.Units), minUnits)))
}

// Assess adds up by how much the days from on, to the last one of the series, are worse than usual, and by how much they are better. Days at the
// end that are no whole unit yet say nothing yet. Without a baseline, and without days, nothing is found.
func Assess(s Series, b Baseline, from int) Assessment {
	a := Assessment{Worse: Sum{P: 1, Began: -1}, Better: Sum{P: 1, Began: -1}}
	if from < 0 || from >= len(s.Days) || b.Sigma < 1 {
		return a
	}
	a.Units = b.units(&s, from, len(s.Days))
	if len(a.Units) == 0 {
		return a
	}
	k, length := b.Reference(), float64(a.Units[len(a.Units)-1].Until-from)/float64(len(a.Units))
	for i := range a.Units {
		a.Worse.add(a.Units[i].Z-k, a.Units[i].From)
		a.Better.add(-a.Units[i].Z-k, a.Units[i].From)
	}
	a.Worse.settle(k, length)
	a.Better.settle(k, length)
	a.Worse.Drift = a.Worse.S > 0 && drifts(b.Units, a.Units, a.Worse.Began)
	a.Better.Drift = a.Better.S > 0 && drifts(b.Units, a.Units, a.Better.Began)
	a.Worse.Began, a.Better.Began = b.began(&s, a.Units, a.Worse.Began), b.began(&s, a.Units, a.Better.Began)
	return a
}

// began returns the day of the unit that begins on a day on which a change began: the first one whose bad events are nearer to what the days since make of the expected
// ones than to these.
func (b *Baseline) began(s *Series, units []Unit, day int) int {
	i := slices.IndexFunc(units, func(u Unit) bool { return u.From == day })
	if i < 0 {
		return day
	}
	var bad, expected float64
	for _, u := range units[i:] {
		bad, expected = bad+float64(u.Bad), expected+u.Expected
	}
	if expected <= 0 {
		return day
	}
	turn := (1 + bad/expected) / 2
	for ; day < units[i].Until-1; day++ {
		is, usual := float64(s.Days[day].Bad), b.Expected(*s, day)
		if usual > 0 && (bad > expected && is > turn*usual || bad < expected && is < turn*usual) {
			break
		}
	}
	return day
}

func (s *Sum) add(z float64, day int) {
	if s.S <= 0 {
		s.Began = day
	}
	if s.S += z; s.S <= 0 {
		s.S, s.Began = 0, -1
	}
}

// settle sets P, where a unit has so many days on the average.
func (s *Sum) settle(k, length float64) {
	if s.S > 0 {
		s.P = min(1, horizon/length/RunLength(k, s.S, 0))
	}
}

// drifts reports whether a line explains the units nearly as well as a step on the day began. Without a baseline's units it does not.
func drifts(usual, since []Unit, began int) bool {
	var before, after, all moments
	for _, list := range [][]Unit{usual, since} {
		for i := range list {
			u := &list[i]
			t := float64(u.From+u.Until-1) / 2
			all.add(t, u.Z)
			if u.From < began {
				before.add(t, u.Z)
			} else {
				after.add(t, u.Z)
			}
		}
	}
	if before.n < minUnits {
		return false
	}
	return all.aroundLine()-before.aroundMean()-after.aroundMean() < step
}

// moments are sums over points.
type moments struct{ n, t, z, tt, tz, zz float64 }

func (m *moments) add(t, z float64) {
	m.n, m.t, m.z, m.tt, m.tz, m.zz = m.n+1, m.t+t, m.z+z, m.tt+t*t, m.tz+t*z, m.zz+z*z
}

// aroundMean returns the sum of the squared differences from the mean.
func (m *moments) aroundMean() float64 {
	if m.n == 0 {
		return 0
	}
	return m.zz - m.z*m.z/m.n
}

// aroundLine returns that from the line that fits best.
func (m *moments) aroundLine() float64 {
	spread := m.tt - m.t*m.t/m.n
	if spread <= 0 {
		return m.aroundMean()
	}
	with := m.tz - m.t*m.z/m.n
	return m.aroundMean() - with*with/spread
}
