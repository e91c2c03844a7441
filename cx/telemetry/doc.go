// Package telemetry is the one place where an event becomes OpenTelemetry signals: the live span in the request's trace
// and its twin in the journey's trace, root and stage spans, metrics, and log events. The package semconv has the names.
//
// The package uses the OpenTelemetry API only. The spans of a journey have IDs that every service can derive, and they
// have ended when they are emitted. There are two ways to export them:
//
//   - A provider that implements [SpanSinkProvider] takes each span as a [FinishedSpan], with its IDs. The module
//     otelsetup has one.
//   - Every other provider starts and ends each span through the API. It needs [IDGenerator] to give the root and the
//     stages their IDs. Without it, all spans of a journey stand under the root's ID.
//
// The counters of a declared journey exist with zero from the start and at every collection, see
// [Telemetry.DeclareJourney]. A metric has at most 200 series of one journey. The application chooses causes and classes
// of errors, so the series of failures are bounded too: those beyond the bounds share one series.
package telemetry
