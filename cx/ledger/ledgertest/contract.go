package ledgertest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Run tests the whole contract of [ledger.Store], and of [ledger.Counter] and [ledger.Eraser]
// where the store has these abilities; else those tests are skipped. Each is a subtest with a reason
// that its failures tell.
//
// Before each subtest open makes an empty store, which goes with its t. What it returns gives the
// handle of one more instance on the same store; it may be the same one each time, yet several prove
// more. It is called from the subtest's own goroutine only.
//
// Two things the contract leaves open are asked for here, for a test cannot wait: what was to be kept
// for a millisecond is gone within 10 seconds in which Claim is called again and again, and the
// store's clock is within an hour of this machine's.
func Run(t *testing.T, open func(t *testing.T) (connect func() ledger.Store)) {
	t.Helper()
	runWithin(t, open, patience)
}

// runWithin is Run with another patience.
func runWithin(t *testing.T, open func(t *testing.T) (connect func() ledger.Store), patience time.Duration) {
	t.Helper()
	for _, group := range [][]contract{
		appending, replacing, timing, claiming, closing, counting, forgetting, racing, journeys,
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				connect := open(t)
				c.test(&suite{T: t, reason: c.reason, store: connect(), connect: connect, patience: patience})
			})
		}
	}
}

// A contract is one clause of it.
type contract struct {
	name   string
	reason string
	test   func(s *suite)
}

const (
	// patience bounds the wait for what the store's clock brings: [suite.patience] of a store that is not broken.
	patience = 45 * time.Second // only what hangs takes so long
	// pace is how often the store is asked meanwhile.
	pace = 2 * time.Millisecond
	// all is a limit of Claim that no test reaches.
	all = 1000
	// long is a lease that no test outlasts.
	long = time.Hour
	// longest is the longest time there is, 292 years: what overflows in nanoseconds.
	longest = time.Duration(1<<63 - 1)
)
