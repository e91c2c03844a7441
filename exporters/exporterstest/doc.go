// Package exporterstest says whether an [event.Exporter] is a good one: [Run] is the contract as tests.
// The test of a sink calls it with a function that opens an empty one:
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
// What a sink cannot do or show is skipped, and the test's output says what that was. It measures
// nothing, and a crash it cannot make: that what was acknowledged outlives one is for the sink's own
// tests.
//
// # The contract
//
// This is all that is asked for. "At once" is within ten seconds, which no machine needs.
//
// What arrives:
//
//   - Each event arrives as [event.Event.AppendJSON] writes it, or what [Sink].Keeps leaves of it: every kind,
//     also one that nobody knows, every text (NUL, line breaks, bytes that are no UTF-8), every time and
//     number, every type of attribute. A batch of [exporters.DefaultBatchSize] events arrives, and one of 3 MiB.
//   - [event.Customer].ID, the application's own, never arrives: neither AppendJSON nor Received has it.
//   - An event may have no ID, and no journey. The sink may give an ID to one that has none. Two events
//     that are alike but for their IDs are two.
//   - Without a failure each event arrives once. The same batch may come again, and an ID twice in one
//     batch: that is no error, and each event is there at least once, or just once where
//     [Sink].Deduplicates says so.
//
// In which order:
//
//   - The events of a journey ([event.Run]'s namespace, name and ID) arrive in the order in which they
//     are given, in one batch and over several, mixed with those of others, and whatever their times and IDs are.
//   - Export is called for several journeys at once, and beside Flush and Shutdown; events without a journey
//     come from anywhere.
//   - What failed for now is not overtaken. A [sink.PartialError] that names an event of a journey with
//     an error that is not permanent names everything behind it of that journey in the batch, too, and
//     none of that is in the sink: it is tried again in its order. An error that names nothing is about all of
//     the batch, which is tried again as a whole; what is in the sink by then is its beginning, of each journey.
//
// What a batch is:
//
//   - It is the caller's again when Export returns: who keeps events copies the structs.
//   - It is not changed: neither its events nor what they point to, nor by append what is behind it in
//     the array.
//   - None, or an empty one, is no error, and nothing arrives.
//   - A nil pointer of the exporter's type is an exporter that does nothing: Export, Flush and Shutdown
//     return at once without a panic, Shutdown with nil.
//
// Contexts, Flush and Shutdown:
//
//   - Export with a context that is done, or that is done while the sink does not answer, returns at once with
//     an error that wraps the context's error or its cause. It is neither permanent nor
//     [sink.ErrClosed], and the events may be given again.
//   - What Export has taken is there when Flush ([event.Flusher]) returns nil, and at once where the exporter
//     has none; [Sink].Late allows for a lag. Flush of nothing is nil, Flush again adds nothing, Flush with
//     a context that is done, and Flush after Shutdown, return at once with whatever.
//   - Shutdown returns nil when what Export has taken is there, also of an exporter that was never used, and
//     nil again when it is called again.
//   - Shutdown with a context that is done returns at once, also while the sink does not answer, and is called
//     again to wait for the rest. What Export returned nil for is there then.
//   - Export after Shutdown returns an error that wraps ErrClosed, and nothing arrives. An Export that is under
//     way at Shutdown returns nil and its events are there, or an error that is not permanent,
//     or ErrClosed.
//
// Errors:
//
//   - They say whether trying again helps, as [Fault] has it for each way to fail: [sink.Permanent],
//     [sink.RetryAfter] with more than no time and at most a year, or no mark, which is a failure for now.
//   - A PartialError names the events by their indexes in the batch, in its order, each once, with the event's
//     ID and an error that is not nil. All others were taken.
//   - Events that the sink refuses for ever are named, as permanent, and do not stop the rest before and behind
//     them. Where it refuses all of a batch, the error may be permanent instead.
//   - An error is at most 4 KiB long, those of a PartialError's events too, and repeats nothing of what is in
//     an event, whatever the sink has answered. The name of a package that it begins with, as in "kafka: …", is in it as
//     a prefix once.
//
// Goroutines:
//
//   - None that the exporter has started is left soon after Shutdown, also where a caller of Export has given up.
//
// Recovery:
//
//   - When the sink works again, so does the exporter, without being opened again: after each [Fault], one after
//     the other, and after each of [Sink].Outages, whether the exporter had exported something before or not. The
//     first calls may still fail for now, five at most. Nothing that an error named is lost when it is given again.
package exporterstest
