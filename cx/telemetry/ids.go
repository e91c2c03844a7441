package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// wanted is a context that asks [IDGenerator] for the given IDs.
type wanted struct {
	context.Context
	trace trace.TraceID
	span  trace.SpanID
}

type wantedKey struct{}

// Value implements [context.Context].
func (w *wanted) Value(key any) any {
	if _, ok := key.(wantedKey); ok {
		return w
	}
	return w.Context.Value(key)
}

// Generator is a source of trace and span IDs. Its methods are those of the OpenTelemetry
// SDK's trace.IDGenerator, so the core does not import the SDK.
type Generator struct{}

// IDGenerator returns the source of IDs for the provider of journey spans, which gives the
// root and the stages of a journey the IDs that are derived from it, and every other span a
// random one. A provider that takes finished spans, such as otelsetup's, needs none:
//
//	sdktrace.NewTracerProvider(
//		sdktrace.WithIDGenerator(telemetry.IDGenerator()),
//		sdktrace.WithSampler(sdktrace.AlwaysSample()), …)
//
// An ordinary provider may have it as well. It is safe for concurrent use.
func IDGenerator() Generator { return Generator{} }

// NewIDs returns the IDs of a new trace and its first span.
func (g Generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if w, ok := ctx.Value(wantedKey{}).(*wanted); ok {
		return w.trace, w.span
	}
	var tid trace.TraceID
	for !tid.IsValid() {
		binary.NativeEndian.PutUint64(tid[:8], rand.Uint64()) //nolint:gosec // IDs are unique, not secret
		binary.NativeEndian.PutUint64(tid[8:], rand.Uint64()) //nolint:gosec // IDs are unique, not secret
	}
	return tid, g.random()
}

// NewSpanID returns the ID of a new span in an existing trace.
func (g Generator) NewSpanID(ctx context.Context, tid trace.TraceID) trace.SpanID {
	if w, ok := ctx.Value(wantedKey{}).(*wanted); ok && w.trace == tid {
		return w.span
	}
	return g.random()
}

func (Generator) random() (sid trace.SpanID) {
	for !sid.IsValid() {
		binary.NativeEndian.PutUint64(sid[:], rand.Uint64()) //nolint:gosec // IDs are unique, not secret
	}
	return sid
}
