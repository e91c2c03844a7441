package exporters

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Flush implements [event.Flusher]: it returns when everything that was processed before is exported or given up, and the
// exporter has flushed, if it can; or when ctx is done. The error has a [LossError] with the events that were lost since the
// last Flush: those that the queue had no room for, that came after Shutdown, or that the exporter did not take. When several
// Flushes are under way, each of them returns a loss; later ones do not. Losses do not stop the Batch. Safe for concurrent use.
func (b *Batch) Flush(ctx context.Context) error {
	if b == nil {
		return nil
	}
	own := b.own()
	err := b.await(ctx)
	if leaves(ctx) {
		return outward(err)
	}
	if lost := own(); lost != nil {
		err = errors.Join(err, lost)
	}
	return outward(err)
}

// own returns a function that returns the events that the queue has lost and that no Flush had reported by the call of own.
func (b *Batch) own() func() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	began := b.losses.told
	return func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.losses.since(began, b.cfg.name)
	}
}

// Wait waits as [Batch.Flush] does, and leaves the report of losses to the next Flush, also that of a [Tee], [Retry], [Filter]
// or [Spool] behind it, and behind any exporter whose Flush passes its context on. It is for code that has to know that nothing
// is under way and does not report to the application. Its error is that of ctx, or of the exporter's own Flush. Safe for
// concurrent use.
func (b *Batch) Wait(ctx context.Context) error {
	if b == nil {
		return nil
	}
	return outward(b.await(leaving(ctx)))
}

// await returns when everything that was processed before is exported or given up, and the exporter is flushed.
func (b *Batch) await(ctx context.Context) error {
	b.mu.Lock()
	w := waiter{until: b.queued, ready: make(chan struct{})}
	if w.until <= b.done {
		close(w.ready)
	} else {
		b.waiters = append(b.waiters, w)
	}
	b.mu.Unlock()
	b.wake.Set()
	err := lifecycle.Await(ctx, w.ready)
	if err == nil {
		err = flush(ctx, b.exporter)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.cfg.name, err)
	}
	return nil
}

// Shutdown implements [event.Processor]: it exports what is queued, then shuts the exporter down. When ctx is done first, the
// rest counts as dropped, with error.type timeout, because the process is likely to end now. The error then wraps a [LossError]
// with the number of these events. Delivery goes on all the same, each call of the exporter bounded by [WithTimeout], and
// Shutdown may be called again to wait for it. The error handler ([WithErrorHandler]) gets a report of the events that were
// delivered after that; they are not counted again. Shutdown does not report what was lost before it: call [Batch.Flush]
// first, as the Shutdown of a cx.Client does.
func (b *Batch) Shutdown(ctx context.Context) error {
	if b == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	b.mu.Lock()
	b.closed = true
	b.makeRoom()
	b.mu.Unlock()
	b.wake.Set()
	if err := b.worker.Wait(ctx); err != nil {
		return outward(b.giveUp(err))
	}
	err := b.closing.Do(ctx, func() error {
		if err := contained(func() error { return b.exporter.Shutdown(ctx) }); err != nil {
			return err
		}
		b.worker.Abort(sink.ErrClosed)
		b.metrics.shutdown()
		return nil
	})
	if err != nil {
		return outward(fmt.Errorf("%s: %w", b.cfg.name, err))
	}
	return nil
}

// giveUp counts the open events as dropped, once, and returns err with the number of events that are left.
func (b *Batch) giveUp(err error) error {
	b.mu.Lock()
	open := b.open
	b.left += open // open is 0 after the first call, because a closed queue takes no more events
	left := b.left
	b.gaveUp, b.open, b.sending = true, 0, 0
	b.mu.Unlock()
	b.metrics.gaveUp(tally{classTimeout: open})
	if left == 0 {
		return fmt.Errorf("%s: %w", b.cfg.name, err)
	}
	return &LossError{Name: b.cfg.name, Lost: map[string]uint64{classes()[classTimeout]: uint64(left)}, Err: err}
}
