package exporters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"cairncx.dev/cairn/cx/event"
)

// RetryOption is an option of [NewRetry].
type RetryOption interface{ applyRetry(*retryConfig) }

type retryFunc func(*retryConfig)

func (f retryFunc) applyRetry(c *retryConfig) { f(c) }

type retryConfig struct{ initial, most, elapsed time.Duration }

// WithBackoff sets the first pause, which doubles with each try, with jitter, and the longest
// one. Default: half a second and 30 seconds.
func WithBackoff(initial, most time.Duration) RetryOption {
	return retryFunc(func(c *retryConfig) { c.initial, c.most = initial, most })
}

// WithMaxElapsed bounds the time that one batch is tried for. Default: five minutes; what
// calls the exporter (see [WithTimeout]) may bound it closer.
func WithMaxElapsed(d time.Duration) RetryOption {
	return retryFunc(func(c *retryConfig) { c.elapsed = d })
}

// Retry is an exporter that tries another one again, with exponential backoff and jitter,
// until it succeeds, fails permanently, or the time is up.
type Retry struct {
	next event.Exporter
	cfg  retryConfig
}

var (
	_ event.Exporter = (*Retry)(nil)
	_ event.Flusher  = (*Retry)(nil)
)

// NewRetry returns a Retry of e, which it owns. Bounds that are not positive are the defaults.
func NewRetry(e event.Exporter, opts ...RetryOption) *Retry {
	cfg := retryConfig{}
	for _, o := range opts {
		if o != nil {
			o.applyRetry(&cfg)
		}
	}
	if cfg.initial <= 0 {
		cfg.initial = backoff.DefaultInitialInterval
	}
	if cfg.most <= 0 {
		cfg.most = 30 * time.Second
	}
	if cfg.elapsed <= 0 {
		cfg.elapsed = 5 * time.Minute
	}
	return &Retry{next: e, cfg: cfg}
}

// Export implements [event.Exporter]. A nil or zero Retry does nothing.
func (r *Retry) Export(ctx context.Context, events []event.Event) error {
	if r == nil || r.next == nil {
		return nil
	}
	b := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(r.cfg.initial),
		backoff.WithMaxInterval(r.cfg.most),
		backoff.WithMaxElapsedTime(r.cfg.elapsed),
		backoff.WithMultiplier(2),
	)
	tries := 0
	var last error
	err := backoff.Retry(func() error {
		tries++
		last = r.next.Export(ctx, events)
		if IsPermanent(last) {
			return backoff.Permanent(last)
		}
		return last
	}, backoff.WithContext(b, ctx))
	switch {
	case err == nil:
		return nil
	case last != nil && !errors.Is(err, last):
		return fmt.Errorf("exporters: after %d tries: %w: %w", tries, err, last)
	default:
		return fmt.Errorf("exporters: after %d tries: %w", tries, err)
	}
}

// Flush implements [event.Flusher].
func (r *Retry) Flush(ctx context.Context) error {
	if r == nil || r.next == nil {
		return nil
	}
	if f, ok := r.next.(event.Flusher); ok {
		return f.Flush(ctx)
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (r *Retry) Shutdown(ctx context.Context) error {
	if r == nil || r.next == nil {
		return nil
	}
	return r.next.Shutdown(ctx)
}
