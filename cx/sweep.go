package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/lifecycle"
	"cairncx.dev/cairn/journey"
)

// sweepHangs is what a call that waits for a sweep says when its context is done.
const sweepHangs = "the search for abandoned journeys has not returned"

// sweep ends abandoned journeys until ctx is done.
func (c *Client) sweep(ctx context.Context, every time.Duration) {
	defer close(c.swept)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if c.sweeping.Take(ctx) == nil {
				c.sweepNow(ctx)
			}
		}
	}
}

// sweepOnce returns true when every journey that is abandoned by now has been delivered, by this sweep or
// one that was under way, or false when ctx is done.
func (c *Client) sweepOnce(ctx context.Context) bool {
	if c.sweeping.Take(ctx) != nil {
		return false
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.sweepNow(ctx)
	}()
	return lifecycle.AwaitCall(ctx, done)
}

// sweepNow sweeps for the caller, who has the turn, and gives it.
func (c *Client) sweepNow(ctx context.Context) {
	defer c.sweeping.Give()
	defer c.contain(ctx, "the search for abandoned journeys")
	show := c.marked(context.WithoutCancel(ctx), nil)
	c.tracker.Sweep(ctx, c.clock.Now(), func(e *flight.Event, s journey.State) {
		defer c.contain(ctx, "delivering what the search for abandoned journeys has found") // one that cannot be shown does not stop the others
		c.passed(show, e, s)
	})
	if local, ok := c.book.(*customer.Local); ok {
		local.Tell(c.resolved)
	}
	if r := c.requests.begun(); r != nil {
		r.Sweep(ctx)
	}
}

// due reports whether a sweep has something to do.
func (c *Client) due() bool {
	now := c.clock.Now()
	local, ok := c.book.(*customer.Local)
	r := c.requests.begun()
	return c.tracker.Due(now) || ok && local.Tells(now) || r != nil && r.Due(now)
}

// Sweep ends the runs that are abandoned by now and records stalls, as the client does every [WithSweepInterval].
// Simulations and replays call it when their clock has jumped. Its cost depends on the number of runs that are due. It
// returns when ctx is done, even if a processor or a store does not return; the sweep then continues. Called from within a
// processor that a goroutine of the client is running, it does nothing.
func (c *Client) Sweep(ctx context.Context) {
	if c == nil || c.closed.Load() {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	// What a sweep under way has in hand is not due any more, and not delivered yet.
	if (c.due() || c.sweeping.Taken()) && c.enter(ctx, "sweep") == nil {
		c.sweepOnce(ctx)
	}
}
