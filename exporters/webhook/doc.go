// Package webhook delivers events over HTTP as CloudEvents 1.0, signed by the Standard Webhooks scheme. The receiver is a
// service, a broker that takes HTTP, or another company's system.
//
//	sink, err := webhook.New("https://hooks.example.com/cairn", webhook.WithSecrets(os.Getenv("WEBHOOK_SECRET")))
//	// …
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink) // keeps events while the receiver is away
//	// …
//	client, err := cx.New(cx.WithExporters(spool))
//
// Without a disk, use exporters.NewRetry(sink) instead of the spool. It repeats a batch for as long as the queue in front of
// it allows, 30 seconds by default, and then gives the batch up.
//
// # Requests
//
// The exporter sends POST requests of the content type application/cloudevents-batch+json, or with [WithSingle] one request of
// application/cloudevents+json for each event. It uses the structured forms only, so that the body holds all of an event and
// the signature covers all of it. The attributes of each CloudEvent are:
//
//   - id is the event's ID, by which a receiver removes duplicates. For an event without an ID it is a digest of the event,
//     which is the same in each try.
//   - source is "cairn/" and the journey's namespace, or the value of [WithSource].
//   - type is "dev.cairncx." and the kind, such as dev.cairncx.journey.ended.
//   - subject is the journey's name, "/" and its ID. "%", "/" and unprintable characters in either are percent-encoded.
//   - time is the time at which the event happened to the customer.
//   - traceparent is the request's span, or the place in the journey's trace if there was no request.
//   - data is the event's JSON form, version 1, which event.ParseJSON reads.
//
// The header webhook-id is the ID of the message: the event's ID, or an ID that is derived from the IDs of the batch, so that
// a repeated batch has the same one. webhook-timestamp is the time of this try. webhook-signature has one signature of version
// 1 (HMAC-SHA256) for each secret. The signature covers the body before [WithGzip] compresses it, which is the body that the
// receiver reads.
//
// # Options
//
// The second column is the default.
//
//	WithSecrets                  none: requests are not signed
//	WithSource                   "cairn/<namespace>"
//	WithSingle                   batches
//	WithMaxBytes                 1 MiB a request; a larger event has a request to itself
//	WithGzip                     no compression
//	WithTimeout                  15 seconds a request
//	WithHeader                   none
//	WithTLS                      the system's roots, TLS 1.2 or later
//	WithProxy                    HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment
//	WithDialer                   10 seconds to connect
//	WithPublicAddressesOnly      any address
//	WithHTTPClient               the exporter makes a client
//
// # Guarantees
//
//	ordering     Export sends its events in their order, one request after the other. The first transient
//	             failure ends it, so no event overtakes another. Export may be called concurrently for
//	             different journeys.
//	duplicates   At least once. If an answer is lost or a batch is split, a receiver may get an event
//	             again, with the same id. The receiver removes duplicates by id.
//	loss         None without an error: Export returns nil only for events that the receiver has taken
//	             with a 2xx, and an error for all others. The exporter in front decides about those:
//
//	             in front             the receiver is away        it refuses an event    the process is killed
//	             exporters.Spool      waits on disk, bounded      dead.jsonl             lost if not yet on disk
//	             exporters.Retry      lost after 30 s by default  WithDeadLetters        lost if still queued
//	             neither              lost with its batch         lost                   lost if still queued
//
//	             The SDK counts and reports every loss, except that of events in the memory of a killed
//	             process. The guarantee ends with the receiver's 2xx.
//
// # Meaning of answers
//
// All sinks over HTTP share the table of package httpsink:
//
//	2xx                       taken, whatever the body says; but not if it is an answer of gRPC: try again
//	400, 409, 413, 422        The exporter splits the request in halves, down to the event that is refused.
//	                          That event is a permanent failure of a sink.PartialError, and the others are
//	                          delivered. One Export spends at most 256 requests on this. If they do not
//	                          suffice, the rest is to be tried again.
//	408, 425, 429, 5xx        try again, after Retry-After if the answer has it
//	other 4xx, redirects      a fault of the configuration, on either side, which never makes dead letters:
//	                          try again
//	101                       try again: no request asked for another protocol
//	no answer                 try again
//
// The exporter follows at most three redirects, only to the same host, only those that keep the body (307 and 308), and never
// from https to http. It ignores an answer's body. It reads up to 64 KiB of the body, for at most two seconds, so that the
// connection can be used again, and never decompresses it. Errors name the receiver by scheme and host alone, because path,
// query and user of the URL may be secrets. They repeat nothing of an answer except its status.
package webhook
