package console

import (
	"context"
	"fmt"
	"math"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// cost is what a breakdown has cost since it began, as far as it is known.
type cost struct{ breakdown.Spent }

// costs says what breakdowns have cost, by the IDs of their runs.
func (v *visit) costs(ctx context.Context, list []insight.Breakdown, w *watched) (map[string]cost, error) {
	found := make([]breakdown.Found, len(list))
	for i := range list {
		c := w.Of[list[i].Run.ID]
		found[i] = breakdown.Lasted(&list[i], c.trend(), w.last(v.zone))
	}
	type costs struct {
		customers float64
		value     []event.Money
	}
	spent, err := breakdown.Costs(list, found, func(f *breakdown.Found) (float64, []event.Money, error) {
		got, err := question(ctx, v, "cost", keyOfFound(f), func(ctx context.Context) (costs, error) {
			customers, value, err := breakdown.Cost(ctx, v.view, f)
			return costs{customers, value}, err
		})
		return got.customers, got.value, err
	})
	if err != nil {
		return nil, err
	}
	all := make(map[string]cost, len(list))
	for i := range list {
		all[list[i].Run.ID] = cost{spent[i]}
	}
	return all, nil
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

// aDay are the customers and the events of a day, in the order in which a severity counts them; "" is none.
func (c *cost) aDay() string {
	var list []string
	add := func(n float64, of string) {
		if n = math.Abs(n); n >= 0.05 { // less would be written as zero
			list = append(list, number.Decimal(n, 1)+" "+of)
		}
	}
	if c.Events != 0 {
		add(c.Customers*c.PerDay/c.Events, "customers")
	}
	add(c.PerDay, "events")
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, " and ") + " " + c.moreWord()
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
