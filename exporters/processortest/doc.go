// Package processortest tests an [event.Processor]: [Run] is its contract as subtests. The test of a processor calls it with
// a function that makes a new one:
//
//	func TestContract(t *testing.T) {
//		processortest.Run(t, func(t *testing.T) processortest.Subject {
//			p := audit.New()
//			return processortest.Subject{Processor: p, Processed: func(*testing.T) []event.Event { return p.Events() }}
//		})
//	}
//
// Run skips what a processor cannot show, and the output of the test says what that was. A processor that changes the copy
// which it delivers says so with [Subject].Keeps.
//
// Run it under the race detector as well, which finds a processor that reads an event after Process has returned.
//
// # The contract
//
// "At once" means that the call does not wait for what is behind the processor. The tests allow 45 seconds, so that they pass
// on a slow machine.
//
//   - Process changes nothing of the event, and nothing that it points to: not while it runs, and not later.
//   - Process does not keep the pointer, nor one into the event, because the event is reused when Process has returned. It may
//     keep a copy of the struct: what that points to does not change.
//   - Process returns at once, also when what is behind the processor does not answer. It has no bound to wait for: what does
//     not fit is dropped and counted.
//   - The context of Process is that of the request in which the event happened. The event counts also if that context is
//     done. A nil context does not panic.
//   - Process, Flush and Shutdown are called concurrently.
//   - Shutdown delivers what is left and returns nil; a further call returns nil, too. It returns at once when its context is
//     done, with an error while something is left, and is called again to wait for the rest.
//   - Flush, if the processor is an [event.Flusher], returns nil when everything from before the call is delivered, and
//     returns at once when its context is done.
//   - Process after Shutdown returns at once and does not panic.
//   - No goroutine of the processor is left soon after Shutdown.
package processortest
