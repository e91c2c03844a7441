// Package memory is a [ledger.Store] in the memory of one process. It has a bound, and no dependencies, file or goroutine.
//
//	store, err := memory.New(memory.WithMaxRecords(200_000))
//	if err != nil { … }
//	cx.New(cx.WithStore(store))
//
// It suits tests, services of one instance, and whatever may be forgotten when the process ends. It is no substitute for a store
// on a disk or a server where several instances share what they remember. The zero value is a store with the default bound.
//
// # The bound
//
// The bound is a number of records, for the store itself and for each of its shelves: a shelf that is full does not stop another
// one. Closed records count until their retention is over. The store evicts nothing. A Write that would make more records
// changes nothing and returns [ErrFull]; changes of records that exist, Claim, Count and Forget still work. The length of logs has
// no bound.
//
// # Closed records
//
// A closed record is gone from every answer as soon as its retention is over. Its memory is free after the next Claims, each of
// which removes up to 5,000 such records, or as soon as a Write needs the room. A store whose Claim is never called holds closed
// records until it is full.
//
// # Cost
//
// Write, and Claim for each record that it returns or removes, take logarithmic time in the number of records. Count depends on
// the number of places, and Forget on that of the customer's records. A call holds the lock of its table for the time of a few
// thousand records at most, so that no call waits long for another one.
package memory
