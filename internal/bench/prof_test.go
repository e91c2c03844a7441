package bench

import (
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"cairncx.dev/cairn/touchpoint"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

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

func BenchmarkProfHandler(b *testing.B) {
	p := recording(sdktrace.AlwaysSample())
	c := p.client(b, cx.WithJourneySampling(0))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pay/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	with := touchpoint.Handler(mux, touchpoint.Route("POST /pay/{id}", submitPayment),
		touchpoint.JourneyID(checkout, func(r *http.Request) string { return journeyID }))
	h := otelhttp.NewHandler(with, "shop", otelhttp.WithTracerProvider(p.traces), otelhttp.WithMeterProvider(p.meter))
	ctx := cx.NewContext(context.Background(), c)
	r := httptest.NewRequest(http.MethodPost, "/pay/4711", nil).WithContext(ctx)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&nowhere{h: http.Header{}}, r)
	}
}

func BenchmarkProfPlain(b *testing.B) {
	live := heap()
	defer func() { _ = live }()
	p := recording(sdktrace.AlwaysSample())
	ctx := resumed(p.client(b, cx.WithJourneyTracerProvider(tracenoop.NewTracerProvider())))
	b.ReportAllocs()
	for b.Loop() {
		cairn(ctx)
	}
}

func BenchmarkProfTuned(b *testing.B) {
	live := heap()
	defer func() { _ = live }()
	p := recording(sdktrace.AlwaysSample())
	h := p.hands(b)
	ctx := tunedContext(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		h.tuned(ctx)
	}
}
