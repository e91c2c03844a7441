// Package ledgertest tests whether a [ledger.Store] keeps the contract. The test of a store calls [Run] with a function that
// opens an empty store:
//
//	func TestStore(t *testing.T) {
//		ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
//			folder := t.TempDir()
//			return func() ledger.Store { return open(t, folder) }
//		})
//	}
//
// # For the author of a store
//
// Begin with Write and an Append, and make the groups pass in this order. Each file holds one group as a table of clauses: a
// name, the reason why a store has to be like that, and the test. A failure prints the reason.
//
//	contract_append.go    an Append makes a record, keeps the order, and takes any bytes
//	contract_replace.go   a Replace is made if the log is exactly If
//	contract_due.go       Due and Lease, by the store's clock
//	contract_claim.go     Claim gives a record to one caller at a time
//	contract_close.go     a closed record, and how long it is kept
//	contract_count.go     [ledger.Counter], skipped where the store is none
//	contract_forget.go    [ledger.Forgetter], skipped where the store is none
//	contract_race.go      many callers at once, on several handles
//	journeys*.go          journeys of customers on the store, with instances that fail, hang and are killed
//
// [Memory] passes all of them in some hundred lines, without a database in the way: read it beside the tests.
//
// # What it does not test
//
// It measures nothing. Whether a change outlives a crash of the machine is for the store's own tests, because only they can
// stop its process or fill its disk.
package ledgertest
