package otelsetup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
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
	// JourneyTracerProvider is for journeys: it samples always, since a client decides which
	// journeys are kept, and has telemetry.IDGenerator().
	JourneyTracerProvider trace.TracerProvider
	MeterProvider         metric.MeterProvider
	LoggerProvider        log.LoggerProvider
	// Propagator is the one that OTEL_PROPAGATORS names, W3C trace context and baggage by
	// default.
	Propagator propagation.TextMapPropagator

	mu    sync.Mutex
	parts []part
}

// part is what is flushed and shut down.
type part struct {
	name     string
	flush    func(context.Context) error
	shutdown func(context.Context) error
	down     bool
}

// Start sets up the SDK and, unless told otherwise, makes it OpenTelemetry's global one. With
// OTEL_SDK_DISABLED=true nothing is recorded. It fails when a variable names an exporter that
// does not exist, or the resource cannot be read; nothing is left running then.
func Start(ctx context.Context, opts ...Option) (*SDK, error) {
	cfg := config{globals: true, cardinality: DefaultCardinalityLimit}
	for _, o := range opts {
		if o != nil {
			o.apply(&cfg)
		}
	}
	s := &SDK{Propagator: autoprop.NewTextMapPropagator()}
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || (cfg.needConfig && !Configured()) {
		s.TracerProvider, s.JourneyTracerProvider = tracenoop.NewTracerProvider(), tracenoop.NewTracerProvider()
		s.MeterProvider, s.LoggerProvider = metricnoop.NewMeterProvider(), lognoop.NewLoggerProvider()
	} else if err := s.build(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("otelsetup: %w", err), s.Shutdown(ctx))
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
	res, err := newResource(ctx, cfg)
	if err != nil {
		return err
	}
	if err := s.traces(ctx, res); err != nil {
		return err
	}
	reader, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		return fmt.Errorf("metrics (OTEL_METRICS_EXPORTER): %w", err)
	}
	mp := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(res), sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(cfg.cardinality))
	s.MeterProvider = mp
	s.parts = append(s.parts, part{name: "metrics", flush: mp.ForceFlush, shutdown: mp.Shutdown})

	logs, err := autoexport.NewLogExporter(ctx)
	if err != nil {
		return fmt.Errorf("logs (OTEL_LOGS_EXPORTER): %w", err)
	}
	lp := sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(sdklog.NewBatchProcessor(logs)))
	s.LoggerProvider = lp
	s.parts = append(s.parts, part{name: "logs", flush: lp.ForceFlush, shutdown: lp.Shutdown})
	return nil
}

// traces makes both tracer providers, which share one queue and one connection.
func (s *SDK) traces(ctx context.Context, res *resource.Resource) error {
	spans, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return fmt.Errorf("traces (OTEL_TRACES_EXPORTER): %w", err)
	}
	queue := sdktrace.NewBatchSpanProcessor(spans, queueOptions()...)
	common := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(res), sdktrace.WithSpanProcessor(queue), sdktrace.WithIDGenerator(telemetry.IDGenerator()),
	}
	tp := sdktrace.NewTracerProvider(common...)
	s.TracerProvider = tp
	always := append(slices.Clip(common), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	s.JourneyTracerProvider = sdktrace.NewTracerProvider(always...)
	s.parts = append(s.parts, part{name: "traces", flush: queue.ForceFlush, shutdown: func(ctx context.Context) error {
		return errors.Join(queue.Shutdown(ctx), tp.Shutdown(ctx))
	}})
	return nil
}

// queueOptions gives the span queue room for a burst, unless the variables say otherwise: a
// journey of which spans are missing is worth little.
func queueOptions() []sdktrace.BatchSpanProcessorOption {
	const (
		spans = 16384
		delay = time.Second
	)
	var opts []sdktrace.BatchSpanProcessorOption
	if os.Getenv("OTEL_BSP_MAX_QUEUE_SIZE") == "" {
		opts = append(opts, sdktrace.WithMaxQueueSize(spans))
	}
	if os.Getenv("OTEL_BSP_SCHEDULE_DELAY") == "" {
		opts = append(opts, sdktrace.WithBatchTimeout(delay))
	}
	return opts
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

// Flush sends what is waiting. It returns when that is done or ctx is.
func (s *SDK) Flush(ctx context.Context) error {
	return s.each(func(p *part) error { return p.flush(ctx) })
}

// Shutdown sends what is waiting and stops. It returns when that is done or ctx is, and may be
// called again after a timeout. Shut the clients down first.
func (s *SDK) Shutdown(ctx context.Context) error {
	return s.each(func(p *part) error {
		if p.down {
			return nil
		}
		err := p.shutdown(ctx)
		p.down = err == nil
		return err
	})
}

func (s *SDK) each(f func(*part) error) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(s.parts))
	var wg sync.WaitGroup
	for i := range s.parts {
		wg.Go(func() {
			if err := f(&s.parts[i]); err != nil {
				errs[i] = fmt.Errorf("otelsetup: %s: %w", s.parts[i].name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
