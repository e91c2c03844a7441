package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Shutdown stops the client. It delivers the events recorded before the call, as [Client.Flush] does, and shuts processors
// and exporters down. The client drops an event that is recorded later, and counts the fault already_shutdown. Shutdown
// returns when this is done, or when ctx is done, and may be called again after a timeout. Once it is done it returns nil.
// Give it a context with time left, not that of a request or one that a signal has cancelled. The error also reports what
// the exporters' queues have lost since the last Flush, once; the client is shut down all the same.
//
// With a store, the store has three quarters of the time to take the changes that wait for it. A change that is left then
// counts as the fault store_lost, is exported without the state of its run, and is reported in the error. The processors
// have the rest of the time. What contact policies have to release is released within the first three quarters, or lapses. The
// client continues for a minute, or until the next Shutdown: it delivers changes that the
// store takes by then again, under the same IDs, and does not count them as lost again.
//
// Without a store, the live runs end with this process, and no event records their outcome. Each counts as the fault
// live_runs_lost, with one report for each journey. A client with [WithImplicitStarts] does not count them.
//
// Called from within a processor or exporter that a goroutine of the client is running, it returns [ErrInside] and stops
// nothing. Called from a hook, it works as Flush does.
func (c *Client) Shutdown(ctx context.Context) error {
	if c == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := c.enter(ctx, "shutdown"); err != nil {
		return err
	}
	defer c.reporter.wait(ctx)
	c.followLast(ctx)
	c.closed.Store(true)
	c.stop()
	if in := c.insideOf(ctx); in != nil {
		if !c.down.TryTake() {
			return fmt.Errorf("cx: shutdown: %w", errBusy)
		}
	} else if err := c.down.Take(ctx); err != nil {
		return fmt.Errorf("cx: shutdown: another one is under way: %w", err)
	}
	defer c.down.Give()
	if err := c.shutdown(ctx); err != nil {
		return fmt.Errorf("cx: shutdown: %w", err)
	}
	return nil
}

var errBusy = errors.New("another Shutdown is under way, and may wait for the hook that this one is called in")

// shutdown is Shutdown, one at a time.
func (c *Client) shutdown(ctx context.Context) error {
	err, stopped := c.stopSources(ctx)
	c.losses.reported()
	if !stopped {
		c.finish.Do(func() { go c.finishLater() })
		return err
	}
	c.liveLost.Do(func() { c.reportLive(ctx) })
	err = errors.Join(err, c.hooks.wait(ctx))
	first := len(c.pending) > 0
	stopErr := c.stopProcessors(ctx)
	if first && stopErr == nil { // later what is lost came too late, and is counted so
		stopErr = c.lossesOf(c.flushProcessors(ctx))
	}
	return errors.Join(err, stopErr)
}

// lossesOf returns those of the errors that say what was lost: what else stands in the way of the processors
// their Shutdown says.
func (c *Client) lossesOf(errs []error) error {
	var losses []error
	for _, err := range errs {
		if _, ok := errors.AsType[*exporters.LossError](err); ok {
			losses = append(losses, err)
		}
	}
	return errors.Join(losses...)
}

// stopSources stops what gives the processors events. It reports false where something still may.
func (c *Client) stopSources(ctx context.Context) (err error, stopped bool) {
	early, cancel := mostOf(ctx)
	defer cancel()
	_ = c.stopSweeps(early) // first, so that what it finds is flushed
	err = errors.Join(c.shutdownRequests(early), c.tracker.Shutdown(early), c.hooks.holds.wait(early), c.closeBook(early))
	if c.sourcesStopped() {
		return err, true
	}
	for _, flushErr := range c.flushProcessors(ctx) { // of what was set aside, above all
		err = errors.Join(err, flushErr)
	}
	err = errors.Join(err, c.stopSweeps(ctx))
	if again := errors.Join(c.shutdownRequests(ctx), c.tracker.Shutdown(ctx)); again != nil && ctx.Err() == nil {
		err = errors.Join(err, again)
	}
	return err, c.sourcesStopped()
}

// closeBook stops what the book of customers' records does in the background.
func (c *Client) closeBook(ctx context.Context) error {
	if c.book == nil {
		return nil
	}
	return c.book.Close(ctx)
}

// stopSweeps returns when no sweep is under way any more: the client is closed, so that none begins.
func (c *Client) stopSweeps(ctx context.Context) error {
	if !lifecycle.AwaitCall(ctx, c.swept) {
		return fmt.Errorf("%s: %w", sweepHangs, context.Cause(ctx))
	}
	if err := c.sweeping.Take(ctx); err != nil {
		return fmt.Errorf("%s: %w", sweepHangs, err)
	}
	c.sweeping.Give()
	return nil
}

func (c *Client) sourcesStopped() bool {
	if !lifecycle.Ended(c.requests.stopped()) || !lifecycle.Ended(c.tracker.Stopped()) || !c.sweeping.TryTake() {
		return false
	}
	c.sweeping.Give()
	return true
}

// mostOf returns a context that ends when three quarters of the time are over that ctx has.
func mostOf(ctx context.Context) (context.Context, context.CancelFunc) {
	at, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, at.Add(-time.Until(at)/4))
}

// finishTime is how long processors have to shut down that a Shutdown without time left behind.
const finishTime = 10 * time.Second

// finishLater shuts the processors down when nothing gives them events any more, should the application not call
// Shutdown again.
func (c *Client) finishLater() {
	<-c.requests.stopped()
	<-c.tracker.Stopped()
	_ = c.stopSweeps(context.Background()) // it has no end
	ctx, cancel := context.WithTimeout(context.Background(), finishTime)
	defer cancel()
	if c.down.Take(ctx) != nil {
		return
	}
	defer c.down.Give()
	_ = c.stopProcessors(ctx) // those that fail are asked again by the next Shutdown
}

// stopProcessors shuts those down that are not yet.
func (c *Client) stopProcessors(ctx context.Context) error {
	errs := make([]error, len(c.pending))
	var all sync.WaitGroup
	for i, p := range c.pending {
		all.Go(func() { errs[i] = p.do(ctx) })
	}
	all.Wait()
	left := c.pending[:0]
	for i, p := range c.pending {
		if errs[i] != nil {
			left = append(left, p)
		}
	}
	c.pending = left
	return errors.Join(errs...)
}
