package processortest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Full is event i of a subtest, of so many.
func Full(i int) event.Event { return full(i) }

const NumEvents = numEvents

// RunBroken is [Run] for a processor that is broken: what does not return is not waited for as long.
func RunBroken(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	(&runner{open, 5 * time.Second}).run(t)
}

// Difference is what a failure shows of two events.
func Difference(got, want []byte) string { return difference(got, want) }
