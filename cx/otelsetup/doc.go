// Package otelsetup sets up the OpenTelemetry SDK the way Cairn likes it, in one call: traces,
// metrics and logs go where the standard OTEL_* variables say, journeys have a provider of
// their own that keeps them whole, and one Shutdown ends it all.
//
// It is a module of its own, so that who sets the SDK up otherwise does not carry its
// dependencies. They need only two things of it: a tracer provider for journeys with
// telemetry.IDGenerator() and an always-on sampler, and a cardinality limit they like.
package otelsetup
