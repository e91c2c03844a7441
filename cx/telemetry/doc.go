// Package telemetry is the only package that turns events into OpenTelemetry signals: the live span in the
// request's trace and its twin in the journey's trace, the spans of the journey and its stages, metrics, and log
// events. Package semconv has the names.
//
// The counters of a declared journey exist with zero, at the start and at each collection, see
// [Telemetry.DeclareJourney]. A journey has at most 200 series in a metric. The application chooses causes and
// classes of errors, so their series are bounded, too, and a common series takes the rest.
//
// The package uses the OpenTelemetry API only. [IDGenerator] is for the SDK's provider of journey spans. It gives
// a journey's spans the IDs that each service derives from the journey.
package telemetry
