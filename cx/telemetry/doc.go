// Package telemetry is the one place where an event becomes OpenTelemetry signals: the
// live span in the request's trace and its twin in the journey's, the root and stage
// spans, metrics, and log events. The names are in the package semconv.
//
// It uses the OpenTelemetry API only. [IDGenerator] is for the SDK's provider of journey
// spans, which lets a journey's spans have the IDs that everybody can derive.
package telemetry
