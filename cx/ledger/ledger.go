// Package ledger is the contract between what Cairn remembers and the store that keeps it: a table of byte logs, each
// with a key, a due time, a customer and a place where it is counted. A store does not look into the logs.
//
// cx/stores has stores in memory and for SQLite, Redis and PostgreSQL. Package ledgertest tests whether a store of your own keeps
// the contract.
package ledger

import (
	"context"
	"fmt"
	"time"
)

// Key names a record. For a customer's run it is the 16 bytes of the trace ID, which stand for namespace, journey and ID.
// Any 16 bytes are a key.
type Key [16]byte

// Store keeps small records for all instances of all services that share it. Only the writer of a log knows what it means, so
// that a store is little more than a table of byte strings with a clock, and a change takes one round trip.
//
// The contract:
//
//   - A change is atomic: the log, the due time, the customer, the place and the end of its record change together, or not at
//     all. It is durable when Write returns without an error.
//   - A Write need not be atomic. When it returns an error, the store may have made any of its changes, each as a whole, or none,
//     and Write returns no records. The caller makes all of the changes again. A log can take that, because each entry that Cairn
//     appends has a key, and counts once.
//   - A store MUST NOT make a change of a failed Write after the deadline of its context. Before the deadline such a change may
//     still be made, as when a connection breaks before the answer. After it the caller has made the change again, and newer ones.
//   - Each call returns when its context is done, also while it waits for a lock, a connection or another process. A call whose
//     context was done before it began returns an error and changes nothing.
//   - Claim gives a record to one caller at a time.
//   - The store's own clock decides what is due, never a caller's.
//   - A record that is to be kept for a time is gone at most a day after that time.
//
// A Store is safe for concurrent use. The code that opened it closes it, after the client has shut down.
type Store interface {
	// Write makes the changes and returns for each the record as it is right after it, in their order. The changes are of
	// different records: for two changes of one record Write returns an error and makes no change ([CheckKeys]). The store keeps
	// neither the changes nor what they point to, and the caller owns the records that are returned. No changes are no error.
	Write(ctx context.Context, changes []Change) ([]Record, error)

	// Claim returns up to limit records that are due by the store's clock, roughly the longest due first, and makes each of
	// them due again in lease. Until then no other Claim returns the record, unless a change makes it due earlier. With a lease of
	// 0 or less the records are due again at once. Claim returns the store's time with any limit. A limit of 0 or less asks for
	// the time only, and claims nothing. A store may also remove here what it need not keep any longer.
	Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []Record, err error)
}

// CheckKeys returns an error if two of the changes are of one record, and else nil. [Store.Write] has to return an error for
// such changes before it makes any. The error names the two changes and no key.
func CheckKeys(changes []Change) error {
	if len(changes) < 2 {
		return nil
	}
	first := make(map[Key]int, len(changes))
	for i := range changes {
		if n, twice := first[changes[i].Key]; twice {
			return fmt.Errorf("changes %d and %d are of the same record: put them into two calls", n+1, i+1)
		}
		first[changes[i].Key] = i
	}
	return nil
}

// Change is one change of one record. Replace decides which of two kinds it is:
//
//	Replace is nil   Append is added to the end of the log. A record that does not exist is made; a closed one is not changed.
//	Replace is not   It becomes the whole log, if the log is exactly If now. Where the log differs, and where the record does
//	                 not exist or is closed, nothing changes at all.
//
// Either way Write returns the record as it is then, so that a change whose If matches no log reads the record back and does
// nothing else. An empty Append reads the record too, but makes one that does not exist. A field that is for the other kind is
// ignored.
type Change struct {
	// Key names the record.
	Key Key

	// Append is added to the end of the log. An empty Append adds nothing: the change sets Due, Lease and Customer, and makes
	// an empty record where there is none. It is for Append only: with Replace it is ignored.
	Append []byte

	// If is what the log has to be, byte for byte, so that Replace is made. Nil and empty are the same: the record has to
	// exist and its log has to be empty. It is for Replace only: an Append is made whatever If is.
	If []byte
	// Replace is what the log becomes. Nil asks for Append. An empty Replace that is not nil empties the log: the record goes
	// on to exist, with a log of no bytes.
	Replace []byte

	// Due is when the record is due next, by the store's clock; the zero value asks for nothing. With Append the record is
	// due at the earliest of Due, Lease and the time at which it was due before. With Replace it is due at the earlier of Due
	// and Lease, whatever was before, and never where both are zero. A store keeps it to the millisecond at least, and up to
	// the end of the year 9999: a later time may count as that one.
	Due time.Time
	// Lease is Due as a duration from now on, by the store's clock; 0 or less asks for nothing.
	Lease time.Duration

	// Customer is the pseudonymous ID of the customer whom the record is about, at most 128 bytes, for [Forgetter]. The first
	// change that names one sets it for good; "" asks for nothing.
	Customer string

	// Place is where the record is counted from now on: see [Counter]. It is for Replace only, where the zero value is
	// nowhere. An Append leaves the place as it is, whatever Place is.
	Place Place

	// Close closes the record: its log is Replace from now on, it is never due, it has no customer, and it is counted
	// nowhere. No change reaches it any more. It is for Replace only: an Append closes nothing.
	Close bool
	// Keep is how long a closed record is kept from now on. After that the store may remove it, and does within a day; a
	// record of the same key can then be made again. 0 or less is no time. The longest time is 100 years, and a store may take
	// that, and all that is longer, for ever. It is for Close only.
	Keep time.Duration
}

// Record is what a store has under one key. The log is the caller's own: the store does not change it afterwards.
type Record struct {
	// Key is that of the change, or of the record that is due.
	Key Key
	// Log is the whole log. Nil says that there is no such record. The log of a record that exists is never nil, live or closed,
	// from Write or from Claim: a log without bytes is an empty slice that is not nil.
	Log []byte
	// Closed says that the record is closed: its log is what the change that closed it left.
	Closed bool
}

// Place is where records are counted: a group, such as a journey, and a name in it, such as a stage. The zero value is nowhere.
// Every other value is a place of its own, also one with an empty Group or an empty Name. Each has at most 64 bytes.
type Place struct{ Group, Name string }

// Counter is an optional ability of a [Store]: it counts live records by [Change.Place]. One holder at a time is given the
// counts, so that sums over instances are right.
type Counter interface {
	// Count returns how many live records there are in each place, if holder has the count lease. A holder gets the lease for
	// the given time, by the store's clock, if it has it already or no other holder does; held reports whether it has. Without it
	// live is nil. With a lease of 0 or less the same holder is given the counts, and has no lease afterwards: the next holder
	// that asks gets it. A holder is any name of at most 64 bytes that no other instance has.
	Count(ctx context.Context, holder string, lease time.Duration) (live map[Place]int64, held bool, err error)
}

// Forgetter is an optional ability of a [Store]: it erases what it has of a customer. On a shelf it erases what that shelf has, and
// on the store what the store itself has: see [Shelver].
type Forgetter interface {
	// Forget closes the customer's records with an empty log and keeps them for keep, so that no later change brings one back. A
	// keep of 0 or less is no time. It returns how many records there were. The customer "" is none, and no record is theirs:
	// Forget("") closes nothing and returns 0 and no error. After an error some of the records may be closed, and the caller may
	// call it again.
	Forget(ctx context.Context, customer string, keep time.Duration) (records int, err error)
}
