// Package httpsink has what sinks over HTTP share, for authors of one. [Receiver] is the whole of it around a sink's own
// encoding: Export, Shutdown, compression and requests. Its parts can be used alone: the body of a request, which a transport
// may read for longer than the request takes ([Bodies]); the request and its answer ([Do], [Answer]); the search for the events
// that a receiver refuses ([Deliver]); and the place of an event in its journey's trace ([Places]). The sink writes events and
// headers itself, as packages webhook and otlplog do.
//
// # What answers mean
//
// [Answer.Err] has one table for all sinks. A fault of the receiver never makes dead letters: only an answer about the content
// of a request is permanent, and only for that request.
//
//	2xx                       taken
//	400, 409, 413, 422        refused: permanent, and Deliver looks for the event that it is about
//	408, 425, 429, 5xx        try again
//	other 4xx                 a fault of the configuration, on either side: try again
//	3xx                       try again: events go where they are told to go
//	101                       try again: no request asked for another protocol, so the URL is wrong
//	an answer of gRPC         try again, whatever its status: the port is wrong ([ErrGRPC])
//	no answer, anything else  try again
//
// The error of an answer with Retry-After says when to try again. Other 4xx are about the credentials (401, 403, 407), the
// address (404, 410, 421, 451), the method (405) or the form (406, 411, 415, 426). They concern all events, so events wait until
// the configuration is corrected, and the error says what to look at. A receiver refuses a single event with 400 or 422; with
// another status it holds up the events behind it.
//
// # How long a receiver may take
//
// [Do] returns when the context of its request is done or its own bounds are reached, whatever the receiver does. A receiver may
// never answer, send interim answers or headers without end, send a body slowly, stop reading the request, or change to another
// protocol. Do then closes the connection.
package httpsink
