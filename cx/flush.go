package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Flush ends the journeys that are abandoned by now, and returns when everything that was
// recorded before the call is delivered to the exporters' sinks, or ctx is done, whatever a processor, an
// exporter, a store or a hook does: what does not return is left behind, counted as hook_timeout, and not called
// again before it has. The client stays usable. It may be called concurrently.
//
// Its error also says what was lost since the last Flush, once: how many changes of journeys did not get into
// the store ([ErrLost]), and what processors and exporters report. So an error does not mean that calling it
// again helps: the next one is nil if nothing more is lost.
//
// Inside the hook for stalled journeys it does not wait for that call of the hook, if it is given its context.
// Inside a processor or an exporter that a goroutine of the client calls it is [ErrInside].
// The OpenTelemetry providers are the user's to flush.
func (c *Client) Flush(ctx context.Context) error {
	if c == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := c.enter(ctx, "flush"); err != nil {
		return err
	}
	defer c.teller.wait(ctx)
	_, capacity := c.tracker.Queue()
	err := c.flush(ctx)
	if err := errors.Join(err, c.losses.tell(capacity)); err != nil {
		return fmt.Errorf("cx: flush: %w", err)
	}
	return nil
}

func (c *Client) flush(ctx context.Context) error {
	if !c.closed.Load() && !c.sweepOnce(ctx) {
		return fmt.Errorf("%s: %w", sweepHangs, context.Cause(ctx))
	}
	if err := c.tracker.Flush(ctx); err != nil {
		return err
	}
	return errors.Join(c.flushProcessors(ctx)...)
}

// flushProcessors returns when what the processors were given before the call is delivered, with the error of
// each of them.
func (c *Client) flushProcessors(ctx context.Context) []error {
	errs := make([]error, len(c.flushers))
	var all sync.WaitGroup
	for i, f := range c.flushers {
		if f != nil {
			all.Go(func() { errs[i] = f.do(ctx) })
		}
	}
	all.Wait()
	return errs
}

// safe returns when what was delivered is where the end of this process does not matter. The client's own
// queues leave what they have lost for the application's next Flush to tell. Any other processor whose error is
// gone when it is asked again has reported a loss: that too is for the next Flush, and no reason to wait.
func (c *Client) safe(ctx context.Context) error {
	errs := make([]error, len(c.waiters))
	var all sync.WaitGroup
	for i, w := range c.waiters {
		if w != nil {
			all.Go(func() { errs[i] = w.do(ctx) })
		}
	}
	all.Wait()
	for i, err := range errs {
		if err != nil && ctx.Err() == nil && c.waiters[i].do(ctx) == nil {
			c.losses.remember(i, err)
			errs[i] = nil
		}
	}
	return errors.Join(errors.Join(errs...), c.stalls.wait(ctx))
}
