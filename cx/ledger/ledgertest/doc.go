// Package ledgertest tests whether a [ledger.Store] fulfils the contract. The test of a store calls [Run] with a function that
// opens an empty store:
//
//	func TestStore(t *testing.T) {
//		ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
//			folder := t.TempDir()
//			return func() ledger.Store { return open(t, folder) }
//		})
//	}
//
// # For authors of stores
//
// Begin with Write and an Append, and make the groups pass in this order. Each file has one group as a table of clauses. A
// clause is a name, the reason for the requirement, and the test. A failure prints the reason.
//
//	contract_append.go    an Append makes a record, keeps the order, and accepts any bytes
//	contract_replace.go   a Replace is made only if the log is exactly If
//	contract_due.go       Due and Lease, by the store's clock
//	contract_claim.go     Claim returns a record to one caller at a time
//	contract_close.go     closed records and their retention
//	contract_count.go     [ledger.Counter]; skipped if the store does not implement it
//	contract_forget.go    [ledger.Forgetter]; skipped if the store does not implement it
//	contract_context.go   contexts that end, before a call, during it and while it waits ([WithBusy])
//	contract_race.go      concurrent callers on several handles
//	contract_shelf.go     [ledger.Shelver]; skipped if the store does not implement it
//	customers.go          questions to customers' records, on a shelf; skipped as contract_shelf.go is
//	requests.go           requests for feedback, on a shelf; skipped as contract_shelf.go is
//	journeys*.go          journeys of customers on the store, with instances that fail, hang and are killed
//
// A store with shelves passes all of them on a shelf, too.
//
// [Memory] passes all of them without a database. Read it beside the tests, or the shorter store in examples/extend/filestore.
//
// # Limits of the suite
//
// The suite measures no performance. It does not test whether a change survives a crash of the machine. The store's own tests
// have to do that, because only they can stop its process or fill its disk.
package ledgertest
