package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/internal/lifecycle"
)

// Flush returns when everything that was queued before the call is committed, decided, delivered and settled.
func (x *Engine[S, O, D, P]) Flush(ctx context.Context) error {
	if err := x.Drain(ctx); err != nil {
		return err
	}
	for {
		_, err := within(ctx, func() (struct{}, error) {
			_, err := x.decide(ctx)
			return struct{}{}, errors.Join(err, x.settleAll(ctx))
		})
		if errors.Is(err, errUnsafe) {
			return err
		}
		left := x.open()
		if err == nil && left == 0 {
			return nil
		}
		if !pause(ctx, pauseToSettle) {
			return fmt.Errorf("%d runs are not settled in the store: %w", left, errors.Join(context.Cause(ctx), err))
		}
	}
}

// open returns how many records have something that is not decided or not settled.
func (x *Engine[S, O, D, P]) open() int {
	x.openMu.Lock()
	defer x.openMu.Unlock()
	return len(x.toSettle) + len(x.beingSettled) + len(x.undecided) + x.beingDecided
}

// Shutdown flushes and stops. When ctx is done first it sets aside what waits, lets the goroutines go on for
// [Config.Linger], and may be called again. One call says in its error what could not be written by the end.
func (x *Engine[S, O, D, P]) Shutdown(ctx context.Context) error {
	x.close()
	if err := x.Drain(ctx); err != nil {
		x.goOn()
		if n := x.setAside(); n > 0 {
			err = fmt.Errorf("%w; %d of them are counted as lost, and exported without the state of their journeys", err, n)
		}
		return err
	}
	err := x.Flush(ctx) // another instance delivers again what is not settled now
	if n := x.toDecide(); n > 0 && ctx.Err() != nil {
		x.goOn() // another instance would have to wait for the end of the lease
		return err
	}
	x.stop()
	if n := x.lost.Swap(0); n > 0 {
		err = errors.Join(err, fmt.Errorf("%w: %d changes", errLost, n))
	}
	if late := lifecycle.Await(ctx, x.gone); late != nil {
		err = errors.Join(err, fmt.Errorf("the store still has not answered: %w", late))
	}
	return err
}

// close closes the queue. When the goroutines have written what is in it and have ended, what is still undecided is
// delivered, and gone is closed.
func (x *Engine[S, O, D, P]) close() {
	x.mu.Lock()
	first := !x.closed
	x.closed = true
	x.mu.Unlock()
	if !first {
		return
	}
	close(x.queue)
	go func() {
		x.running.Wait()
		x.deliverUndecided()
		close(x.gone)
	}()
}

// goOn lets the goroutines go on for a while when Shutdown has run out of time.
func (x *Engine[S, O, D, P]) goOn() {
	x.linger.Do(func() { time.AfterFunc(x.cfg.Linger, x.stop) })
}

// Stopped returns a channel that is closed when the Engine has no goroutine any more. After a Shutdown that has run out of time
// they go on for [Config.Linger] at most.
func (x *Engine[S, O, D, P]) Stopped() <-chan struct{} { return x.gone }
