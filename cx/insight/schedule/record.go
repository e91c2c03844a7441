package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// tries returns how many attempts there were, with this one.
func (c *claim) tries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.Turn.Tries
}

// delivery returns this attempt for the deliverer.
func (c *claim) delivery(r Report) *Delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &Delivery{
		Name: c.s.plan.Name, Every: c.s.plan.Every, Period: c.period, Report: r, MessageID: c.state.messageID(c.s.plan.Name, c.period),
		Missed: c.missed, MissedSince: c.since, Attempt: c.state.Turn.Tries, note: c,
	}
}

// change changes the record, if this instance still holds the period, and renews the lease. It returns errLost if it does not.
func (c *claim) change(ctx context.Context, how func(*state)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		begin := time.Now()
		next := c.state.clone()
		if now, ok := c.s.clock.Now(); ok {
			next.Turn.Lease = now.Add(c.s.cfg.lease).UnixMilli()
		}
		how(next)
		log := next.encode()
		is, done, err := c.s.replace(ctx, c.log, log)
		if err != nil {
			return err
		}
		if done {
			c.log, c.heard = log, begin
			if next.Turn != nil { // a claim that has ended keeps its turn
				c.state = next
			}
			return nil
		}
		// A change whose answer was lost may have been made.
		st, err := decode(is)
		if err != nil || !st.Turn.of(c.period) || st.Turn.Holder != c.s.name {
			return errLost
		}
		c.state, c.log = st, is
	}
}

// renew renews the lease until it is asked to stop, or ctx is done. It calls lost when the lease is over.
func (c *claim) renew(ctx context.Context, stopping <-chan struct{}, lost func(error)) {
	every := time.NewTicker(c.s.cfg.lease / renewals)
	defer every.Stop()
	for {
		select {
		case <-stopping:
			return
		case <-ctx.Done():
			return
		case <-every.C:
		}
		// A renewal ends in time to give the next one, or the loss of the lease, its turn.
		call, cancel := context.WithTimeout(ctx, c.s.cfg.lease/renewals)
		err := c.change(call, func(*state) {})
		cancel()
		if err == nil {
			continue
		}
		if errors.Is(err, errLost) || time.Since(c.lastHeard()) >= c.s.cfg.lease-c.s.cfg.lease/renewals {
			lost(errLost)
			return
		}
	}
}

func (c *claim) lastHeard() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard
}

// settle writes the end of the attempt. While the lease holds it tries again after an error.
func (c *claim) settle(ctx context.Context, end func(*state)) error {
	pause := firstRetry / 4
	for {
		err := c.change(ctx, end)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errLost): // or the change of a call without an answer was made, and has ended the claim
			return nil
		case ctx.Err() != nil || time.Since(c.lastHeard()) > c.s.cfg.lease:
			return fmt.Errorf("%w; another instance may deliver %s again", err, c.period.Label())
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, lastRetry)
	}
}

// delivered reports whether the part was delivered.
func (c *claim) delivered(part string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.state.Turn.Parts, part)
}

// note notes that the part was delivered.
func (c *claim) note(ctx context.Context, part string) error {
	return c.change(ctx, func(st *state) {
		if len(st.Turn.Parts) < maxParts && !slices.Contains(st.Turn.Parts, part) {
			st.Turn.Parts = append(st.Turn.Parts, part)
		}
	})
}
