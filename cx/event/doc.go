// Package event holds the one thing that flows through Cairn: an [Event],
// something that happened to a customer.
//
// Everything an Event can contain is defined here, with its JSON form, the
// [Position] that a context carries from call to call and from service to
// service, and the three small interfaces between the parts: a [Recorder] takes
// what services say, a [Processor] sees every event in line, an [Exporter]
// delivers batches of them to a sink.
//
// The JSON form is the same everywhere: [Event.AppendJSON] writes it, [ParseJSON] reads it. JSON.md
// beside this file has every field with its type and meaning, and what its version
// ([JSONVersion]) promises: within one, fields and kinds are only added.
//
// It is the leaf of the module: it imports nothing else of Cairn, and the
// OpenTelemetry API only. Most services never import more of it than the
// channels ([Web], [Phone], …) and [Customer]; the packages journey, touchpoint
// and feedback are the words they speak.
package event
