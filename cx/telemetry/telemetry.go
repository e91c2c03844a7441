package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// scopeName is the instrumentation scope of all signals except the spans of journeys.
const scopeName = "cairncx.dev/cairn/cx/telemetry"

// JourneyScope is the instrumentation scope of the spans in journeys' traces, and of no others. A collector recognizes
// them by it and leaves them out of service maps and of metrics that it makes from spans.
const JourneyScope = scopeName + "/journey"

// DefaultSpanLimit is the default of Config.SpanLimit.
const DefaultSpanLimit = 1000

// Config has the providers and the settings. The zero value uses OpenTelemetry's global providers and keeps the
// traces of all journeys.
type Config struct {
	// TracerProvider makes live spans. Default: the global one.
	TracerProvider trace.TracerProvider
	// JourneyTracerProvider makes journey spans. It implements [SpanSinkProvider], or it samples every span and
	// uses [IDGenerator]. Default: TracerProvider, with the journey's spans below a virtual sampled parent.
	JourneyTracerProvider trace.TracerProvider
	// MeterProvider makes metrics. Default: the global one.
	MeterProvider metric.MeterProvider
	// LoggerProvider makes log events. Default: the global one.
	LoggerProvider log.LoggerProvider
	// DropRatio is the part of journeys whose traces are dropped, 0 to 1. The trace ID decides,
	// so every service with the same ratio drops the same journeys. Default: 0.
	DropRatio float64
	// SpanLimit bounds the spans of touchpoints and feedback that this process adds to one
	// journey's trace, and separately its spans of stages. Spans beyond it are left out and
	// counted. Default: [DefaultSpanLimit].
	SpanLimit int
	// TouchpointEvents also makes each touchpoint a log event. Default: false, because touchpoints are many.
	TouchpointEvents bool
	// Tell is called with each fault that Telemetry finds itself, after it is counted. It must not wait. Default: faults are
	// counted only.
	Tell func(ctx context.Context, r fault.Report)
	// MetricActor gives interactions the attribute cx.actor, which tells customers, delegates, employees and bots apart.
	// Default: one series counts them together.
	MetricActor bool
	// ScoreDelegates counts the answers of delegates ([event.ActorDelegate]) in the metrics of feedback.
	ScoreDelegates bool
	// Queues are the queues that metrics tell apart, with their service levels. Default: none. Contacts then count under [event.Other].
	Queues []assist.Queue
	// Counted is called with each event that metrics count, once, in the context to which exemplars lead. It must not wait, change the
	// event, or keep it. Default: nothing.
	Counted func(ctx context.Context, e *event.Event)
	// Collecting is called at the beginning of each collection of the metrics. Default: nothing.
	Collecting func(ctx context.Context)
	// Handle is called once with each error of a provider, and where more journeys are defined than metrics can have. It must
	// not wait. Default: otel.Handle.
	Handle func(err error)
	// Version is Cairn's version, for the instrumentation scope.
	Version string
	// Namespace is the namespace of the client's journeys, an attribute of the metric cx.sdk.info.
	Namespace string
}

// Telemetry turns events into signals. It is safe for concurrent use. It blocks no longer than the providers do.
type Telemetry struct {
	tracer   trace.Tracer
	journeys journeySpans
	logger   log.Logger
	metrics  *metrics

	threshold uint64     // the sampler keeps trace IDs below it
	budget    spanBudget // for touchpoints and feedback
	stages    spanBudget // for stages, so that the spans below them have a parent
	extents   extents    // the times of parents in the journeys' traces
	requests  requests   // the requests whose spans have their journey
	links     linkTypes
	abouts    abouts // of follow-ups
	allEvents bool
}

