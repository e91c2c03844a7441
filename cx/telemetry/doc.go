// Package telemetry is the one place where an event becomes OpenTelemetry signals: the
// live span in the request's trace and its twin in the journey's, the root and stage
// spans, metrics, and log events. The names are in the package semconv.
//
// Counters of journeys exist with zero before anything happens, at the start and at every collection, see
// [Telemetry.DeclareJourney], and a journey has at most 200 series in a metric. What a cause or a class of errors
// is, the application says, so the sets of failures are bounded too, and those beyond the bounds are one.
//
// It uses the OpenTelemetry API only. [IDGenerator] is for the SDK's provider of journey
// spans, which lets a journey's spans have the IDs that everybody can derive.
package telemetry
