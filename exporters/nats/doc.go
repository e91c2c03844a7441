// Package nats publishes events to a NATS JetStream stream, with the event's ID as the message's, so that
// the stream removes duplicates.
//
//	conn, err := natsgo.Connect(url, natsgo.MaxReconnects(-1)) // nats.go: TLS, credentials, reconnection
//	sink, err := nats.New(conn)                                // this package
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink)
//	...
//	cx.New(cx.WithExporters(spool))
//
// The spool keeps on its disk what the stream has not taken yet, for as long as an outage lasts. Without a
// disk it is exporters.NewRetry(sink), which gives a batch up when its time is over.
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
//	WithCreateStream   none           the stream has to be there; else CAIRN on cairn.>, files, a window of an hour
//	WithMaxInFlight    256            messages of one call that wait for their acknowledgement
//	WithTimeout        30 s           bounds one call of Export
//
// # What it guarantees
//
//	Ordering     Of one journey a message is sent when the one before it is acknowledged, so they are in the
//	             stream in their order, whatever is refused, lost or elected in between. A batch of one
//	             journey therefore takes a round trip an event; those of other journeys are under way beside
//	             it. Between journeys there is no order.
//	Duplicates   An event that a call has not published, by its error, may be in the stream all the same, also later:
//	             of a call whose time was up, and of one that failed before, such as with a connection that
//	             was cut. The stream removes what comes again, for as long as its window (Duplicates)
//	             remembers an ID, also over a restart of the server. Later than that, and of events without
//	             an ID, they are there: see below.
//	Loss         Export returns nil when the stream has acknowledged every event. With files that
//	             outlives kill -9 of the server; the loss of power only with sync: always in its
//	             configuration, or several replicas. A stream with limits and the server's default, to discard
//	             the old, loses events later by itself: use jetstream.DiscardNew.
//
// The part in front of the sink decides which events are lost in an outage, or when the process ends:
//
//	exporters.NewSpool   nothing that was on the disk; what comes when the spool is full. A process that is
//	                     killed loses what its Flush has not acknowledged, about a second of events.
//	exporters.NewRetry   each batch whose time is up, and what comes when the queue before it is full; with
//	                     the process all that is in memory.
//	neither              each batch that is not taken at once.
//
// All of it is counted, and reported to OpenTelemetry's error handler, but for what a killed process had in
// memory.
//
// # Duplicates, and how long to look for them
//
// The window runs from when a message was stored. An event comes again when the server had stored it and the
// answer was lost, or when the process ended before it had noted the answer; then it is sent as soon as the
// server, or the process, is back. So a window has to be longer than an outage. An event that comes later than
// that is in the stream twice, with one Nats-Msg-Id and one ID in its data, by which a reader removes it. Of a
// spool that is at most the one batch that was under way when the outage began, and after a crash what was
// delivered in about the last second.
//
// A window costs the server memory for each ID in it, in every replica: 154 bytes, measured with nats-server
// 2.15, so an hour of 100 events a second is 55 MB, and one of 1,000 is 550 MB. When the server starts it reads
// the window's messages again, a million in about five seconds. The window is the stream's Duplicates:
//
//	nats.WithCreateStream(jetstream.StreamConfig{Duplicates: 6 * time.Hour})   where the stream is made here
//	nats stream edit CAIRN --dupe-window=6h                                    where it is there
//
// The server takes no window that is longer than the stream's MaxAge, or than its own limit
// (jetstream { limits { duplicate_window } }).
//
// # Recovery
//
// When the server works again, so does the exporter, without a restart. A stream that is gone is made again under
// [WithCreateStream], by the call that finds it gone, which then publishes what the stream had not heard; without
// it the error says that the stream is missing, and the exporter goes on when it is there again. After a restart
// of the server, its lame duck mode, a right that was missing or a limit that was reached, the next call succeeds:
// where answers did not come, it listens to them in a new inbox, because a server does not look again at an inbox
// that it has refused.
//
// nats.go gives a connection up: by default after about two minutes without a server (use
// natsgo.MaxReconnects(-1)), and at the second refusal of the same credentials (use
// natsgo.IgnoreAuthErrorAbort()). The exporter then makes a connection of its own with the same options, but for
// the handlers that tell of the connection, and Shutdown closes it. A connection that the application closes
// stays closed, and Export fails.
//
// # Errors
//
// Too large for the server or the stream: permanent, for that event only. Too many requests:
// [sink.RetryAfter], one second. Everything else may go away: no connection, no
// stream that listens, one that is full, a leader that is being elected, no rights, no JetStream, no answer in time.
// Without a connection Export fails at once; the library connects again by itself.
package nats
