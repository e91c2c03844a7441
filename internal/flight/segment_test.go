package flight_test

import (
	"testing"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// TestSegmentsOfFoldedRuns: runs of different unknown names that have one ID keep different traces in every segment.
func TestSegmentsOfFoldedRuns(t *testing.T) {
	t.Parallel()
	seen := map[trace.TraceID]string{}
	for _, name := range []string{"unknown-a", "unknown-b"} {
		e := &flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Journey: event.Run{Namespace: "n", Name: name, ID: "1"}}}
		e.Fold()
		for n := range 3 {
			e.SetSegment(n)
			id := e.SpanPlace().TraceID()
			if other, ok := seen[id]; ok {
				t.Errorf("segment %d of %s has the trace of %s", n, name, other)
			}
			seen[id] = name
		}
	}
}
