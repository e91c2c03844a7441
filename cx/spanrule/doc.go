// Package spanrule makes touchpoints of spans that a service makes already. A [Rule] says which spans are an interaction with a customer, and
// where they have the ID of the run, the customer and the actor. [Compile] makes a [Set] of rules, which finds the rule of a span and
// returns its event.
//
// The package knows neither the SDK of OpenTelemetry nor the data of a collector: a [Span] is plain data. Package
// touchpoint/spanmatch uses it in a service, and the command cairn match on a file of spans.
package spanrule
