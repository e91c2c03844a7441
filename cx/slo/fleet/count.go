package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	hour = int64(60 * 60 * 1000) // milliseconds, as all times here
	day  = 24 * hour
	// mostHours is how many hours one request asks for.
	mostHours = 7 * 24
	// shortest is the shortest time that a request for samples is divided into.
	shortest = hour / 60
)

// counter is what is counted: the series of a selector, by the value of a label.
type counter struct{ selector, by string }

// count counts the increase of the counter between each of the beginnings and now. It cuts the time at all of them and counts each piece
// once, in order, so that the last value of a piece is known in the next one.
func (c *Client) count(ctx context.Context, what counter, begins []int64, now int64) (*tally, error) {
	cuts := slices.Clone(begins)
	slices.Sort(cuts)
	cuts = append(cuts, now)
	t := &tally{by: what.by, last: map[string]float64{}}
	before, err := c.instant(ctx, baseline(what), cuts[0], vector)
	if err != nil {
		return nil, err
	}
	for i := range before {
		if before[i].Value == nil {
			return nil, fmt.Errorf("asking %s for %s: its vector has a series without a value: see that the address is that of Prometheus' API", c.shown, baseline(what))
		}
		t.sample(&before[i], before[i].Value.value)
		t.known = true
	}
	for i, from := range cuts[:len(cuts)-1] {
		t.begin(from)
		if err := c.piece(ctx, t, what, from, cuts[i+1]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// piece counts from after from to until: the rest of an hour from samples, and whole hours from what the server says of them.
func (c *Client) piece(ctx context.Context, t *tally, what counter, from, until int64) error {
	head := until - (until-from)/hour*hour
	if head > from {
		if err := c.samples(ctx, t, what, from, head); err != nil {
			return err
		}
	}
	for head < until {
		n := min((until-head)/hour, mostHours)
		if err := c.hours(ctx, t, what, head, n); err != nil {
			return err
		}
		head += n * hour
	}
	return nil
}

// hours counts n hours from after from. It asks for the samples of an hour in which a counter was reset, and of the first one that has any.
func (c *Client) hours(ctx context.Context, t *tally, what counter, from, n int64) error {
	list, err := c.overRange(ctx, summary(what), from+hour, from+n*hour)
	if errors.Is(err, errTooLong) {
		if n == 1 {
			return c.samples(ctx, t, what, from, from+hour)
		}
		if err := c.hours(ctx, t, what, from, n/2); err != nil {
			return err
		}
		return c.hours(ctx, t, what, from+n/2*hour, n-n/2)
	}
	if err != nil {
		return err
	}
	hours := make([]hourly, n)
	for i := range list {
		for _, v := range list[i].Values {
			if k := (v.at - from - hour) / hour; k >= 0 && k < n {
				hours[k].say(&list[i], v.value)
			}
		}
	}
	for k := range hours {
		switch h := &hours[k]; {
		case len(h.series) == 0:
		case h.reset || !t.known:
			if err := c.samples(ctx, t, what, from+int64(k)*hour, from+int64(k+1)*hour); err != nil {
				return err
			}
		default:
			for _, s := range h.series {
				t.sample(s.series, s.least)
				t.sample(s.series, s.last)
			}
		}
	}
	return nil
}

// samples counts the samples after from until then. A server before Prometheus 3 answers with one at from, too, which is the last one of the
// piece before, so that it adds nothing.
func (c *Client) samples(ctx context.Context, t *tally, what counter, from, until int64) error {
	list, err := c.instant(ctx, raw(what, until-from), until, matrix)
	if half := from + (until-from)/2; errors.Is(err, errTooLong) && until-from > shortest {
		if err := c.samples(ctx, t, what, from, half); err != nil {
			return err
		}
		return c.samples(ctx, t, what, half, until)
	}
	if err != nil {
		return err
	}
	var first int64
	for i := range list {
		for _, v := range list[i].Values {
			t.sample(&list[i], v.value)
			if first == 0 || v.at < first {
				first = v.at
			}
		}
	}
	if !t.known && first != 0 {
		t.known, t.first = true, first
	}
	return nil
}
