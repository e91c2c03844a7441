package otelsetup

import (
	"context"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"

	"cairncx.dev/cairn/cx/telemetry"
)

// JourneyTracerProvider is a provider for cx.WithJourneyTracerProvider. It takes the spans of journeys when they have
// ended, with the IDs that they shall have, and hands them to its span processors. A Tracer of it starts and ends spans
// as the SDK does, samples always, and has telemetry.IDGenerator(). It is safe for concurrent use.
type JourneyTracerProvider struct {
	embedded.TracerProvider

	sdk        *sdktrace.TracerProvider
	resource   *resource.Resource
	limits     sdktrace.SpanLimits
	processors []sdktrace.SpanProcessor
	down       atomic.Bool
}

var (
	_ trace.TracerProvider       = (*JourneyTracerProvider)(nil)
	_ telemetry.SpanSinkProvider = (*JourneyTracerProvider)(nil)
	_ telemetry.ServiceVersioner = (*JourneyTracerProvider)(nil)
)

// NewJourneyTracerProvider returns a provider for programs that set the SDK up themselves; [Start] makes one too. The
// SDK adds the resource of the environment to res; a nil res is the SDK's default. OpenTelemetry's variables, such as
// OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, name the limits of spans.
//
// A processor is called at OnEnd for each span. It is called at OnStart only for a span that a Tracer starts. Processors
// may be shared with another provider; Shutdown of the one shuts them down for both.
func NewJourneyTracerProvider(res *resource.Resource, processors ...sdktrace.SpanProcessor) *JourneyTracerProvider {
	p := &JourneyTracerProvider{resource: res, limits: sdktrace.NewSpanLimits(), processors: slices.Clone(processors)}
	opts := append(p.common(), sdktrace.WithIDGenerator(generator{}))
	for _, sp := range processors {
		opts = append(opts, sdktrace.WithSpanProcessor(sp))
	}
	p.sdk = sdktrace.NewTracerProvider(opts...)
	return p
}

// common returns the options of the provider and of the one that makes samples of its spans.
func (p *JourneyTracerProvider) common() []sdktrace.TracerProviderOption {
	opts := []sdktrace.TracerProviderOption{sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithRawSpanLimits(p.limits)}
	if p.resource != nil {
		opts = append(opts, sdktrace.WithResource(p.resource))
	}
	return opts
}

// ServiceVersion implements telemetry.ServiceVersioner: service.version of the resource, or "".
func (p *JourneyTracerProvider) ServiceVersion() string {
	if p == nil || p.resource == nil {
		return ""
	}
	version, _ := p.resource.Set().Value("service.version")
	return version.AsString()
}

// Tracer implements [trace.TracerProvider].
func (p *JourneyTracerProvider) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	return p.sdk.Tracer(name, opts...)
}

// SpanSink implements telemetry.SpanSinkProvider. It returns nil where the SDK's own metrics of spans are on, by
// OTEL_GO_X_OBSERVABILITY: they count what a Tracer starts.
func (p *JourneyTracerProvider) SpanSink(scope string, opts ...trace.TracerOption) telemetry.SpanSink {
	if observed() {
		return nil
	}
	return &spanSink{provider: p, sample: p.sample(scope, opts), tracer: p.sdk.Tracer(scope, opts...)}
}

// sample returns a finished span of the scope. A provider without the processors makes it, so that it is not exported.
func (p *JourneyTracerProvider) sample(scope string, opts []trace.TracerOption) sdktrace.ReadOnlySpan {
	var last sampling
	_, s := sdktrace.NewTracerProvider(append(p.common(), sdktrace.WithSpanProcessor(&last))...).
		Tracer(scope, opts...).Start(context.Background(), "")
	s.End()
	return last.span
}

// ForceFlush flushes the span processors.
func (p *JourneyTracerProvider) ForceFlush(ctx context.Context) error {
	return p.sdk.ForceFlush(ctx) //nolint:wrapcheck // the processors' own errors
}

// Shutdown shuts the span processors down. Spans that end afterwards are dropped.
func (p *JourneyTracerProvider) Shutdown(ctx context.Context) error {
	p.down.Store(true)
	return p.sdk.Shutdown(ctx) //nolint:wrapcheck // the processors' own errors
}

// sampling is a span processor that keeps the last span that ended.
type sampling struct{ span sdktrace.ReadOnlySpan }

// OnStart implements [sdktrace.SpanProcessor].
func (*sampling) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements [sdktrace.SpanProcessor].
func (s *sampling) OnEnd(ended sdktrace.ReadOnlySpan) { s.span = ended }

// Shutdown implements [sdktrace.SpanProcessor].
func (*sampling) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdktrace.SpanProcessor].
func (*sampling) ForceFlush(context.Context) error { return nil }

// generator gives a span that the sink starts the IDs that it has already, and others what telemetry.IDGenerator gives.
type generator struct{ telemetry.Generator }

type idsKey struct{}

// NewIDs implements [sdktrace.IDGenerator].
func (g generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if sc, ok := ctx.Value(idsKey{}).(trace.SpanContext); ok {
		return sc.TraceID(), sc.SpanID()
	}
	return g.Generator.NewIDs(ctx)
}

// NewSpanID implements [sdktrace.IDGenerator].
func (g generator) NewSpanID(ctx context.Context, tid trace.TraceID) trace.SpanID {
	if sc, ok := ctx.Value(idsKey{}).(trace.SpanContext); ok {
		return sc.SpanID()
	}
	return g.Generator.NewSpanID(ctx, tid)
}
