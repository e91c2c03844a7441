// Package httpsink has the parts that sinks over HTTP share. It is for authors of such sinks. [Receiver] is all of a sink
// except its encoding: Export, Shutdown, compression and requests. Each part can also be used alone:
//
//   - [Bodies] holds the bodies of requests, which a transport may read for longer than the request takes.
//   - [Do] sends a request and returns the [Answer].
//   - [Deliver] delivers a batch and finds the events that a receiver refuses.
//   - [Places] returns the place of an event in its journey's trace.
//
// The sink itself writes events and headers, as packages webhook and otlplog do.
//
// # Meaning of answers
//
// [Answer.Err] has one table for all sinks. A fault of the receiver never makes dead letters: only an answer about the content
// of a request is permanent, and only for that request.
//
//	2xx                       taken
//	400, 409, 413, 422        refused: permanent, and Deliver looks for the event that is refused
//	408, 425, 429, 5xx        try again
//	other 4xx                 a fault of the configuration, on either side: try again
//	3xx                       try again: the receiver redirects to another place, so give the exporter the new URL
//	101                       try again: the receiver changes the protocol unasked, so the URL is wrong
//	an answer of gRPC         try again, whatever its status: the port is wrong ([ErrGRPC])
//	no answer, anything else  try again
//
// If an answer has Retry-After, its error says when to try again. Other 4xx concern the credentials (401, 403, 407), the
// address (404, 410, 421, 451), the method (405) or the form (406, 411, 415, 426). They concern all events, so events wait
// until an operator corrects the configuration, and the error says where to look. A receiver must refuse a single event with
// 400 or 422. With another status it holds up the events behind that event.
//
// # Time limits
//
// [Do] returns when the context of its request is done or when its time limits are reached, whatever the receiver does. A
// receiver may never answer, send interim answers or headers without end, send a body slowly, stop reading the request, or
// change to another protocol. Do then cancels the request.
package httpsink
