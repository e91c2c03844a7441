package exporters_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestOptionsThatMakeNoSense: they are named, and do no harm.
func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const n = -7777 // which nobody else reports
	b := exporters.NewBatch(&fake{},
		exporters.WithQueueSize(n), exporters.WithBatchSize(n), exporters.WithConcurrency(n), exporters.WithOverflow(77),
		exporters.WithInterval(n*time.Hour), exporters.WithTimeout(n*time.Minute), nil)
	e := events(1)
	b.Process(t.Context(), &e[0])
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	none := exporters.NewBatch(nil)
	none.Process(t.Context(), &e[0])
	if err := none.Shutdown(t.Context()); err != nil {
		t.Errorf("a batch without a sink shuts down with %v", err)
	}
	if err := exporters.NewRetry(nil).Export(t.Context(), e); err == nil {
		t.Error("a retry without a sink has delivered")
	}
	r := exporters.NewRetry(&fake{}, exporters.WithBackoff(n*time.Second, n*time.Millisecond), exporters.WithMaxElapsed(n*time.Microsecond), nil)
	if err := r.Export(t.Context(), e); err != nil {
		t.Error(err)
	}
	exporters.NewBatch(&fake{}, exporters.WithConcurrency(7777)).Shutdown(t.Context())                                                                 //nolint:errcheck // as above
	exporters.NewBatch(&fake{}, exporters.WithQueueSize(math.MaxInt), exporters.WithBatchSize(10), exporters.WithConcurrency(2)).Shutdown(t.Context()) //nolint:errcheck // as above
	exporters.NewRetry(&fake{}, exporters.WithBackoff(7777, 777))
	if err := exporters.NewRetry(&fake{}, exporters.WithDeadLetters(nil)).Export(t.Context(), e); err != nil {
		t.Errorf("a retry with nil dead letters: %v", err)
	}
	for _, want := range []string{
		"WithQueueSize(-7777): a number of events, or 0 for 8192", "WithBatchSize(-7777)", "WithConcurrency(-7777)", "WithOverflow(77)",
		"WithInterval(-7777h0m0s)", "WithTimeout(-129h37m0s)", "WithBackoff(-2h9m37s, …)", "WithBackoff(…, -7.777s)",
		"WithMaxElapsed(-7.777ms)", "WithConcurrency(7777): at most 64", "WithQueueSize(9223372036854775807): at most 1048576",
		"WithBackoff(7.777µs, 777ns): the first pause, and then the longest", "NewBatch: the exporter is nil", "NewRetry: the exporter is nil",
		"NewRetry: the defaults hold instead: WithDeadLetters(nil): give an exporter",
	} {
		if reported(want) == 0 {
			t.Errorf("nobody was told %q", want)
		}
	}
	_, err := exporters.NewSpool(t.TempDir(), nil, exporters.WithMaxBytes(n), exporters.WithBatchSize(n), exporters.WithTimeout(n), exporters.WithDeadLetters(nil))
	for _, want := range []string{"WithMaxBytes(-7777)", "WithBatchSize(-7777)", "WithTimeout(-7.777µs)", "WithDeadLetters(nil)", "the exporter is nil"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewSpool says %v, not %q", err, want)
		}
	}
}

// TestErrorHandler: a queue tells its own handler where it has one, and a Tee each of its queues'.
func TestErrorHandler(t *testing.T) {
	t.Parallel()
	failing := func() *fake {
		return &fake{export: func(context.Context, []event.Event) error { return errSink }}
	}
	for _, c := range []struct {
		name string
		use  func(o exporters.BatchOption, bad exporters.BatchOption)
		says []string
	}{
		{"a Batch", func(o, bad exporters.BatchOption) {
			b := exporters.NewBatch(failing(), o, bad)
			e := events(1)
			b.Process(t.Context(), &e[0])
			b.Shutdown(t.Context())                          //nolint:errcheck // the sink takes nothing
			exporters.NewBatch(nil, o).Shutdown(t.Context()) //nolint:errcheck // it takes nothing either
		}, []string{"NewBatch: the defaults hold instead: WithQueueSize(-4711)", "1 events were not exported", "NewBatch: the exporter is nil"}},
		{"a Tee", func(o, bad exporters.BatchOption) {
			tee := exporters.NewTee([]event.Exporter{nil, failing()}, o, bad)
			_ = tee.Export(t.Context(), events(1))
			_ = tee.Shutdown(t.Context())
		}, []string{"sink 1 of 2 is left out", "WithQueueSize(-4711)", "1 events were not exported"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var heard []string
			c.use(exporters.WithErrorHandler(func(err error) {
				mu.Lock()
				defer mu.Unlock()
				heard = append(heard, err.Error())
			}), exporters.WithQueueSize(-4711))
			mu.Lock()
			defer mu.Unlock()
			for _, want := range c.says {
				if !strings.Contains(strings.Join(heard, "\n"), want) {
					t.Errorf("the handler has heard %q, and not %q", heard, want)
				}
			}
			if reported("WithQueueSize(-4711)") != 0 {
				t.Error("OpenTelemetry's error handler has heard of it, too")
			}
		})
	}
}

