package exporters_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestBlockInside: a call of Process that the queue's own delivery waits for does not wait for room.
func TestBlockInside(t *testing.T) {
	const n = 100
	opts := []exporters.BatchOption{
		exporters.WithQueueSize(4), exporters.WithBatchSize(4), exporters.WithOverflow(exporters.Block), exporters.WithTimeout(time.Hour),
	}
	for _, c := range []struct {
		name  string
		again func(ctx context.Context, process func(context.Context)) // what Export does with each event
		chain func(t *testing.T, s event.Exporter) event.Exporter
		opts  []exporters.BatchOption
	}{
		{name: "the context of Export", again: func(ctx context.Context, process func(context.Context)) { process(ctx) }},
		{name: "no context", again: func(_ context.Context, process func(context.Context)) { process(nil) }},
		{name: "another context", again: func(_ context.Context, process func(context.Context)) { process(background) }},
		{name: "another goroutine", again: func(ctx context.Context, process func(context.Context)) {
			var aside sync.WaitGroup
			aside.Go(func() { process(ctx) })
			aside.Wait()
		}},
		{
			name: "side by side", again: func(_ context.Context, process func(context.Context)) { process(background) },
			opts: []exporters.BatchOption{exporters.WithConcurrency(4)},
		},
		{
			name: "behind a retry", again: func(_ context.Context, process func(context.Context)) { process(background) },
			chain: func(_ *testing.T, s event.Exporter) event.Exporter { return exporters.NewRetry(s) },
		},
		{
			name: "behind a filter", again: func(_ context.Context, process func(context.Context)) { process(background) },
			chain: func(_ *testing.T, s event.Exporter) event.Exporter {
				return exporters.Filter(s, func(e event.Event) (event.Event, bool) { return e, true })
			},
		},
		{
			name: "behind a spool", again: func(_ context.Context, process func(context.Context)) { process(background) },
			chain: func(t *testing.T, s event.Exporter) event.Exporter {
				return newSpool(t, filepath.Join(t.TempDir(), "spool"), s)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := newMeters()
				var b *exporters.Batch
				s := &fake{}
				s.export = func(ctx context.Context, es []event.Event) error {
					for i := range es {
						if es[i].Touchpoint != "again" {
							e := es[i]
							e.ID, e.Touchpoint = event.ID{}, "again"
							c.again(ctx, func(ctx context.Context) { b.Process(ctx, &e) })
						}
					}
					return nil
				}
				var e event.Exporter = s
				if c.chain != nil {
					e = c.chain(t, s)
				}
				b = down(t, exporters.NewBatch(e, append(append(opts, exporters.WithMeterProvider(m)), c.opts...)...))
				start := time.Now()
				process(b, n)
				err := b.Flush(background)
				if spool, ok := e.(*exporters.Spool); ok {
					must(t, spool.Drain(background))
					_ = b.Wait(background)
					must(t, spool.Drain(background))
				}
				if time.Since(start) > time.Minute {
					t.Errorf("it took %v of the timeout", time.Since(start))
				}
				var lost uint64
				for _, l := range losses(err) {
					lost += l.Lost["queue_full"]
				}
				for _, l := range losses(b.Flush(background)) {
					lost += l.Lost["queue_full"]
				}
				first, again := 0, 0
				for _, name := range s.got() {
					if name == "again" {
						again++
					} else {
						first++
					}
				}
				if first != n || again+int(lost) != n || m.all()["cx.sdk.processor.dropped queue_full"] != int64(lost) {
					t.Errorf("%d of %d events arrived, and %d of those that the sink gave again; %d are lost", first, n, again, lost)
				}
			})
		})
	}
}

// TestBlockInsideTee: a sink that exports to its own Tee waits for none of its queues.
func TestBlockInsideTee(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var tee *exporters.Tee
		gate := make(chan struct{})
		sinks := make([]event.Exporter, 2)
		for i := range sinks {
			sinks[i] = &fake{export: func(_ context.Context, es []event.Event) error {
				<-gate
				for i := range es {
					if es[i].Touchpoint != "again" {
						_ = tee.Export(background, []event.Event{*touch("again")})
					}
				}
				return nil
			}}
		}
		tee = exporters.NewTee(sinks, exporters.WithQueueSize(4), exporters.WithOverflow(exporters.Block), exporters.WithTimeout(time.Hour))
		start := time.Now()
		must(t, tee.Export(background, events(4)))
		synctest.Wait() // they are with the sinks
		must(t, tee.Export(background, events(4)))
		close(gate) // with both queues full
		_ = tee.Flush(background)
		if time.Since(start) > time.Minute {
			t.Errorf("it took %v of the timeout", time.Since(start))
		}
		must(t, tee.Shutdown(background))
	})
}

// TestBlockInFrontOfATee: a queue that delivers to a Tee with Block waits for the Tee's queues, so that nothing is lost.
func TestBlockInFrontOfATee(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &fake{export: func(context.Context, []event.Event) error {
			time.Sleep(time.Second)
			return nil
		}}
		opts := []exporters.BatchOption{
			exporters.WithQueueSize(4), exporters.WithBatchSize(4), exporters.WithOverflow(exporters.Block), exporters.WithTimeout(time.Hour),
		}
		tee := exporters.NewTee([]event.Exporter{s}, opts...)
		b := down(t, exporters.NewBatch(exporters.NewRetry(tee), opts...))
		process(b, 100)
		must(t, b.Flush(background))
		if n := len(s.got()); n != 100 {
			t.Errorf("%d events arrived, want 100", n)
		}
	})
}

// TestBlockInAnErrorHandler: the queue waits for its error handler, which therefore waits for no room.
func TestBlockInAnErrorHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var b *exporters.Batch
		failed := 0
		s := &fake{export: func(context.Context, []event.Event) error {
			if failed++; failed > 10 {
				return nil
			}
			return errSink
		}}
		b = exporters.NewBatch(s, exporters.WithQueueSize(2), exporters.WithBatchSize(2), exporters.WithOverflow(exporters.Block),
			exporters.WithErrorHandler(func(error) {
				for range 3 {
					b.Process(background, touch("of the handler"))
				}
			}))
		start := time.Now()
		process(b, 100)
		_ = b.Flush(background)
		if time.Since(start) > time.Minute {
			t.Errorf("it took %v", time.Since(start))
		}
		must(t, b.Shutdown(background))
	})
}
