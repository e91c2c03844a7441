package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/internal/leased"
)

// form is how the state of a plan is kept, for the instance with the name that works on the period.
type form struct {
	name   string
	period report.Period
}

// Clone implements [leased.Form].
func (form) Clone(s *state) *state { return s.clone() }

// Encode implements [leased.Form].
func (form) Encode(s *state) []byte { return s.encode() }

// Decode implements [leased.Form].
func (form) Decode(log []byte) (*state, error) { return decode(log) }

// Renew implements [leased.Form].
func (form) Renew(s *state, until time.Time) { s.Turn.Lease = until.UnixMilli() }

// Mine implements [leased.Form].
func (f form) Mine(s *state) bool { return s.Turn.of(f.period) && s.Turn.Holder == f.name }

// tries returns how many attempts there were, with this one.
func (c *claim) tries() int { return c.held.State().Turn.Tries }

// delivery returns this attempt for the deliverer.
func (c *claim) delivery(r Report) *Delivery {
	st := c.held.State()
	return &Delivery{
		Name: c.s.plan.Name, Every: c.s.plan.Every, Period: c.period, Report: r, MessageID: st.messageID(c.s.plan.Name, c.period),
		Missed: c.missed, MissedSince: c.since, Attempt: st.Turn.Tries, note: c,
	}
}

// settle writes the end of the attempt. While the lease holds it tries again after an error.
func (c *claim) settle(ctx context.Context, end func(*state)) error {
	if err := c.held.Settle(ctx, end); err != nil {
		return fmt.Errorf("%w; another instance may deliver %s again", c.s.storeError(err), c.period.Label())
	}
	return nil
}

// delivered reports whether the part was delivered.
func (c *claim) delivered(part string) bool { return slices.Contains(c.held.State().Turn.Parts, part) }

// note notes that the part was delivered.
func (c *claim) note(ctx context.Context, part string) error {
	err := c.held.Change(ctx, func(st *state) {
		if len(st.Turn.Parts) < maxParts && !slices.Contains(st.Turn.Parts, part) {
			st.Turn.Parts = append(st.Turn.Parts, part)
		}
	})
	if errors.Is(err, leased.ErrLost) {
		return errLost
	}
	return c.s.storeError(err)
}
