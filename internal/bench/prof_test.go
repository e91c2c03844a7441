package bench

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func BenchmarkProfNoop(b *testing.B) {
	p := nothing()
	ctx := resumed(p.client(b, cx.WithJourneySampling(0)))
	b.ReportAllocs()
	for b.Loop() {
		cairn(ctx)
	}
	_ = context.Background
}
func BenchmarkProfUnsampled(b *testing.B) {
	p := recording(sdktrace.NeverSample())
	ctx := resumed(p.client(b, cx.WithJourneySampling(0)))
	b.ReportAllocs()
	for b.Loop() {
		cairn(ctx)
	}
}
func BenchmarkProfTwin(b *testing.B) {
	p := recording(sdktrace.AlwaysSample())
	ctx := tracked(p.client(b))
	b.ReportAllocs()
	for b.Loop() {
		cairn(ctx)
	}
}

func BenchmarkProfUnsampledTuned(b *testing.B) {
	p := recording(sdktrace.NeverSample())
	h := p.hands(b)
	ctx := tunedContext(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		h.tuned(ctx)
	}
}
func BenchmarkProfNoopTuned(b *testing.B) {
	p := nothing()
	h := p.hands(b)
	ctx := tunedContext(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		h.tuned(ctx)
	}
}
