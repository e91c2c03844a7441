package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Flush ends the runs that are abandoned by now, and returns when each exporter has taken every event recorded before the
// call, or when ctx is done. Each event is then in its exporter's sink or, with a Spool, on the Spool's disk, and the hooks that were
// called ([WithOnStall], [WithOnDue], [WithOnViolation]) have returned. The contacts that join efforts ([WithEffortWindow]) are in the store of
// customers' records. The client stays usable. Flush may be called concurrently.
//
// The error also reports what was lost since the last Flush, once: the number of changes that did not reach the store
// ([ErrLost]), and the losses of processors and exporters. The next Flush returns nil if nothing more is lost.
//
// Flush does not wait beyond ctx for a processor, exporter, store or hook that does not return. Such a call counts as the
// fault hook_timeout, and the client does not call the same method again until it has returned.
//
// Called from within a processor or exporter that a goroutine of the client is running, it returns [ErrInside]. Called from
// a hook with the hook's context, it does not wait for hooks. Flush does not flush the
// OpenTelemetry providers, which belong to the application.
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
	defer c.reporter.wait(ctx)
	_, capacity := c.tracker.Queue()
	err := c.flush(ctx)
	if in := c.insideOf(ctx); in == nil || in.hook == nil { // two hooks that call Flush would wait for each other
		err = errors.Join(err, c.hooks.wait(ctx))
	}
	if err := errors.Join(err, c.losses.report(capacity)); err != nil {
		return fmt.Errorf("cx: flush: %w", err)
	}
	return nil
}

func (c *Client) flush(ctx context.Context) error {
	if err := c.flushRequests(ctx); err != nil { // before journeys: what it tells is a part of them
		return err
	}
	if err := c.tracker.Flush(ctx); err != nil { // first: a run lives by what waits for the store
		return err
	}
	if c.book != nil {
		if err := c.book.Flush(ctx); err != nil {
			return err
		}
	}
	if !c.closed.Load() {
		if !c.sweepOnce(ctx) {
			return fmt.Errorf("%s: %w", sweepHangs, context.Cause(ctx))
		}
		if err := c.flushRequests(ctx); err != nil {
			return err
		}
		if err := c.tracker.Flush(ctx); err != nil {
			return err
		}
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

// safe returns when what was delivered would survive the end of this process: each processor has flushed it. The client's own
// queues keep what they have lost, and report it to the next Flush of the application. Another processor may return an error
// once: if it returns none when safe asks again, it has reported a loss. The client keeps that error for the next Flush too, and
// does not wait for the lost events.
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
	err := errors.Join(errors.Join(errs...), c.hooks.wait(ctx))
	if c.unfollowed.Load() {
		err = errors.Join(err, errUnfollowed)
	}
	return err
}
