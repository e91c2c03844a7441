package contrast

import (
	"math"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// enoughLeft is the part of a comparison that a split has to leave.
const enoughLeft = 0.25

// turn returns the split that turns the sign of the group most, or nil. A value that is not known is a stratum too, so that
// all runs that were compared are in the split.
func (f *finder) turn(g group) *Turn {
	var most *Turn
	places := f.places(g)
	for at := range f.in.Columns {
		if at == f.rows.columns[g.i].at || g.pair() && at == f.rows.columns[g.j].at {
			continue
		}
		column := &f.in.Columns[at]
		if len(column.Values) > f.rows.n/2+1 {
			continue // most strata have one run, and say nothing
		}
		t := turned(f.strata(places, column))
		if t != nil && (most == nil || t.Odds.Value < most.Odds.Value) {
			t.Column = column.Name
			most = t
		}
	}
	return most
}

// A place is a cell of a stratum's table: bad runs inside, good ones inside, bad ones outside, and good ones outside. Rows
// that are not compared have the place that is none of them.
const (
	places   = 4
	nowhere  = places
	isGood   = 1
	isBeyond = 2
)

// places returns the place of each row.
func (f *finder) places(g group) []uint8 {
	all := make([]uint8, f.rows.n)
	for row := range all {
		side := f.rows.side(g, row)
		switch {
		case side == neither || f.rows.taken[row]:
			all[row] = nowhere
			continue
		case side == outside:
			all[row] = isBeyond
		}
		if f.rows.class[row]&bad == 0 {
			all[row] |= isGood
		}
	}
	return all
}

// strata returns a table of bad and good runs, inside and outside, for each value of the column.
func (f *finder) strata(at []uint8, column *Column) []stats.Fourfold {
	counted := make([][places + 1]int32, len(column.Values)+1)
	codes := make([]uint32, f.rows.n)
	f.rows.read(column, codes)
	for row, code := range codes {
		counted[code][at[row]]++
	}
	strata := make([]stats.Fourfold, 0, len(counted))
	none := &counted[len(column.Values)]
	add := func(c *[places + 1]int32) {
		t := stats.Fourfold{A: int64(c[0]), B: int64(c[isGood]), C: int64(c[isBeyond]), D: int64(c[isBeyond|isGood])}
		if t != (stats.Fourfold{}) {
			strata = append(strata, t)
		}
	}
	for code := range counted[:len(column.Values)] {
		if !column.unknown(uint32(code)) {
			add(&counted[code])
			continue
		}
		for place, n := range counted[code] {
			none[place] += n
		}
	}
	add(none)
	return strata
}

// turned returns the turn of a group that is worse over all strata, or nil if it is worse within them as well, or if they
// leave too little of the comparison.
func turned(strata []stats.Fourfold) *Turn {
	odds := stats.MantelHaenszel(strata, confidence)
	if !(odds.Ratio < 1) {
		return nil
	}
	var left, in, out float64
	odds.Interval.High = min(odds.Interval.High, math.MaxFloat64) // JSON has no infinity
	t := &Turn{Odds: score.Estimate{Value: odds.Ratio, Interval: odds.Interval}, P: odds.P}
	for _, s := range strata {
		a, b := tally{s.A + s.B, s.A}, tally{s.C + s.D, s.C}
		in += float64(a.runs)
		out += float64(b.runs)
		if a.runs == 0 || b.runs == 0 {
			continue
		}
		left += float64(a.runs) * float64(b.runs) / float64(a.runs+b.runs)
		if a.share() > b.share() {
			t.Worse += a.runs
		} else {
			t.Better += a.runs
		}
	}
	t.Odds.N = int64(in + out)
	if left < enoughLeft*in*out/(in+out) {
		return nil
	}
	return t
}
