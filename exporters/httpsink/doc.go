// Package httpsink is what sinks over HTTP share, for those who write one: the body of a request, which a
// transport may read for longer than its request takes ([Bodies]), the answer and what it means ([Do]), the
// search for the events that a receiver refuses ([Deliver]), and the place of an event in its journey's
// trace ([Places]). How events are written, and what is said of them in headers, is the sink's own matter:
// packages webhook and otlplog are two.
//
// # What answers mean
//
// It is one table for all sinks, [Answer.Err]. A receiver's fault is never a reason to bury events: only
// an answer about what was sent is permanent, and only for the request that it answers.
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
// What is to be tried again says when, where the answer has a Retry-After. Other 4xx speak of the credentials
// (401, 403, 407), the address (404, 410, 421, 451), the method (405) or the form (406, 411, 415, 426): all
// events would meet with them, so they wait until that is put right, and the error says what to look at. A
// receiver that will not have one event says so with 400 or 422; with another status it holds up those behind.
//
// # How long a receiver may take
//
// [Do] returns when the context of its request is done, or its own bounds are reached, whatever the receiver
// does: it may never answer, send interim answers or headers without end, let a body drip, stop reading what
// is sent, or change to another protocol. The connection is closed then.
package httpsink
