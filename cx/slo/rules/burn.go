package rules

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// Severity says how soon a person has to look.
type Severity string

// The severities. They are the values of the alerts' label severity.
const (
	Page   Severity = "page"   // now, also at night
	Ticket Severity = "ticket" // on a working day
)

// Pace is one line of a policy: the share of the error budget that has to be gone within Long, for a window of 30 days, before a person
// is told. Short is the time in which it has to go on, so that the alert ends soon after the trouble does.
type Pace struct {
	Severity    Severity
	Share       float64 // more than 0, and at most 1
	Long, Short time.Duration
}

// Workbook returns the paces of Google's SRE Workbook, chapter 5, table 5-8: 2% of the budget in an hour and 5% in six hours page, 10%
// in three days is a ticket. They are the default of [WithPaces].
func Workbook() []Pace {
	return []Pace{
		{Page, 0.02, time.Hour, 5 * time.Minute},
		{Page, 0.05, 6 * time.Hour, 30 * time.Minute},
		{Ticket, 0.1, 72 * time.Hour, 6 * time.Hour},
	}
}

// Burn is a burn-rate alert of one objective: a [Pace] that is scaled to the objective's window.
type Burn struct {
	Severity Severity
	// Long and Short are the alert windows in whole minutes.
	Long, Short time.Duration
	// Factor is the burn rate above which the alert fires: how many times as fast as it may the budget is used up. At a factor of 1 the
	// budget lasts exactly for the window. The alert fires if the share of bad events is higher than Factor × (1 − target).
	Factor float64
	// Share is the share of the window's budget that is gone after Long at that rate.
	Share float64
	// Shortened says that the pace asked for more than can happen at this target, or hardly can, so that Share is smaller than the pace's.
	Shortened bool

	factor, share, threshold decimal
}

// Threshold is the share of bad events above which the alert fires: Factor × (1 − target).
func (b Burn) Threshold() float64 { return number(b.threshold) }

// highest is the highest threshold of an alert. All events are bad at 1, so an alert at 1 could never fire. One at 0.999 would be silent
// if one of 1,000 events were good.
func highest() decimal { return ratio(8, 10) }

// month is the window for which a [Pace] is written.
const month = 30 * 24 * time.Hour

// Burns returns the burn-rate alerts of an objective, in the order of the paces. It is nil for a composite, which has none.
//
// The alert windows are those of the pace × window / 30 days, rounded to minutes, and not shorter than four scrapes. The factor follows
// from them: share × window / alert window. A factor above 0.8 of the highest burn rate that can be, which is 1 / (1 − target), is replaced
// by that, and the share by the one that belongs to it: an alert that asks for nearly all events to be bad would not fire when nearly all are.
//
// Two paces of one severity may come to the same long window, where the objective's window is short and scrapes are rare. The burn with
// the lower factor stands for both, because it fires whenever the other one would.
//
// A pace whose factor is below 1 is an error, because the alert would fire while the objective is met. The errors of all paces are
// joined.
//
// Source: Google SRE Workbook, chapter 5, "Alerting on SLOs".
func Burns(o slo.Objective, opts ...Option) ([]Burn, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	return c.burns(o)
}

func (c *config) burns(o slo.Objective) ([]Burn, error) {
	if len(o.Of) > 0 {
		return nil, nil
	}
	var list []Burn
	var faults []error
	for _, p := range c.paces {
		b, err := c.burn(p, exact(o.Target), days(o.Window))
		if err != nil {
			faults = append(faults, fmt.Errorf("rules: objective %q: %w", o.Name, err))
			continue
		}
		list = append(list, b)
	}
	return distinct(list), errors.Join(faults...)
}

// distinct leaves out a burn if another one of its severity has the same long window and a lower factor. They would be alerts with the
// same labels.
func distinct(list []Burn) []Burn {
	kept := list[:0:0]
	for _, b := range list {
		same := slices.IndexFunc(kept, func(k Burn) bool { return k.Severity == b.Severity && k.Long == b.Long })
		switch {
		case same < 0:
			kept = append(kept, b)
		case less(b.factor, kept[same].factor):
			kept[same] = b
		}
	}
	return kept
}

// burn scales a pace to a window and a target.
func (c *config) burn(p Pace, target decimal, days int) (Burn, error) {
	b := Burn{Severity: p.Severity, Long: c.scale(p.Long, days), Short: c.scale(p.Short, days)}
	window, long := ratio(int64(days)*24*60, 1), ratio(int64(b.Long/time.Minute), 1)
	budget := sub(one(), target)
	b.share = exact(p.Share)
	b.factor = div(mul(b.share, window), long)
	b.threshold = mul(b.factor, budget)
	// Below a target of 20% a threshold of 0.8 is a factor below 1, so that a higher threshold stays where it can be reached.
	if !less(b.threshold, one()) || less(highest(), b.threshold) && !less(highest(), budget) {
		b.Shortened = true
		b.threshold = highest()
		b.factor = div(b.threshold, budget)
		b.share = div(mul(b.factor, long), window)
	}
	if less(b.factor, one()) {
		return Burn{}, b.tooSlow(p, target, days)
	}
	b.Factor, b.Share = number(b.factor), number(b.share)
	return b, nil
}

// tooSlow says why a factor below 1 cannot be, and what to do.
func (b Burn) tooSlow(p Pace, target decimal, days int) error {
	if b.Shortened {
		return fmt.Errorf("at a target of %s the highest burn rate is %s, and an alert at 0.8 of it, %s, would fire while the objective is met: "+
			"raise the target to 20%% or more", percent(target),
			rounded(div(one(), sub(one(), target)), 4), rounded(b.factor, 4))
	}
	return fmt.Errorf("%s of the budget of %d days within %s is a burn rate of %s, below 1: the alert would fire while the objective is met: "+
		"give the pace a larger share or a shorter time", percent(exact(p.Share)), days, span(b.Long), rounded(b.factor, 4))
}

// scale returns an alert window for an objective's window of that many days: in whole minutes, and long enough for four scrapes.
func (c *config) scale(d time.Duration, days int) time.Duration {
	return max((d * time.Duration(days) / 30).Round(time.Minute), c.shortest())
}

// days returns the length of a window in days. A period of the calendar has the length that the rolling windows of its alerts have.
func days(w slo.Window) int { return int(w.Length() / day) }
