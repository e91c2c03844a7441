package otelsetup

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// watch counts what one signal delivers and loses. It sits before the SDK's queue, and between the queue and the exporter:
//
//	recorded = delivered + lost + waiting
//
// It admits no more to the queue than fits, because the queue itself drops in silence. The ledger's reports replace the
// error handler's calls for each failed batch.
type watch struct {
	destination

	losses *ledger
	limit  int64 // of items in the queue and being exported; 0 for metrics, which have no queue

	mu      sync.RWMutex // held for writing while stopped is set
	stopped bool         // nothing is admitted any more

	waiting atomic.Int64
	broken  atomic.Int64 // points of cumulative metrics whose export was broken off: the next export decides about them
	meters  atomic.Pointer[selfMetrics]

	lossMu sync.Mutex
	lost   int64       // since the last flush
	why    exportError // the last of them
}

// admit calls enqueue, which does not wait, if there is room and the SDK is not shut down.
func (w *watch) admit(ctx context.Context, enqueue func()) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		w.drop(ctx, classShutdown, 1)
		return
	}
	if w.waiting.Add(1) > w.limit {
		w.waiting.Add(-1)
		w.drop(ctx, classQueueFull, 1)
		return
	}
	enqueue()
}

func (w *watch) drop(ctx context.Context, class string, n int64) {
	w.meters.Load().processed(ctx, class, n)
	w.lose(class, n, nil)
}

func (w *watch) lose(class string, n int64, err error) {
	w.losses.add(w.destination, class, n)
	w.lossMu.Lock()
	defer w.lossMu.Unlock()
	w.lost += n
	w.why = exportError{err: err, loss: Loss{
		Signal: strings.ToLower(w.signal), Count: w.lost, Endpoint: w.address, Class: class, Remedy: w.remedy(class),
	}}
}

// stop refuses everything from now on. When it returns, all admitted items are in the queue.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
}

// settle counts as lost what the queue did not export before it was shut down. There should be none.
func (w *watch) settle(ctx context.Context) {
	if n := w.waiting.Swap(0); n > 0 {
		w.drop(ctx, classQueueFull, n)
	}
}

// export exports n items and counts the delivered and the lost ones. It returns an error only if nothing was lost. The
// ledger, and the next Flush or Shutdown, report losses.
func (w *watch) export(ctx context.Context, n int64, export func() error) error {
	w.meters.Load().processed(ctx, "", n)
	w.meters.Load().inflight(ctx, n)
	err := export()
	w.meters.Load().inflight(ctx, -n)
	w.waiting.Add(-n)
	if errors.Is(err, errBrokenOff) {
		w.broken.Add(n)
		return nil
	}
	n += w.broken.Swap(0)
	if err == nil || n == 0 {
		w.meters.Load().delivered(ctx, n)
		return err
	}
	lost, class := n, classRejected
	if rejected, ok := rejectedBy(err); ok {
		lost = min(rejected, n)
	} else {
		class = classOf(err)
	}
	w.meters.Load().delivered(ctx, n-lost)
	if lost <= 0 {
		return err // the server has something to say
	}
	w.meters.Load().failed(ctx, class, lost)
	w.lose(class, lost, err)
	return nil
}

// shutdown shuts a queue down. From its beginning the queue admits nothing, and at its end what still waits is settled.
func (w *watch) shutdown(ctx context.Context, queue func(context.Context) error) error {
	w.stop()
	defer w.settle(ctx)
	return queue(ctx)
}

// take returns an error if something was lost since its last call.
func (w *watch) take() error {
	w.lossMu.Lock()
	defer w.lossMu.Unlock()
	if w.lost == 0 {
		return nil
	}
	w.lost = 0
	why := w.why
	return &why
}

// spanExporter is a watched exporter of spans.
type spanExporter struct {
	sdktrace.SpanExporter

	w *watch
}

// ExportSpans implements [sdktrace.SpanExporter].
func (e spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.w.export(ctx, int64(len(spans)), func() error { return e.SpanExporter.ExportSpans(ctx, spans) })
}

// spanQueue is a watched queue of spans.
type spanQueue struct {
	sdktrace.SpanProcessor

	w *watch
}

// OnEnd implements [sdktrace.SpanProcessor].
func (q spanQueue) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.SpanContext().IsSampled() { // others are never exported
		q.w.admit(context.Background(), func() { q.SpanProcessor.OnEnd(s) })
	}
}

// Shutdown implements [sdktrace.SpanProcessor].
func (q spanQueue) Shutdown(ctx context.Context) error {
	return q.w.shutdown(ctx, q.SpanProcessor.Shutdown)
}

// logExporter is a watched exporter of log records.
type logExporter struct {
	sdklog.Exporter

	w *watch
}

// Export implements [sdklog.Exporter].
func (e logExporter) Export(ctx context.Context, records []sdklog.Record) error {
	return e.w.export(ctx, int64(len(records)), func() error { return e.Exporter.Export(ctx, records) })
}

// logQueue is a watched queue of log records.
type logQueue struct {
	sdklog.Processor

	w *watch
}

// OnEmit implements [sdklog.Processor].
func (q logQueue) OnEmit(ctx context.Context, r *sdklog.Record) (err error) {
	q.w.admit(ctx, func() { err = q.Processor.OnEmit(ctx, r) })
	return err //nolint:wrapcheck // the SDK's own, as it is
}

// Shutdown implements [sdklog.Processor].
func (q logQueue) Shutdown(ctx context.Context) error { return q.w.shutdown(ctx, q.Processor.Shutdown) }
