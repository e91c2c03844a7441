package otelsetup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	prometheusbridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// exporters are where the signals go, and what is counted on the way.
type exporters struct {
	spans      sdktrace.SpanExporter
	readers    []sdkmetric.Reader
	logs       sdklog.Exporter
	prometheus http.Handler // with WithPrometheus

	spanWatch, metricWatch, logWatch *watch
}

// newExporters makes what the variables name, all or nothing.
func newExporters(ctx context.Context, cfg config, losses *ledger) (out exporters, err error) {
	var made []func(context.Context) error
	defer func() {
		if err == nil {
			return
		}
		for _, shutdown := range made {
			if e := shutdown(ctx); e != nil && !errors.Is(e, sdkmetric.ErrReaderNotRegistered) {
				err = errors.Join(err, e)
			}
		}
	}()
	out.spanWatch = &watch{destination: cfg.destination(signalTraces), losses: losses}
	out.metricWatch = &watch{destination: cfg.destination(signalMetrics), losses: losses}
	out.logWatch = &watch{destination: cfg.destination(signalLogs), losses: losses}

	out.spans = nowhere{}
	if out.spanWatch.exporter != exporterNone {
		if out.spans, err = autoexport.NewSpanExporter(ctx); err != nil {
			return out, fmt.Errorf("traces (%s): %w", variables(signalTraces), err)
		}
		made = append(made, out.spans.Shutdown)
	}
	if out.metricWatch.exporter != exporterNone {
		reader, err := newMetricReader(ctx, out.metricWatch)
		if err != nil {
			return out, fmt.Errorf("metrics (%s): %w", variables(signalMetrics), err)
		}
		made, out.readers = append(made, reader.Shutdown), append(out.readers, reader)
	}
	if cfg.prometheus {
		reader, handler, err := newPrometheus()
		if err != nil {
			return out, fmt.Errorf("the Prometheus endpoint: %w", err)
		}
		made, out.readers, out.prometheus = append(made, reader.Shutdown), append(out.readers, reader), handler
	}
	out.logs = nowhere{}
	if out.logWatch.exporter != exporterNone {
		if out.logs, err = autoexport.NewLogExporter(ctx); err != nil {
			return out, fmt.Errorf("logs (%s): %w", variables(signalLogs), err)
		}
	}
	if cfg.redact != nil {
		out.logs = textExporter{out.logs, cfg.redact}
	}
	return out, nil
}

// newMetricReader makes the reader that the variables name. It makes the one for OTLP itself, since
// autoexport's would keep its exporter to itself, and an export that fails could not be counted.
func newMetricReader(ctx context.Context, w *watch) (sdkmetric.Reader, error) {
	var opts []sdkmetric.PeriodicReaderOption
	for _, name := range strings.Split(os.Getenv("OTEL_METRICS_PRODUCERS"), ",") {
		switch name {
		case "", exporterNone:
		case "prometheus":
			if len(opts) == 0 {
				opts = append(opts, sdkmetric.WithProducer(prometheusbridge.NewMetricProducer()))
			}
		default:
			return autoexport.NewMetricReader(ctx) //nolint:wrapcheck // the caller does: it may be one that the application has registered
		}
	}
	var exporter sdkmetric.Exporter
	var err error
	switch {
	case w.exporter != exporterOTLP:
		return autoexport.NewMetricReader(ctx) //nolint:wrapcheck // the caller does
	case w.protocol == protocolGRPC:
		exporter, err = otlpmetricgrpc.New(ctx)
	case w.protocol == protocolHTTP:
		exporter, err = otlpmetrichttp.New(ctx)
	default:
		return autoexport.NewMetricReader(ctx) //nolint:wrapcheck // the caller does: it knows the protocols
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller does
	}
	return sdkmetric.NewPeriodicReader(metricExporter{exporter, w}, opts...), nil
}

// measure makes the standard metrics of what is exported.
func (e exporters) measure(m metric.Meter) {
	for _, w := range []*watch{e.spanWatch, e.metricWatch, e.logWatch} {
		if w.exporter == exporterNone {
			continue
		}
		s, err := newSelfMetrics(m, w.destination)
		if err != nil {
			otel.Handle(fmt.Errorf("otelsetup: the metrics of what is exported: %w", err))
			continue
		}
		w.meters.Store(s)
	}
}

// variables says what the variables that choose a signal's exporter are set to.
func variables(signal string) string {
	own := "OTEL_" + signal + "_EXPORTER"
	set := []string{fmt.Sprintf("%s=%.80q", own, os.Getenv(own))}
	for _, name := range []string{varProtocol, ownVariable(signal, "PROTOCOL")} {
		if v := os.Getenv(name); v != "" {
			set = append(set, fmt.Sprintf("%s=%.80q", name, v))
		}
	}
	return strings.Join(set, " ")
}

// nowhere is an exporter of spans and of log records that go nowhere.
type nowhere struct{}

// ExportSpans implements [sdktrace.SpanExporter].
func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

// Export implements [sdklog.Exporter].
func (nowhere) Export(context.Context, []sdklog.Record) error { return nil }

// ForceFlush implements [sdklog.Exporter].
func (nowhere) ForceFlush(context.Context) error { return nil }

// Shutdown implements both.
func (nowhere) Shutdown(context.Context) error { return nil }

// queueSize is how large a signal's queue and batches are.
type queueSize struct {
	queue, batch int
	delay        time.Duration // 0 is the SDK's
}

// spanQueueSize gives the span queue room for a burst, unless the variables say otherwise: a
// journey of which spans are missing is worth little.
func spanQueueSize() queueSize {
	const (
		spans = 16384
		delay = time.Second
	)
	s := readQueueSize("OTEL_BSP", spans)
	if os.Getenv("OTEL_BSP_SCHEDULE_DELAY") == "" {
		s.delay = delay
	}
	return s
}

func logQueueSize() queueSize {
	const records = 2048 // the specification's
	return readQueueSize("OTEL_BLRP", records)
}

func readQueueSize(prefix string, queue int) queueSize {
	const batch = 512 // the specification's
	positive := func(name string, fallback int) int {
		if n, err := strconv.Atoi(strings.TrimSpace(os.Getenv(prefix + name))); err == nil && n > 0 {
			return n
		}
		return fallback
	}
	s := queueSize{queue: positive("_MAX_QUEUE_SIZE", queue), batch: positive("_MAX_EXPORT_BATCH_SIZE", batch)}
	s.batch = min(s.batch, s.queue)
	return s
}

// slack is room for what the SDK puts into its queue besides spans: one mark for each flush, of
// which there is one at a time.
const slack = 8

// spans are the SDK's options for a queue that never drops what its watch admits.
func (s queueSize) spans() []sdktrace.BatchSpanProcessorOption {
	opts := []sdktrace.BatchSpanProcessorOption{
		sdktrace.WithMaxQueueSize(s.queue + s.batch + slack), sdktrace.WithMaxExportBatchSize(s.batch),
	}
	if s.delay > 0 {
		opts = append(opts, sdktrace.WithBatchTimeout(s.delay))
	}
	return opts
}

// logs are the SDK's options for a queue that never drops what its watch admits.
func (s queueSize) logs() []sdklog.BatchProcessorOption {
	return []sdklog.BatchProcessorOption{
		sdklog.WithMaxQueueSize(s.queue + s.batch + slack), sdklog.WithExportMaxBatchSize(s.batch),
	}
}
