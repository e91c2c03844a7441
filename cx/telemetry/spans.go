package telemetry

import (
	"context"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// touchpoint ends the live span and emits the twin, each with a link to the other. The series of the event's metrics may be nil.
func (t *Telemetry) touchpoint(ctx context.Context, e *flight.Event, kept bool, of *series) {
	live, owned := e.Span()
	if owned {
		defer live.End() // also if the code below panics
	}
	recording := live != nil && live.IsRecording()
	twin := kept && t.journeys.on() && t.spend(ctx, &t.budget, e)
	if recording || twin {
		pooled := attrs.Get().(*[]attribute.KeyValue) //nolint:forcetypeassert // the pool holds nothing else
		kvs := describe((*pooled)[:0], e, of)
		if recording && (owned || e.SpanFailed()) {
			kvs = describeError(kvs, e)
			live.SetAttributes(kvs...)
			if code, why := status(e); code != codes.Unset {
				live.SetStatus(code, why)
			}
		} else {
			if recording { // the owner sets the span's status and error.type, by the conventions of its kind
				live.SetAttributes(kvs...)
			}
			kvs = describeError(kvs, e)
		}
		there := trace.SpanContext{}
		switch {
		case twin:
			var times interval
			there, times = t.child(ctx, e, e.Touchpoint, kvs)
			if e.Assisted != nil {
				t.parts(ctx, e, there, times)
			}
		case kept:
			there = e.Trace().Parent() // the trace is full, or no provider records it here
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

// linkBack links the request to the place in the journey's trace. The link is on the live span. An event without one
// links the request's own span, which gets the journey's name and ID.
func (t *Telemetry) linkBack(ctx context.Context, e *flight.Event, live trace.Span, there trace.SpanContext) {
	if live == nil {
		if live = trace.SpanFromContext(ctx); !e.Journey.IsZero() && live.IsRecording() && t.requests.first(live, e.TraceID()) {
			identify(live, &e.Journey)
		}
	} else if !e.Journey.IsZero() {
		t.requests.first(live, e.TraceID()) // a later event of the request, such as the end of the journey, adds no link
	}
	if there.IsSampled() {
		live.AddLink(trace.Link{SpanContext: there, Attributes: t.links.journey})
	}
}

// child emits a span for the event under its place in the journey's trace, linked to the request, and returns its
// context and its times. The span has the attributes kvs, which stay the caller's.
func (t *Telemetry) child(ctx context.Context, e *flight.Event, name string, kvs []attribute.KeyValue) (trace.SpanContext, interval) {
	parent, times := t.fit(e)
	d := t.draft(name, times)
	d.Parent, d.random = parent, true
	if place := e.SpanPlace(); t.journeys.sink == nil && parent.SpanID() == place.Parent().SpanID() {
		d.context = place.Context()
	}
	d.Attributes = kvs
	if cutShort(e, times) {
		d.Attributes = append(slices.Clip(kvs), trueTimes(e, times)...)
	}
	t.linkRequest(d, requestSpan(ctx, e))
	d.Status, d.Description = status(e)
	return t.journeys.emit(d), times
}

// linkRequest links a span of the journey to the span of its request, if that is sampled.
func (t *Telemetry) linkRequest(d *draft, request trace.SpanContext) {
	if request.IsValid() && request.IsSampled() {
		d.addLink(trace.Link{SpanContext: request, Attributes: t.links.request})
	}
}

// fit returns the parent of the event's span and the span's times. If the span lies in the journey and outside its
// stage, the parent is the root.
func (t *Telemetry) fit(e *flight.Event) (trace.SpanContext, interval) {
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
	return above, times
}

// cutShort reports whether the times of the span differ from those of the event. A nanosecond does not count, because it
// is added to a span that took no time.
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

// feedback emits the span of what a customer was asked or said.
func (t *Telemetry) feedback(ctx context.Context, e *flight.Event) {
	if !t.spend(ctx, &t.budget, e) {
		return
	}
	there, _ := t.child(ctx, e, feedbackSpan(e), describeError(describe(nil, e, nil), e))
	t.linkBack(ctx, e, nil, there)
}

// started emits the span of a journey's start. A search finds a journey under way by it, since the root is emitted at the
// end. That of a follow-up is linked to the trace of the run that it is about.
func (t *Telemetry) started(e *flight.Event) {
	root := e.Trace().Root()
	times, _ := t.extents.fit(root.SpanID(), 0, interval{e.Time.UnixNano(), e.Time.UnixNano() + 1}, false)
	d := t.draft(e.Journey.Name+startedSuffix, times)
	d.SpanContext, d.Parent = own(root, flight.StartedSpanID(&e.Journey)), root
	d.Attributes = describe(nil, e, nil)
	t.linkRequest(d, e.Request())
	if about := t.aboutRoot(e); about.IsValid() {
		d.addLink(trace.Link{SpanContext: about, Attributes: t.links.journey})
	}
	t.journeys.emit(d)
}

// own returns the context of a span in the trace of root.
func own(root trace.SpanContext, id trace.SpanID) trace.SpanContext {
	return root.WithSpanID(id).WithRemote(false)
}

// startedSuffix follows the journey's name in the name of the span of its start.
const startedSuffix = " started"

// entered notes the start of a visit to a stage.
func (t *Telemetry) entered(e *flight.Event) {
	if e.Visit > 0 {
		t.extents.begin(e.Trace().Parent().SpanID(), e.Time)
	}
}

// Expect notes an end that was recorded and is not decided yet. Spans that began before that time are in the journey, and
// those that last longer are cut to it.
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
	id := flight.StageSpanID(&e.Journey, left.From, left.Visit)
	lasted := interval{left.Entered.UnixNano(), later(at, left.Entered).UnixNano()}
	until := e.Time.UnixNano()
	if e.Kind != event.JourneyEnded { // other events saw the visit as current, so it covers their spans
		until = t.extents.endOf(root.SpanID())
	}
	times := t.extents.close(id, lasted, until)
	t.extents.cover(root.SpanID(), times)
	d := t.draft(left.From, times)
	d.SpanContext, d.Parent = own(root, id), root
	d.Attributes = []attribute.KeyValue{
		semconv.JourneyNameKey.String(e.Journey.Name),
		semconv.JourneyIDKey.String(e.Journey.ID),
		semconv.StageNameKey.String(left.From),
		semconv.StageVisitKey.Int(left.Visit),
	}
	if times.stretched(lasted) {
		d.Attributes = append(d.Attributes, semconv.EventDurationKey.Float64(at.Sub(left.Entered).Seconds()))
	}
	t.journeys.emit(d)
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
	lasted := interval{start.UnixNano(), later(e.Time, start).UnixNano()}
	times := t.extents.close(root.SpanID(), lasted, lasted.end)
	d := t.draft(e.Journey.Name, times)
	d.SpanContext, d.Parent = own(root, root.SpanID()), t.above(e, root, 0)
	d.Attributes = describeEnd(describeError(describe(nil, e, nil), e), e)
	if times.stretched(lasted) && e.Duration > 0 {
		d.Attributes = append(d.Attributes, semconv.EventDurationKey.Float64(e.Duration.Seconds()))
	}
	d.Status, d.Description = status(e)
	for n := 1; n <= min(e.Segment(), maxSegmentLinks); n++ {
		d.addLink(trace.Link{SpanContext: flight.SegmentSpan(&e.Journey, n), Attributes: t.links.segment})
	}
	t.journeys.emit(d)
	for n := 1; n <= e.Segment(); n++ {
		t.segment(e, n, lasted)
	}
}

// above returns the parent of the root of a segment: none, or a virtual sampled span for an ordinary provider,
// which would otherwise ask its sampler about a new trace.
func (t *Telemetry) above(e *flight.Event, root trace.SpanContext, segment int) trace.SpanContext {
	switch flat := t.journeys.flat(); {
	case flat:
		return root
	case t.journeys.own:
		return trace.SpanContext{}
	default:
		return root.WithSpanID(flight.StageSpanID(&e.Journey, "", segment))
	}
}

// maxSegmentLinks is the default limit of OpenTelemetry for the links of a span.
const maxSegmentLinks = 128

// segment emits the root of a further segment of the journey's trace, linked to the first one.
func (t *Telemetry) segment(e *flight.Event, n int, lasted interval) {
	if t.journeys.flat() {
		return
	}
	root := flight.SegmentSpan(&e.Journey, n)
	d := t.draft(e.Journey.Name+", part "+strconv.Itoa(n+1), t.extents.close(root.SpanID(), lasted, lasted.end))
	d.SpanContext, d.Parent = own(root, root.SpanID()), t.above(e, root, n)
	d.Attributes = describeEnd(describeError(describe(nil, e, nil), e), e)
	d.addLink(trace.Link{SpanContext: e.Trace().Root(), Attributes: t.links.journey})
	t.journeys.emit(d)
}

// later returns the end of a span that began at start, at least a nanosecond after it: backends
// take a span without a duration for the result of a wrong clock.
func later(end, start time.Time) time.Time {
	if end.After(start) {
		return end
	}
	return start.Add(time.Nanosecond)
}

// How a provider without a sink treats requested IDs.
const (
	modeUnknown int32 = iota
	modeTree          // the provider uses the requested IDs: the trace is a tree
	modeFlat          // the provider uses random IDs: all spans are children of the root's ID
)

// flat reports whether the provider of journey spans lacks [IDGenerator]. A probe finds out: a
// span that never ends, so that it is never exported. The first use in which the provider
// records starts it; until then no span is exported either way.
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

// on reports whether the provider may record. A provider that did not record is probed again after
// idleFor touchpoints, OpenTelemetry's global one each time, because applications set it late.
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
