package ledgertest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Run tests the whole contract of [ledger.Store]. It also tests [ledger.Counter] and [ledger.Forgetter] if the store implements
// them, and skips their tests if it does not. Each clause is a subtest, and its failures print the reason for the clause.
//
// Run calls open before each subtest. Open makes an empty store, which lives until its t ends, and returns a function that
// connects one more instance to the same store. The function may return the same handle each time, but different handles test
// more. Only the goroutine of the subtest calls it.
//
// Run requires two things that the contract leaves open, because a test cannot wait for long. A record with a Keep of one
// millisecond has to be gone within 10 seconds of repeated calls of Claim. The store's clock has to be within one hour of this
// machine's clock.
func Run(t *testing.T, open func(t *testing.T) (connect func() ledger.Store)) {
	t.Helper()
	runWithin(t, open, patience, nil)
}

// runWithin is Run with another patience. The function alter changes delivered events; nil changes none.
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
	// patience bounds the wait for an effect of the store's clock. Only a store that hangs makes a test wait that long.
	patience = 45 * time.Second
	// pace is the time between two checks during such a wait.
	pace = 2 * time.Millisecond
	// all is a limit of Claim that no test reaches.
	all = 1000
	// long is a lease that outlasts every test.
	long = time.Hour
	// longest is the longest time.Duration, 292 years. Added to a time it overflows nanoseconds.
	longest = time.Duration(1<<63 - 1)
)
