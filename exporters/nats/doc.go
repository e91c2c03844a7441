// Package nats publishes events to a NATS JetStream stream, with the event's ID as the message's, so that
// the stream removes duplicates.
//
//	conn, err := natsgo.Connect(url, natsgo.MaxReconnects(-1)) // nats.go: TLS, credentials, reconnection
//	sink, err := nats.New(conn)                                // this package
//	...
//	cx.New(cx.WithExporters(exporters.NewRetry(sink)))
//
// # The message
//
// The data is the event's JSON form, version 1. The subject is made from a template, by default
// cairn.<kind>: touchpoint.ended goes to cairn.touchpoint.ended. The headers, of which what an event does not have is
// left out:
//
//	Nats-Msg-Id            the event's ID, a UUID
//	cairn-event-kind       such as touchpoint.ended
//	cairn-schema-version   of the data: 1
//	content-type           application/json
//	traceparent            W3C Trace Context: the request span that the event happened in
//	tracestate             where there is one
//
// # Options
//
//	WithSubject        cairn.<kind>   the template of the subjects
//	WithCreateStream   none           the stream has to be there; else CAIRN on cairn.>, files, a window of 10 minutes
//	WithMaxInFlight    256            messages of one call that wait for their acknowledgement
//	WithTimeout        30 s           bounds one call of Export
//
// # What it guarantees
//
//	Ordering     Of one journey a message is sent when the one before it is acknowledged, so they are in the
//	             stream in their order, whatever is refused, lost or elected in between. A batch of one
//	             journey therefore takes a round trip an event; those of other journeys are under way beside
//	             it. Between journeys there is no order.
//	Duplicates   Removed by the stream, for as long as its window (Duplicates) remembers an ID, also
//	             over a restart of the server. Later than that, and of events without an ID, they are there.
//	Loss         Export returns nil when the stream has acknowledged every event. With files that
//	             outlives kill -9 of the server; the loss of power only with sync: always in its
//	             configuration, or several replicas. A stream with limits and the server's default, to discard
//	             the old, loses events later by itself: use jetstream.DiscardNew.
//
// # Errors
//
// Too large for the server or the stream: permanent, for that event only. Too many requests:
// [exporters.RetryAfter], one second. Everything else may go away: no connection, no
// stream that listens, one that is full, a leader that is being elected, no answer in time. Without a
// connection Export fails at once; the library connects again by itself.
package nats
