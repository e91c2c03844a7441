package telemetry

import (
	"context"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// spanOptions are the options of a span with given times. They come from a pool to save allocations.
type spanOptions struct {
	start [1]trace.SpanStartOption
	end   [1]trace.SpanEndOption
}

var options = sync.Pool{New: func() any { return new(spanOptions) }}

// touchpoint ends the live span and emits the twin. Each links to the other.
func (t *Telemetry) touchpoint(ctx context.Context, e *flight.Event, kept bool) {
	live, owned := e.Span()
	if owned {
		defer live.End() // also if the code below panics
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
			if recording { // the owner sets the span's status and error.type, by the conventions of its kind
				live.SetAttributes(kvs...)
			}
			kvs = describeError(kvs, e)
		}
		there := trace.SpanContext{}
		switch {
		case twin:
			there = t.child(ctx, e, e.Touchpoint, kvs)
		case kept:
			there = e.Trace().Parent() // the journey's trace is full, or this process does not record it
		}
		t.linkBack(ctx, e, live, there)
		if len(e.Attributes) > 0 {
			clear(kvs) // release the application's values, which may be large
		}
		*pooled = kvs[:0]
		attrs.Put(pooled)
	}
	if t.allEvents {
		t.log(ctx, e)
	}
}

// linkBack links the request to its place in the journey's trace. The link is on the live span. If the event has
// no live span, it is on the request's own span, which then also gets the journey's attributes.
func (t *Telemetry) linkBack(ctx context.Context, e *flight.Event, live trace.Span, there trace.SpanContext) {
	if live == nil {
		if live = trace.SpanFromContext(ctx); !e.Journey.IsZero() && live.IsRecording() && t.requests.first(live, e.TraceID()) {
			identify(live, &e.Journey)
		}
	} else if !e.Journey.IsZero() {
		t.requests.first(live, e.TraceID()) // later events of the request, such as the journey's end, add no second link
	}
	if there.IsSampled() {
		live.AddLink(trace.Link{SpanContext: there, Attributes: t.links.journey})
	}
}

// child emits a span for the event below its place in the journey's trace, with a link to the request, and returns
// the span's context.
func (t *Telemetry) child(ctx context.Context, e *flight.Event, name string, kvs []attribute.KeyValue) trace.SpanContext {
	parent, times := t.fit(e)
	o := options.Get().(*spanOptions) //nolint:forcetypeassert // the pool holds nothing else
	o.start[0] = trace.WithTimestamp(instant(times.start))
	o.end[0] = trace.WithTimestamp(instant(times.end))
	_, s := t.journeys.tracer.Start(parent, name, o.start[:]...)
	if s.IsRecording() {
		s.SetAttributes(kvs...)
		if cutShort(e, times) {
			s.SetAttributes(trueTimes(e, times)...)
		}
		t.linkRequest(s, requestSpan(ctx, e))
		status(s, e)
	}
	s.End(o.end[:]...)
	options.Put(o)
	return s.SpanContext()
}

// linkRequest links a span of the journey to the span of its request, if that is sampled.
func (t *Telemetry) linkRequest(s trace.Span, request trace.SpanContext) {
	if request.IsValid() && request.IsSampled() {
		s.AddLink(trace.Link{SpanContext: request, Attributes: t.links.request})
	}
}

// fit returns the parent of the event's span and the span's times. If the span lies in the journey and outside its
// stage, the parent is the root.
func (t *Telemetry) fit(e *flight.Event) (context.Context, interval) {
	place := e.SpanPlace()
	root, above := place.Root(), place.Parent()
	if t.journeys.flat() {
		above = root
	}
	began := nanos(e.Journey.Started)
	own := interval{e.Time.UnixNano(), later(e.Time.Add(e.Duration), e.Time).UnixNano()}
	if above.SpanID() != root.SpanID() && !t.extents.known(above.SpanID()) && t.extents.reached(root.SpanID(), own, e.Late) {
		above = root // the journey ended before it reached this stage, so a span at its end lies after it
	}
	times, how := t.extents.fit(above.SpanID(), began, own, e.Late)
	if how != inside && above.SpanID() != root.SpanID() && !t.extents.over(root.SpanID(), own, e.Late) {
		above = root
		times, how = t.extents.fit(above.SpanID(), began, own, e.Late)
	}
	if how == before { // the span ended before the journey began
		times = interval{began, began + 1}
	}
	if above.SpanID() == place.Parent().SpanID() {
		return place.Context(), times
	}
	return trace.ContextWithRemoteSpanContext(context.Background(), above), times
}

// cutShort reports whether the span's times differ from the event's. A difference of a nanosecond does not count,
// because later adds one to a duration of 0.
func cutShort(e *flight.Event, times interval) bool {
	began := e.Time.UnixNano()
	return times.start > began+1 || began > times.start+1 || abs(times.end-later(e.Time.Add(e.Duration), e.Time).UnixNano()) > 1
}

