// Package cx is the front door: [New] builds the [Client], which makes OpenTelemetry signals and events of what services report
// about their customers.
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
// Without a client everything that records is a cheap no-op, so that a library can be instrumented before its user has chosen
// anything.
//
// # When something is wrong
//
// Recording never fails, so that a mistake has to show elsewhere. Each one is a fault ([fault.Fault]): Cairn folds, cuts,
// ignores or drops what it cannot take, and counts that in the metric cx.sdk.faults under error.type. The client also reports
// the first of each fault and name within a minute: the definition, route, attribute, option or exporter that it is about, the
// route in which it happened, what was wrong, and what to do ([fault.Fault.Remedy]).
//
//	cairn: unknown_name "paiment" in POST /pay: it is a stage that the journey order does not have: correct the name …
//
// The line goes to OpenTelemetry's error handler, or with [WithLogger] to a log, with attributes and the span of the
// request. [WithOnFault] gives the reports to code. The report of a panic of a hook, a redactor, a clock, a processor or an
// exporter has the stack, and never the value of the panic. No line has an ID or a text of a customer, there are at most 100
// lines a minute, and recording does not wait for them. [Client.Faults] lists the faults, and package cxtest fails a test that
// makes one.
package cx
