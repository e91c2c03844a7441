// Package sink has what the author of a sink, an [event.Exporter], uses. A user of package exporters does not need it.
//
//   - Errors that say whether trying again helps: [Permanent], [RetryAfter], [PartialError] and [ErrClosed]. An error without
//     a mark is a failure for now.
//   - [Calls] counts the calls of Export that are under way. Flush and Shutdown wait for them.
//   - [Turn] lets one call at a time write. [BatchError] makes the error of a call from the errors of its events.
//   - [Addressed] says which host the events go to. The queue in front adds it to its metrics.
//
// A sink over HTTP uses package httpsink as well, which has the request, the meaning of the answer and the search for the
// event that a receiver refuses. Package exporterstest has the contract of a sink, in words and as tests.
//
// # Errors
//
// Each error begins with the name of the sink's package, once: "kafka: topic orders: …". The errors of this package have no
// prefix, because a sink wraps them. A sink returns a [PartialError] as it is, and gives each [Failure] the prefix.
package sink
