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
package exporterstest
