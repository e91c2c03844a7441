// Package otlplog delivers every event as an OpenTelemetry log record, by OTLP over HTTP. It is for teams that feed their
// warehouse through a Collector.
//
//	sink, err := otlplog.New()
//	// …
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink) // keeps events while the Collector is away
//	// …
//	client, err := cx.New(cx.WithExporters(spool))
//
// Without a disk, use exporters.NewRetry(sink) instead of the spool. It repeats a batch for as long as the queue in front of
// it allows, 30 seconds by default, and then gives the batch up.
//
// A client also emits a few log events itself (package telemetry), with five attributes each, for people who search. This
// package sends every event, of every kind, with all its content. It does not use the OpenTelemetry SDK: its encoder appends
// protobuf to a buffer, without reflection.
//
// # Records
//
//   - The event name is "cx." and the kind, such as cx.journey.ended. The scope is the path of this package. The resource is
//     that of the environment or of [WithResource].
//   - The timestamp is the time at which the event happened to the customer. The observed timestamp is the time of the Export.
//   - The severity is WARN for a failed outcome and for a journey that stalled, and INFO for all others.
//   - The trace and the span are the request's, or the place in the journey's trace if there was no request.
//   - The attributes are those that package semconv names: cx.event.id, by which a warehouse removes duplicates,
//     cx.event.kind, cx.journey.name and so on. The caller's attributes with other names follow.
//   - The body is the event's JSON form, version 1, as a string. It holds all of the event. With [WithoutJSON] the body is the
//     customer's comment, and the record lacks the fields that package semconv does not name.
//
// The exporter changes values that protobuf cannot carry. It repairs text that is not UTF-8, leaves out attributes without a
// name, and keeps the last of several attributes with one name. It follows nested lists for 64 levels, as the SDK does.
//
// # Options
//
// An option takes precedence over the environment. In the environment OTEL_EXPORTER_OTLP_LOGS_X takes precedence over
// OTEL_EXPORTER_OTLP_X. The second column is the default.
//
//	WithEndpoint       OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT, or http://localhost:4318/v1/logs;
//	                   OTEL_EXPORTER_OTLP_[LOGS_]PROTOCOL has to be http/protobuf or unset then
//	WithHeader         OTEL_EXPORTER_OTLP_[LOGS_]HEADERS
//	WithTimeout        OTEL_EXPORTER_OTLP_[LOGS_]TIMEOUT, or 10 seconds a request
//	WithCompression    OTEL_EXPORTER_OTLP_[LOGS_]COMPRESSION, or gzip
//	WithTLS            OTEL_EXPORTER_OTLP_[LOGS_]CERTIFICATE, CLIENT_CERTIFICATE and CLIENT_KEY
//	WithResource       OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME
//	WithMaxBytes       4 MiB a request, before compression
//	WithoutJSON        the body is the event's JSON form
//	WithHTTPClient     the exporter makes a client
//
// # Guarantees
//
//	ordering     Export sends its events in their order, one request after the other. The first transient
//	             failure ends it. The guarantee ends at the Collector.
//	duplicates   At least once. If an answer is lost, the event is sent again, with the same cx.event.id.
//	loss         None without a report. Export returns nil only for events whose requests the receiver has
//	             taken, and an error for all others. The exporter in front decides about those:
//
//	             in front             the Collector is away       it refuses an event    the process is killed
//	             exporters.Spool      waits on disk, bounded      dead.jsonl             lost if not yet on disk
//	             exporters.Retry      lost after 30 s by default  WithDeadLetters        lost if still queued
//	             neither              lost with its batch         lost                   lost if still queued
//
//	             The SDK counts and reports every loss, except that of events in the memory of a killed
//	             process. One loss is in the protocol: a receiver may take a request and report that it
//	             has discarded n of its records, without saying which. The protocol forbids to send them
//	             again. If n is less than all, the exporter counts them ([Exporter.Rejected]) and reports
//	             them to OpenTelemetry's error handler and in the error of Flush. A Collector without a
//	             queue on disk may still lose events that it has taken.
//
// # Meaning of answers
//
// All sinks over HTTP share the table of package httpsink. This package also reads the body of a 2xx. The protocol calls most
// statuses except 429, 502, 503 and 504 final. This package does not, because a wrong key, a wrong path, a login page or a
// broken Collector is no fault of the events.
//
//	2xx                       taken, except for the records that partial_success reports; a web page has taken
//	                          nothing: try again
//	400, 409, 413, 422        The exporter splits the request in halves, down to the record that is refused.
//	                          That record is a permanent failure of a sink.PartialError, and the others are
//	                          delivered. One Export spends at most 256 requests on this. If they do not
//	                          suffice, the rest is to be tried again.
//	408, 425, 429, 5xx        try again, after Retry-After if the answer has it
//	other 4xx, redirects      a fault of the configuration, on either side, which never makes dead letters:
//	                          try again
//	101                       try again: no request asked for another protocol
//	no answer                 try again
//
// The error names a port that speaks OTLP/gRPC, such as a Collector's 4317, as such. The exporter recognises the port by its
// answer, or because it speaks HTTP/2 but does not answer in HTTP/1.1. To test for HTTP/2 the exporter makes one more
// connection, at most once a minute. It does so only if it owns its connections, without TLS and without a proxy.
//
// Errors name the receiver by scheme and host, and repeat nothing of its answer except its status.
package otlplog
