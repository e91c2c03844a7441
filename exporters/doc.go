// Package exporters delivers events to sinks. Its parts go around an [event.Exporter], which is where the
// events end up:
//
//   - [Batch] puts a bounded queue in front of it, so that recording never waits.
//   - [Spool] puts a disk queue in front of it, so that what Flush acknowledged survives kill -9 and
//     power loss, and an outage of the sink fills the disk only up to a bound.
//   - [Retry] tries again what failed for now, and puts what the sink will never take into a file
//     ([DeadLetters]) that "cairn replay" reads.
//   - [Tee] feeds several sinks, none of which delays the others.
//
// A client puts a Batch in front of every exporter that cx.WithExporters gives it. The others go inside:
//
//	spool, err := exporters.NewSpool("/var/spool/shop", sink) // which tries again by itself
//	…
//	cx.WithExporters(spool)
//
// Delivery is at least once and in order for one journey; a sink removes duplicates by the event's ID.
// What does not fit into a queue, what was given up, and dead letters are counted in
// cx.sdk.processor.dropped with their error.type, each call that failed in cx.sdk.exporter.exported, and
// all of it is reported to OpenTelemetry's error handler. The next Flush returns what a queue has lost, as a
// [LossError]. An exporter says with [sink.Permanent], [sink.RetryAfter] and [sink.PartialError] what its errors mean.
//
// The sinks are the packages below this one; exporterstest says whether one of your own is one. The
// README has a table of them.
package exporters
