package spanmatch

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// ended stands in for a span that has ended, while its touchpoint is recorded. The client puts the run and the link to the run's trace on
// the span of its context; ended keeps them for [described].
type ended struct {
	noop.Span

	context    trace.SpanContext
	attributes []attribute.KeyValue
	links      []sdktrace.Link
}

// SpanContext implements [trace.Span].
func (s *ended) SpanContext() trace.SpanContext { return s.context }

// IsRecording implements [trace.Span].
func (s *ended) IsRecording() bool { return true }

// SetAttributes implements [trace.Span].
func (s *ended) SetAttributes(kvs ...attribute.KeyValue) { s.attributes = append(s.attributes, kvs...) }

// AddLink implements [trace.Span].
func (s *ended) AddLink(l trace.Link) {
	s.links = append(s.links, sdktrace.Link{SpanContext: l.SpanContext, Attributes: l.Attributes})
}

// described is a span that has ended and became a touchpoint. It does not change.
type described struct {
	sdktrace.ReadOnlySpan

	attributes []attribute.KeyValue
	links      []sdktrace.Link
}

// describe returns the span with its touchpoint, and with what the client has put on it.
func (s *ended) describe(of sdktrace.ReadOnlySpan, e *event.Event) *described {
	d := &described{ReadOnlySpan: of, links: append(slices.Clip(of.Links()), s.links...)}
	d.attributes = append(slices.Clip(of.Attributes()), semconv.TouchpointNameKey.String(e.Touchpoint), semconv.OutcomeKey.String(e.Outcome.String()))
	if e.Channel != 0 {
		d.attributes = append(d.attributes, semconv.ChannelKey.String(e.Channel.String()))
	}
	for _, kv := range s.attributes {
		if !slices.ContainsFunc(d.attributes, func(has attribute.KeyValue) bool { return has.Key == kv.Key }) {
			d.attributes = append(d.attributes, kv)
		}
	}
	return d
}

// Attributes implements [sdktrace.ReadOnlySpan].
func (d *described) Attributes() []attribute.KeyValue { return d.attributes }

// Links implements [sdktrace.ReadOnlySpan].
func (d *described) Links() []sdktrace.Link { return d.links }
