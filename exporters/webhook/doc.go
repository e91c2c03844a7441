// Package webhook delivers events over HTTP as CloudEvents 1.0, signed by the Standard Webhooks scheme:
// to a service of one's own, to a broker with an HTTP door, to another company's system.
//
//	sink, err := webhook.New("https://hooks.example.com/cairn", webhook.WithSecrets(os.Getenv("WEBHOOK_SECRET")))
//	// …
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink) // keeps events while the receiver is away
//	// …
//	client, err := cx.New(cx.WithExporters(spool))
//
// Where there is no disk to write to, it is exporters.NewRetry(sink), which tries again for as long as the
// queue in front of it gives a call, 30 seconds by default, and then gives up on a batch.
//
// # What is sent
//
// A POST of the content type application/cloudevents-batch+json, or, with [WithSingle], one
// of application/cloudevents+json for each event. The structured forms only: all of an event is in the
// body, so all of it is signed. Of each CloudEvent
//
//   - id is the event's ID, the key by which a receiver removes duplicates; of an event without one it is
//     a digest of the event, the same at the next try;
//   - source is "cairn/" and the journey's namespace, or [WithSource];
//   - type is "dev.cairncx." and the kind, such as dev.cairncx.journey.ended;
//   - subject is the journey's name, "/" and its ID, each with "%", "/" and what is not printable escaped;
//   - time is when it happened to the customer;
//   - traceparent is the request's span, or else the place in the journey's trace;
//   - data is the event's JSON form, version 1, that event.ParseJSON reads.
//
// The header webhook-id names the message: the event's ID, or that of a batch, which follows from those
// of its events, so the same batch tried again has the same. webhook-timestamp is when this try was made.
// webhook-signature has one signature of version 1 (HMAC-SHA256) for each secret. What is signed is the
// body as it is read, before [WithGzip] encodes it for the way.
//
// # Options
//
//	WithSecrets                  none: nothing is signed
//	WithSource                   "cairn/<namespace>"
//	WithSingle                   batches
//	WithMaxBytes                 1 MiB a request; a larger event is sent on its own
//	WithGzip                     bodies as they are
//	WithTimeout                  15 seconds a request
//	WithHeader                   none
//	WithTLS                      the system's roots, TLS 1.2 or later
//	WithProxy                    HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment
//	WithDialer                   10 seconds to connect
//	WithPublicAddressesOnly      any address
//	WithHTTPClient               one of its own
//
// # What it guarantees
//
//	ordering     The events of one Export are sent in their order, one request after the other, and
//	             the first failure that may go away stops it: nothing overtakes. Export may be called
//	             at once for different journeys.
//	duplicates   At least once: when an answer is lost, or a batch is split, a receiver may see an
//	             event again, with the same id. It removes duplicates by that.
//	loss         None that is not told: Export returns nil for what the receiver has taken with a 2xx,
//	             and an error for everything else. What becomes of that is for what stands in front:
//
//	             in front             the receiver is away        it refuses an event    the process is killed
//	             exporters.Spool      waits on disk, bounded      dead.jsonl             lost: what was not on disk yet
//	             exporters.Retry      lost after minutes          WithDeadLetters        lost: what was queued
//	             neither              lost with its batch         lost                   lost: what was queued
//
//	             Everything that is lost is counted and reported, but for what a killed process had in
//	             memory. What a receiver does after its 2xx is its own matter.
//
// # What answers mean
//
// The table of package httpsink, which all sinks over HTTP share:
//
//	2xx                       taken, whatever the body says; an answer of gRPC has taken nothing: try again
//	400, 409, 413, 422        The request is split in halves, down to the event that is refused: that
//	                          one is a permanent failure of an sink.PartialError, the others are
//	                          delivered. At most 256 requests an Export are spent on it; what is left
//	                          then is to be tried again.
//	408, 425, 429, 5xx        try again, after Retry-After where there is one
//	other 4xx, redirects      a fault of the configuration, on either side, and no reason to bury
//	                          events: try again
//	101                       try again: no request asked for another protocol
//	no answer                 try again
//
// Redirects are followed to the same host only, three at most, only those that keep the body (307,
// 308), and never from https to http. An answer's body is not looked at: up to 64 KiB of it are read, for
// two seconds at most, so that the connection can be used again, never decompressed. Errors name the
// receiver by scheme and host alone, for path, query and user of the URL may be secrets, and repeat
// nothing of an answer.
package webhook
