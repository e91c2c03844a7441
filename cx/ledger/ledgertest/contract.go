package ledgertest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Run tests the whole contract of [ledger.Store], and of [ledger.Counter] and [ledger.Forgetter] where the store has these
// abilities; otherwise it skips their tests. Each clause is a subtest, whose failures print the reason of the clause.
//
// Before each subtest Run calls open, which makes an empty store that ends with its t. Open returns a function that gives
// the handle of one more instance on the same store. It may return the same handle each time, yet several handles prove more.
// It is called from the goroutine of the subtest only.
//
// Run asks for two things that the contract leaves open, because a test cannot wait: a record that was to be kept for a
// millisecond is gone within 10 seconds in which Claim is called again and again, and the store's clock is within an hour of
// this machine's.
func Run(t *testing.T, open func(t *testing.T) (connect func() ledger.Store)) {
	t.Helper()
	runWithin(t, open, patience, nil)
}

// runWithin is Run with another patience, and a function that changes what is delivered, nil for none.
func runWithin(t *testing.T, open func(t *testing.T) (connect func() ledger.Store), patience time.Duration, alter alteration) {
	t.Helper()
	for _, group := range [][]contract{
		appending, replacing, timing, claiming, closing, counting, forgetting, racing, journeys,
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				connect := open(t)
				c.test(&suite{T: t, reason: c.reason, store: connect(), connect: connect, patience: patience, alter: alter})
			})
		}
	}
}

// contract is one clause of the contract.
type contract struct {
	name   string
	reason string
	test   func(s *suite)
}

const (
	// patience bounds the wait for what the store's clock brings. Only a store that hangs makes a test wait so long.
	patience = 45 * time.Second
	// pace is the time between two questions meanwhile.
	pace = 2 * time.Millisecond
	// all is a limit of Claim that no test reaches.
	all = 1000
	// long is a lease that no test outlasts.
	long = time.Hour
	// longest is the longest time.Duration, 292 years. Added to a time it overflows nanoseconds.
	longest = time.Duration(1<<63 - 1)
)
