package telemetry

import (
	"context"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// attrs is a pooled slice, so that describing a span allocates nothing of ours.
var attrs = sync.Pool{New: func() any { s := make([]attribute.KeyValue, 0, 32); return &s }}

// spanOptions are the options of a span whose times are given, in a pool for the same reason.
type spanOptions struct {
	start [1]trace.SpanStartOption
	end   [1]trace.SpanEndOption
}

var options = sync.Pool{New: func() any { return new(spanOptions) }}

// touchpoint ends the live span and emits the twin, each with a link to the other.
func (t *Telemetry) touchpoint(ctx context.Context, e *event.Event, kept bool) {
	live, owned := e.Span()
	if owned {
		defer live.End() // even if what comes before it panics
	}
	recording := live != nil && live.IsRecording()
	twin := kept && t.journeys.on() && t.spend(ctx, &t.budget, e)
	if recording || twin {
		pooled := attrs.Get().(*[]attribute.KeyValue) //nolint:forcetypeassert // the pool holds nothing else
		kvs := describe((*pooled)[:0], e)
		if recording && (owned || e.SpanFailed()) {
			kvs = describeError(kvs, e)
			live.SetAttributes(kvs...)
			status(live, e)
		} else {
			if recording { // its status is its owner's, by the conventions of its kind, and so is error.type
				live.SetAttributes(kvs...)
			}
			kvs = describeError(kvs, e)
		}
		there := trace.SpanContext{}
		switch {
		case twin:
			there = t.child(ctx, e, e.Touchpoint, kvs)
		case kept:
			there = e.Trace().Parent() // its trace is full, or nobody records it here
		}
		linkBack(ctx, live, there)
		if len(e.Attributes) > 0 {
			clear(kvs) // the caller's may be large; ours are a few short texts
		}
		*pooled = kvs[:0]
		attrs.Put(pooled)
	}
	if t.allEvents {
		t.log(ctx, e)
	}
}

// linkBack links the request to the place in the journey's trace: from the live span, or, where
// something was recorded without one, from the request's own span.
func linkBack(ctx context.Context, live trace.Span, there trace.SpanContext) {
	if !there.IsValid() {
		return
	}
	if live == nil {
		live = trace.SpanFromContext(ctx)
	}
	live.AddLink(trace.Link{SpanContext: there})
}

// child emits a span for the event under its place in the journey's trace, linked to the request,
// and returns its context.
func (t *Telemetry) child(ctx context.Context, e *event.Event, name string, kvs []attribute.KeyValue) trace.SpanContext {
	place := e.SpanPlace()
	parent := place.Context()
	if t.journeys.flat() {
		parent = trace.ContextWithRemoteSpanContext(context.Background(), place.Root())
	}
	o := options.Get().(*spanOptions) //nolint:forcetypeassert // the pool holds nothing else
	o.start[0] = trace.WithTimestamp(e.Time)
	o.end[0] = trace.WithTimestamp(later(e.Time.Add(e.Duration), e.Time))
	_, s := t.journeys.tracer.Start(parent, name, o.start[:]...)
	if s.IsRecording() {
		s.SetAttributes(kvs...)
		if request := requestSpan(ctx, e); request.IsValid() {
			s.AddLink(trace.Link{SpanContext: request})
		}
		status(s, e)
	}
	s.End(o.end[:]...)
	options.Put(o)
	return s.SpanContext()
}

// requestSpan returns the request span that the event happened in.
func requestSpan(ctx context.Context, e *event.Event) trace.SpanContext {
	if request := e.Request(); request.IsValid() {
		return request
	}
	return trace.SpanContextFromContext(ctx)
}

// feedback emits the span of what a customer said.
func (t *Telemetry) feedback(ctx context.Context, e *event.Event) {
	if !t.spend(ctx, &t.budget, e) {
		return
	}
	linkBack(ctx, nil, t.child(ctx, e, e.Feedback.Survey, describeError(describe(nil, e), e)))
}

// stage emits the span of the stage that the event says was left.
func (t *Telemetry) stage(ctx context.Context, e *event.Event) {
	left := e.Transition
	if left == nil || left.From == "" || left.Visit == 0 || left.Entered.IsZero() || t.journeys.flat() || !t.spend(ctx, &t.stages, e) {
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
		s.SetAttributes(describeError(describe(nil, e), e)...)
		status(s, e)
		for n := 1; n <= min(e.Segment(), maxSegmentLinks); n++ {
			s.AddLink(trace.Link{SpanContext: e.Journey.Segment(n).Root()})
		}
	}
	s.End(trace.WithTimestamp(later(e.Time, start)))
	for n := 1; n <= e.Segment(); n++ {
		t.segment(e, n, start)
	}
}

// maxSegmentLinks is how many links a span has by OpenTelemetry's default limit.
const maxSegmentLinks = 128

// segment emits the root of a further segment of the journey's trace, linked to the first one.
func (t *Telemetry) segment(e *event.Event, n int, start time.Time) {
	if t.journeys.flat() {
		return
	}
	root := e.Journey.Segment(n).Root()
	ids := &wanted{Context: context.Background(), trace: root.TraceID(), span: root.SpanID()}
	opts := []trace.SpanStartOption{trace.WithTimestamp(start), trace.WithLinks(trace.Link{SpanContext: e.Trace().Root()})}
	if t.journeys.own {
		opts = append(opts, trace.WithNewRoot())
	} else {
		ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), root.WithSpanID(e.Journey.StageSpanID("", n)))
	}
	_, s := t.journeys.tracer.Start(ids, e.Journey.Name+", part "+strconv.Itoa(n+1), opts...)
	if s.IsRecording() {
		s.SetAttributes(describeError(describe(nil, e), e)...)
	}
	s.End(trace.WithTimestamp(later(e.Time, start)))
}

