package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Forget erases what the client's store of journeys has of the customer, who is known by the
// application's own ID, and lets every exporter forget that can ([event.Eraser], such as the archive),
// once it has what waits for it. Live journeys of the customer that began before the call count as ended from
// now on, and no event says how; one that begins while it runs is either forgotten as a whole or goes on. It
// returns how many journeys the store had; after an error, call it again. With a store it waits first until the
// customer's journeys that this process has ended are decided ([WithEndGrace]), so that they count as they ended.
// It returns when ctx is done, whatever a store or an exporter does. It returns an error where it can reach no journey: without
// [WithCustomerKey], and for an ID that no event can have. It does not reach what other sinks have, nor OpenTelemetry's backends, which know the hash.
func (c *Client) Forget(ctx context.Context, customerID string) (journeys int, err error) {
	if c == nil {
		return 0, nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := c.enter(ctx, "forget"); err != nil {
		return 0, err
	}
	hash, err := c.resolver.CustomerHash(customerID)
	if err != nil {
		return 0, fmt.Errorf("cx: forget: %w", err)
	}
	if err := c.sweeping.Take(ctx); err != nil { // a sweep may have one of the customer's journeys in hand
		return 0, fmt.Errorf("cx: forget: %s: %w", sweepHangs, err)
	}
	defer c.sweeping.Give()
	journeys, err = c.tracker.Forget(ctx, hash)
	faults := make([]error, len(c.forgetters))
	var all sync.WaitGroup
	for i, f := range c.forgetters {
		all.Go(func() { faults[i] = f.do(ctx, hash) })
	}
	all.Wait()
	if err := errors.Join(err, errors.Join(faults...)); err != nil {
		return journeys, fmt.Errorf("cx: forget: %w", err)
	}
	return journeys, nil
}

// A forgetter is a processor that can forget a customer, one at a time.
type forgetter struct {
	c    *Client
	what string
	f    event.Eraser
	turn lifecycle.Turn // to call Forget
}

// do returns when the processor has forgotten, or ctx is done.
func (x *forgetter) do(ctx context.Context, hash string) error {
	if err := x.turn.Take(ctx); err != nil {
		return fmt.Errorf("%s still forgets another customer: %w", x.what, err)
	}
	done := make(chan struct{})
	var failed error // once done: the goroutine may go on when do has returned
	go func() {
		defer close(done)
		defer x.turn.Give()
		failed = x.c.contained(ctx, x.what, func() error {
			_, err := x.f.Forget(x.c.marked(ctx, nil), hash)
			return err
		})
	}()
	if !lifecycle.AwaitCall(ctx, done) {
		x.c.leftBehind(x.what, done)
		return fmt.Errorf("%s has not returned: %w", x.what, context.Cause(ctx))
	}
	return failed
}
