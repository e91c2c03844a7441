package track

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/internal/lifecycle"
)

// flush returns when everything that was queued before the call is committed, decided, delivered and settled.
func (r *remote) flush(ctx context.Context) error {
	if err := r.drain(ctx); err != nil {
		return err
	}
	for {
		_, err := within(ctx, func() (struct{}, error) {
			_, err := r.decide(ctx)
			return struct{}{}, errors.Join(err, r.settleAll(ctx))
		})
		if errors.Is(err, errUnsafe) {
			return err
		}
		left := r.open()
		if err == nil && left == 0 {
			return nil
		}
		if !pause(ctx, pauseToSettle) {
			return fmt.Errorf("%d runs are not settled in the store: %w", left, errors.Join(context.Cause(ctx), err))
		}
	}
}

// open returns how many runs have something that is not decided or not settled.
func (r *remote) open() int {
	r.openMu.Lock()
	defer r.openMu.Unlock()
	return len(r.toSettle) + len(r.beingSettled) + len(r.undecided) + r.beingDecided
}

// shutdown flushes and stops. When ctx is done first it sets aside what waits, lets the goroutines go on for
// [Config.Linger], and may be called again. One call says in its error what could not be written by the end.
func (r *remote) shutdown(ctx context.Context) error {
	r.close()
	if err := r.drain(ctx); err != nil {
		r.goOn()
		if n := r.setAside(); n > 0 {
			err = fmt.Errorf("%w; %d of them are counted as lost, and exported without the state of their journeys", err, n)
		}
		return err
	}
	err := r.flush(ctx) // another instance delivers again what is not settled now
	if n := r.toDecide(); n > 0 && ctx.Err() != nil {
		r.goOn() // another instance would have to wait for the end of the lease
		return err
	}
	r.stop()
	if n := r.lost.Swap(0); n > 0 {
		err = errors.Join(err, fmt.Errorf("%w: %d changes", errLost, n))
	}
	if late := lifecycle.Await(ctx, r.gone); late != nil {
		err = errors.Join(err, fmt.Errorf("the store still has not answered: %w", late))
	}
	return err
}

// close closes the queue. When the goroutines have written what is in it and have ended, what is still undecided is
// delivered, and gone is closed.
func (r *remote) close() {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	r.mu.Unlock()
	if !first {
		return
	}
	close(r.queue)
	go func() {
		r.running.Wait()
		r.deliverUndecided()
		close(r.gone)
	}()
}

// goOn lets the goroutines go on for a while when Shutdown has run out of time.
func (r *remote) goOn() {
	r.linger.Do(func() { time.AfterFunc(r.cfg.Linger, r.stop) })
}
