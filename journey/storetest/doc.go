// Package storetest says whether a [journey.Store] is a good one: [Run] is the contract as tests. The
// test of a store calls it with a function that opens an empty one:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) func() journey.Store {
//			folder := t.TempDir()
//			return func() journey.Store { return open(t, folder) }
//		})
//	}
//
// It measures nothing, and what a store does when its machine fails it cannot know: that a change
// outlives a crash is for the store's own tests.
package storetest
