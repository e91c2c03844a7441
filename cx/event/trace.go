package event

import (
	"encoding/hex"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/internal/digest"
)

// SpanRef names a span by the IDs of its trace and of the span.
type SpanRef struct {
	TraceID trace.TraceID
	SpanID  trace.SpanID
}

// parse reads the IDs as 48 hexadecimal digits, the form that [Event.AppendJSON] writes. An empty text is no span.
func (s *SpanRef) parse(b []byte) error {
	var ids [24]byte
	if len(b) == 0 {
		*s = SpanRef{}
		return nil
	}
	if len(b) != hex.EncodedLen(len(ids)) {
		return fmt.Errorf("event: the root of a journey's trace has %d digits, want %d", len(b), hex.EncodedLen(len(ids)))
	}
	if _, err := hex.Decode(ids[:], b); err != nil {
		return fmt.Errorf("event: the root of a journey's trace: %w", err)
	}
	read := SpanRef{trace.TraceID(ids[:16]), trace.SpanID(ids[16:])}
	if !read.TraceID.IsValid() || !read.SpanID.IsValid() {
		return errors.New("event: the root of a journey's trace is all zeros")
	}
	*s = read
	return nil
}

// TraceID returns the ID of the run's trace: the first 16 bytes of the SHA-256 of a version tag, the namespace, the name of
// the journey and the ID. Every service that knows these three derives the same trace, on any day. The trace ID does not
// reveal them.
func (r *Run) TraceID() trace.TraceID {
	if r.Root != (SpanRef{}) {
		return r.Root.TraceID
	}
	id, _ := digest.Root(r.Namespace, r.Name, r.ID)
	return id
}

// RootSpan returns the context of the root span of the run's trace, marked as sampled and remote. The span ID is the next
// 8 bytes of the digest that gives [Run.TraceID].
func (r *Run) RootSpan() trace.SpanContext {
	if r.Root != (SpanRef{}) {
		return journeySpan(r.Root.TraceID, r.Root.SpanID)
	}
	id, span := digest.Root(r.Namespace, r.Name, r.ID)
	return journeySpan(id, span)
}

// TraceID returns the ID of the trace of the event's run. It is the zero ID for an event without a journey.
func (e *Event) TraceID() trace.TraceID {
	if e.Journey.IsZero() {
		return trace.TraceID{}
	}
	return e.Journey.TraceID()
}

// JourneySpan returns the context of the span that contains the event in the trace of its run: the span of the stage where
// stage and visit are known, else the root span. It is invalid for an event without a journey.
func (e *Event) JourneySpan() trace.SpanContext {
	if e.Journey.IsZero() {
		return trace.SpanContext{}
	}
	root := e.Journey.RootSpan()
	if e.Stage == "" || e.Visit <= 0 {
		return root
	}
	return journeySpan(root.TraceID(), digest.Stage(e.Journey.Namespace, e.Journey.Name, e.Journey.ID, e.Stage, e.Visit))
}

func journeySpan(id trace.TraceID, span trace.SpanID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: trace.FlagsSampled, Remote: true})
}