func abs(n int64) int64 { return max(n, -n) }

// trueTimes returns the attributes with the event's own times, for a span that was cut to its parent.
func trueTimes(e *flight.Event, times interval) []attribute.KeyValue {
	kvs := []attribute.KeyValue{semconv.EventDurationKey.Float64(e.Duration.Seconds())}
	if times.start > e.Time.UnixNano()+1 {
		kvs = append(kvs, semconv.EventTimeKey.String(e.Time.UTC().Format(time.RFC3339Nano)))
	}
	return kvs
}

func instant(nanos int64) time.Time { return time.Unix(0, nanos) }

// nanos returns a time as Unix nanoseconds, or 0 for the zero time.
func nanos(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixNano()
}

// requestSpan returns the span of the request in which the event happened.
func requestSpan(ctx context.Context, e *flight.Event) trace.SpanContext {
	if request := e.Request(); request.IsValid() {
		return request
	}
	return trace.SpanContextFromContext(ctx)
}

// feedback emits the span of a customer's answer.
func (t *Telemetry) feedback(ctx context.Context, e *flight.Event) {
	if !t.spend(ctx, &t.budget, e) {
		return
	}
	t.linkBack(ctx, e, nil, t.child(ctx, e, e.Feedback.Survey, describeError(describe(nil, e), e)))
}

// started emits the span of a journey's start. It makes a journey under way searchable, whose root does not exist
// yet.
func (t *Telemetry) started(e *flight.Event) {
	root := e.Trace().Root()
	ids := &wanted{trace: root.TraceID(), span: flight.StartedSpanID(&e.Journey)}
	ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), root)
	times, _ := t.extents.fit(root.SpanID(), 0, interval{e.Time.UnixNano(), e.Time.UnixNano() + 1}, false)
	_, s := t.journeys.tracer.Start(ids, e.Journey.Name+startedSuffix, trace.WithTimestamp(instant(times.start)))
	if s.IsRecording() {
		s.SetAttributes(describe(nil, e)...)
		t.linkRequest(s, e.Request())
	}
	s.End(trace.WithTimestamp(instant(times.end)))
}

// startedSuffix follows the journey's name in the name of the span of its start.
const startedSuffix = " started"

// entered notes the start of a visit to a stage.
func (t *Telemetry) entered(e *flight.Event) {
	if e.Visit > 0 {
		t.extents.begin(e.Trace().Parent().SpanID(), e.Time)
	}
}

// Expect notes an end that is recorded and not yet decided. Events recorded before it are in the journey, and
// spans that last longer end with it.
func (t *Telemetry) Expect(e *flight.Event) {
	if e.Kind == event.JourneyEnded && t.kept(e) {
		t.extents.expect(e.Trace().Root().SpanID(), e.Time)
		t.extents.expect(e.Trace().Parent().SpanID(), e.Time)
	}
}

// stage emits the span of the stage that the customer left with this event, and of a second stage if the event
// names one.
func (t *Telemetry) stage(ctx context.Context, e *flight.Event) {
	if e.Transition != nil {
		t.visit(ctx, e, e.Transition, e.Time)
	}
	if left, at, ok := e.AlsoLeft(); ok {
		t.visit(ctx, e, &left, at)
	}
}

// visit emits the span of a visit to a stage that ended at the given time.
func (t *Telemetry) visit(ctx context.Context, e *flight.Event, left *event.Transition, at time.Time) {
	if left.From == "" || left.Visit == 0 || left.Entered.IsZero() || t.journeys.flat() || !t.spend(ctx, &t.stages, e) {
		return
	}
	root := e.Trace().Root()
	ids := &wanted{trace: root.TraceID(), span: flight.StageSpanID(&e.Journey, left.From, left.Visit)}
	ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), root)
	own := interval{left.Entered.UnixNano(), later(at, left.Entered).UnixNano()}
	until := e.Time.UnixNano()
	if e.Kind != event.JourneyEnded { // other events saw the visit as current, so it covers their spans
		until = t.extents.endOf(root.SpanID())
	}
	times := t.extents.close(ids.span, own, until)
	t.extents.cover(root.SpanID(), times)
	_, s := t.journeys.tracer.Start(ids, left.From, trace.WithTimestamp(instant(times.start)))
	if s.IsRecording() {
		s.SetAttributes(
			semconv.JourneyNameKey.String(e.Journey.Name),
			semconv.JourneyIDKey.String(e.Journey.ID),
			semconv.StageNameKey.String(left.From),
			semconv.StageVisitKey.Int(left.Visit),
		)
		if times.stretched(own) {
			s.SetAttributes(semconv.EventDurationKey.Float64(at.Sub(left.Entered).Seconds()))
		}
	}
	s.End(trace.WithTimestamp(instant(times.end)))
}

