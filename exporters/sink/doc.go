// Package sink is for authors of sinks: what an [event.Exporter] of one's own uses, and a user of exporters does not see.
//
//   - Errors that say whether trying again helps: [Permanent], [RetryAfter], [PartialError] and [ErrClosed]. An error without
//     a mark is one that goes away.
//   - [Calls] counts the calls of Export that are under way, for Flush and Shutdown to wait for. [Turn] lets one of them write
//     at a time, and [Outcome] makes their error.
//   - [Addressed] says which host the events go to, for the metrics of the queue in front.
//
// A sink over HTTP uses package httpsink as well, which has the request, the meaning of the answer and the search for the
// event that a receiver refuses. Package exporterstest tests a sink: its contract is there in full.
//
// # Errors
//
// Each error begins with the name of the sink's package, once: "kafka: topic orders: …". What a sink wraps has no prefix of
// its own, so this package adds none. A [PartialError] is returned as it is, and each [Failure] has the prefix.
package sink
