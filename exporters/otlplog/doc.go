// Package otlplog delivers every event as an OpenTelemetry log record, by OTLP over HTTP: for teams whose
// warehouse is fed by a Collector.
//
//	sink, err := otlplog.New()
//	// …
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink) // keeps events while the Collector is away
//	// …
//	client, err := cx.New(cx.WithExporters(spool))
//
// Where there is no disk to write to, it is exporters.NewRetry(sink), which tries again for as long as the
// queue in front of it gives a call, 30 seconds by default, and then gives up on a batch.
//
// It is not what a client emits as log events by itself (package telemetry): those are a few, of five
// attributes, for people who search. This is all of an event, of every kind, and does not go
// through the OpenTelemetry SDK: an encoder of its own appends protobuf to a buffer, without reflection.
//
// # What is sent
//
//   - The event's name is "cx." and the kind, such as cx.journey.ended; the scope is this package's
//     path; the resource is that of the environment, or [WithResource].
//   - The timestamp is when it happened to the customer, the observed one when it was exported.
//   - The severity is INFO; WARN for what failed and for a journey that stalled.
//   - The trace and span are the request's, or else the place in the journey's trace.
//   - The attributes are those that package semconv has a name for, cx.event.id, by which a warehouse
//     removes duplicates, cx.event.kind, cx.journey.name and so on, then the caller's own of other names.
//   - The body is the event's JSON form, version 1, as a string: with it nothing is left out. With
//     [WithoutJSON] it is the customer's comment, as package semconv has it, and what has no name
//     there is left out.
//
// The exporter changes what protobuf cannot carry: text that is not UTF-8 is repaired, an attribute
// without a name is left out, of a name that is there twice the last holds, and lists are followed 64
// levels deep, as the SDK does.
//
// # Options
//
// An option goes before the environment. In the environment OTEL_EXPORTER_OTLP_LOGS_X goes before
// OTEL_EXPORTER_OTLP_X.
//
//	WithEndpoint       OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT, else http://localhost:4318/v1/logs;
//	                   OTEL_EXPORTER_OTLP_[LOGS_]PROTOCOL beside it has to be http/protobuf, or not set
//	WithHeader         OTEL_EXPORTER_OTLP_[LOGS_]HEADERS
//	WithTimeout        OTEL_EXPORTER_OTLP_[LOGS_]TIMEOUT, else 10 seconds a request
//	WithCompression    OTEL_EXPORTER_OTLP_[LOGS_]COMPRESSION, else gzip
//	WithTLS            OTEL_EXPORTER_OTLP_[LOGS_]CERTIFICATE, CLIENT_CERTIFICATE and CLIENT_KEY
//	WithResource       OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME
//	WithMaxBytes       4 MiB a request, before it is compressed
//	WithoutJSON        the body is the event's JSON form
//	WithHTTPClient     one of its own
//
// # What it guarantees
//
//	ordering     The events of one Export are sent in their order, one request after the other, and
//	             the first failure that may go away stops it. What a Collector does with them after
//	             that is its own matter.
//	duplicates   At least once: when an answer is lost an event is sent again, with the same
//	             cx.event.id.
//	loss         None that is not told: Export returns nil for what the receiver has taken, and an error
//	             for everything else. What becomes of that is for what stands in front:
//
//	             in front             the Collector is away       it refuses an event    the process is killed
//	             exporters.Spool      waits on disk, bounded      dead.jsonl             lost: what was not on disk yet
//	             exporters.Retry      lost after minutes          WithDeadLetters        lost: what was queued
//	             neither              lost with its batch         lost                   lost: what was queued
//
//	             Everything that is lost is counted and reported, but for what a killed process had in
//	             memory. One loss is the protocol's own: where a receiver takes a request and says that it
//	             has thrown n of the records away without saying which, and n is not all, they are counted
//	             ([Exporter.Rejected]) and told to OpenTelemetry's error handler and by Flush, for the protocol forbids
//	             to send them again. A Collector that has taken events may still lose them, if it has no
//	             queue on disk.
//
// # What answers mean
//
// The table of package httpsink, which all sinks over HTTP share, and here the text of a 2xx besides. The
// protocol has most of what is not 429, 502, 503 or 504 final; but a wrong key, a wrong path, a login page or
// a broken Collector is not the events' fault.
//
//	2xx                       taken, but for what partial_success says; a web page has taken nothing: try again
//	400, 409, 413, 422        The request is split in halves, down to the record that is refused: that
//	                          one is a permanent failure of an sink.PartialError, the others are
//	                          delivered. At most 256 requests an Export are spent on it; what is left
//	                          then is to be tried again.
//	408, 425, 429, 5xx        try again, after Retry-After where there is one
//	other 4xx, redirects      a fault of the configuration, on either side, and no reason to bury
//	                          events: try again
//	101                       try again: no request asked for another protocol
//	no answer                 try again
//
// A port that speaks OTLP/gRPC, such as a Collector's 4317, is named as one: by what it answers, or because it
// speaks HTTP/2 where it does not answer in HTTP/1.1. To find that out, the exporter connects to it once more, once
// a minute at most, where the connections are its own, without TLS and without a proxy.
//
// Errors name the receiver by scheme and host, and repeat nothing of its answer.
package otlplog
