package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// attrs is a pooled slice, so that describing a span allocates nothing of ours.
var attrs = sync.Pool{New: func() any { s := make([]attribute.KeyValue, 0, 32); return &s }}

// touchpoint ends the live span and emits the twin.
func (t *Telemetry) touchpoint(ctx context.Context, e *event.Event, kept bool) {
	live, owned := e.Span()
	recording := live != nil && live.IsRecording()
	twin := kept && t.spend(ctx, e)
	if recording || twin {
		pooled := attrs.Get().(*[]attribute.KeyValue) //nolint:forcetypeassert // the pool holds nothing else
		kvs := describe((*pooled)[:0], e)
		if recording {
			live.SetAttributes(kvs...)
			if kept {
				live.AddLink(trace.Link{SpanContext: e.Trace().Parent()})
			}
			status(live, e)
		}
		if twin {
			t.twin(ctx, e, kvs)
		}
		clear(kvs)
		*pooled = kvs[:0]
		attrs.Put(pooled)
	}
	if live != nil && owned {
		live.End()
	}
	if t.allEvents {
		t.log(ctx, e)
	}
}

// twin emits the touchpoint's span in the journey's trace.
func (t *Telemetry) twin(ctx context.Context, e *event.Event, kvs []attribute.KeyValue) {
	t.child(ctx, e, e.Touchpoint, e.Time, e.Duration, kvs)
}

// child emits a span under the event's place in the journey's trace, linked to the request.
func (t *Telemetry) child(
	ctx context.Context, e *event.Event, name string, start time.Time, took time.Duration, kvs []attribute.KeyValue,
) {
	parent := e.Trace().Context()
	if t.journeys.flat() {
		parent = trace.ContextWithRemoteSpanContext(context.Background(), e.Trace().Root())
	}
	_, s := t.journeys.tracer.Start(parent, name, trace.WithTimestamp(start))
	if s.IsRecording() {
		s.SetAttributes(kvs...)
		if request := requestSpan(ctx, e); request.IsValid() {
			s.AddLink(trace.Link{SpanContext: request})
		}
		status(s, e)
	}
	s.End(trace.WithTimestamp(start.Add(took)))
}

// requestSpan returns the request span that the event happened in.
func requestSpan(ctx context.Context, e *event.Event) trace.SpanContext {
	if e.SpanContext.IsValid() {
		return e.SpanContext
	}
	return trace.SpanContextFromContext(ctx)
}

// feedback emits the span of what a customer said.
func (t *Telemetry) feedback(ctx context.Context, e *event.Event) {
	if !t.spend(ctx, e) {
		return
	}
	kvs := describe(nil, e)
	t.child(ctx, e, e.Feedback.Survey, e.Time, e.Duration, kvs)
}

// stage emits the span of the stage that the event says was left.
func (t *Telemetry) stage(e *event.Event) {
	left := e.Transition
	if left == nil || left.From == "" || left.Visit == 0 || left.Entered.IsZero() || t.journeys.flat() {
		return
	}
	root := e.Trace().Root()
	ids := &wanted{trace: root.TraceID(), span: e.Journey.StageSpanID(left.From, left.Visit)}
	ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), root)
	_, s := t.journeys.tracer.Start(ids, left.From, trace.WithTimestamp(left.Entered))
	if s.IsRecording() {
		s.SetAttributes(
			semconv.JourneyNameKey.String(e.Journey.Name),
			semconv.JourneyIDKey.String(e.Journey.ID),
			semconv.StageNameKey.String(left.From),
			semconv.StageVisitKey.Int(left.Visit),
		)
	}
	s.End(trace.WithTimestamp(later(e.Time, left.Entered)))
}

// root emits the journey's own span, from its true start to its end.
func (t *Telemetry) root(e *event.Event) {
	root := e.Trace().Root()
	start := e.Journey.Started
	if start.IsZero() {
		start = e.Time // not known: nothing is made up
	}
	ids := &wanted{Context: context.Background(), trace: root.TraceID(), span: root.SpanID()}
	opts := []trace.SpanStartOption{trace.WithTimestamp(start)}
	if t.journeys.own && !t.journeys.flat() {
		opts = append(opts, trace.WithNewRoot())
	} else {
		// An ordinary provider would ask its sampler about a new trace.
		parent := root
		if !t.journeys.flat() {
			parent = parent.WithSpanID(e.Journey.StageSpanID("", 0))
		}
		ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), parent)
	}
	_, s := t.journeys.tracer.Start(ids, e.Journey.Name, opts...)
	if s.IsRecording() {
		s.SetAttributes(describe(nil, e)...)
		status(s, e)
	}
	s.End(trace.WithTimestamp(later(e.Time, start)))
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// How the provider of journey spans treats the IDs it is asked for.
const (
	modeUnknown int32 = iota
	modeTree          // it gives a span the ID that is asked for: the trace is a tree
	modeFlat          // it gives random IDs: everything hangs under the root's ID
)

