// Package nats publishes events to a NATS JetStream stream. The event's ID is the message ID, so that the stream removes
// duplicates.
//
//	conn, err := natsgo.Connect(url, natsgo.MaxReconnects(-1)) // nats.go: TLS, credentials, reconnection
//	sink, err := nats.New(conn)                                // this package
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink)
//	...
//	cx.New(cx.WithExporters(spool))
//
// The spool keeps events on its disk until the stream acknowledges them, however long an outage lasts. Without a disk, use
// exporters.NewRetry(sink), which drops a batch when its retry time is over.
//
// # The message
//
// The data is the event's JSON form, version 1. A template produces the subject, by default cairn.<kind>: touchpoint.ended goes
// to cairn.touchpoint.ended. The message has these headers; a header without a value is left out:
//
//	Nats-Msg-Id            the event's ID, a UUID
//	cairn-event-kind       such as touchpoint.ended
//	cairn-schema-version   the version of the data: 1
//	content-type           application/json
//	traceparent            W3C Trace Context: the request span in which the event happened
//	tracestate             if the span context has one
//
// # Options
//
//	WithSubject        cairn.<kind>   the template of the subjects
//	WithCreateStream   none           creates a missing stream: CAIRN on cairn.>, in files, with a window of one hour
//	WithMaxInFlight    256            messages of one call that may wait for their acknowledgement
//	WithTimeout        30 s           bounds one call of Export
//
// Without WithCreateStream, the stream has to exist.
//
// # Guarantees
//
//	Ordering     The exporter sends a journey's next message after the acknowledgement of the previous one. Refusals, lost
//	             messages and elections therefore do not change the order of a journey in the stream. A batch of one journey
//	             takes one round trip for each event; messages of different journeys are in flight at the same time. Events
//	             of different journeys have no order.
//	Duplicates   An event that Export reports as not published may still be in the stream, or may arrive later: after a
//	             timeout, or after an error such as a lost connection. The stream removes the duplicate while its window
//	             (Duplicates) contains the ID, also after a restart of the server. Duplicates after the window, and those of
//	             events without an ID, stay in the stream: see below.
//	Loss         Export returns nil when the stream has acknowledged every event. With file storage an acknowledged event
//	             survives kill -9 of the server. It survives a power loss only with sync: always in the server's
//	             configuration, or with several replicas. A stream with limits discards old events by default; use
//	             jetstream.DiscardNew.
//
// The component in front of the sink decides which events an outage or the end of the process loses:
//
//	exporters.NewSpool   Loses no event that is on the disk. Drops new events when the spool is full. A killed process loses
//	                     the events that its Flush has not acknowledged, about one second of them.
//	exporters.NewRetry   Drops a batch when its retry time is over, and new events when the queue is full. The end of the
//	                     process loses everything in memory.
//	none                 Loses each batch whose first attempt fails.
//
// Every loss is counted and reported to OpenTelemetry's error handler, except events in the memory of a killed process.
//
// # The deduplication window
//
// The window of a message begins when the server stores it. An event is sent again if the server stored it and the answer was
// lost, or if the process ended before it recorded the answer. The second attempt follows as soon as the server or the process
// is back. The window therefore has to be longer than an outage. An event that is sent again after the window is in the stream
// twice, with the same Nats-Msg-Id and the same ID in its data, and readers remove it by that ID. Behind a spool this happens
// at most to the batch that was in flight when the outage began, and after a crash to the deliveries of about the last second.
//
// A window takes memory of the server for each ID, in every replica: about 154 bytes with nats-server 2.15. One hour of 100
// events a second takes 55 MB, and of 1,000 events a second 550 MB. At start the server reads the window's messages again, a
// million of them in about five seconds. The window is the stream's Duplicates:
//
//	nats.WithCreateStream(jetstream.StreamConfig{Duplicates: 6 * time.Hour})   if the exporter creates the stream
//	nats stream edit CAIRN --dupe-window=6h                                    if the stream exists
//
// The server refuses a window that is longer than the stream's MaxAge or than the server's own limit (jetstream { limits {
// duplicate_window } }).
//
// # Recovery
//
// The exporter recovers without a restart when the server works again. With [WithCreateStream], the call that finds the stream
// missing creates it again, and then publishes the messages that no stream received. Without it, the error says that the stream
// is missing, and Export works again when the stream exists. The next call also succeeds after a restart of the server, its
// lame duck mode, a missing right that was granted, or a limit that was raised. If answers did not come, the exporter
// subscribes to a new inbox, because a server does not check a refused inbox again.
//
// nats.go gives up a connection after about two minutes without a server by default (use natsgo.MaxReconnects(-1)), and at the
// second refusal of the same credentials (use natsgo.IgnoreAuthErrorAbort()). The exporter then opens its own connection with
// the same options, but without the handlers for connection events, and Shutdown closes it. A connection that the application
// closes stays closed, and Export fails.
//
// # Errors
//
// An event that is too large for the server or the stream is a permanent error, for that event only. Too many requests are a
// [sink.RetryAfter] of one second. All other errors are temporary: no connection, no stream for the subject, a full stream, a
// leader election, no rights, no JetStream, or no answer in time. Without a connection Export fails at once, and nats.go
// reconnects in the background.
package nats
