package exporters_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// wrapper is an application's exporter around another one. It passes the context on.
type wrapper struct {
	next interface {
		event.Exporter
		event.Flusher
		event.Eraser
	}
}

func (w wrapper) Export(ctx context.Context, es []event.Event) error { return w.next.Export(ctx, es) }
func (w wrapper) Flush(ctx context.Context) error                    { return w.next.Flush(ctx) }
func (w wrapper) Shutdown(ctx context.Context) error                 { return w.next.Shutdown(ctx) }
func (w wrapper) Forget(ctx context.Context, hash string) (int64, error) {
	return w.next.Forget(ctx, hash)
}

// TestWaitLeavesLosses: Wait and Forget leave the losses of the parts behind a Batch to its next Flush, whatever is in between,
// and a loss is no reason not to ask the sink to forget.
func TestWaitLeavesLosses(t *testing.T) {
	panics := func(e event.Event) (event.Event, bool) { panic("no") }
	for _, c := range []struct {
		name  string
		chain func(t *testing.T, k *keeper) event.Exporter
		class string
	}{
		{"tee", func(_ *testing.T, k *keeper) event.Exporter { return exporters.NewTee([]event.Exporter{k}) }, "permanent"},
		{"filter", func(_ *testing.T, k *keeper) event.Exporter { return exporters.Filter(k, panics) }, "panic"},
		{"an application's exporter, tee", func(_ *testing.T, k *keeper) event.Exporter {
			return wrapper{exporters.NewTee([]event.Exporter{k})}
		}, "permanent"},
		{"retry, an application's exporter, tee", func(_ *testing.T, k *keeper) event.Exporter {
			return exporters.NewRetry(wrapper{exporters.NewTee([]event.Exporter{k})})
		}, "permanent"},
		{"spool, filter", func(t *testing.T, k *keeper) event.Exporter {
			return newSpool(t, filepath.Join(t.TempDir(), "spool"), exporters.Filter(k, panics))
		}, "panic"},
		{"spool, tee", func(t *testing.T, k *keeper) event.Exporter {
			return newSpool(t, filepath.Join(t.TempDir(), "spool"), exporters.NewTee([]event.Exporter{k}))
		}, "permanent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				k := &keeper{}
				k.export = func(context.Context, []event.Event) error { return sink.Permanent(errSink) }
				b := down(t, exporters.NewBatch(c.chain(t, k)))
				process(b, 3)
				must(t, b.Wait(background))
				for _, hash := range []string{"bob", "eve"} {
					if _, err := b.Forget(background, hash); err != nil || k.who != "customer "+hash {
						t.Errorf("Forget says %v, and the sink has forgotten %q", err, k.who)
					}
				}
				must(t, b.Wait(background))
				checkLoss(t, b.Flush(background), map[string]uint64{c.class: 3})
				checkLoss(t, b.Flush(background), nil)
			})
		})
	}
}

// TestWaitLeavesSpool: the events that a Spool has refused are in the next Flush, and not in the error of Wait or Forget.
func TestWaitLeavesSpool(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		k := &keeper{}
		k.export = func(context.Context, []event.Event) error { <-gate; return nil }
		s := newSpool(t, filepath.Join(t.TempDir(), "spool"), k, exporters.WithMaxBytes(64<<10), exporters.WithTimeout(time.Hour))
		b := down(t, exporters.NewBatch(s, exporters.WithBatchSize(1)))
		for _, e := range spooled(0, 3, 40<<10) { // there is room for one
			b.Process(background, &e)
		}
		must(t, b.Wait(background))
		close(gate)
		if _, err := b.Forget(background, "bob"); err != nil || k.who != "customer bob" {
			t.Errorf("Forget says %v, and the sink has forgotten %q", err, k.who)
		}
		err := b.Flush(background)
		if !errors.Is(err, exporters.ErrSpoolFull) || !strings.Contains(err.Error(), ": flush: ") {
			t.Errorf("Flush says %v, want the refusal also from the Spool", err)
		}
		checkLoss(t, err, map[string]uint64{"queue_full": 2})
		must(t, b.Flush(background))
	})
}

// TestSpoolTellsLosses: Flush of a Spool returns what the parts behind it have lost, once, and does not wait for what the sink
// has in hand.
func TestSpoolTellsLosses(t *testing.T) {
	for _, c := range []struct {
		name  string
		chain func(s event.Exporter) event.Exporter
		want  map[string]uint64 // of the events 0 to 3
	}{
		{"filter", func(s event.Exporter) event.Exporter { return exporters.Filter(s, quarters) }, map[string]uint64{"panic": 1}},
		{"retry, filter", func(s event.Exporter) event.Exporter {
			return exporters.NewRetry(exporters.Filter(s, quarters))
		}, map[string]uint64{"panic": 1}},
		{"filter, filter", func(s event.Exporter) event.Exporter {
			return exporters.Filter(exporters.Filter(s, quarters), func(e event.Event) (event.Event, bool) {
				if e.Touchpoint == "0" {
					panic("no")
				}
				return e, true
			})
		}, map[string]uint64{"panic": 2}},
		{"tee", func(s event.Exporter) event.Exporter {
			return exporters.NewTee([]event.Exporter{s, &fake{export: (&refusing{err: errSink}).export}}, exporters.WithTimeout(time.Hour))
		}, map[string]uint64{"transient": 4}},
		{"tee, filter", func(s event.Exporter) event.Exporter {
			return exporters.NewTee([]event.Exporter{exporters.Filter(s, quarters)}, exporters.WithTimeout(time.Hour))
		}, map[string]uint64{"panic": 1}},
		{"nothing is lost", func(s event.Exporter) event.Exporter { return exporters.NewRetry(s) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				gate, held := make(chan struct{}), false
				s := &fake{export: func(context.Context, []event.Event) error {
					if held {
						<-gate
					}
					return nil
				}}
				spool := newSpool(t, filepath.Join(t.TempDir(), "spool"), c.chain(s), exporters.WithTimeout(time.Hour))
				must(t, spool.Flush(background))
				must(t, spool.Export(background, spooled(0, 4, 0)))
				waitUntilDelivered(spool)
				errs := make([]error, 3)
				var flushing sync.WaitGroup
				for i := range errs[1:] {
					flushing.Go(func() { errs[i] = spool.Flush(background) })
				}
				flushing.Wait()
				errs[2] = spool.Flush(background)
				told := 0
				for _, err := range errs {
					if err != nil || c.want == nil {
						checkLoss(t, err, c.want)
						told++
					}
				}
				if told == 0 || c.want != nil && told > 2 {
					t.Errorf("%d of three Flushes tell it: %v", told, errs)
				}
				must(t, spool.Flush(background))

				held = true
				must(t, spool.Export(background, spooled(4, 5, 0)))
				must(t, spool.Flush(background)) // with the sink in the middle of it
				close(gate)
				_ = spool.Drain(background)
			})
		})
	}
}

// waitUntilDelivered returns when the spool, and the queues behind it, have delivered what they have.
func waitUntilDelivered(s *exporters.Spool) {
	for s.Stats().Waiting > 0 {
		time.Sleep(time.Second)
	}
	time.Sleep(time.Minute) // of the bubble
}
