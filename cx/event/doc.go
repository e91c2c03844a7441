// Package event defines the data that flows through Cairn. An [Event] is one thing that happened to one customer: a journey
// started, a touchpoint ended, a customer answered a survey.
//
// Packages journey, touchpoint and feedback create events when a service calls them. The client (cx.Client) completes each
// event. It then passes the event to every [Processor] in the goroutine that records, and in batches to every [Exporter]. A
// service that only records uses the channels ([Web], [Phone], …), [Customer] and [Actor]. A processor, an exporter or a
// reader of exported files needs the rest.
//
// The JSON form of an event is the same in every sink. [Event.AppendJSON] writes it and [ParseJSON] reads it. JSON.md
// beside this file lists every field. Within one [JSONVersion], fields and kinds are only added.
//
// The package is a leaf: it imports the OpenTelemetry API, and two small packages of Cairn that clean texts and derive IDs.
package event
