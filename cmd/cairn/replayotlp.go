package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/cx/telemetry"
)

// otlpSink sends spans and log events to an OTLP endpoint. It blocks in cases in which a service would drop data. Only data
// that the endpoint rejects is lost, and that is an error. A nil otlpSink sends nothing.
type otlpSink struct {
	spans   *sdktrace.TracerProvider
	logs    *sdklog.LoggerProvider
	lost    *losses
	handler otel.ErrorHandler
	closed  bool
}

// otlpBatch is the number of spans or log events in one request.
const otlpBatch = 512

// losses counts the data that could not be delivered.
type losses struct {
	failed      atomic.Bool
	mu          sync.Mutex
	spans, logs int
	err         error
}

func (l *losses) add(spans, logs int, err error) {
	l.failed.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spans += spans
	l.logs += logs
	if l.err == nil {
		l.err = err
	}
}

// Handle implements [otel.ErrorHandler]. It receives the errors that the exporters do not return, such as a
// partial rejection by the endpoint.
func (l *losses) Handle(err error) { l.add(0, 0, err) }

var errLost = errors.New("the endpoint did not accept all data")

func (l *losses) error() error {
	if !l.failed.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Errorf("--otlp: %w: at least %d spans and %d log events were lost: %w", errLost, l.spans, l.logs, l.err)
}

func newOTLPSink(ctx context.Context, endpoint string) (*otlpSink, error) {
	base := strings.TrimRight(endpoint, "/")
	spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(base+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("--otlp: %w", err)
	}
	logs, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(base+"/v1/logs"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--otlp: %w", err), spans.Shutdown(ctx))
	}
	res, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "cairn-replay")), resource.WithFromEnv())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--otlp: OTEL_RESOURCE_ATTRIBUTES: %w", err), spans.Shutdown(ctx), logs.Shutdown(ctx))
	}
	s := &otlpSink{lost: &losses{}, handler: otel.GetErrorHandler()}
	otel.SetErrorHandler(s.lost)
	s.spans = sdktrace.NewTracerProvider(
		sdktrace.WithResource(res), sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithIDGenerator(telemetry.IDGenerator()),
		sdktrace.WithBatcher(&spanExporter{spans, s.lost}, sdktrace.WithBlocking(), sdktrace.WithMaxExportBatchSize(otlpBatch)))
	s.logs = sdklog.NewLoggerProvider(sdklog.WithResource(res),
		sdklog.WithProcessor(&logBatch{exporter: logs, lost: s.lost}))
	return s, nil
}

// failure returns an error if data has been lost so far.
func (s *otlpSink) failure() error {
	if s == nil {
		return nil
	}
	return s.lost.error()
}

// flush waits until all data is delivered.
func (s *otlpSink) flush(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return errors.Join(s.spans.ForceFlush(ctx), s.logs.ForceFlush(ctx), s.lost.error())
}

func (s *otlpSink) close(ctx context.Context) error {
	if s == nil || s.closed {
		return nil
	}
	s.closed = true
	err := errors.Join(s.spans.Shutdown(ctx), s.logs.Shutdown(ctx))
	otel.SetErrorHandler(s.handler)
	if err != nil {
		return fmt.Errorf("--otlp: %w", err)
	}
	return nil
}

// spanExporter records spans that could not be delivered. After the first failure it does not try again,
// because the replay is about to stop.
type spanExporter struct {
	sdktrace.SpanExporter
	lost *losses
}

// ExportSpans implements [sdktrace.SpanExporter].
func (e *spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.lost.failed.Load() {
		e.lost.add(len(spans), 0, nil)
		return nil
	}
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.lost.add(len(spans), 0, err)
	}
	return nil
}

// logBatch is a log processor that exports full batches in the caller's goroutine. The SDK's own batch
// processor drops records that do not fit into its queue.
type logBatch struct {
	mu       sync.Mutex
	exporter sdklog.Exporter
	lost     *losses
	records  []sdklog.Record
}

// Enabled implements [sdklog.Processor].
func (b *logBatch) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

// OnEmit implements [sdklog.Processor].
func (b *logBatch) OnEmit(ctx context.Context, r *sdklog.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, r.Clone())
	if len(b.records) >= otlpBatch {
		b.export(ctx)
	}
	return nil
}

func (b *logBatch) export(ctx context.Context) {
	const patience = 30 * time.Second
	if len(b.records) == 0 {
		return
	}
	records := slices.Clip(b.records)
	b.records = nil
	if b.lost.failed.Load() {
		b.lost.add(0, len(records), nil)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := b.exporter.Export(ctx, records); err != nil {
		b.lost.add(0, len(records), err)
	}
}

// ForceFlush implements [sdklog.Processor].
func (b *logBatch) ForceFlush(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.export(ctx)
	return nil
}

// Shutdown implements [sdklog.Processor].
func (b *logBatch) Shutdown(ctx context.Context) error {
	_ = b.ForceFlush(ctx) // it returns no error: b.lost has it
	if err := b.exporter.Shutdown(ctx); err != nil {
		return fmt.Errorf("shutting down the exporter of log events: %w", err)
	}
	return nil
}
