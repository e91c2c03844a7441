package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
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
		return fmt.Errorf("the search for abandoned journeys has not returned: %w", context.Cause(ctx))
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
// gone when it is asked again has told of a loss: that too is for the next Flush, and no reason to wait.
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

// Shutdown stops the client: what is recorded from now on is dropped and counted, and what
// was recorded before is delivered. It returns when that is done or ctx is, whatever an extension does (see
// [Client.Flush]), and may be called again after a timeout; once done it returns nil. Give it a context of
// its own: a request's, or one that a signal has cancelled, leaves no time. Its error also says what exporters'
// queues have lost since the last Flush, once, as that of Flush does; the client is shut down all the same.
//
// A store has three quarters of the time to take what waits for it. The rest is counted
// once as store_lost, exported without the state of its journeys, and said in the error; the processors have
// the rest of the time to deliver. Without a store the journeys that are live are lost with this process: no event
// tells how they end. How many they are is counted and told for each journey, as live_runs_lost, but not of a
// client that replays a log ([WithImplicitStarts]). The client goes on for a minute, or until the next Shutdown: what the store
// takes by then is delivered again, under the same IDs, and not counted as lost again.
//
// Inside the hook for stalled journeys it works as Flush does there; inside a processor or an exporter that a
// goroutine of the client calls it is [ErrInside], and stops nothing.
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
	defer c.teller.wait(ctx)
	c.closed.Store(true)
	c.stop()
	if in := c.insideOf(ctx); in != nil {
		select {
		case <-c.down:
		default:
			return fmt.Errorf("cx: shutdown: %w", errBusy)
		}
	} else if !await(ctx, c.down) {
		return fmt.Errorf("cx: shutdown: another one is under way: %w", context.Cause(ctx))
	}
	defer func() { c.down <- struct{}{} }()
	if err := c.shutdown(ctx); err != nil {
		return fmt.Errorf("cx: shutdown: %w", err)
	}
	return nil
}

var errBusy = errors.New("another Shutdown is under way, and may wait for the hook that this one is called in")

// shutdown is Shutdown, one at a time.
func (c *Client) shutdown(ctx context.Context) error {
	err, stopped := c.stopSources(ctx)
	c.losses.told()
	if !stopped {
		c.finish.Do(func() { go c.finishLater() })
		return err
	}
	c.liveLost.Do(func() { c.tellLive(ctx) })
	err = errors.Join(err, c.stalls.wait(ctx))
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
	err = c.tracker.Shutdown(early)
	if c.sourcesStopped() {
		return err, true
	}
	for _, flushErr := range c.flushProcessors(ctx) { // of what was set aside, above all
		err = errors.Join(err, flushErr)
	}
	err = errors.Join(err, c.stopSweeps(ctx))
	if again := c.tracker.Shutdown(ctx); again != nil && ctx.Err() == nil {
		err = errors.Join(err, again)
	}
	return err, c.sourcesStopped()
}

// stopSweeps returns when no sweep is under way any more: the client is closed, so that none begins.
func (c *Client) stopSweeps(ctx context.Context) error {
	if !await(ctx, c.swept) || !await(ctx, c.sweeping) {
		return fmt.Errorf("the search for abandoned journeys has not returned: %w", context.Cause(ctx))
	}
	c.sweeping <- struct{}{}
	return nil
}

