// Package ledger is the contract between what Cairn remembers and the store that keeps it: a table of byte logs, each
// with a key, a due time, a customer and a place where it is counted. A store does not look into the logs.
//
// cx/stores has stores for SQLite, Redis and PostgreSQL. Package ledgertest says whether a store of your own keeps the
// contract.
package ledger

import (
	"context"
	"time"
)

// Key names a record. For a customer's run it is the 16 bytes of the trace ID, which stand for namespace, journey and ID.
type Key [16]byte

// Store keeps small records for all instances of all services that share it. What a log means is known to its writer
// only, so a store is little more than a table of byte strings with a clock, and one round trip for a change.
// ledgertest.Key says whether it is a good one.
//
// The contract:
//
//   - A change is atomic, and durable when Write returns. Changes of several records need not be.
//   - Once Write has returned an error, nothing is known about its changes: each was made, or was not made, or will
//     be until its context's deadline. The caller makes the same changes again, which a log can take.
//   - Claim gives a record to one caller at a time.
//   - The store's own clock decides what is due, never a caller's.
//   - What a change asks to be forgotten is gone after that time, at most a day later.
//   - Write and Claim return when their context is done.
//
// A Store is safe for concurrent use. The code that opened it closes it, after the client has shut down.
type Store interface {
	// Write makes the changes and returns for each the record as it is right after it, in their order. At most one
	// change is of one record. The store keeps neither the changes nor what they point to.
	Write(ctx context.Context, changes []Change) ([]Record, error)

	// Claim returns up to limit records that are due by the store's clock, roughly the longest due first, and makes
	// each of them due again in lease, so that no other caller is given it meanwhile. It returns the store's time, with
	// any limit. A store may also remove here what it was asked to forget.
	Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []Record, err error)
}

// Change is one change of one record.
//
// Without Replace it adds Append to the end of the log, and makes the record if there is none. It changes nothing of a
// record that is closed.
//
// With Replace it takes the place of the whole log, if that is exactly If now. Otherwise, and where there is no record or
// a closed one, it changes nothing at all.
type Change struct {
	// Key names the record.
	Key Key

	// Append is added to the end of the log. It may be empty: the change then only reads, or sets Due, Lease and
	// Customer, and makes an empty record if there is none.
	Append []byte

	// If is what the log has to be for Replace to be made, byte for byte.
	If []byte
	// Replace is what the log becomes. A nil Replace asks for Append; an empty one that is not nil empties the log.
	Replace []byte

	// Due is when the record is due next, by the store's clock; zero says nothing. The store keeps it to the
	// millisecond at least, up to the year 9999. With Append the record is due at the earliest of Due, Lease and when it
	// was due before. With Replace it is due at the earlier of Due and Lease, whatever was before, or never.
	Due time.Time
	// Lease is as Due, from now on by the store's clock; 0 says nothing.
	Lease time.Duration

	// Customer is the pseudonymous ID of the customer whom the record is about, at most 128 bytes, for [Eraser]. The
	// first change that names one sets it for good.
	Customer string

	// Place is where the record is counted from now on: see [Counter]. It is for Replace only; the zero value is
	// nowhere. Append leaves it as it is.
	Place Place

	// Close closes the record: from now on its log is what Replace says, it is never due, has no customer and is
	// counted nowhere. It is for Replace only.
	Close bool
	// Keep is how long a closed record is kept from now on; after that the store may remove it, and does within a day.
	// 0 or less is no time; the longest is 100 years, which a store may take for ever.
	Keep time.Duration
}

// Record is what a store has under one key. A Record without a Log is one that the store does not have. The Log is the
// caller's own: the store does not change it afterwards.
type Record struct {
	Key    Key
	Log    []byte
	Closed bool
}

// Place is where records are counted: a group, such as a journey, and a name in it, such as a stage; "" is none.
type Place struct{ Group, Name string }

// Counter is an optional ability of a [Store]: it counts live records by [Change.Place]. One holder at a time is given
// the counts, so that sums over instances are right: the holder that has the count lease, or else the first that asks, for
// lease by the store's clock. Held says whether holder is the one. Groups and names have at most 64 bytes each.
type Counter interface {
	Count(ctx context.Context, holder string, lease time.Duration) (live map[Place]int64, held bool, err error)
}

// Eraser is an optional ability of a [Store]: it erases what it has of a customer. The customer's records are closed
// with an empty log and kept for keep, so that what comes later is late and changes nothing. It returns how many there
// were. After an error it may be called again.
type Eraser interface {
	Forget(ctx context.Context, customer string, keep time.Duration) (records int, err error)
}
