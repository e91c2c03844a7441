package score

import (
	"errors"
	"fmt"
	"math"

	"cairncx.dev/cairn/cx/stats"
)

// ErrIncomparable is in every error of [Survey.Since].
var ErrIncomparable = errors.New("score: the answers are not comparable")

// Difference is how much a number has changed: the later one less the earlier one, with its interval. The numbers of answers are N, the
// later one, and Before.
type Difference struct {
	Estimate
	Before int64 `json:"n_before"`
}

// OK reports whether both numbers are known.
func (d Difference) OK() bool { return d.N > 0 && d.Before > 0 }

// Differs reports whether the change is more than chance would explain, with the confidence of the interval: the interval does not
// contain 0.
func (d Difference) Differs() bool { return d.OK() && (d.Low > 0 || d.High < 0) }

// String returns the difference in the unit of the number, such as "+20.0 points (+5.2 points to +33.4 points), n = 70 and 80" for a
// share, and "not known" where one of the numbers is.
func (d Difference) String() string {
	if !d.OK() {
		return "not known"
	}
	low, high := d.Unit.format(d.Low, true), d.Unit.format(d.High, true)
	return fmt.Sprintf("%s (%s to %s), n = %d and %d", d.Unit.format(d.Value, true), low, high, d.N, d.Before)
}

// Change is how the numbers of a survey differ between two periods.
type Change struct {
	Score    Difference `json:"score,omitzero"` // of [Answers.Score]
	Positive Difference `json:"positive,omitzero"`
	Neutral  Difference `json:"neutral,omitzero"`
	Negative Difference `json:"negative,omitzero"`
	Response Difference `json:"response,omitzero"` // of the response rate
}

// Since returns how the numbers differ from those of an earlier period. The two periods should not overlap: the interval is that of
// independent answers. It returns an error that wraps [ErrIncomparable] if the surveys differ in name, version or scale, because they
// asked different questions, and if the answers of one are hidden.
func (s *Survey) Since(before *Survey, confidence float64) (Change, error) {
	switch {
	case s.Name != before.Name || s.Scale != before.Scale:
		return Change{}, fmt.Errorf("%w: %s (%s) and %s (%s) are different surveys", ErrIncomparable, s.Name, s.Scale, before.Name, before.Scale)
	case s.Version != before.Version:
		return Change{}, fmt.Errorf("%w: %s has the versions %q and %q, which ask different questions: compare periods of one version",
			ErrIncomparable, s.Name, s.Version, before.Version)
	case s.Answers.Hidden || before.Answers.Hidden:
		return Change{}, fmt.Errorf("%w: %s has answers of fewer than %d customers in one of the periods: compare longer ones", ErrIncomparable, s.Name, MinGroup)
	}
	a, b := &s.Answers, &before.Answers
	c := Change{
		Positive: Shares(a.Positive, b.Positive, confidence), Neutral: Shares(a.Neutral, b.Neutral, confidence), Negative: Shares(a.Negative, b.Negative, confidence),
		Response: Shares(s.Response.Rate, before.Response.Rate, confidence),
	}
	if c.Score = c.Positive; a.Score.Unit != Parts {
		c.Score = Estimates(a.Score, b.Score)
	}
	return c, nil
}

// Shares returns the difference of two independent shares, with the interval of Newcombe: see [stats.Newcombe].
func Shares(now, before Share, confidence float64) Difference {
	if !now.OK() || !before.OK() {
		return Difference{}
	}
	i := stats.Newcombe(now.Count, now.N, before.Count, before.N, confidence)
	return Difference{Estimate{now.Value - before.Value, i, now.N, Parts}, before.N}
}

// Estimates returns the difference of two independent scores or means, with an interval of the confidence that theirs have. It is the
// zero value for estimates of different units.
//
// Source: Zou and Donner 2008, "Construction of confidence limits about effect measures: A general approach", Statistics in Medicine 27. For shares
// with the intervals of Wilson it is [Shares]. An estimate that lies outside its own interval counts as the end that is next to it.
func Estimates(now, before Estimate) Difference {
	if !now.OK() || !before.OK() || now.Unit != before.Unit {
		return Difference{}
	}
	up, down := func(e Estimate) float64 { return max(0, e.High-e.Value) }, func(e Estimate) float64 { return max(0, e.Value-e.Low) }
	d := now.Value - before.Value
	return Difference{Estimate{d, stats.Interval{Low: d - math.Hypot(down(now), up(before)), High: d + math.Hypot(up(now), down(before))}, now.N, now.Unit}, before.N}
}
