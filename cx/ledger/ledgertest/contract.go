package ledgertest

import (
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Run tests the whole contract of [ledger.Store]. It also tests [ledger.Counter] and [ledger.Forgetter] if the store implements
// them, and skips their tests if it does not. Each clause is a subtest, and its failures print the reason for the clause.
//
// If the store is a [ledger.Shelver], the subtest "shelves" tests that shelves are separate, that customers' records on one
// answer questions, that requests for feedback on one are answered once, and the subtest "on a shelf" repeats
// all other clauses on a shelf while the store itself and another shelf have records with the same keys.
//
// Run calls open before each subtest. Open makes an empty store, which lives until its t ends, and returns a function that
// connects one more instance to the same store. The function may return the same handle each time, but different handles test
// more. Only the goroutine of the subtest calls it.
//
// Run requires two things that the contract leaves open, because a test cannot wait for long. A record with a Keep of one
// millisecond has to be gone within 45 seconds of repeated calls of Claim. The store's clock has to be within one hour of this
// machine's clock.
func Run(t *testing.T, open func(t *testing.T) (connect func() ledger.Store), opts ...Option) {
	t.Helper()
	runWithin(t, open, patience, nil, opts)
}

// Option is an option of [Run].
type Option interface{ apply(s *suite) }

type optionFunc func(s *suite)

func (f optionFunc) apply(s *suite) { f(s) }

// WithBusy gives Run a function that makes a store busy. A subtest calls it with its t and the first handle that connect has
// returned. From then on a Write through this handle, and through a shelf of it, has to wait until release is called: the function
// takes the store's lock, locks its file or its tables from outside, uses every connection, or stops its server. The shelf has
// been used before. Run then tests that each waiting call returns when its context is done, and that a change is not made after its deadline. Only the goroutine of the subtest calls the
// function and release, and release once. Default, and for nil: Run skips these tests, which suits a store whose calls never
// wait.
func WithBusy(busy func(t *testing.T, store ledger.Store) (release func())) Option {
	return optionFunc(func(s *suite) { s.busy = busy })
}

// runWithin is Run with another patience. The function alter changes delivered events; nil changes none.
func runWithin(
	t *testing.T, open func(t *testing.T) (connect func() ledger.Store), patience time.Duration, alter alteration, opts []Option,
) {
	t.Helper()
	every := [][]contract{appending, replacing, timing, claiming, closing, counting, forgetting, bounding, racing, journeys}
	each := func(t *testing.T, groups [][]contract, test func(c contract, s *suite)) {
		t.Helper()
		for _, c := range slices.Concat(groups...) {
			t.Run(c.name, func(t *testing.T) {
				connect := open(t)
				s := &suite{T: t, reason: c.reason, store: connect(), connect: connect, patience: patience, alter: alter}
				s.handle = s.store
				for _, o := range opts {
					if o != nil {
						o.apply(s)
					}
				}
				test(c, s)
			})
		}
	}
	each(t, every, func(c contract, s *suite) { c.test(s) })
	t.Run("shelves", func(t *testing.T) {
		needShelves(t, open)
		each(t, [][]contract{shelving, customers, requests}, func(c contract, s *suite) { c.test(s) })
	})
	t.Run("on a shelf", func(t *testing.T) {
		needShelves(t, open)
		each(t, every, func(c contract, s *suite) {
			other := s.on("other")
			unchanged, otherUnchanged := s.clutter(), other.clutter()
			c.test(s.on("suite"))
			unchanged()
			otherUnchanged()
		})
	})
}

// needShelves skips the test if the store has no shelves.
func needShelves(t *testing.T, open func(t *testing.T) (connect func() ledger.Store)) {
	t.Helper()
	if _, ok := open(t)().(ledger.Shelver); !ok {
		t.Skip("the store does not implement ledger.Shelver, which is optional")
	}
}

// contract is one clause of the contract.
type contract struct {
	name   string
	reason string
	test   func(s *suite)
}

const (
	// patience bounds the wait for an effect of the store's clock. Only a store that hangs makes a test wait that long. The
	// comment of Run names it.
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
