package exporters

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Tee is an exporter to several sinks, each behind a [Batch] of its own, so that a slow or failing sink does not delay the
// others. Export puts the events into the queues and returns. An event that does not fit into one sink's queue is dropped and
// counted for that sink only. A sink that must not lose events needs a [Spool] of its own in front. Flush returns when every
// sink has the events that came before; its error has a [LossError] for each queue that has lost events since the last Flush.
//
// A client with several exporters (cx.WithExporters) does the same by itself. A Tee is for code that takes a single exporter.
type Tee struct {
	name    string
	batches []*Batch

	closed atomic.Bool
}

var (
	_ event.Exporter = (*Tee)(nil)
	_ event.Flusher  = (*Tee)(nil)
)

// NewTee returns a Tee to the sinks, which it owns, with the options for each of their queues. It owns a goroutine for each
// sink until Shutdown. It tells the error handler of bounds that make no sense, as [NewBatch] does, and leaves out sinks that
// are nil, which it tells as well. The name of a queue has that of the Tee ([WithName]), the type of its sink and its place.
func NewTee(sinks []event.Exporter, opts ...BatchOption) *Tee {
	var cfg settings
	apply(opts, func(o BatchOption) { o.batch(&cfg) })
	t := &Tee{name: cmp.Or(cfg.name, "tee")}
	tell := cfg.teller()
	var inside *goroutines
	if cfg.overflow == Block {
		inside = &goroutines{} // a sink that exports to its own Tee waits for none of the queues
	}
	shared := option(func(s *settings) { s.inside = inside })
	for i, s := range sinks {
		if s == nil {
			tell(fmt.Errorf("cairn: exporters: NewTee: sink %d of %d is left out: %w", i+1, len(sinks), errNoSink))
		} else {
			name := fmt.Sprintf("%s/%T/%d", t.name, s, i)
			t.batches = append(t.batches, NewBatch(s, append(slices.Clip(opts), WithName(name), shared)...))
		}
	}
	return t
}

// Export implements [event.Exporter].
func (t *Tee) Export(ctx context.Context, events []event.Event) error {
	if t == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return t.refused(context.Cause(ctx))
	}
	if t.closed.Load() {
		return t.refused(sink.ErrClosed)
	}
	for _, b := range t.batches {
		for i := range events {
			e := events[i] // a processor may see a copy only
			b.Process(ctx, &e)
		}
	}
	return nil
}

// refused returns the error of an Export that puts no event into the queues.
func (t *Tee) refused(why error) error {
	return outward(fmt.Errorf("%s: %w", cmp.Or(t.name, "tee"), why))
}

// each calls f for all sinks concurrently, and returns their errors, joined and without the prefix.
func (t *Tee) each(f func(*Batch) error) error {
	errs := make([]error, len(t.batches))
	var g errgroup.Group
	for i, b := range t.batches {
		g.Go(func() error {
			errs[i] = bare(f(b))
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs: all of them count
	return errors.Join(errs...)
}

// Flush implements [event.Flusher], as [Batch.Flush] of each queue.
func (t *Tee) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return outward(t.each(func(b *Batch) error { return b.Flush(ctx) }))
}

// untold implements lossy.
func (t *Tee) untold() func() error {
	if t == nil {
		return nothingLost
	}
	var all []func() error
	for _, b := range t.batches {
		all = append(all, b.own(), untold(b.exporter))
	}
	return both(all...)
}

// Shutdown implements [event.Exporter], as [Batch.Shutdown] of each queue.
func (t *Tee) Shutdown(ctx context.Context) error {
	if t == nil {
		return nil
	}
	t.closed.Store(true)
	return outward(t.each(func(b *Batch) error { return b.Shutdown(ctx) }))
}
