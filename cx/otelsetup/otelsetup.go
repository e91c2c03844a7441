package otelsetup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

	parts []*part
}

// part is what is flushed and shut down.
type part struct {
	name     string
	flush    func(context.Context) error
	shutdown func(context.Context) error

	once sync.Once
	done chan struct{} // closed when it is shut down
	err  error         // of that, to be read after done
	told atomic.Bool   // the error has been returned
}

// stop shuts the part down, once, and waits for that until ctx is done. The SDK would drop what
// it cannot send before its context is done, so the work goes on without one, bounded by the
// exporters' own timeouts, and another call of stop waits on.
func (p *part) stop(ctx context.Context) error {
	p.once.Do(func() {
		go func() {
			defer close(p.done)
			p.err = p.shutdown(context.WithoutCancel(ctx))
		}()
	})
	select {
	case <-p.done:
	default:
		select {
		case <-p.done:
		case <-ctx.Done():
			return context.Cause(ctx) //nolint:wrapcheck // the caller says of what
		}
	}
	if p.told.Swap(true) {
		return nil
	}
	return p.err
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
	res, err := newResource(ctx, cfg)
	if err != nil {
		return err
	}
	out, err := newExporters(ctx)
	if err != nil {
		return err
	}
	s.traces(out.spans, res)
	mp := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(res), sdkmetric.WithReader(out.metrics), sdkmetric.WithCardinalityLimit(cfg.cardinality))
	s.MeterProvider = mp
	s.add("metrics", mp.ForceFlush, mp.Shutdown)
	lp := sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(sdklog.NewBatchProcessor(out.logs)))
	s.LoggerProvider = lp
	s.add("logs", lp.ForceFlush, lp.Shutdown)
	return nil
}

// exporters are where the signals go.
type exporters struct {
	spans   sdktrace.SpanExporter
	metrics sdkmetric.Reader
	logs    sdklog.Exporter
}

// newExporters makes what the variables name, all or nothing.
func newExporters(ctx context.Context) (out exporters, err error) {
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
	if out.spans, err = autoexport.NewSpanExporter(ctx); err != nil {
		return out, fmt.Errorf("traces (%s): %w", variables("TRACES"), err)
	}
	made = append(made, out.spans.Shutdown)
	if out.metrics, err = autoexport.NewMetricReader(ctx); err != nil {
		return out, fmt.Errorf("metrics (%s): %w", variables("METRICS"), err)
	}
	made = append(made, out.metrics.Shutdown)
	if out.logs, err = autoexport.NewLogExporter(ctx); err != nil {
		return out, fmt.Errorf("logs (%s): %w", variables("LOGS"), err)
	}
	return out, nil
}

func (s *SDK) add(name string, flush, shutdown func(context.Context) error) {
	s.parts = append(s.parts, &part{name: name, flush: flush, shutdown: shutdown, done: make(chan struct{})})
}

// variables says what the variables that choose a signal's exporter are set to.
func variables(signal string) string {
	own := "OTEL_" + signal + "_EXPORTER"
	set := []string{fmt.Sprintf("%s=%.80q", own, os.Getenv(own))}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL"} {
		if v := os.Getenv(name); v != "" {
			set = append(set, fmt.Sprintf("%s=%.80q", name, v))
		}
	}
	return strings.Join(set, " ")
}

// traces makes both tracer providers, which share one queue and one connection.
func (s *SDK) traces(spans sdktrace.SpanExporter, res *resource.Resource) {
	queue := sdktrace.NewBatchSpanProcessor(describing{spans}, queueOptions()...)
	common := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(res), sdktrace.WithSpanProcessor(queue), sdktrace.WithIDGenerator(telemetry.IDGenerator()),
	}
	tp := sdktrace.NewTracerProvider(common...)
	s.TracerProvider = tp
	always := append(slices.Clip(common), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	s.JourneyTracerProvider = sdktrace.NewTracerProvider(always...)
	s.add("traces", queue.ForceFlush, func(ctx context.Context) error {
		return errors.Join(queue.Shutdown(ctx), tp.Shutdown(ctx))
	})
}

// queueOptions gives the span queue room for a burst, unless the variables say otherwise: a
// journey of which spans are missing is worth little.
func queueOptions() []sdktrace.BatchSpanProcessorOption {
	const (
		spans = 16384
		delay = time.Second
	)
	var opts []sdktrace.BatchSpanProcessorOption
	if n, err := strconv.Atoi(os.Getenv("OTEL_BSP_MAX_QUEUE_SIZE")); err != nil || n <= 0 {
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
	return s.each(func(p *part) error { return p.stop(ctx) })
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
