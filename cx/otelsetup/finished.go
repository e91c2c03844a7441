package otelsetup

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/telemetry"
)

// spanSink hands finished spans of one scope to the span processors.
//
// A span is one allocation. It cannot be pooled: a processor may keep it for as long as it wants. Where the SDK would
// change what a span has, because of a limit or a nested value, the SDK makes the span: only the SDK knows how.
type spanSink struct {
	provider *JourneyTracerProvider
	sample   sdktrace.ReadOnlySpan // what all spans of the scope have in common
	tracer   trace.Tracer
}

// EndSpan implements telemetry.SpanSink.
func (k *spanSink) EndSpan(s *telemetry.FinishedSpan) {
	switch {
	case k.provider.down.Load():
	case k.provider.limited(s):
		k.start(s)
	default:
		f := k.finish(s)
		for _, p := range k.provider.processors {
			p.OnEnd(f)
		}
	}
}

// start lets the SDK start and end the span.
func (k *spanSink) start(s *telemetry.FinishedSpan) {
	ctx := context.WithValue(context.Background(), idsKey{}, s.SpanContext)
	opts := []trace.SpanStartOption{trace.WithTimestamp(s.Start), trace.WithSpanKind(s.Kind)}
	if s.Parent.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, s.Parent)
	} else {
		opts = append(opts, trace.WithNewRoot())
	}
	_, span := k.tracer.Start(ctx, s.Name, opts...)
	span.SetAttributes(s.Attributes...)
	for _, l := range s.Links {
		span.AddLink(l)
	}
	span.SetStatus(s.Status, s.Description)
	span.End(trace.WithTimestamp(s.End))
}

// limited reports whether the SDK has to make the span: it would change an attribute or a link, or leave one out, or a span
// context has what [finished] has no room for.
func (p *JourneyTracerProvider) limited(s *telemetry.FinishedSpan) bool {
	if !usual(s.SpanContext) || s.Parent.IsValid() && (!usual(s.Parent) || s.Parent.TraceID() != s.SpanContext.TraceID()) {
		return true
	}
	if over(len(s.Attributes), p.limits.AttributeCountLimit) || over(len(s.Links), p.limits.LinkCountLimit) {
		return true
	}
	for i := range s.Attributes {
		if p.changes(&s.Attributes[i]) {
			return true
		}
	}
	for i := range s.Links {
		l := &s.Links[i]
		if !l.SpanContext.IsValid() || len(l.Attributes) > 1 || over(len(l.Attributes), p.limits.AttributePerLinkCountLimit) {
			return true
		}
		for j := range l.Attributes {
			if !plain(&l.Attributes[j]) {
				return true
			}
		}
	}
	return false
}

// usual reports whether a span context has nothing but its IDs and the flag of a sampled span.
func usual(sc trace.SpanContext) bool {
	return sc.TraceFlags() == trace.FlagsSampled && sc.TraceState().Len() == 0
}

func over(n, limit int) bool { return limit >= 0 && n > limit }

// changes reports whether the SDK would change the attribute of a span, or leave it out.
func (p *JourneyTracerProvider) changes(kv *attribute.KeyValue) bool {
	limit := p.limits.AttributeValueLengthLimit
	switch kv.Value.Type() {
	case attribute.STRING:
		return kv.Key == "" || limit >= 0 && len(kv.Value.AsString()) > limit
	case attribute.BOOL, attribute.INT64, attribute.FLOAT64:
		return kv.Key == ""
	case attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE:
		return kv.Key == ""
	case attribute.STRINGSLICE:
		return kv.Key == "" || limit >= 0
	default:
		return true
	}
}

// plain reports whether the attribute has a key and a value that nothing is nested in.
func plain(kv *attribute.KeyValue) bool {
	switch kv.Value.Type() {
	case attribute.STRING, attribute.BOOL, attribute.INT64, attribute.FLOAT64:
		return kv.Key != ""
	default:
		return false
	}
}

