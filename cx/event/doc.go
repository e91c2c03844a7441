// Package event defines the data that flows through Cairn. An [Event] is one thing that happened to one customer: a journey
// started, a touchpoint ended, a customer answered a survey.
//
// Packages journey, touchpoint and feedback make events from what a service says. The client (cx.Client) completes each
// event, then hands it to every [Processor] in line and, in batches, to every [Exporter]. A service that only records
// needs little of this package: the channels ([Web], [Phone], …), [Customer] and [Actor]. A processor, an exporter or a
// reader of exported files needs the rest.
//
// The JSON form of an event is the same in every sink. [Event.AppendJSON] writes it and [ParseJSON] reads it. JSON.md
// beside this file lists every field. Within one [JSONVersion], fields and kinds are only added.
//
// The package is a leaf: it imports the OpenTelemetry API, and of Cairn only the small packages below it that clean texts
// and derive IDs.
package event
