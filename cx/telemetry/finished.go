package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// FinishedSpan is an ended span of a journey's trace, with every field that an exporter gets.
type FinishedSpan struct {
	// SpanContext has the span's own IDs. It is valid and sampled.
	SpanContext trace.SpanContext
	// Parent is the parent span in the same trace. It is invalid for the root of a trace.
	Parent trace.SpanContext
	Name   string
	Kind   trace.SpanKind
	// Start and End are set, and End is after Start.
	Start, End time.Time
	// Attributes may contain a key more than once: the last value wins, at the place of the first.
	Attributes []attribute.KeyValue
	Links      []trace.Link
	// Status is codes.Unset or codes.Error. Description is empty unless it is codes.Error.
	Status      codes.Code
	Description string
}

// SpanSink takes finished spans of one instrumentation scope.
type SpanSink interface {
	// EndSpan exports the span unchanged, without a sampler. The caller reuses s and its slices after the call, so
	// EndSpan copies what it keeps. Only the attributes of a link never change. EndSpan must not block, and must
	// be safe for concurrent use.
	EndSpan(s *FinishedSpan)
}

// SpanSinkProvider is an optional ability of Config.JourneyTracerProvider. Such a provider takes the finished
// spans of journeys. OpenTelemetry's API can only start and end spans, and needs an [IDGenerator] for given IDs.
// The provider of the module otelsetup has this ability.
type SpanSinkProvider interface {
	// SpanSink returns the sink of the scope, which the arguments name as they do for a Tracer. A nil sink makes
	// [New] use the provider's Tracer.
	SpanSink(scope string, opts ...trace.TracerOption) SpanSink
}

// ServiceVersioner is an optional ability of Config.JourneyTracerProvider: it knows the service.version of its resource, or returns "". The
// provider of the module otelsetup has this ability. The client reads it for cx.WithReleaseOfService.
type ServiceVersioner interface {
	ServiceVersion() string
}

// draft is a span of a journey's trace on its way to the provider.
type draft struct {
	FinishedSpan

	context context.Context //nolint:containedctx // holds Parent and nothing else; nil where it is not made yet
	random  bool            // the span may have any ID

	link  [1]trace.Link // room for the only link
	start [2]trace.SpanStartOption
	end   [1]trace.SpanEndOption
}

var drafts = sync.Pool{New: func() any { return new(draft) }}

// draft returns an empty draft for a span with the given times.
func (t *Telemetry) draft(name string, times interval) *draft {
	d := drafts.Get().(*draft) //nolint:forcetypeassert // the pool holds nothing else
	d.Name, d.Kind, d.Start, d.End = name, trace.SpanKindInternal, instant(times.start), instant(times.end)
	return d
}

// addLink adds a link. The first one costs no allocation.
func (d *draft) addLink(l trace.Link) {
	if d.Links == nil {
		d.link[0] = l
		d.Links = d.link[:1:1]
		return
	}
	d.Links = append(d.Links, l)
}

// emit exports the draft and returns the context of its span. The caller must not use the draft afterwards.
func (j *journeySpans) emit(d *draft) (sc trace.SpanContext) {
	if j.sink != nil {
		if d.random {
			d.SpanContext = d.Parent.WithSpanID(IDGenerator().random()).WithRemote(false)
		}
		sc = d.SpanContext
		j.sink.EndSpan(&d.FinishedSpan)
	} else {
		sc = j.replay(d)
	}
	*d = draft{}
	drafts.Put(d)
	return sc
}

// replay starts and ends the draft's span through the API.
func (j *journeySpans) replay(d *draft) trace.SpanContext {
	d.start[0] = trace.WithTimestamp(d.Start)
	d.end[0] = trace.WithTimestamp(d.End)
	opts := d.start[:1]
	ctx := d.context
	switch {
	case !d.Parent.IsValid():
		d.start[1] = trace.WithNewRoot()
		opts, ctx = d.start[:], context.Background()
	case ctx == nil:
		ctx = trace.ContextWithRemoteSpanContext(context.Background(), d.Parent)
	}
	if !d.random {
		ctx = &wanted{Context: ctx, trace: d.SpanContext.TraceID(), span: d.SpanContext.SpanID()}
	}
	_, s := j.tracer.Start(ctx, d.Name, opts...)
	if s.IsRecording() {
		s.SetAttributes(d.Attributes...)
		for _, l := range d.Links {
			s.AddLink(l)
		}
		if d.Status != codes.Unset {
			s.SetStatus(d.Status, d.Description)
		}
	}
	s.End(d.end[:]...)
	return s.SpanContext()
}