// flat reports whether the provider of journey spans lacks [IDGenerator]. It is found out
// with a span that is never ended, so never exported, at the first use that a provider
// records; until then nothing is lost either way.
func (j *journeySpans) flat() bool {
	if m := j.mode.Load(); m != modeUnknown {
		return m == modeFlat
	}
	want := &wanted{trace: trace.TraceID{15: 1}, span: trace.SpanID{7: 1}}
	want.Context = trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: want.trace, SpanID: trace.SpanID{7: 2}, TraceFlags: trace.FlagsSampled, Remote: true,
	}))
	_, probe := j.tracer.Start(want, "cairn.probe")
	if !probe.IsRecording() {
		return true
	}
	if probe.SpanContext().SpanID() == want.span {
		j.mode.Store(modeTree)
		return false
	}
	if j.mode.CompareAndSwap(modeUnknown, modeFlat) && j.own {
		otel.Handle(errNoIDGenerator)
	}
	return true
}

// spend takes a span from the journey's budget, or counts that it is empty.
func (t *Telemetry) spend(ctx context.Context, e *event.Event) bool {
	if t.budget.take(e.Trace().TraceID()) {
		return true
	}
	t.metrics.fault(ctx, event.FaultSpanLimit)
	return false
}

// describe appends the attributes of the event's span.
func describe(kvs []attribute.KeyValue, e *event.Event) []attribute.KeyValue {
	text := func(k attribute.Key, v string) {
		if v != "" {
			kvs = append(kvs, k.String(v))
		}
	}
	text(semconv.TouchpointNameKey, e.Touchpoint)
	text(semconv.ChannelKey, e.Channel.String())
	text(semconv.OutcomeKey, e.Outcome.String())
	text(semconv.ApdexZoneKey, e.Zone.String())
	if !e.Journey.IsZero() {
		kvs = append(kvs, semconv.JourneyNameKey.String(e.Journey.Name), semconv.JourneyIDKey.String(e.Journey.ID))
		text(semconv.StageNameKey, e.Stage)
	}
	text(semconv.UserHashKey, e.Customer.Hash)
	text(semconv.CustomerSegmentKey, e.Customer.Segment)
	text(semconv.CauseKey, e.Cause)
	text(semconv.ErrorTypeKey, e.ErrorType)
	if e.Actor != event.ActorCustomer {
		text(semconv.ActorKey, e.Actor.String())
	}
	if e.Direction != event.Inbound {
		text(semconv.DirectionKey, e.Direction.String())
	}
	if v := e.Variant; v != nil {
		text(semconv.VariantReleaseKey, v.Release)
		text(semconv.VariantExperimentKey, v.Experiment)
		text(semconv.VariantArmKey, v.Arm)
	}
	if f := e.Feedback; f != nil {
		text(semconv.SurveyNameKey, f.Survey)
		text(semconv.FeedbackScaleKey, f.Scale.String())
		kvs = append(kvs, semconv.FeedbackValueKey.Int(f.Score))
		text(semconv.FeedbackVerdictKey, f.Verdict.String())
	}
	if e.Kind == event.JourneyEnded {
		text(semconv.JourneyNamespaceKey, e.Journey.Namespace)
		text(semconv.JourneyVersionKey, e.Journey.Version)
		if e.Transition != nil && e.Transition.Partial {
			kvs = append(kvs, semconv.JourneyPartialKey.Bool(true))
		}
	}
	return append(kvs, e.Attributes...)
}

// status marks the span of what failed as an error. The description is a class, never a
// message: a message may hold a customer's data.
func status(s trace.Span, e *event.Event) {
	if e.Outcome != event.Failed {
		return
	}
	why := e.Cause
	if why == "" {
		why = e.ErrorType
	}
	s.SetStatus(codes.Error, why)
}
