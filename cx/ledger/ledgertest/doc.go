// Package ledgertest says whether a [ledger.Store] is a good one: [Run] is the contract as tests. The
// test of a store calls it with a function that opens an empty one:
//
//	func TestStore(t *testing.T) {
//		ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
//			folder := t.TempDir()
//			return func() ledger.Store { return open(t, folder) }
//		})
//	}
//
// It measures nothing, and what a store does when its machine fails it cannot know: that a change
// outlives a crash is for the store's own tests.
package ledgertest
