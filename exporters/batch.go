package exporters

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
)

// The defaults of [NewBatch].
const (
	DefaultQueueSize = 8192
	DefaultBatchSize = 512
	DefaultInterval  = time.Second
	DefaultTimeout   = 30 * time.Second
)

// BatchOption is an option of [NewBatch].
type BatchOption interface{ applyBatch(*batchConfig) }

type batchFunc func(*batchConfig)

func (f batchFunc) applyBatch(c *batchConfig) { f(c) }

type batchConfig struct {
	queue, size       int
	interval, timeout time.Duration
	meter             metric.MeterProvider
	name              string
}

// WithQueueSize bounds the events that wait; what does not fit is dropped, newest first,
// and counted. Default: [DefaultQueueSize].
func WithQueueSize(events int) BatchOption {
	return batchFunc(func(c *batchConfig) { c.queue = events })
}

// WithBatchSize bounds the events in one call of the exporter. Default: [DefaultBatchSize].
func WithBatchSize(events int) BatchOption {
	return batchFunc(func(c *batchConfig) { c.size = events })
}

// WithInterval bounds how long an event waits for its batch to fill. Default:
// [DefaultInterval].
func WithInterval(d time.Duration) BatchOption {
	return batchFunc(func(c *batchConfig) { c.interval = d })
}

// WithTimeout bounds one call of the exporter. Default: [DefaultTimeout].
func WithTimeout(d time.Duration) BatchOption {
	return batchFunc(func(c *batchConfig) { c.timeout = d })
}

// WithMeterProvider sets where the queue's own metrics go. Default: OpenTelemetry's global
// provider.
func WithMeterProvider(p metric.MeterProvider) BatchOption {
	return batchFunc(func(c *batchConfig) { c.meter = p })
}

// WithName sets the name that the queue has in its own metrics: it tells several apart.
// Default: "batch/" and the exporter's type.
func WithName(name string) BatchOption { return batchFunc(func(c *batchConfig) { c.name = name }) }

// Batch is a bounded queue in front of an exporter, with one goroutine that delivers. Events
// are delivered in the order in which they were processed. Process never waits and does not
// allocate.
type Batch struct {
	exporter event.Exporter
	cfg      batchConfig
	metrics  *selfMetrics

	mu      sync.Mutex
	ring    []event.Event
	head, n int
	closed  bool
	queued  uint64 // events ever taken into the queue
	done    uint64 // of those, events delivered or given up
	waiters []waiter
	dropped uint64 // since it was last reported
	sending int    // events in the call of the exporter that is under way

	wake    chan struct{} // there is a full batch, somebody waits, or it is closed
	stopped chan struct{}
	abort   context.CancelCauseFunc

	token chan struct{} // is here while nobody shuts down
	down  bool          // who has the token may change it
}

type waiter struct {
	until uint64
	ready chan struct{}
}

var (
	_ event.Processor = (*Batch)(nil)
	_ event.Flusher   = (*Batch)(nil)
)

// ErrClosed is the error of what is used after its Shutdown.
var ErrClosed = errors.New("exporters: it is shut down")

// NewBatch returns a Batch in front of e, which it owns. Bounds that are not positive are
// the defaults. It owns one goroutine until Shutdown.
func NewBatch(e event.Exporter, opts ...BatchOption) *Batch {
	cfg := batchConfig{}
	for _, o := range opts {
		if o != nil {
			o.applyBatch(&cfg)
		}
	}
	if cfg.queue <= 0 {
		cfg.queue = DefaultQueueSize
	}
	if cfg.size <= 0 {
		cfg.size = DefaultBatchSize
	}
	cfg.size = min(cfg.size, cfg.queue)
	if cfg.interval <= 0 {
		cfg.interval = DefaultInterval
	}
	if cfg.timeout <= 0 {
		cfg.timeout = DefaultTimeout
	}
	b := &Batch{
		exporter: e, cfg: cfg,
		ring: make([]event.Event, cfg.queue),
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), token: make(chan struct{}, 1),
	}
	b.token <- struct{}{}
	if cfg.name == "" {
		b.cfg.name = fmt.Sprintf("batch/%T", e)
	}
	b.metrics = newSelfMetrics(cfg.meter, "batch", b.cfg.name, b.load, cfg.queue)
	ctx, abort := context.WithCancelCause(context.Background())
	b.abort = abort
	go b.run(ctx)
	return b
}

// load returns how many events wait, and how many are being exported.
func (b *Batch) load() (waiting, sending int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n, b.sending
}