// New returns a Telemetry. It returns an error if an instrument cannot be made, or a ratio or bound is out of
// range.
func New(cfg Config) (*Telemetry, error) {
	if cfg.DropRatio < 0 || cfg.DropRatio > 1 || cfg.DropRatio != cfg.DropRatio {
		return nil, fmt.Errorf("telemetry: DropRatio is %v: want a number from 0 to 1", cfg.DropRatio)
	}
	if cfg.SpanLimit < 0 {
		return nil, fmt.Errorf("telemetry: SpanLimit is %d: want a positive number, or 0 for %d", cfg.SpanLimit, DefaultSpanLimit)
	}
	if cfg.SpanLimit == 0 {
		cfg.SpanLimit = DefaultSpanLimit
	}
	global := cfg.TracerProvider == nil && cfg.JourneyTracerProvider == nil
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = otel.GetTracerProvider()
	}
	if cfg.MeterProvider == nil {
		cfg.MeterProvider = otel.GetMeterProvider()
	}
	if cfg.LoggerProvider == nil {
		cfg.LoggerProvider = otel.GetLoggerProvider()
	}
	version := trace.WithInstrumentationVersion(cfg.Version)
	t := &Telemetry{
		tracer:    cfg.TracerProvider.Tracer(scopeName, version),
		logger:    cfg.LoggerProvider.Logger(scopeName, log.WithInstrumentationVersion(cfg.Version)),
		threshold: threshold(1 - cfg.DropRatio),
		budget:    spanBudget{limit: cfg.SpanLimit},
		stages:    spanBudget{limit: cfg.SpanLimit},
		allEvents: cfg.TouchpointEvents,
		links:     newLinkTypes(),
	}
	t.journeys.global = global
	if cfg.Handle == nil {
		cfg.Handle = otel.Handle
	}
	t.journeys.handle = cfg.Handle
	t.journeys.own = cfg.JourneyTracerProvider != nil
	if t.journeys.own {
		t.journeys.tracer = cfg.JourneyTracerProvider.Tracer(JourneyScope, version)
		if p, ok := cfg.JourneyTracerProvider.(SpanSinkProvider); ok {
			t.journeys.take(p.SpanSink(JourneyScope, version))
		}
	} else {
		t.journeys.tracer = cfg.TracerProvider.Tracer(JourneyScope, version)
	}
	var err error
	t.metrics, err = newMetrics(cfg.MeterProvider.Meter(scopeName, metric.WithInstrumentationVersion(cfg.Version)), cfg.MetricActor)
	t.metrics.scoreDelegates = cfg.ScoreDelegates
	t.metrics.tell, t.metrics.handle = cfg.Tell, cfg.Handle
	t.metrics.counted, t.metrics.collecting = cfg.Counted, cfg.Collecting
	t.metrics.knowQueues(cfg.Queues)
	if err == nil {
		err = t.metrics.observeInfo(cfg.Version, cfg.Namespace)
	}
	return t, err
}

// Start opens the live span of a touchpoint as a child of the span in ctx, and returns ctx with it. If the event
// has a span already, Start returns ctx unchanged.
func (t *Telemetry) Start(ctx context.Context, e *flight.Event) context.Context {
	if e.Kind != event.TouchpointEnded {
		return ctx
	}
	if s, _ := e.Span(); s != nil {
		return ctx
	}
	// Attributes are set once, at the end: that makes a span cheap. A sampler sees the
	// name only.
	ctx, span := t.tracer.Start(ctx, e.Touchpoint) //nolint:spancheck // Show ends it, when the event is recorded
	e.SetSpan(span, true)
	return ctx //nolint:spancheck // Show ends the span
}

