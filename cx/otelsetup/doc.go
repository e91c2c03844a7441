// Package otelsetup sets up the OpenTelemetry SDK for Cairn in one call, [Start]: the standard OTEL_* variables say where
// traces, metrics and logs go, journeys have a provider of their own that keeps them whole, and one Shutdown stops
// everything.
//
// It is a module of its own, so that a program that sets the SDK up itself does not carry the exporters' dependencies.
// Such a program needs a tracer provider for journeys and a cardinality limit. The provider is
// [NewJourneyTracerProvider], or one of the SDK with telemetry.IDGenerator() and a sampler that samples always.
package otelsetup
