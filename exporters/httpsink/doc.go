// Package httpsink is what sinks over HTTP share, for those who write one: the body of a request, which a
// transport may read for longer than its request takes ([Bodies]), the answer and what it means ([Do]), the
// search for the events that a receiver refuses ([Deliver]), and the place of an event in its journey's
// trace ([Places]). How events are written, and what is said of them in headers, is the sink's own matter:
// packages webhook and otlplog are two.
//
// # What answers mean
//
// It is one table for all sinks, [Answer.Err]. A receiver's fault is never a reason to bury events: only
// what says that it will not take these events is permanent.
//
//	2xx                       taken
//	400, 413, 422             refused: [ErrRefused], permanent, and Deliver looks for the one that it is about
//	401, 402, 403, 404, 407   a fault of the configuration, on either side: try again
//	408, 425, 429, 5xx        try again
//	3xx                       try again: events go where they are told to go
//	other 4xx                 permanent
//	no answer, anything else  try again
//
// What is to be tried again says when, where the answer has a Retry-After.
package httpsink
