package flight

import (
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
)

// SameRun reports whether both name the same run: namespace, journey and ID agree.
func SameRun(a, b *event.Run) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Namespace == b.Namespace
}

// DeriveID returns the version 8 ID of the event of a run's transition, such as "started", "ended" or
// "entered/payment/2". Every process that knows the run derives the same ID.
func DeriveID(r event.Run, transition string) event.ID {
	name := r.Name
	if name == event.Other {
		name = r.TraceID().String() // the trace tells runs apart whose names were folded
	}
	return digest.ID(digest.Transition(r.Namespace, name, r.ID, transition))
}

// SegmentSpan returns the context of the root span of segment n of the run's trace, 1 or more. A segment is a trace of
// its own, for the spans that do not fit into the first trace. Runs whose names were folded into one keep different segments.
func SegmentSpan(r *event.Run, n int) trace.SpanContext {
	of := r.ID
	if r.Root != (event.SpanRef{}) {
		of = r.Root.TraceID.String()
	}
	id, span := digest.Segment(r.Namespace, r.Name, of, n)
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: trace.FlagsSampled, Remote: true})
}

// StageSpanID returns the ID of the span of one visit to a stage of the run.
func StageSpanID(r *event.Run, stage string, visit int) trace.SpanID {
	return digest.Stage(r.Namespace, r.Name, r.ID, stage, visit)
}

// StartedSpanID returns the ID of the span that marks the start of the run.
func StartedSpanID(r *event.Run) trace.SpanID { return digest.Started(r.Namespace, r.Name, r.ID) }

// PromiseSpanID returns the ID of the span of a promise to the run. Number counts the promises of the name.
func PromiseSpanID(r *event.Run, name string, number int) trace.SpanID {
	return digest.Promise(r.Namespace, r.Name, r.ID, name, number)
}
