package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// Status returns how each objective stands at that time over all processes, in the order of the objectives. They have to be valid, and the
// parts of a composite have to be among them: see [slo.Validate]. The time may lie in the past, as far as the server keeps samples;
// it is taken in whole milliseconds. The package documentation says how exact the counts are.
//
// Status asks for one thing after another: about 15 requests for each objective over 28 days, and one more for each hour in which a counter
// was reset. The first one that fails ends it with an error that names the objective, the query and the address, and with no states. A
// partial answer is an error, too: the server's warnings say that counts would be missing.
func (c *Client) Status(ctx context.Context, objectives []slo.Objective, now time.Time) ([]slo.Status, error) {
	if c == nil {
		return nil, errors.New("fleet: the Client is nil: make one with fleet.New")
	}
	if err := slo.Validate(objectives); err != nil {
		return nil, fmt.Errorf("fleet: the objectives: %w", err)
	}
	now = now.Truncate(time.Millisecond)
	all := make([]slo.Status, len(objectives))
	named := make(map[string]int, len(all))
	for i, o := range objectives {
		named[o.Name] = i
		if o.Subject() == slo.OfObjectives {
			continue
		}
		h, err := c.heard(ctx, &o, now)
		if err != nil {
			return nil, fmt.Errorf("fleet: objective %.80q: %w", o.Name, err)
		}
		all[i] = slo.Compute(o, h)
	}
	for i, o := range objectives {
		if o.Subject() != slo.OfObjectives {
			continue
		}
		h := slo.Heard{Now: now}
		h.From, h.Until = o.Window.Bounds(now)
		for _, p := range o.Of {
			part := all[named[p.Objective]]
			h.Parts = append(h.Parts, part)
			if part.Since.After(h.Since) {
				h.Since = part.Since // from here on, all parts are counted
			}
		}
		all[i] = slo.Compute(o, h)
	}
	return all, nil
}

// heard asks for what all processes have counted of the objective.
func (c *Client) heard(ctx context.Context, o *slo.Objective, now time.Time) (slo.Heard, error) {
	h := slo.Heard{Now: now}
	h.From, h.Until = o.Window.Bounds(now)
	windows := slo.AlertWindows(o.Window)
	begins := make([]int64, 0, 1+len(windows))
	begins = append(begins, h.From.UnixMilli())
	for _, w := range windows {
		begins = append(begins, now.Add(-w).UnixMilli())
	}
	events, err := c.count(ctx, counter{c.selector(eventsMetric, o.Name), resultLabel}, begins, now.UnixMilli())
	if err != nil {
		return h, err
	}
	h.Counts = counts(events.since(begins[0]))
	for i, w := range windows {
		h.Recent = append(h.Recent, slo.Recent{Window: w, Counts: counts(events.since(begins[i+1]))})
	}
	h.Since = time.UnixMilli(events.first).In(h.From.Location())
	if !events.known {
		h.Since = now.In(h.From.Location())
	}
	if s := o.Subject(); s != slo.OfJourney && s != slo.OfPromise {
		return h, nil // no other events have a value
	}
	value, err := c.count(ctx, counter{c.selector(valueMetric, o.Name), currencyLabel}, begins[:1], now.UnixMilli())
	if err != nil {
		return h, err
	}
	for currency, amount := range value.since(begins[0]) {
		if n := whole(amount); n > 0 {
			h.AtStake = append(h.AtStake, event.Money{Amount: n, Currency: currency})
		}
	}
	slices.SortFunc(h.AtStake, func(a, b event.Money) int { return strings.Compare(a.Currency, b.Currency) })
	return h, nil
}

// counts returns sums by result as counts.
func counts(sums map[string]float64) slo.Counts {
	return slo.Counts{
		Good: whole(sums[slo.Good.String()]), Bad: whole(sums[slo.Bad.String()]), Excluded: whole(sums[slo.Excluded.String()]),
	}
}

// whole returns a sum of counts as the whole number that it is.
func whole(f float64) int64 {
	if f >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Round(f))
}
