package journey

import (
	"context"
	"time"
)

// RunID is a run's key: the 16 bytes of its trace ID, which stand for namespace, journey and ID.
type RunID [16]byte

// Store keeps one small record for each run, for all instances of all the services that share it. It
// does not look into them: what a run's log means, a [Tracker] knows. So a store is little more than a
// table of byte strings with a clock, one round trip for a change, and storetest.Run says whether it
// is a good one.
//
// The contract:
//
//   - A change is atomic, and durable when Write returns. Changes of several runs need not be.
//   - Once Write has returned an error, nothing is known about its changes: each was made, or it was
//     not, or it will be until its context's deadline. The caller makes the same ones again, which a
//     log can take.
//   - Claim gives a record to one caller at a time.
//   - The store's own clock decides what is due, never a caller's.
//   - What a change asks to be forgotten is gone after that time, at most a day later.
//
// A Store is safe for concurrent use. It belongs to who opened it: a Tracker does not close it.
type Store interface {
	// Write makes the changes and returns for each the record as it is right after it, in their
	// order. A run is in them once at most. The changes and what they point to are not kept.
	Write(ctx context.Context, changes []Change) ([]Record, error)

	// Claim returns up to limit records that are due by the store's clock, roughly the longest due
	// first, and makes each of them due again in lease, so that no other caller is given it meanwhile. It
	// returns the store's time. It is also where a store may remove what it was asked to forget.
	Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []Record, err error)
}

// Change is one change of one run's record.
//
// Without Replace it adds Append, which may be empty, to the end of the log, and makes the record if
// there is none. It changes nothing of a record that is closed.
//
// With Replace it takes the place of the whole log, if that is exactly If now; else, or where there is
// no record or a closed one, it changes nothing at all.
type Change struct {
	Run RunID

	Append      []byte
	If, Replace []byte

	// Due and Lease say when the record is due next: at Due, or in Lease by the store's clock,
	// whichever is first; the zero values say nothing. With Append the record is due then or when it
	// was, whichever is first. With Replace it is due then and not when it was, or never.
	// A time is kept to the millisecond at least.
	Due   time.Time
	Lease time.Duration

	// Customer is the pseudonymous ID of whose run it is, at most 128 bytes, kept from the first
	// change that names one: for [Forgetter].
	Customer string

	// Place is where the run is counted from now on: see [Counter]. It is for Replace only; the
	// zero value is nowhere.
	Place Place

	// Close closes the record: its log is what Replace says for ever, it is never due, has no
	// customer and is counted nowhere. It is for Replace only.
	Close bool
	// Keep is how long a closed record is kept.
	Keep time.Duration
}

// Record is what a store has of one run. A run that it does not have is a Record without a Log. The
// Log is the caller's own.
type Record struct {
	Run    RunID
	Log    []byte
	Closed bool
}

// Place is where live runs are counted: a stage of a journey, or "" for none.
type Place struct{ Journey, Stage string }

// Counter is an optional ability of a [Store]: it counts live runs by [Change.Place]. Only one
// holder at a time is told, so that sums over instances are right: the one that holds the count, or else
// asks first, holds it for lease by the store's clock.
type Counter interface {
	Count(ctx context.Context, holder string, lease time.Duration) (live map[Place]int64, held bool, err error)
}

// Forgetter is an optional ability of a [Store]: it erases what it has of a customer. Their runs'
// records are closed, with an empty log, and kept for keep: what comes later is late and changes
// nothing. It returns how many there were.
type Forgetter interface {
	Forget(ctx context.Context, customer string, keep time.Duration) (runs int, err error)
}
