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
//
// # When something is wrong
//
// Recording never fails, so a mistake has to show elsewhere. Each one is a fault ([fault.Fault]): Cairn folds, cuts,
// ignores or drops what it cannot take, and counts that in the metric cx.sdk.faults under error.type. Beside
// the metric the client tells the first of each fault and name within a minute: which definition, route, attribute, option
// or exporter it is about, in which route it happened, what was wrong, and what to do ([fault.Fault.Remedy]).
//
//	cairn: unknown_name "paiment" in POST /pay: it is a stage that the journey order does not have: correct the name …
//
// The line goes to OpenTelemetry's error handler, or with [WithLogger] to a log, with attributes and the span of the
// request. [WithOnFault] is for code. A panic of a hook, a redactor, a clock, a processor or an exporter is told with its
// stack, and never with what it panicked with. No line has an ID or a text of a customer, at most 100 are told in a
// minute, and recording waits for none of them. [Client.Faults] lists them, and package cxtest fails a test that
// makes one.
package cx
