// Package flight holds an event while it is recorded: its data, the state that only recording needs, the contexts that
// know where the customer is, and the protocol between the vocabulary (journey, touchpoint, feedback) and the client.
//
// Processors, exporters and applications never see this package. They get [event.Event], which is data.
package flight
