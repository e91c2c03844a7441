package otelsetup

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// part is a provider with its queue and exporter: the unit of Flush and Shutdown.
type part struct {
	name     string
	flush    func(context.Context) error
	shutdown func(context.Context) error
	watch    *watch // tells what got lost and what waits

	flushing chan struct{} // has room while nothing is being flushed

	once sync.Once
	done chan struct{} // closed when it is shut down
	err  error         // of that, to be read after done
	told atomic.Bool   // the error has been returned
}

// send flushes the part and waits until the flush or ctx is done. The SDK drops the batch that it is sending when its
// context is done. The flush therefore runs without ctx, one at a time, and the exporters' own timeouts bound it.
func (p *part) send(ctx context.Context) error {
	if ctx.Err() != nil {
		return p.unfinished(ctx)
	}
	select {
	case p.flushing <- struct{}{}:
	case <-ctx.Done():
		return p.unfinished(ctx)
	}
	sent := make(chan error, 1)
	go func() {
		defer func() { <-p.flushing }()
		sent <- p.flush(context.WithoutCancel(ctx))
	}()
	select {
	case err := <-sent:
		if err != nil {
			return err
		}
		return p.watch.take()
	case <-ctx.Done():
		return p.unfinished(ctx)
	}
}

// stop shuts the part down once and waits until that or ctx is done. The SDK drops what it has not sent when its context is
// done. The shutdown therefore runs without ctx, and the exporters' own timeouts bound it. A further call of stop waits for
// the same shutdown.
func (p *part) stop(ctx context.Context) error {
	p.once.Do(func() {
		go func() {
			defer close(p.done)
			p.flushing <- struct{}{} // the SDK would cancel a flush of metrics
			defer func() { <-p.flushing }()
			p.err = p.shutdown(context.WithoutCancel(ctx))
		}()
	})
	select {
	case <-p.done:
	default:
		select {
		case <-p.done:
		case <-ctx.Done():
			return p.unfinished(ctx)
		}
	}
	if p.told.Swap(true) {
		return nil
	}
	if p.err != nil {
		return p.err
	}
	return p.watch.take()
}

// unfinished describes how much is left.
func (p *part) unfinished(ctx context.Context) error {
	if n := p.watch.waiting.Load(); n > 0 {
		return fmt.Errorf("%d %s not sent yet: %w", n, noun(p.name, n), context.Cause(ctx))
	}
	return context.Cause(ctx) //nolint:wrapcheck // the caller says of what
}
