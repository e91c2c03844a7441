// Package cx has the [Client], which turns what services record about their customers into OpenTelemetry signals and
// events.
//
// A service defines its journeys and touchpoints once, as package variables, makes one client in main, and records from
// anywhere:
//
//	client, err := cx.New(cx.WithDefinitions(checkout, submitPayment), cx.WithCustomerKey(key))
//	…
//	cx.SetDefault(client)
//	…
//	client.Shutdown(ctx) // a context with time left, not the one that a signal has cancelled
//
// Without a client, every call that records is a cheap no-op. A library can therefore be instrumented before its user
// decides anything.
//
// # When something is wrong
//
// Recording never returns an error, so mistakes are reported elsewhere. Each mistake is a fault ([fault.Fault]). The client
// corrects, folds, cuts or drops the data, and counts the fault in the metric cx.sdk.faults under error.type. It also
// reports the first fault of each kind and name within a minute. A report says what was wrong and what to do
// ([fault.Fault.Remedy]). It names the definition, route, attribute, option or exporter, and the route of the request:
//
//	cairn: unknown_name "paiment" in POST /pay: it is a stage that the journey order does not have: correct the name …
//
// Reports go to OpenTelemetry's error handler, or with [WithLogger] to a log. [WithOnFault] passes them to a function. The
// report of a panic has the stack, and never the value of the panic. No report has an ID or a text of a customer.
// [Client.Faults] lists the faults. Package cxtest fails a test that causes one.
package cx