// TestReportsNameTheirQueue: of several queues an operator has to know which one a line is about.
func TestReportsNameTheirQueue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		use  func(ctx context.Context)
		says string
	}{
		{"a Batch whose sink fails", func(ctx context.Context) {
			b := exporters.NewBatch(&fake{export: func(context.Context, []event.Event) error { return errSink }}, exporters.WithName("queue-a"))
			b.Process(ctx, &events(1)[0])
			_ = b.Shutdown(ctx)
		}, "cairn: queue-a: 1 events were not exported: "},
		{"a Batch that is closed", func(ctx context.Context) {
			b := exporters.NewBatch(&fake{export: func(context.Context, []event.Event) error { return nil }},
				exporters.WithName("queue-b"), exporters.WithQueueSize(1), exporters.WithInterval(time.Hour))
			for range 3 {
				b.Process(ctx, &events(1)[0])
			}
			_ = b.Shutdown(ctx)
		}, "cairn: queue-b: "},
		{"a Retry with dead letters", func(ctx context.Context) {
			r := exporters.NewRetry(&fake{export: func(context.Context, []event.Event) error { return sink.Permanent(errSink) }},
				exporters.WithName("queue-c"), exporters.WithDeadLetters(&fake{}))
			_ = r.Export(ctx, events(1))
		}, "cairn: queue-c: 1 events are dead letters: "},
		{"a Filter that panics", func(ctx context.Context) {
			f := exporters.Filter(&fake{}, func(event.Event) (event.Event, bool) { panic("the customer's name") }, exporters.WithName("queue-d"))
			_ = f.Export(ctx, events(1))
		}, "cairn: queue-d: 1 events are dropped, because they may not be scrubbed: keep panicked with a value of type string"},
		{"a Batch whose sink panics", func(ctx context.Context) {
			b := exporters.NewBatch(&fake{export: func(context.Context, []event.Event) error { panic("the customer's name") }}, exporters.WithName("queue-e"))
			b.Process(ctx, &events(1)[0])
			_ = b.Shutdown(ctx)
		}, "cairn: queue-e: 1 events were not exported: the exporter panicked with a value of type string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.use(t.Context())
			if reported(c.says) == 0 {
				t.Errorf("no report begins with %q", c.says)
			}
		})
	}
}

// TestErrorsNameTheirQueue: the caller says what it called, and the error which queue failed.
func TestErrorsNameTheirQueue(t *testing.T) {
	t.Parallel()
	sink := newGate()
	b := exporters.NewBatch(sink, exporters.WithName("orders"))
	b.Process(t.Context(), &events(1)[0])
	done, cancel := context.WithCancel(t.Context())
	cancel()
	const want = "exporters: orders: context canceled"
	if err := b.Flush(done); err == nil || err.Error() != want {
		t.Errorf("Flush: %v, want %q", err, want)
	}
	if err := b.Wait(done); err == nil || err.Error() != want {
		t.Errorf("Wait: %v, want %q", err, want)
	}
	if err := b.Shutdown(done); err == nil || err.Error() != "exporters: orders: 1 events were dropped (1 timeout): context canceled" {
		t.Errorf("Shutdown: %v", err)
	}
	close(sink.open)
	must(t, b.Shutdown(t.Context()))
}