// finished is a span that has ended. It does not change. Resource, scope and what journeys' spans do not have are those
// of the embedded sample, and so is what a later version of the SDK adds.
type finished struct {
	sdktrace.ReadOnlySpan

	name        string
	trace       trace.TraceID
	own, parent trace.SpanID
	start, end  int64 // Unix nanoseconds
	kind        trace.SpanKind
	code        codes.Code
	parented    bool // there is a parent
	remote      bool // the parent is in another process
	description string
	attributes  []attribute.KeyValue
	links       []sdktrace.Link

	roomForAttributes [8]attribute.KeyValue
	roomForLink       [1]sdktrace.Link
}

// finish copies the span.
func (k *spanSink) finish(s *telemetry.FinishedSpan) *finished {
	f := &finished{
		ReadOnlySpan: k.sample,
		name:         s.Name, trace: s.SpanContext.TraceID(), own: s.SpanContext.SpanID(),
		parent: s.Parent.SpanID(), parented: s.Parent.IsValid(), remote: s.Parent.IsRemote(),
		start: s.Start.UnixNano(), end: s.End.UnixNano(),
		kind: trace.ValidateSpanKind(s.Kind), code: s.Status,
	}
	if s.Status == codes.Error {
		f.description = s.Description
	}
	if len(s.Attributes) > 0 {
		f.attributes = unique(append(room(f.roomForAttributes[:0], len(s.Attributes)), s.Attributes...))
	}
	if len(s.Links) > 0 {
		f.links = room(f.roomForLink[:0], len(s.Links))
		for i := range s.Links {
			f.links = append(f.links, sdktrace.Link{SpanContext: s.Links[i].SpanContext, Attributes: s.Links[i].Attributes})
		}
	}
	return f
}

// room returns an empty slice with room for n: the one that is given, if it is large enough.
func room[T any](own []T, n int) []T {
	if n <= cap(own) {
		return own
	}
	return make([]T, 0, n)
}

// unique leaves of each key the last value, in the place of the first, as the SDK does.
func unique(kvs []attribute.KeyValue) []attribute.KeyValue {
	n := 0
	for i := range kvs {
		at := n
		for j := range n {
			if kvs[j].Key == kvs[i].Key {
				at = j
				break
			}
		}
		if at != i {
			kvs[at] = kvs[i]
		}
		if at == n {
			n++
		}
	}
	clear(kvs[n:])
	return kvs[:n]
}

// Name implements [sdktrace.ReadOnlySpan].
func (f *finished) Name() string { return f.name }

// SpanContext implements [sdktrace.ReadOnlySpan].
func (f *finished) SpanContext() trace.SpanContext { return f.context(f.own, false) }

// Parent implements [sdktrace.ReadOnlySpan].
func (f *finished) Parent() trace.SpanContext {
	if !f.parented {
		return trace.SpanContext{}
	}
	return f.context(f.parent, f.remote)
}

func (f *finished) context(id trace.SpanID, remote bool) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: f.trace, SpanID: id, TraceFlags: trace.FlagsSampled, Remote: remote})
}

// SpanKind implements [sdktrace.ReadOnlySpan].
func (f *finished) SpanKind() trace.SpanKind { return f.kind }

// StartTime implements [sdktrace.ReadOnlySpan].
func (f *finished) StartTime() time.Time { return time.Unix(0, f.start) }

// EndTime implements [sdktrace.ReadOnlySpan].
func (f *finished) EndTime() time.Time { return time.Unix(0, f.end) }

// Attributes implements [sdktrace.ReadOnlySpan].
func (f *finished) Attributes() []attribute.KeyValue { return f.attributes }

// Links implements [sdktrace.ReadOnlySpan].
func (f *finished) Links() []sdktrace.Link { return f.links }

// Status implements [sdktrace.ReadOnlySpan].
func (f *finished) Status() sdktrace.Status {
	return sdktrace.Status{Code: f.code, Description: f.description}
}
