// Package exporterstest tests an [event.Exporter]: [Run] is the contract as subtests. The test of a sink calls it with a
// function that opens an empty one:
//
//	func TestContract(t *testing.T) {
//		exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
//			file := filepath.Join(t.TempDir(), "events.jsonl")
//			return exporterstest.Sink{
//				Exporter: open(t, file),
//				Received: func(t *testing.T) []event.Event { return read(t, file) },
//			}
//		})
//	}
//
// Run skips what a sink cannot do or show, and the output of the test says what that was. It measures nothing, and cannot make a
// crash: the sink's own tests show that acknowledged events outlive one.
//
// # The contract
//
// "At once" means that the call does not wait for the sink. The tests allow 45 seconds, so that they pass on a slow machine.
//
// The events that arrive:
//
//   - Each event arrives as [event.Event.AppendJSON] writes it, or what [Sink].Keeps leaves of it: every kind, including unknown
//     ones; every text, including NUL, line breaks and bytes that are not UTF-8; every time and number; every type of attribute.
//     A batch of [exporters.DefaultBatchSize] events arrives, and one of 3 MiB.
//   - [event.Customer].ID, the application's own ID, never arrives: neither AppendJSON nor Received has it.
//   - An event may have no ID, and no journey. The sink may give an ID to one that has none. Two events that differ only in
//     their IDs are two.
//   - Without a failure each event arrives once. The caller may give the same batch again, and an ID twice in one batch. That is
//     no error. The event is then there at least once, and exactly once if [Sink].Deduplicates says so.
//
// Their order:
//
//   - The events of a journey (the namespace, name and ID of its [event.Run]) arrive in the order in which they are given, in
//     one batch or several, mixed with those of others, and whatever their times and IDs are.
//   - Export is called for several journeys at once, and beside Flush and Shutdown. Events without a journey may come from any
//     of these calls.
//   - No event overtakes an earlier one of its journey that failed for now. A [sink.PartialError] that names an event with an
//     error that is not permanent also names every later event of that journey in the batch, and none of these is in the sink.
//     They are tried again in their order. Any other error is about the whole batch, which is tried again. The sink may have
//     taken the beginning of each journey in it by then.
//
// The batch:
//
//   - It belongs to the caller again when Export returns. An exporter that keeps events copies the structs.
//   - Export does not change it: not the events, not what they point to, and not what is behind them in the array.
//   - An empty or nil batch is no error, and nothing arrives.
//   - A nil pointer of the exporter's type does nothing: Export, Flush and Shutdown return at once without a panic, and Shutdown
//     returns nil.
//
// Contexts, Flush and Shutdown:
//
//   - A nil context of Export, Flush and Shutdown is [context.Background]. None of them panics on it.
//   - Export returns at once when its context is done, also while the sink does not answer, to this call or to another one
//     beside it. The error wraps the context's error or its cause. It is neither permanent nor [sink.ErrClosed], and the caller
//     may give the events again.
//   - Events that Export has taken are there when Flush ([event.Flusher]) returns nil, and at once if the exporter has no Flush;
//     [Sink].Late allows for a lag. Flush without events returns nil. A second Flush adds nothing. Flush whose context is done,
//     or ends while the sink does not answer, and Flush after Shutdown, return at once, with or without an error.
//   - Shutdown returns nil when the events that Export has taken are there, also if there were none. A further call returns nil.
//   - Shutdown returns at once when its context is done, also while the sink does not answer. The caller calls it again to wait
//     for the rest. Events for which Export returned nil are there after that.
//   - Export after Shutdown returns an error that wraps ErrClosed, and nothing arrives. An Export that is under way at Shutdown
//     returns nil, and its events are there, or an error that is not permanent, or ErrClosed.
//
// Errors:
//
//   - An error says if trying again helps, as each [Fault] has it: it is marked [sink.Permanent], or [sink.RetryAfter] with a
//     positive time of at most a year, or has no mark, which is a failure for now.
//   - A PartialError names events by their indexes in the batch, in its order, each once, with the event's ID and an error that
//     is not nil. The sink has taken all others.
//   - A PartialError names events that the sink refuses for ever as permanent. They do not stop the events before and behind
//     them. If the sink refuses the whole batch, the error may be permanent instead.
//   - An error, also that of an event, is at most 4 KiB long. It repeats nothing of an event, whatever the sink has answered. If
//     it begins with the name of a package, as in "kafka: …", it has that prefix once.
//
// Goroutines:
//
//   - No goroutine of the exporter is left soon after Shutdown, also after a caller of Export has given up.
//
// Recovery:
//
//   - When the sink works again, so does the exporter, without being opened again: after each [Fault], one after the other, and
//     after each of [Sink].Outages, on an exporter that was used before and on one that was not. At most five calls may still
//     fail for now. No event that an error named is lost when the caller gives it again.
package exporterstest
