package telemetry

import (
	"context"
	"encoding/binary"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// linkTypes are the attributes of links, by their target.
type linkTypes struct {
	journey, request, segment []attribute.KeyValue
}

func newLinkTypes() linkTypes {
	return linkTypes{
		journey: []attribute.KeyValue{semconv.LinkTypeKey.String("journey")},
		request: []attribute.KeyValue{semconv.LinkTypeKey.String("request")},
		segment: []attribute.KeyValue{semconv.LinkTypeKey.String("segment")},
	}
}

// requests remembers which of the latest request spans already carry which journey, so that a span gets the attributes
// and the link once, however many events are recorded in it. A slot that another span takes is forgotten; the first span
// may then get a second link.
type requests [1 << 10]atomic.Uint64

// first reports whether the span does not carry the journey yet.
func (r *requests) first(s trace.Span, journey trace.TraceID) bool {
	id := s.SpanContext().SpanID()
	span := binary.BigEndian.Uint64(id[:])
	both := (span ^ binary.BigEndian.Uint64(journey[8:])) | 1
	slot := &r[both>>1%uint64(len(r))] // the slot depends on both, because a batch belongs to many journeys
	return slot.Load() != both && slot.Swap(both) != both
}

// Request puts the journey's name and ID on the request's span in ctx, and links that span to the journey's trace at tr,
// which is not nil, if the trace is kept. It does so once for each span and journey.
func (t *Telemetry) Request(ctx context.Context, j *event.Run, tr *flight.Trace) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() || !t.requests.first(span, tr.TraceID()) {
		return
	}
	identify(span, j)
	if t.keeps(tr.TraceID()) {
		span.AddLink(trace.Link{SpanContext: tr.Root(), Attributes: t.links.journey})
	}
}

// identify puts the journey's name and ID on the span.
func identify(span trace.Span, j *event.Run) {
	span.SetAttributes(semconv.JourneyNameKey.String(j.Name), semconv.JourneyIDKey.String(j.ID))
}
