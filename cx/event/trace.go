package event

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"go.opentelemetry.io/otel/trace"
)

// rootIDs are the trace ID and the root span ID of a run in another trace than its own: see [Run.InTrace].
type rootIDs [24]byte

// UnmarshalText implements [encoding.TextUnmarshaler]: 48 hexadecimal digits, as [Event.AppendJSON] writes them.
func (ids *rootIDs) UnmarshalText(b []byte) error {
	var read rootIDs
	if len(b) != hex.EncodedLen(len(read)) {
		return fmt.Errorf("event: the root of a journey's trace is %d digits, want %d", len(b), hex.EncodedLen(len(read)))
	}
	if _, err := hex.Decode(read[:], b); err != nil {
		return fmt.Errorf("event: the root of a journey's trace: %w", err)
	}
	if !(trace.TraceID(read[:16]).IsValid() && trace.SpanID(read[16:]).IsValid()) {
		return errors.New("event: the root of a journey's trace is all zeros")
	}
	*ids = read
	return nil
}

// TraceID returns the ID of the run's trace: the first 16 bytes of the SHA-256 of a version tag, namespace, journey
// name and ID. Any service that knows those three derives the same trace on any day. They cannot be read back from
// the trace ID.
func (r *Run) TraceID() trace.TraceID {
	if r.root != (rootIDs{}) {
		return trace.TraceID(r.root[:16])
	}
	sum := digest("cairn.trace.1", r.Namespace, r.Name, r.ID)
	return trace.TraceID(sum[:16])
}

// RootSpan returns the context of the root span of the run's trace, marked as sampled and remote. The span ID is the
// next 8 bytes of the digest of [Run.TraceID].
func (r *Run) RootSpan() trace.SpanContext {
	ids := r.root
	if ids == (rootIDs{}) {
		sum := digest("cairn.trace.1", r.Namespace, r.Name, r.ID)
		ids = rootIDs(sum[:24])
	}
	return journeySpan(trace.TraceID(ids[:16]), trace.SpanID(ids[16:]))
}

// SegmentSpan returns the context of the root span of segment n of the run's trace, 1 or more. A segment is a trace of
// its own for the spans that do not fit into the first one; its IDs are the same digest with the number.
func (r *Run) SegmentSpan(n int) trace.SpanContext {
	sum := digest("cairn.segment.1", r.Namespace, r.Name, r.ID, strconv.Itoa(n))
	return journeySpan(trace.TraceID(sum[:16]), trace.SpanID(sum[16:24]))
}

// StageSpanID returns the ID of the span of one visit to a stage: the same digest with stage and visit.
func (r *Run) StageSpanID(stage string, visit int) trace.SpanID {
	sum := digest("cairn.stage.1", r.Namespace, r.Name, r.ID, stage, strconv.Itoa(visit))
	return trace.SpanID(sum[:8])
}

// StartedSpanID returns the ID of the span that marks the start of the run: the same digest with another version tag.
func (r *Run) StartedSpanID() trace.SpanID {
	sum := digest("cairn.started.1", r.Namespace, r.Name, r.ID)
	return trace.SpanID(sum[:8])
}

// InTrace returns the run in the trace of this root span instead of the one that is derived from its names. It is for a
// run whose name was folded into [Other]: two runs whose names are not known have different traces and different event
// IDs. An invalid context gives the run in its own trace.
func (r *Run) InTrace(root trace.SpanContext) Run {
	in := *r
	in.root = rootIDs{}
	if root.IsValid() {
		id, span := root.TraceID(), root.SpanID()
		in.root = rootIDs(append(id[:], span[:]...))
	}
	return in
}

// TraceID returns the ID of the trace of the event's run, or the zero ID for an event without a journey.
func (e *Event) TraceID() trace.TraceID {
	if e.Journey.IsZero() {
		return trace.TraceID{}
	}
	return e.Journey.TraceID()
}

// JourneySpan returns the context of the span in the journey's trace that the event happened under: its stage's where
// stage and visit are known, else the root. It is invalid for an event without a journey.
func (e *Event) JourneySpan() trace.SpanContext {
	if e.Journey.IsZero() {
		return trace.SpanContext{}
	}
	root := e.Journey.RootSpan()
	if e.Stage == "" || e.Visit <= 0 {
		return root
	}
	return journeySpan(root.TraceID(), e.Journey.StageSpanID(e.Stage, e.Visit))
}

func journeySpan(id trace.TraceID, span trace.SpanID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: trace.FlagsSampled, Remote: true})
}
