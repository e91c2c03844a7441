// Package exporters delivers events to sinks. A sink is an [event.Exporter]; the parts of this package go around it:
//
//   - [Batch] puts a bounded queue in memory in front of it, so that recording never waits.
//   - [Spool] puts a queue on disk in front of it. What its Flush has acknowledged survives kill -9 and power loss, and an
//     outage of the sink fills the disk only up to a bound.
//   - [Retry] tries a batch again that the sink did not take for now. It puts what the sink will never take into a file
//     ([DeadLetters]), which "cairn replay" reads.
//   - [Filter] drops or scrubs events before the sink gets them.
//   - [Tee] feeds several sinks, none of which delays the others.
//
// A client puts a Batch in front of each exporter that cx.WithExporters gives it. The other parts go inside:
//
//	spool, err := exporters.NewSpool("/var/spool/shop", sink) // which tries again by itself
//	…
//	cx.WithExporters(spool)
//
// Delivery is at least once, and in order for one journey. A sink removes duplicates by the event's ID.
//
// Nothing is lost in silence. cx.sdk.processor.dropped counts what a queue had no room for, what was given up and what became
// a dead letter, with the reason as error.type. cx.sdk.exporter.exported counts each call that failed. OpenTelemetry's error
// handler is told of all of it, and the next Flush returns what a queue has lost as a [LossError].
//
// The packages below this one are the sinks; the README has a table of them. To write a sink, see package sink, which has the
// errors that say whether trying again helps, and package exporterstest, which has the contract as tests. Package
// processortest has that of an [event.Processor].
package exporters
