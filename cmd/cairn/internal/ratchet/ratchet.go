// Package ratchet suggests the next target of an objective from what was reached: today's average is the next target, as far as the
// numbers support it. It never suggests a lower target, and never 100%.
package ratchet

import (
	"math/big"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/stats"
)

// Confidence is that of the lower limits.
const Confidence = 0.95

// Suggestion is what is to be said of the target of an objective.
type Suggestion struct {
	Name   string  `json:"name"`
	Target float64 `json:"target"`
	// Next is the suggested target, or nil if there is none. Text is Next as the blueprint has it, such as "97.5%".
	Next *float64 `json:"next"`
	Text string   `json:"next_text,omitempty"`
	// Why says in a sentence why there is a suggestion or none.
	Why Reason `json:"why"`
	// Last is the last full window, and Before the one before. Both are nil if the log is too short, and for a composite.
	Last   *Window `json:"last"`
	Before *Window `json:"before"`
	// Journey and Promise are what the objective is about, where it is about them. An objective that the blueprint does not declare stands
	// for the target of a promise.
	Journey string `json:"journey,omitempty"`
	Promise string `json:"promise,omitempty"`
}

// Window is a window that is over.
type Window struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	slo.Counts
	Ratio float64 `json:"ratio"`
	// Lower is the lower limit of the ratio: see [stats.WilsonLower].
	Lower float64 `json:"lower"`
}

// Reason is why there is a suggestion or none.
type Reason string

// The reasons.
const (
	Better    Reason = "better"     // both windows were better than the target
	NotBetter Reason = "not_better" // one of them was not, for certain
	NoStep    Reason = "no_step"    // they were, but by less than a step
	TooShort  Reason = "too_short"  // the log does not have two full windows
	TooFew    Reason = "too_few"    // a window has fewer events than the objective asks for, or none
	Composite Reason = "composite"  // the target follows from those of its parts
)

// Between returns the counts of an objective after one time and up to another.
type Between func(objective string, from, until time.Time) slo.Counts

// Suggest returns what is to be said of each objective, in their order. The log has the events from first to end.
func Suggest(objectives []slo.Objective, between Between, first, end time.Time) []Suggestion {
	list := make([]Suggestion, 0, len(objectives))
	for i := range objectives {
		o := &objectives[i]
		s := Suggestion{Name: o.Name, Target: o.Target, Journey: o.Journey, Promise: o.Promise}
		s.judge(o, between, first, end)
		list = append(list, s)
	}
	return list
}

func (s *Suggestion) judge(o *slo.Objective, between Between, first, end time.Time) {
	if o.Subject() == slo.OfObjectives {
		s.Why = Composite
		return
	}
	last, before := windows(o.Window, end)
	if before.From.Before(first) {
		s.Why = TooShort
		return
	}
	for _, w := range []*Window{&last, &before} {
		// A window begins with its first instant, and a count is of what comes after a time.
		w.Counts = between(o.Name, w.From.Add(-time.Millisecond), w.Until.Add(-time.Millisecond))
		if n := w.Total(); n > 0 {
			w.Ratio = float64(w.Good) / float64(n)
		}
		w.Lower = stats.WilsonLower(w.Good, w.Total(), Confidence)
	}
	s.Last, s.Before = &last, &before
	lower := min(last.Lower, before.Lower)
	switch least := int64(max(o.MinEvents, 1)); {
	case last.Total() < least || before.Total() < least:
		s.Why = TooFew
	case lower <= o.Target:
		s.Why = NotBetter
	default:
		s.Why = NoStep
		if next := Next(o.Target, lower); next > 0 {
			s.Why, s.Next = Better, &next
			s.Text = percent(next)
		}
	}
}

// windows returns the last two full windows up to end: of a rolling window the time of its length before end, and of the calendar the last
// period that is over.
func windows(w slo.Window, end time.Time) (last, before Window) {
	if w.Days > 0 {
		last.From, last.Until = end.Add(-w.Length()), end
		before.From, before.Until = last.From.Add(-w.Length()), last.From
		return last, before
	}
	from, until := w.Bounds(end)
	if until.After(end) {
		from, until = w.Bounds(from.Add(-time.Nanosecond))
	}
	last.From, last.Until = from, until
	before.From, before.Until = w.Bounds(from.Add(-time.Nanosecond))
	return last, before
}

// Next returns the highest target that is above the given one and not above the limit, of: whole half points up to 99%, then 99.5%, 99.9%,
// 99.95%, 99.99% and so on to 99.9999%. It returns 0 if there is none.
func Next(target, limit float64) (next float64) {
	above, most := decimal(target), decimal(limit)
	for _, step := range steps() {
		if step.Cmp(above) > 0 && step.Cmp(most) <= 0 {
			next, _ = step.Float64()
		}
	}
	return next
}

// steps returns the targets that are suggested, the lowest first.
func steps() (list []*big.Rat) {
	const halves, last, whole = 1, 198, 200
	for n := int64(halves); n <= last; n++ {
		list = append(list, big.NewRat(n, whole))
	}
	one := big.NewRat(1, 1)
	for _, budget := range []*big.Rat{
		big.NewRat(5, 1000), big.NewRat(1, 1000), big.NewRat(5, 10_000), big.NewRat(1, 10_000), big.NewRat(5, 100_000), big.NewRat(1, 100_000),
		big.NewRat(5, 1_000_000), big.NewRat(1, 1_000_000),
	} {
		list = append(list, new(big.Rat).Sub(one, budget))
	}
	return list
}

func decimal(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// percent writes a target as the blueprint has it.
func percent(share float64) string {
	return strconv.FormatFloat(number(new(big.Rat).Mul(decimal(share), big.NewRat(100, 1))), 'f', -1, 64) + "%"
}

func number(r *big.Rat) float64 { f, _ := r.Float64(); return f }
