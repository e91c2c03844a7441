package main

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/examples/legacy/experience"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// tracing sets the SDK of OpenTelemetry up, as the shop always did, but for one line. The line was
//
//	sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(sdktrace.NewBatchSpanProcessor(exporter)),
func tracing(exporter sdktrace.SpanExporter, sampler sdktrace.Sampler) *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(
		sdktrace.WithSampler(spanmatch.RecordAll(sampler)), sdktrace.WithSpanProcessor(experience.Watch(sdktrace.NewBatchSpanProcessor(exporter))),
	)
}
