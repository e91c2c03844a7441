package cxkafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/touchpoint/cxkafka"
)

// BenchmarkBesideKotel is what one record costs on its way: kotel's two spans, injection and extraction, with every span sampled and no
// exporter, and what the adapter adds to it, signed and verified. It reports the ratio of both.
func BenchmarkBesideKotel(b *testing.B) {
	s := newService(b)
	ctx := in(s, "7")
	provider := sdktrace.NewTracerProvider()
	defer func() { _ = provider.Shutdown(context.Background()) }()
	tracer := kotel.NewTracer(kotel.TracerProvider(provider), kotel.TracerPropagator(
		propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})))
	shipping := cxkafka.NewConsumer("shipping")
	way := func(adapter bool) {
		r := &kgo.Record{Topic: topic}
		if adapter {
			cxkafka.Inject(ctx, r)
		}
		if r.Context == nil {
			r.Context = ctx
		}
		tracer.OnProduceRecordBuffered(r)
		tracer.OnProduceRecordUnbuffered(r, nil)
		r.Context = nil
		tracer.OnFetchRecordBuffered(r)
		tracer.OnFetchRecordUnbuffered(r, true)
		if adapter {
			shipping.Extract(s.Context(r.Context), r)
		}
	}
	measure := func(adapter bool) time.Duration {
		began := time.Now()
		for range 100 {
			way(adapter)
		}
		return time.Since(began)
	}
	measure(true)
	b.ReportAllocs()
	var kotels, both time.Duration
	for b.Loop() { // in turns, so that both have the same load beside them
		kotels += measure(false)
		both += measure(true)
	}
	b.ReportMetric(float64(kotels.Nanoseconds())/float64(100*b.N), "ns/kotel")
	b.ReportMetric(float64((both-kotels).Nanoseconds())/float64(100*b.N), "ns/adapter")
	b.ReportMetric(float64(both-kotels)/float64(kotels), "ratio")
}

func BenchmarkInject(b *testing.B) {
	ctx := in(newService(b), "7")
	b.ReportAllocs()
	for b.Loop() {
		cxkafka.Inject(ctx, &kgo.Record{Topic: topic})
	}
}

func BenchmarkExtract(b *testing.B) {
	s := newService(b)
	r := &kgo.Record{Topic: topic}
	cxkafka.Inject(in(s, "7"), r)
	ctx, shipping := s.Context(context.Background()), cxkafka.NewConsumer("shipping")
	b.ReportAllocs()
	for b.Loop() {
		shipping.Extract(ctx, r)
	}
}
