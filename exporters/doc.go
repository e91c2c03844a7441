// Package exporters delivers events to sinks: [Batch] puts a bounded queue in front of an
// [event.Exporter], [Retry] tries again what failed for now. The sinks are the packages
// below this one.
//
// A client puts a Batch in front of every exporter that cx.WithExporters gives it. With a Retry
// in between, which goes inside:
//
//	cx.WithExporters(exporters.NewRetry(sink))
//
// Delivery is at least once and in order for one journey; a sink removes duplicates by the
// event's ID. What is lost is counted in cx.sdk.processor.dropped and reported to
// OpenTelemetry's error handler.
package exporters