// Process implements [event.Processor].
func (b *Batch) Process(_ context.Context, e *event.Event) {
	if b == nil {
		return
	}
	b.mu.Lock()
	if b.closed || b.n == len(b.ring) {
		b.dropped++
		closed := b.closed
		b.mu.Unlock()
		b.metrics.drop(closed)
		return
	}
	slot := &b.ring[(b.head+b.n)%len(b.ring)]
	*slot = *e
	slot.Detach()
	b.n++
	b.queued++
	full := b.n == b.cfg.size
	b.mu.Unlock()
	if full {
		b.signal()
	}
}

func (b *Batch) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *Batch) run(ctx context.Context) {
	defer close(b.stopped)
	batch := make([]event.Event, 0, b.cfg.size)
	tick := time.NewTicker(b.cfg.interval)
	defer tick.Stop()
	for {
		select {
		case <-b.wake:
		case <-tick.C:
			b.report()
		}
		for {
			var closed bool
			batch, closed = b.take(batch[:0])
			if len(batch) == 0 {
				if closed {
					b.report()
					return
				}
				break
			}
			b.export(ctx, batch)
			clear(batch)
			select {
			case <-tick.C: // a sink that is slower than we are must not silence us
				b.report()
			default:
			}
		}
	}
}

// take moves the next events out of the queue.
func (b *Batch) take(batch []event.Event) (taken []event.Event, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(batch) < b.cfg.size && b.n > 0 {
		slot := &b.ring[b.head]
		batch = append(batch, *slot)
		*slot = event.Event{}
		b.head = (b.head + 1) % len(b.ring)
		b.n--
	}
	b.sending = len(batch)
	return batch, b.closed
}

func (b *Batch) export(ctx context.Context, batch []event.Event) {
	start := time.Now()
	err := b.call(ctx, batch)
	b.metrics.exported(len(batch), time.Since(start), err)
	if err != nil {
		otel.Handle(fmt.Errorf("cairn: %d events were not exported: %w", len(batch), err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending = 0
	b.done += uint64(len(batch))
	kept := b.waiters[:0]
	for _, w := range b.waiters {
		if w.until <= b.done {
			close(w.ready)
		} else {
			kept = append(kept, w)
		}
	}
	b.waiters = kept
}

var errPanic = errors.New("the exporter panicked")

func (b *Batch) call(ctx context.Context, batch []event.Event) error {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.timeout)
	defer cancel()
	return contained(func() error { return b.exporter.Export(ctx, batch) })
}

// report tells the error handler of what was dropped, once an interval.
func (b *Batch) report() {
	b.mu.Lock()
	n := b.dropped
	b.dropped = 0
	b.mu.Unlock()
	if n > 0 {
		otel.Handle(fmt.Errorf("cairn: %d events were dropped: the queue of %d was full, or closed", n, len(b.ring))) //nolint:err113 // a report, nobody branches on it
	}
}

// Flush implements [event.Flusher]: it returns when what was processed before is exported
// or given up, and the exporter, if it can, has flushed.
func (b *Batch) Flush(ctx context.Context) error {
	if b == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	b.mu.Lock()
	w := waiter{until: b.queued, ready: make(chan struct{})}
	if w.until <= b.done {
		close(w.ready)
	} else {
		b.waiters = append(b.waiters, w)
	}
	b.mu.Unlock()
	b.signal()
	if err := wait(ctx, "flush", w.ready); err != nil {
		return err
	}
	if f, ok := b.exporter.(event.Flusher); ok {
		if err := contained(func() error { return f.Flush(ctx) }); err != nil {
			return fmt.Errorf("exporters: flush: %w", err)
		}
	}
	return nil
}

// contained calls code that is not ours: a panic in it is an error.
func contained(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %T", errPanic, r)
		}
	}()
	return f()
}

// wait receives from ch, at once if it can, else until ctx is done.
func wait(ctx context.Context, what string, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	default:
	}
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("exporters: %s: %w", what, context.Cause(ctx))
	}
}

// Shutdown implements [event.Processor]: it exports what is queued, then shuts the exporter
// down. When ctx is done first, delivery goes on, each call of the exporter bounded by
// [WithTimeout], and Shutdown may be called again to wait for it.
func (b *Batch) Shutdown(ctx context.Context) error {
	if b == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.signal()
	if err := wait(ctx, "shutdown", b.stopped); err != nil {
		return err
	}
	if err := wait(ctx, "shutdown", b.token); err != nil {
		return err
	}
	defer func() { b.token <- struct{}{} }()
	if b.down {
		return nil
	}
	if err := contained(func() error { return b.exporter.Shutdown(ctx) }); err != nil {
		return fmt.Errorf("exporters: shutdown: %w", err)
	}
	b.down = true
	b.abort(ErrClosed)
	b.metrics.shutdown()
	return nil
}
