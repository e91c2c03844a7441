// Package cx is the front door: [New] builds the [Client] that takes what services say
// about their customers and makes OpenTelemetry signals and events of it.
//
// A service defines its journeys and touchpoints once, as package variables, makes one
// client in main, and records from anywhere:
//
//	client, err := cx.New(cx.WithDefinitions(checkout, submitPayment))
//	…
//	cx.SetDefault(client)
//	…
//	client.Shutdown(ctx) // a context with time left, not the one that a signal has cancelled
//
// Without a client everything that records is a cheap no-op, so a library may be
// instrumented before anybody has chosen anything.
package cx