func (c *Client) sourcesStopped() bool {
	select {
	case <-c.tracker.Stopped():
		return len(c.sweeping) > 0
	default:
		return false
	}
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
	<-c.tracker.Stopped()
	_ = c.stopSweeps(context.Background()) // it has no end
	ctx, cancel := context.WithTimeout(context.Background(), finishTime)
	defer cancel()
	if !await(ctx, c.down) {
		return
	}
	defer func() { c.down <- struct{}{} }()
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

// Forget erases what the client's store of journeys has of the customer, who is known by the
// application's own ID, and lets every exporter forget that can ([event.Forgetter], such as the archive),
// once it has what waits for it. Live journeys of the customer that began before the call count as ended from
// now on, and no event says how; one that begins while it runs is either forgotten as a whole or goes on. It
// returns how many journeys the store had; after an error, call it again. With a store it waits first until the
// customer's journeys that this process has ended are decided ([WithEndGrace]), so that they count as they ended.
// It returns when ctx is done, whatever a store or an exporter does. Without [WithCustomerKey] no customer is
// known. It does not reach what other sinks have, nor OpenTelemetry's backends, which know the hash.
func (c *Client) Forget(ctx context.Context, customerID string) (journeys int, err error) {
	if c == nil || customerID == "" {
		return 0, nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := c.enter(ctx, "forget"); err != nil {
		return 0, err
	}
	hash := c.resolver.CustomerHash(customerID)
	if hash == "" {
		return 0, nil
	}
	if !await(ctx, c.sweeping) { // a sweep may have one of the customer's journeys in hand
		return 0, fmt.Errorf("cx: the search for abandoned journeys has not returned: %w", context.Cause(ctx))
	}
	defer func() { c.sweeping <- struct{}{} }()
	journeys, err = c.tracker.Forget(ctx, hash)
	faults := make([]error, len(c.forgetters))
	var all sync.WaitGroup
	for i, f := range c.forgetters {
		all.Go(func() { faults[i] = f.do(ctx, hash) })
	}
	all.Wait()
	if err := errors.Join(err, errors.Join(faults...)); err != nil {
		return journeys, fmt.Errorf("cx: %w", err)
	}
	return journeys, nil
}

// A forgetter is a processor that can forget a customer, one at a time.
type forgetter struct {
	c    *Client
	what string
	f    event.Forgetter
	turn chan struct{} // full while it forgets
}

// do returns when the processor has forgotten, or ctx is done.
func (x *forgetter) do(ctx context.Context, hash string) error {
	select {
	case x.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%s still forgets another customer: %w", x.what, context.Cause(ctx))
	}
	done := make(chan struct{})
	var failed error // once done: the goroutine may go on when do has returned
	go func() {
		defer close(done)
		defer func() { <-x.turn }()
		failed = x.c.contained(ctx, x.what, func() error {
			_, err := x.f.Forget(x.c.marked(ctx, nil), hash)
			return err
		})
	}()
	if !await(ctx, done) {
		x.c.leftBehind(x.what, done)
		return fmt.Errorf("%s has not returned: %w", x.what, context.Cause(ctx))
	}
	return failed
}

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
			if await(ctx, c.sweeping) {
				c.sweepNow(ctx)
			}
		}
	}
}

// sweepOnce returns true when every journey that is abandoned by now has been delivered, by this sweep or
// one that was under way, or false when ctx is done.
func (c *Client) sweepOnce(ctx context.Context) bool {
	if !await(ctx, c.sweeping) {
		return false
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.sweepNow(ctx)
	}()
	return await(ctx, done)
}

// sweepNow sweeps, for the caller that has the token, and gives it back.
func (c *Client) sweepNow(ctx context.Context) {
	defer func() { c.sweeping <- struct{}{} }()
	defer c.contain(ctx, "the search for abandoned journeys")
	show := c.marked(context.WithoutCancel(ctx), nil)
	c.tracker.Sweep(ctx, c.now(), func(e *flight.Event, s journey.State) {
		defer c.contain(ctx, "delivering what the search for abandoned journeys has found") // one that cannot be shown does not stop the others
		c.emit(show, e)
		c.stalled(e, s)
	})
}

// Sweep ends the journeys that are abandoned by now and says which are stalled, as the client does by
// itself every now and then: for simulations and replay, whose clock jumps. It costs what is due. It returns
// when ctx is done, whatever a processor or a store does; then the sweep goes on. Inside a processor that a
// goroutine of the client calls it does nothing.
func (c *Client) Sweep(ctx context.Context) {
	if c == nil || c.closed.Load() {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if c.tracker.Due(c.now()) && c.enter(ctx, "sweep") == nil {
		c.sweepOnce(ctx)
	}
}
