package otelsetup //nolint:testpackage // the SDK's queues do not tell how they are set up

import (
	"context"
	"log/slog"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// TestQueueOfSpans: the variables hold, else the sizes that the documentation names; a batch is never larger than the
// queue, and the SDK's queue has room for what is being exported.
func TestQueueOfSpans(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		name, reason        string
		queue, batch, delay string
		wantQueue, wantPart int
		wantDelay           time.Duration // 0 is the SDK's own
	}{
		{"nothing", "a burst of a second fits, and is exported within one", "", "", "", 16384, 512, time.Second},
		{"a queue", "it is said", "2000", "", "", 2000, 512, time.Second},
		{"a small queue", "a batch that is larger would never be full", "100", "", "", 100, 100, time.Second},
		{"a batch", "it is said", "", "64", "", 16384, 64, time.Second},
		{"a batch larger than the queue", "as above", "100", "200", "", 100, 100, time.Second},
		{"a delay", "the SDK reads it", "", "", "250", 16384, 512, 0},
		{"nonsense", "the SDK would take its own", "-1", "many", "", 16384, 512, time.Second},
		{"zero", "nothing would ever be exported", "0", "0", "", 16384, 512, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", c.queue)
			t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", c.batch)
			t.Setenv("OTEL_BSP_SCHEDULE_DELAY", c.delay)
			s := spanQueueSize()
			var got sdktrace.BatchSpanProcessorOptions
			for _, o := range s.spans() {
				o(&got)
			}
			if s.queue != c.wantQueue || got.MaxExportBatchSize != c.wantPart || got.MaxQueueSize < c.wantQueue+c.wantPart || got.BatchTimeout != c.wantDelay {
				t.Errorf("a queue of %d with %+v, want %d, batches of %d and a delay of %v: %s", s.queue, got, c.wantQueue, c.wantPart, c.wantDelay, c.reason)
			}
		})
	}
}

// TestQueueTakesAgain: what did not fit is lost, once; when there is room again, what comes fits.
func TestQueueTakesAgain(t *testing.T) {
	t.Parallel()
	w := &watch{losses: &ledger{logger: slog.New(slog.DiscardHandler)}, limit: 3}
	defer w.losses.take() // and its timer
	admitted := 0
	record := func(n int) {
		for range n {
			w.admit(context.Background(), func() { admitted++ })
		}
	}
	for round := range 3 {
		record(10)
		if want := 3 * (round + 1); admitted != want {
			t.Fatalf("in round %d %d of the items have been admitted, want %d", round, admitted, want)
		}
		if err := w.export(context.Background(), 3, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if w.lost != 21 {
		t.Errorf("%d are lost, want 21", w.lost)
	}
	w.settle(context.Background())
	w.stop()
	record(2)
	if admitted != 9 || w.lost != 23 {
		t.Errorf("after the end %d are admitted and %d are lost, want 9 and 23", admitted, w.lost)
	}
}

// TestLossIsASentence: one is not many.
func TestLossIsASentence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		loss Loss
		want string
	}{
		{Loss{Signal: "traces", Count: 1, Endpoint: "collector:4318", Class: "timeout", Remedy: "wait"}, "1 span to collector:4318 (timeout): wait"},
		{Loss{Signal: "traces", Count: 2, Class: "timeout", Remedy: "wait"}, "2 spans (timeout): wait"},
		{Loss{Signal: "metrics", Count: 0, Class: "503", Remedy: "wait"}, "0 metric points (503): wait"},
		{Loss{Signal: "logs", Count: 3, Class: "rejected", Remedy: "look"}, "3 log records (rejected): look"},
	} {
		if got := c.loss.String(); got != c.want {
			t.Errorf("it says %q, want %q", got, c.want)
		}
	}
}
