package cx_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	sinks "cairncx.dev/cairn/exporters/sink"
)

// echo is an exporter that records another event for each that it gets.
type echo struct {
	record func(ctx context.Context, e event.Event)

	mu  sync.Mutex
	got map[event.Kind]int
}

func (e *echo) Export(ctx context.Context, events []event.Event) error {
	for i := range events {
		e.mu.Lock()
		e.got[events[i].Kind]++
		e.mu.Unlock()
		if events[i].Kind == "shop.sale" {
			e.record(ctx, event.Event{Kind: "shop.echo"})
		}
	}
	return nil
}

func (*echo) Shutdown(context.Context) error { return nil }

// TestRecordInsideADelivery: an exporter that records to its own client never waits for room in a queue with Block, which only
// its own return can make, whatever is between the queue and the exporter.
func TestRecordInsideADelivery(t *testing.T) {
	t.Parallel()
	const sales = 1000
	opts := []exporters.BatchOption{
		exporters.WithQueueSize(4), exporters.WithBatchSize(4), exporters.WithOverflow(exporters.Block), exporters.WithTimeout(time.Hour),
	}
	for _, c := range []struct {
		name  string
		chain func(t *testing.T, e event.Exporter) event.Exporter
	}{
		{"queue", func(_ *testing.T, e event.Exporter) event.Exporter { return e }},
		{"retry", func(_ *testing.T, e event.Exporter) event.Exporter { return exporters.NewRetry(e) }},
		{"tee", func(_ *testing.T, e event.Exporter) event.Exporter {
			return exporters.NewTee([]event.Exporter{e}, opts...)
		}},
		{"retry, full spool", func(t *testing.T, e event.Exporter) event.Exporter {
			t.Helper()
			spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), e, exporters.WithMaxBytes(64<<10))
			if err != nil {
				t.Fatal(err)
			}
			return exporters.NewRetry(spool)
		}},
	} {
		for name, with := range map[string]func(context.Context) context.Context{
			"the context of Export": func(ctx context.Context) context.Context { return ctx },
			"another context":       func(context.Context) context.Context { return context.Background() },
		} {
			t.Run(c.name+": "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var i *instance
					e := &echo{got: map[event.Kind]int{}}
					e.record = func(ctx context.Context, ev event.Event) { i.Record(with(ctx), ev) }
					i = open(t, nil, cx.WithProcessors(exporters.NewBatch(c.chain(t, e), opts...)))
					start := time.Now()
					for range sales {
						i.Record(t.Context(), event.Event{Kind: "shop.sale"})
					}
					lost := uint64(0)
					for range 3 { // the echoes of the last sales are recorded while the first Flush waits
						lost += lossIn(i.Flush(t.Context()))
						time.Sleep(10 * time.Second) // of the bubble: for the spool
					}
					if took := time.Since(start); took > 2*time.Minute {
						t.Errorf("it took %v of the timeout", took)
					}
					e.mu.Lock()
					defer e.mu.Unlock()
					if e.got["shop.sale"] != sales || e.got["shop.echo"]+int(lost) != sales {
						t.Errorf("%v arrived, and %d are lost, want %d sales and as many echoes", e.got, lost, sales)
					}
					i.close(t)
				})
			})
		}
	}
}

// lossIn returns how many events the error says are lost.
func lossIn(err error) (n uint64) {
	switch e := err.(type) { //nolint:errorlint // every branch of the tree is looked at
	case *exporters.LossError:
		return e.Events()
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			n += lossIn(err)
		}
	case interface{ Unwrap() error }:
		return lossIn(e.Unwrap())
	}
	return n
}

// TestTwoQueuesInsideEachOther: two exporters that record to their client, each behind a queue with Block, do not wait for each
// other.
func TestTwoQueuesInsideEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var i *instance
		var queues []event.Processor
		for range 2 {
			e := &echo{got: map[event.Kind]int{}}
			e.record = func(_ context.Context, ev event.Event) { i.Record(context.Background(), ev) }
			queues = append(queues, exporters.NewBatch(e, exporters.WithQueueSize(4), exporters.WithOverflow(exporters.Block),
				exporters.WithTimeout(time.Hour)))
		}
		i = open(t, nil, cx.WithProcessors(queues...))
		start := time.Now()
		for range 100 {
			i.Record(t.Context(), event.Event{Kind: "shop.sale"})
		}
		_ = i.Flush(t.Context()) // which echoes are lost is not the point
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %v of the timeout", took)
		}
		_ = i.Flush(t.Context())
		i.close(t)
	})
}

// TestForgetLeavesLosses: Forget reaches the exporters although one of them has lost events, and leaves the loss to the next
// Flush.
func TestForgetLeavesLosses(t *testing.T) {
	t.Parallel()
	lossy := map[string]func(t *testing.T, e event.Exporter) event.Exporter{
		"tee": func(_ *testing.T, e event.Exporter) event.Exporter { return exporters.NewTee([]event.Exporter{e}) },
		"retry, tee": func(_ *testing.T, e event.Exporter) event.Exporter {
			return exporters.NewRetry(exporters.NewTee([]event.Exporter{e}))
		},
		"filter": func(_ *testing.T, e event.Exporter) event.Exporter {
			return exporters.Filter(e, func(event.Event) (event.Event, bool) { panic("no") })
		},
		"spool, filter": func(t *testing.T, e event.Exporter) event.Exporter {
			t.Helper()
			spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), exporters.Filter(e, func(event.Event) (event.Event, bool) { panic("no") }))
			if err != nil {
				t.Fatal(err)
			}
			return spool
		},
	}
	for name, chain := range lossy {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &forgetful{}
				i := open(t, nil, cx.WithExporters(chain(t, e)))
				for range 3 {
					i.Record(t.Context(), event.Event{Kind: "shop.sale"})
				}
				for n := range 2 {
					if _, err := i.Forget(t.Context(), "bob"); err != nil || e.asked != n+1 {
						t.Errorf("Forget says %v, and the exporter was asked %d times, want %d", err, e.asked, n+1)
					}
				}
				err := i.Flush(t.Context())
				if lossIn(err) != 3 {
					t.Errorf("Flush says %v, want 3 events lost", err)
				}
				if err := i.Flush(t.Context()); err != nil {
					t.Errorf("the next Flush says %v", err)
				}
				i.close(t)
			})
		})
	}
}

// forgetful is an exporter that refuses every event, and forgets.
type forgetful struct{ asked int }

func (*forgetful) Export(context.Context, []event.Event) error {
	return sinks.Permanent(errors.New("no"))
}
func (*forgetful) Shutdown(context.Context) error { return nil }
func (f *forgetful) Forget(context.Context, string) (int64, error) {
	f.asked++
	return 0, nil
}
