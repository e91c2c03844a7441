package slo

import (
	"math/big"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
)

// Counts are numbers of events, by what they are for an objective.
type Counts struct {
	Good     int64 `json:"good"`
	Bad      int64 `json:"bad"`
	Excluded int64 `json:"excluded"` // in no ratio
}

// Total returns the number of the events that the ratio is of: good and bad.
func (c Counts) Total() int64 { return c.Good + c.Bad }

// ratio returns the share of the good events, or 0 without events.
func (c Counts) ratio() float64 {
	if c.Total() <= 0 {
		return 0
	}
	return float64(c.Good) / float64(c.Total())
}

// Recent are the counts of the time up to now, as long as Window.
type Recent struct {
	Window time.Duration
	Counts
}

// Heard is what is known of an objective at a moment. [Counter.Status] knows what its own process has counted. A caller that asks a
// backend knows it of all processes.
type Heard struct {
	// Now is the moment. From and Until are the window that it is in: see [Status].
	Now, From, Until time.Time
	// Since is when counting began. The zero time means that the whole window was counted.
	Since time.Time
	Counts
	// Recent has the counts of the windows of [AlertWindows].
	Recent []Recent
	// AtStake is the value of the bad events, by currency.
	AtStake []event.Money
	// Parts are the states of the parts of a composite, in the order of its [Objective.Of].
	Parts []Status
}

