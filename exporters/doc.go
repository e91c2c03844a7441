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
// A client puts a Batch in front of each exporter given to cx.WithExporters. The other parts go behind that Batch:
//
//	spool, err := exporters.NewSpool("/var/spool/shop", sink) // it tries again by itself
//	…
//	cx.WithExporters(spool)
//
// Delivery is at least once, and in order for one journey. A sink removes duplicates by the event's ID.
//
// Every loss is reported. cx.sdk.processor.dropped counts the events that a queue had no room for, that were given up, or that
// became dead letters, with the reason as error.type. cx.sdk.exporter.exported counts each call that failed. OpenTelemetry's
// error handler gets a report of each, and the next Flush returns what a queue has lost as a [LossError]. A process that is
// killed loses the events in its queues in memory: up to [DefaultInterval] of recording, or more while the exporter is slow.
//
// The packages below this one are the sinks; the README has a table of them. To write a sink, see package sink, which has the
// errors that say whether trying again helps, and package exporterstest, which has the contract as tests. Package
// processortest has that of an [event.Processor].
package exporters