// later returns the end of a span that began at start: after it by a nanosecond at least, for
// backends take a span without any duration for one whose clock went wrong.
func later(end, start time.Time) time.Time {
	if end.After(start) {
		return end
	}
	return start.Add(time.Nanosecond)
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
		j.idle.Store(idleFor)
		return true
	}
	if probe.SpanContext().SpanID() == want.span {
		j.mode.Store(modeTree)
		return false
	}
	if j.mode.CompareAndSwap(modeUnknown, modeFlat) && j.own {
		j.handle(errNoIDGenerator)
	}
	return true
}

// idleFor is how many touchpoints a provider that does not record is left alone for.
const idleFor = 16

// on reports whether the provider may record. One that did not is asked again now and then;
// OpenTelemetry's global one each time, for applications set it up after they have begun.
func (j *journeySpans) on() bool {
	if j.mode.Load() != modeUnknown || j.global {
		return true
	}
	if j.idle.Load() > 0 && j.idle.Add(-1) >= 0 {
		return false
	}
	j.flat()
	return j.mode.Load() != modeUnknown
}

// spend takes a span from the journey's budget, or counts that it is empty.
func (t *Telemetry) spend(ctx context.Context, b *spanBudget, e *event.Event) bool {
	if b.take(e.SpanPlace().TraceID()) {
		return true
	}
	t.metrics.report(ctx, event.FaultReport{Fault: event.FaultSpanLimit, Name: e.Journey.Name, Detail: "the trace of a run is full: further spans are left out of it"})
	return false
}

// describeError appends error.type, which is only on spans that are errors.
func describeError(kvs []attribute.KeyValue, e *event.Event) []attribute.KeyValue {
	return text(kvs, semconv.ErrorTypeKey, e.ErrorType)
}

// describe appends the attributes of the event's span but for error.type. What most events have comes
// first, without a call for each.
func describe(kvs []attribute.KeyValue, e *event.Event) []attribute.KeyValue {
	kvs = append(kvs, e.Attributes...) // first, for the last of a name holds
	channel := e.Channel
	if channel == 0 {
		channel = event.OtherChannel
	}
	if e.Kind == event.TouchpointEnded {
		kvs = append(kvs,
			semconv.TouchpointNameKey.String(e.Touchpoint),
			semconv.ChannelKey.String(channel.String()),
			semconv.OutcomeKey.String(e.Outcome.String()))
	} else {
		kvs = text(kvs, semconv.TouchpointNameKey, e.Touchpoint)
		kvs = append(kvs, semconv.ChannelKey.String(channel.String()))
		kvs = text(kvs, semconv.OutcomeKey, e.Outcome.String())
	}
	if e.Zone != 0 {
		kvs = append(kvs, semconv.ApdexZoneKey.String(e.Zone.String()))
	}
	if !e.Journey.IsZero() {
		kvs = append(kvs, semconv.JourneyNameKey.String(e.Journey.Name), semconv.JourneyIDKey.String(e.Journey.ID))
		if e.Stage != "" {
			kvs = append(kvs, semconv.StageNameKey.String(e.Stage))
		}
	}
	kvs = text(kvs, semconv.UserHashKey, e.Customer.Hash)
	kvs = text(kvs, semconv.CustomerSegmentKey, e.Customer.Segment)
	kvs = text(kvs, semconv.CauseKey, e.Cause)
	if e.Actor != event.ActorCustomer || e.Direction != event.Inbound || e.Variant != nil ||
		e.Feedback != nil || e.Kind == event.JourneyEnded {
		kvs = describeRest(kvs, e)
	}
	return kvs
}

func describeRest(kvs []attribute.KeyValue, e *event.Event) []attribute.KeyValue {
	if e.Actor != event.ActorCustomer {
		kvs = text(kvs, semconv.ActorKey, e.Actor.String())
	}
	if e.Direction != event.Inbound {
		kvs = text(kvs, semconv.DirectionKey, e.Direction.String())
	}
	if v := e.Variant; v != nil {
		kvs = text(kvs, semconv.VariantReleaseKey, v.Release)
		kvs = text(kvs, semconv.VariantExperimentKey, v.Experiment)
		kvs = text(kvs, semconv.VariantArmKey, v.Arm)
	}
	if f := e.Feedback; f != nil {
		kvs = text(kvs, semconv.SurveyNameKey, f.Survey)
		kvs = text(kvs, semconv.FeedbackScaleKey, f.Scale.String())
		kvs = append(kvs, semconv.FeedbackValueKey.Int(f.Score))
		kvs = text(kvs, semconv.FeedbackVerdictKey, f.Verdict.String())
	}
	if e.Kind == event.JourneyEnded {
		kvs = text(kvs, semconv.JourneyNamespaceKey, e.Journey.Namespace)
		kvs = text(kvs, semconv.JourneyVersionKey, e.Journey.Version)
		if e.Transition != nil && e.Transition.Partial {
			kvs = append(kvs, semconv.JourneyPartialKey.Bool(true))
		}
	}
	return kvs
}

func text(kvs []attribute.KeyValue, k attribute.Key, v string) []attribute.KeyValue {
	if v == "" {
		return kvs
	}
	return append(kvs, k.String(v))
}

// status marks the span of what failed as an error. The description is a class, never a
// message: a message may hold a customer's data.
func status(s trace.Span, e *event.Event) {
	if e.Outcome != event.Failed {
		return
	}
	why := e.Cause
	if why == "" && e.ErrorType != "_OTHER" {
		why = e.ErrorType
	}
	s.SetStatus(codes.Error, why)
}
