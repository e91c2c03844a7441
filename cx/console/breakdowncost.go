package console

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// cost is what a breakdown has cost since it began, as far as it is known.
type cost struct {
	// Events are those in excess since it began, and PerDay those of a day. Customers and Value are 0 and nil where they are not known.
	Events, PerDay, Customers float64
	Value                     []event.Money
}

// askedCosts is of how many open breakdowns a list asks what they have cost. The others have what their last step says.
const askedCosts = 20

// costs says what breakdowns have cost, by the IDs of their runs.
func (v *visit) costs(ctx context.Context, list []insight.Breakdown, w *watched) (map[string]cost, error) {
	all := make(map[string]cost, len(list))
	var open []*insight.Breakdown
	for i := range list {
		b := &list[i]
		c := w.Of[b.Run.ID]
		all[b.Run.ID] = carried(b, &c)
		if b.Open() && !b.Details.Better && c.Known {
			open = append(open, b)
		}
	}
	slices.SortStableFunc(open, func(x, y *insight.Breakdown) int {
		return cmp.Compare(math.Abs(all[y.Run.ID].Events), math.Abs(all[x.Run.ID].Events))
	})
	for _, b := range open[:min(len(open), askedCosts)] {
		c := w.Of[b.Run.ID]
		of, err := v.costOf(ctx, b, &c, w)
		if err != nil {
			return nil, err
		}
		all[b.Run.ID] = of
	}
	return all, nil
}

// costOf asks what an open breakdown has cost.
func (v *visit) costOf(ctx context.Context, b *insight.Breakdown, c *charted, w *watched) (cost, error) {
	of := carried(b, c)
	if !c.Known || !b.Open() || b.Details.Better {
		return of, nil
	}
	f := foundOf(b, c, w)
	type costs struct {
		customers float64
		value     []event.Money
	}
	got, err := question(ctx, v, "cost", keyOfFound(&f), func(ctx context.Context) (costs, error) {
		customers, value, err := breakdown.Cost(ctx, v.view, &f)
		return costs{customers, value}, err
	})
	of.Customers, of.Value = got.customers, got.value
	return of, err
}

// carried is what the last step says that a breakdown has cost, with the events of its chart.
func carried(b *insight.Breakdown, c *charted) cost {
	d := &b.Details
	of := cost{Events: d.Excess, Customers: float64(d.Customers)}
	if d.Value != nil {
		of.Value = []event.Money{*d.Value}
	}
	if c.Known {
		events, days := c.Trend.Excess(began(b, c.zone()), lastsUntil(b, c.zone()))
		of.Events, of.PerDay = events, events/float64(max(1, days))
	}
	return of
}

// rank orders breakdowns by what they cost.
func (c *cost) rank() float64 {
	if c.Customers != 0 {
		return math.Abs(c.Customers)
	}
	return math.Abs(c.Events)
}

// moreWord says on which side of usual events are.
func (c *cost) moreWord() string {
	if c.Events < 0 {
		return "fewer"
	}
	return "more"
}

// most is what it has cost first of all: customers, and events where these are not known.
func (c *cost) most() string {
	if c.Customers != 0 {
		return "about " + number.Of(int64(math.Round(math.Abs(c.Customers))), "customer", "customers")
	}
	return number.Decimal(math.Abs(c.Events), 0) + " " + c.moreWord()
}

// aDay are the events of a day; "" is none.
func (c *cost) aDay() string {
	if math.Abs(c.PerDay) < 0.05 { // it would be written as zero
		return ""
	}
	return number.Decimal(math.Abs(c.PerDay), 1) + " " + c.moreWord()
}

// atStake is the value; "" is none.
func (c *cost) atStake() string {
	var list []string
	for _, m := range c.Value {
		if m.Amount != 0 {
			list = append(list, roughly(m))
		}
	}
	return strings.Join(list, " and ")
}

// words are the first and the second line of what it cost.
func (c *cost) words() (first, second string) {
	var rest []string
	if day := c.aDay(); day != "" {
		rest = append(rest, day+" a day")
	}
	if value := c.atStake(); value != "" {
		rest = append(rest, value+" at stake")
	}
	return c.most(), strings.Join(rest, ", ")
}

// roughly writes an estimated amount with three digits, and without parts of the currency's unit where there are whole ones.
func roughly(m event.Money) string {
	step := int64(1)
	for left := max(m.Amount, -m.Amount); left >= 1000; left /= 10 {
		step *= 10
	}
	m.Amount = int64(math.Round(float64(m.Amount)/float64(step))) * step
	says := text.Money(m.Amount, m.Currency)
	if whole, rest, parts := strings.Cut(says, "."); parts && strings.Trim(whole, "-0") != "" {
		_, currency, _ := strings.Cut(rest, " ")
		says = whole + " " + currency
	}
	return says
}

// keyOfFound says all that a question about what the charts say depends on.
func keyOfFound(f *breakdown.Found) string {
	return fmt.Sprintf("%+v|%d|%d|%d|%d|%v|%d", f.Subject, f.Began.Unix(), f.Last.Unix(), f.BaselineFrom.Unix(), f.BaselineUntil.Unix(), f.Excess, f.Since.Count)
}