// stretched reports whether a parent was extended to cover its spans, by more than the nanosecond that later adds
// to a duration of 0.
func (i interval) stretched(own interval) bool { return own.start-i.start > 1 || i.end-own.end > 1 }

// root emits the journey's own span, from its true start to its end.
func (t *Telemetry) root(e *flight.Event) {
	root := e.Trace().Root()
	start := e.Journey.Started
	if start.IsZero() {
		start = e.Time // the start is unknown, so the span has no duration
	}
	own := interval{start.UnixNano(), later(e.Time, start).UnixNano()}
	times := t.extents.close(root.SpanID(), own, own.end)
	ids := &wanted{Context: context.Background(), trace: root.TraceID(), span: root.SpanID()}
	opts := []trace.SpanStartOption{trace.WithTimestamp(instant(times.start))}
	if t.journeys.own && !t.journeys.flat() {
		opts = append(opts, trace.WithNewRoot())
	} else {
		// An ordinary provider would ask its sampler about a new trace, so the root gets a virtual parent.
		parent := root
		if !t.journeys.flat() {
			parent = parent.WithSpanID(flight.StageSpanID(&e.Journey, "", 0))
		}
		ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), parent)
	}
	_, s := t.journeys.tracer.Start(ids, e.Journey.Name, opts...)
	if s.IsRecording() {
		s.SetAttributes(describeEnd(describeError(describe(nil, e), e), e)...)
		if times.stretched(own) && e.Duration > 0 {
			s.SetAttributes(semconv.EventDurationKey.Float64(e.Duration.Seconds()))
		}
		status(s, e)
		for n := 1; n <= min(e.Segment(), maxSegmentLinks); n++ {
			s.AddLink(trace.Link{SpanContext: flight.SegmentSpan(&e.Journey, n), Attributes: t.links.segment})
		}
	}
	s.End(trace.WithTimestamp(instant(times.end)))
	for n := 1; n <= e.Segment(); n++ {
		t.segment(e, n, own)
	}
}

// maxSegmentLinks is the default limit of OpenTelemetry for the links of a span.
const maxSegmentLinks = 128

// segment emits the root of a further segment of the journey's trace, linked to the first one.
func (t *Telemetry) segment(e *flight.Event, n int, own interval) {
	if t.journeys.flat() {
		return
	}
	root := flight.SegmentSpan(&e.Journey, n)
	times := t.extents.close(root.SpanID(), own, own.end)
	ids := &wanted{Context: context.Background(), trace: root.TraceID(), span: root.SpanID()}
	opts := []trace.SpanStartOption{
		trace.WithTimestamp(instant(times.start)),
		trace.WithLinks(trace.Link{SpanContext: e.Trace().Root(), Attributes: t.links.journey}),
	}
	if t.journeys.own {
		opts = append(opts, trace.WithNewRoot())
	} else {
		ids.Context = trace.ContextWithRemoteSpanContext(context.Background(), root.WithSpanID(flight.StageSpanID(&e.Journey, "", n)))
	}
	_, s := t.journeys.tracer.Start(ids, e.Journey.Name+", part "+strconv.Itoa(n+1), opts...)
	if s.IsRecording() {
		s.SetAttributes(describeEnd(describeError(describe(nil, e), e), e)...)
	}
	s.End(trace.WithTimestamp(instant(times.end)))
}

// later returns the end of a span that began at start. It is at least a nanosecond after start, because backends
// take a span without a duration for one with a wrong clock.
func later(end, start time.Time) time.Time {
	if end.After(start) {
		return end
	}
	return start.Add(time.Nanosecond)
}

// The behaviour of the provider of journey spans when it is asked for IDs.
const (
	modeUnknown int32 = iota
	modeTree          // the provider uses the requested IDs: the trace is a tree
	modeFlat          // the provider uses random IDs: all spans are children of the root's ID
)

// flat reports whether the provider of journey spans lacks [IDGenerator]. It tests the provider with a span that
// is never ended and so never exported, at the first use at which the provider records. Until then no span is
// recorded, so the answer does not matter.
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

// idleFor is the number of touchpoints for which a provider that does not record is not asked again.
const idleFor = 16

// on reports whether the provider may record. It asks a provider that did not record again after idleFor
// touchpoints. It asks OpenTelemetry's global provider each time, because applications may set it after they have
// started to record.
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

// spend takes a span from the journey's budget, or counts a fault if the budget is used up.
func (t *Telemetry) spend(ctx context.Context, b *spanBudget, e *flight.Event) bool {
	if b.take(e.SpanPlace().TraceID()) {
		return true
	}
	t.metrics.report(ctx, fault.Report{Fault: fault.SpanLimit, Name: e.Journey.Name, Detail: "the trace of a run is full: further spans are left out of it"})
	return false
}
