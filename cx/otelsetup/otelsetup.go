package otelsetup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/telemetry"
)

// SDK is the OpenTelemetry SDK, set up. The fields are for cx.With…Provider and for
// instrumentation that takes providers.
type SDK struct {
	// TracerProvider is for requests. Its sampler is the one that OTEL_TRACES_SAMPLER names.
	TracerProvider trace.TracerProvider
	// JourneyTracerProvider is for journeys. It samples always, because the client decides which
	// journeys are kept. It is a [*JourneyTracerProvider], unless nothing is recorded.
	JourneyTracerProvider trace.TracerProvider
	MeterProvider         metric.MeterProvider
	LoggerProvider        log.LoggerProvider
	// Propagator is the one that OTEL_PROPAGATORS names, W3C trace context and baggage by
	// default.
	Propagator propagation.TextMapPropagator

	parts      []*part
	losses     *ledger      // nil where nothing is exported
	prometheus http.Handler // nil without WithPrometheus
}

// Start sets up the SDK and, unless told otherwise, makes it OpenTelemetry's global one. With
// OTEL_SDK_DISABLED=true nothing is recorded. It fails when a variable names an exporter that
// does not exist, an endpoint that cannot be one or headers that cannot be read, or when the
// resource cannot be read; nothing is left running then.
//
// A server that does not answer is no error of Start. Losses are counted in OpenTelemetry's
// standard metrics, such as otel.sdk.exporter.span.exported with error.type, and reported once a
// minute at most: see [LossError] and [WithLogger].
func Start(ctx context.Context, opts ...Option) (*SDK, error) {
	cfg := config{globals: true, cardinality: DefaultCardinalityLimit}
	for _, o := range opts {
		if o != nil {
			o.apply(&cfg)
		}
	}
	if cfg.cardinality < 0 {
		return nil, fmt.Errorf("otelsetup: WithCardinalityLimit(%d): it is negative: give a number of attribute sets, or 0 for no bound", cfg.cardinality)
	}
	if cfg.logs && cfg.logger == nil {
		return nil, errors.New("otelsetup: WithLogger(nil): give a logger, or leave the option out")
	}
	if cfg.redacts && cfg.redact == nil {
		return nil, errNoRedactor
	}
	s := &SDK{Propagator: autoprop.NewTextMapPropagator()}
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || len(cfg.signals()) == 0 {
		s.TracerProvider, s.JourneyTracerProvider = tracenoop.NewTracerProvider(), tracenoop.NewTracerProvider()
		s.MeterProvider, s.LoggerProvider = metricnoop.NewMeterProvider(), lognoop.NewLoggerProvider()
	} else if err := s.build(ctx, cfg); err != nil {
		return nil, fmt.Errorf("otelsetup: %w", err)
	}
	if cfg.globals {
		otel.SetTracerProvider(s.TracerProvider)
		otel.SetMeterProvider(s.MeterProvider)
		otel.SetLoggerProvider(s.LoggerProvider)
		otel.SetTextMapPropagator(s.Propagator)
	}
	return s, nil
}

func (s *SDK) build(ctx context.Context, cfg config) error {
	if err := checkVariables(cfg.signals()...); err != nil {
		return err
	}
	requests, err := requestOptions(cfg)
	if err != nil {
		return err
	}
	res, err := newResource(ctx, cfg)
	if err != nil {
		return err
	}
	s.losses = &ledger{logger: cfg.logger}
	out, err := newExporters(ctx, cfg, s.losses)
	if err != nil {
		return err
	}
	opts := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithCardinalityLimit(cfg.cardinality)}
	for _, r := range out.readers {
		opts = append(opts, sdkmetric.WithReader(r))
	}
	mp := sdkmetric.NewMeterProvider(opts...)
	s.MeterProvider, s.prometheus = mp, out.prometheus
	if !observed() {
		out.measure(mp.Meter(scopeName))
	}
	s.traces(out, res, requests)
	s.add(&part{name: "metrics", watch: out.metricWatch, flush: mp.ForceFlush, shutdown: mp.Shutdown})
	s.logs(out, res)
	return nil
}

func (s *SDK) add(p *part) {
	p.done, p.flushing = make(chan struct{}), make(chan struct{}, 1)
	s.parts = append(s.parts, p)
}

// traces makes both tracer providers, which share one queue and one connection. The function requests returns what the provider of
// requests has of its own, for this queue.
func (s *SDK) traces(out exporters, res *resource.Resource, requests func(sdktrace.SpanProcessor) []sdktrace.TracerProviderOption) {
	w, size := out.spanWatch, spanQueueSize()
	w.limit = int64(size.queue + size.batch)
	queue := spanQueue{w: w, SpanProcessor: sdktrace.NewBatchSpanProcessor(spanExporter{describing{out.spans}, w}, size.spans()...)}
	opts := append(requests(queue), sdktrace.WithResource(res), sdktrace.WithIDGenerator(telemetry.IDGenerator()))
	s.TracerProvider = sdktrace.NewTracerProvider(opts...)
	s.JourneyTracerProvider = NewJourneyTracerProvider(res, queue)
	// The providers hold nothing that has to be closed. They are not shut down, so that spans that
	// are recorded after the queue was shut down are counted as lost.
	s.add(&part{name: "traces", watch: w, flush: queue.ForceFlush, shutdown: queue.Shutdown})
}

// logs makes the logger provider.
func (s *SDK) logs(out exporters, res *resource.Resource) {
	w, size := out.logWatch, logQueueSize()
	w.limit = int64(size.queue + size.batch)
	queue := logQueue{w: w, Processor: sdklog.NewBatchProcessor(logExporter{out.logs, w}, size.logs()...)}
	s.LoggerProvider = sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(queue))
	s.add(&part{name: "logs", watch: w, flush: queue.ForceFlush, shutdown: queue.Shutdown})
}

func newResource(ctx context.Context, cfg config) (*resource.Resource, error) {
	own := cfg.attributes
	if cfg.service != "" {
		own = append(own, attribute.String("service.name", cfg.service))
	}
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessRuntimeName(),
		resource.WithService(), resource.WithFromEnv(), resource.WithAttributes(own...))
	if errors.Is(err, resource.ErrPartialResource) {
		otel.Handle(fmt.Errorf("otelsetup: a part of the resource is missing: %w", err))
		return res, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the resource (OTEL_RESOURCE_ATTRIBUTES): %w", err)
	}
	return res, nil
}

// Flush sends what is waiting. It returns when that is sent or ctx is done. Its error says what was lost
// since the last Flush. Sending goes on after ctx is done, so nothing is lost by a short ctx.
func (s *SDK) Flush(ctx context.Context) error {
	return s.each(func(p *part) error { return p.send(ctx) })
}

// Shutdown sends what is waiting and stops. It returns when that is done or ctx is done, and may be
// called again after a timeout. Shut the clients down first. Before it returns it reports the losses
// that were not reported yet: see [LossError].
func (s *SDK) Shutdown(ctx context.Context) error {
	err := s.each(func(p *part) error { return p.stop(ctx) })
	if s != nil && s.losses != nil {
		s.losses.report()
	}
	return err
}

func (s *SDK) each(f func(*part) error) error {
	if s == nil {
		return nil
	}
	errs := make([]error, len(s.parts))
	var wg sync.WaitGroup
	for i := range s.parts {
		wg.Go(func() {
			if err := f(s.parts[i]); err != nil {
				errs[i] = fmt.Errorf("otelsetup: %s: %w", s.parts[i].name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