// Status is how an objective stands at a moment.
type Status struct {
	Objective Objective `json:"-"`
	Name      string    `json:"name"`

	// From and Until are the window: the time before Now for a rolling one, and the whole period, which ends after Now, for one of the
	// calendar.
	Now   time.Time `json:"now"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Since is when counting began, if that is later than From. The counts are of what came since. The zero time means that the
	// whole window was counted.
	Since time.Time `json:"since,omitzero"`

	// Counts are those of the window. A composite has none.
	Counts
	// Enough is false where there is not enough to say: without events, and below [Objective.MinEvents]. A composite has enough if
	// one of its parts has.
	Enough bool `json:"enough"`
	// Ratio is the share of the good events. It is 0 where there are none. For a composite it is the mean of its parts' ratios by
	// their weights.
	Ratio float64 `json:"ratio"`
	// Interval is the two-sided interval of the ratio at 95% after Wilson: see [stats.Wilson]. A composite has [0, 1].
	Interval stats.Interval `json:"interval"`
	Budget   Budget         `json:"budget"`
	// Burn has the burn rate of each window of [AlertWindows], the shortest first. A composite has none.
	Burn []Burn `json:"burn,omitempty"`
	// AtStake is the value that the bad events had, by currency in minor units.
	AtStake []event.Money `json:"at_stake,omitempty"`
	// Heard is the share of the weight of a composite's parts that had enough events: the ratio is of these. It is 1 for an objective
	// that is no composite and has enough events, and 0 where there is not enough to say.
	Heard float64 `json:"heard"`
	// Parts are the states of the parts of a composite.
	Parts []Status `json:"parts,omitempty"`
}

// Budget is how many events may be bad, and how much of that is left.
type Budget struct {
	// Allowed is (1 − target) × (good + bad): the events that may be bad of those that were heard.
	Allowed float64 `json:"allowed"`
	// Left is the number of further events that might have been bad: Allowed in whole events without the bad ones. It is negative if
	// too many were bad. A composite has no events, so Allowed and Left are 0.
	Left int64 `json:"left"`
	// Share is the part of the budget that is left: 1 while no event was bad, 0 when it is used up, negative beyond.
	Share float64 `json:"share"`
}

// Burn is how fast the budget was used in the time up to now, as long as Window.
type Burn struct {
	Window time.Duration `json:"window"`
	Counts
	// Rate is the share of bad events divided by 1 − target. At 1 the budget lasts exactly as long as the window of the objective. It is 0
	// without events. Source: The Site Reliability Workbook, chapter 5.
	Rate float64 `json:"rate"`
}

// AlertWindows returns the windows of the burn rates for an objective over the window: 5 minutes, 30 minutes, 1 hour, 6 hours and 3 days
// for 30 days, scaled by its length, rounded to minutes, at least one, each once, the shortest first.
// Source: The Site Reliability Workbook, chapter 5, table 5-8.
func AlertWindows(w Window) []time.Duration {
	const whole = 30 * 24 * time.Hour
	var all []time.Duration
	for _, d := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 72 * time.Hour} {
		scaled := max(time.Minute, time.Duration(int64(d/time.Second)*int64(w.Length()/time.Second)/int64(whole/time.Second)*int64(time.Second)).Round(time.Minute))
		if len(all) == 0 || scaled > all[len(all)-1] {
			all = append(all, scaled)
		}
	}
	return all
}

// confidence is that of Status.Interval.
const confidence = 0.95

// Compute returns how the objective stands, from what was heard of it. It is a pure function: the state of one process and that of a
// fleet have the same arithmetic. Numbers of events that depend on the target are exact for the decimal number that the target is
// written as.
func Compute(o Objective, h Heard) Status {
	s := Status{
		Objective: o, Name: o.Name, Now: h.Now, From: h.From, Until: h.Until, Counts: h.Counts, AtStake: h.AtStake,
		Interval: stats.Interval{Low: 0, High: 1}, Budget: Budget{Share: 1},
	}
	if h.Since.After(h.From) {
		s.Since = h.Since
	}
	if o.Subject() == OfObjectives {
		mean(&s, h.Parts)
		return s
	}
	s.Enough = h.Total() > 0 && h.Total() >= int64(o.MinEvents)
	if s.Enough {
		s.Heard = 1
	}
	s.Ratio, s.Interval = h.ratio(), stats.Wilson(h.Good, h.Total(), confidence)
	s.Budget = budgetOf(o.Target, h.Counts)
	for _, r := range h.Recent {
		b := Burn{Window: r.Window, Counts: r.Counts}
		if r.Total() > 0 {
			b.Rate = over(float64(r.Bad), budgetOf(o.Target, r.Counts).Allowed)
		}
		s.Burn = append(s.Burn, b)
	}
	return s
}

// mean makes s the state of a composite. A part without enough events drops out with its weight. The sums are exact: parts that lie
// exactly at their targets do not add up to a little less than the target of the composite.
func mean(s *Status, parts []Status) {
	s.Counts, s.AtStake, s.Parts = Counts{}, nil, parts
	sum, heard, all := new(big.Rat), new(big.Rat), new(big.Rat)
	for i, p := range s.Objective.Of {
		weight := decimal(p.Weight)
		all.Add(all, weight)
		if i < len(parts) && parts[i].Enough {
			heard.Add(heard, weight)
			sum.Add(sum, new(big.Rat).Mul(weight, exactRatio(&parts[i])))
		}
	}
	s.Enough = heard.Sign() > 0
	if !s.Enough {
		return
	}
	ratio := sum.Quo(sum, heard)
	s.Ratio, _ = ratio.Float64()
	s.Heard, _ = heard.Quo(heard, all).Float64()
	one := big.NewRat(1, 1)
	if allowed := new(big.Rat).Sub(one, decimal(s.Objective.Target)); allowed.Sign() > 0 {
		bad := new(big.Rat).Sub(one, ratio)
		s.Budget.Share, _ = one.Sub(one, bad.Quo(bad, allowed)).Float64()
	}
}

// exactRatio returns the share of the good events of a part as it is, and not as the float64 next to it.
func exactRatio(s *Status) *big.Rat {
	if s.Total() > 0 {
		return big.NewRat(s.Good, s.Total())
	}
	return decimal(s.Ratio)
}

// over returns a/b, or 0 where b is not positive, as for a target that is no target.
func over(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

// budgetOf returns the budget of the counted events.
func budgetOf(target float64, c Counts) Budget {
	may := new(big.Rat).Sub(big.NewRat(1, 1), decimal(target))
	may.Mul(may, new(big.Rat).SetInt64(c.Total()))
	b := Budget{Left: new(big.Int).Div(may.Num(), may.Denom()).Int64() - c.Bad, Share: 1}
	b.Allowed, _ = may.Float64()
	if c.Bad > 0 {
		b.Share = 1 - over(float64(c.Bad), b.Allowed)
	}
	return b
}

// decimal returns the shortest decimal number that is read as f: 0.95 is 95/100.
func decimal(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok { // it is no number
		return new(big.Rat)
	}
	return r
}
