// Package flight holds an event while it is recorded: the event itself, what is only known or needed until it has been
// delivered, the contexts that it is recorded in, and the protocol between the vocabulary (journey, touchpoint,
// feedback) and the client that records.
//
// Processors, exporters and applications never see this package. They get [event.Event], which is data.
package flight