// Show records the metrics of an event that has happened, ends its live span, and emits the spans of the journey's trace
// and log events.
func (t *Telemetry) Show(ctx context.Context, e *flight.Event) {
	kept := t.kept(e)
	mctx := ctx
	if kept {
		mctx = e.Trace().Context() // exemplars lead to the journey
	} else if s, _ := e.Span(); s != nil && !s.IsRecording() {
		mctx = context.Background() // no span is recorded to which an exemplar could lead
	}
	of := t.metrics.record(mctx, e)
	switch e.Kind {
	case event.TouchpointEnded:
		t.touchpoint(ctx, e, kept, of)
	case event.JourneyStarted:
		if kept {
			t.started(e)
		}
	case event.JourneyStageEntered:
		if kept {
			t.stage(mctx, e)
			t.entered(e)
		}
		t.answered(e, kept)
	case event.JourneyStalled:
		t.log(mctx, e)
	case event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		if kept {
			t.promise(mctx, e)
		}
		t.log(mctx, e)
	case event.JourneyEnded:
		if kept {
			t.stage(mctx, e)
			t.root(e)
		}
		t.answered(e, kept)
		t.log(mctx, e)
	case event.SurveyRequested, event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned:
		if kept && e.Feedback != nil {
			t.feedback(ctx, e)
		}
		t.log(mctx, e)
	case event.SurveyClosed:
		t.log(mctx, e)
	case event.ContactViolated, event.ContactResolved:
		t.log(mctx, e)
	default: // other kinds have no spans or log events here
	}
}

// Shutdown stops the observation of gauges. The application shuts the providers down.
func (t *Telemetry) Shutdown(context.Context) error {
	if t == nil || t.metrics == nil {
		return nil
	}
	return t.metrics.shutdown()
}

// RecordFault counts f.
func (t *Telemetry) RecordFault(ctx context.Context, f fault.Fault) { t.metrics.fault(ctx, f) }

// CountFaults counts n faults of a kind. n is at least 1.
func (t *Telemetry) CountFaults(ctx context.Context, f fault.Fault, n int64) {
	t.metrics.countFaults(ctx, f, n)
}

// RecordFaults counts each fault of the set.
func (t *Telemetry) RecordFaults(ctx context.Context, s fault.Set) {
	for f := range s.All {
		t.metrics.fault(ctx, f)
	}
}

// ContactGranted counts a contact that the contact policy allows. A refusal is an event, which [Telemetry.Show] counts.
func (t *Telemetry) ContactGranted(ctx context.Context, purpose string, channel event.Channel, rule string) {
	e := flight.Get()
	defer e.Put()
	e.Channel, e.Contact = channel, &event.Contact{Purpose: purpose, Rule: rule}
	t.metrics.contact(ctx, t.metrics.decisions, e)
}

// ContactMade counts a contact of a customer with the company, by what is known of it: customer and intent.
func (t *Telemetry) ContactMade(ctx context.Context, customer, intent bool) {
	t.metrics.contactMade(ctx, customer, intent)
}

// RecordLate counts an event that came after its journey's end.
func (t *Telemetry) RecordLate(ctx context.Context, e *flight.Event) { t.metrics.recordLate(ctx, e) }

// ObserveActive makes the metric of live journeys call active at every collection. A place that active does not yield
// has no run.
func (t *Telemetry) ObserveActive(active func(yield func(journey, stage string, runs int64))) error {
	return t.metrics.observeActive(active)
}

// ObserveQueue makes the gauges of a component's queue call load at every collection.
func (t *Telemetry) ObserveQueue(component, name string, load func() (waiting, capacity int)) error {
	return t.metrics.observeQueue(component, name, load)
}

// journeySpans emits the spans of the journeys' traces.
type journeySpans struct {
	tracer trace.Tracer
	sink   SpanSink // replaces tracer; nil for a provider without a sink
	own    bool     // a provider of its own, which may begin traces
	global bool     // OpenTelemetry's global provider, which may be set later
	handle func(error)
	mode   atomic.Int32
	idle   atomic.Int32 // touchpoints until the provider is asked again
}

// take sends the spans to the sink, unless it is nil. A sink exports every span with the ID that it has.
func (j *journeySpans) take(sink SpanSink) {
	if sink != nil {
		j.sink = sink
		j.mode.Store(modeTree)
	}
}

var errNoIDGenerator = errors.New(
	"cairn: the journey tracer provider does not use telemetry.IDGenerator(): " +
		"each journey is one trace, without the spans of stages above its touchpoints: " +
		"give the provider sdktrace.WithIDGenerator(telemetry.IDGenerator())")
