package engine

import (
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Op is an entry of a log that says that something happened. A Machine defines its content; the engine reads and writes only
// what identifies the entry and its writer. An Op of the engine's own is a sign of life ([Machine.Alive]) or says that time
// has passed ([Machine.Pass]).
type Op interface {
	// Key identifies this report. Several instances may report one fact, with an Op and a key each. SetKey gives an Op that is
	// queued its key, and makes it the ID too where the fact has none.
	Key() uint64
	SetKey(key uint64)
	// By is the ID of a sign of life: that of the call in which an instance gave it.
	By() uint64
	// Sent is when the op was written, by the store's clock, in Unix nanoseconds.
	Sent() int64
	SetSent(at int64)
	// Settled reports that the effects are delivered, and that the delivery is safe.
	Settled() bool
	SetSettled()
	// IsAlive reports whether this is a sign of life, which does nothing to the record.
	IsAlive() bool
	// Append appends the entry to a log.
	Append(log []byte) []byte
}

// Done is what an op did to its record, as the log says.
type Done interface {
	// Effects is the number of the effects.
	Effects() int
	// Waits reports that the effects are not decided: they depend on what else is appended.
	Waits() bool
	// IsLate reports that the record had ended before the op happened. The op changes nothing.
	IsLate() bool
}

// Entry is one entry of a log, with what it did.
type Entry[O Op, D Done] struct {
	Op   O
	Done D
	Raw  []byte // the entry as it is in the log
	Open bool   // something is undecided after it
}

// Machine says what the log of a record means. S is the state of a record, O an op, D what an op did. The methods are pure: their
// results depend on the arguments only, so that every instance that reads a log comes to the same conclusion. Safe for
// concurrent use.
type Machine[S any, O Op, D Done] interface {
	// Read returns the state at the end of the log, and the entries since the last whole state in it. The error is ErrLog or
	// wraps it. The results may refer to the log.
	Read(log []byte) (S, []Entry[O, D], error)
	// Fold returns the state after the first n entries since the last whole state. Nothing is undecided after them. The log
	// has been read before.
	Fold(log []byte, n int) S
	// Whole returns the log that is the state and nothing else.
	Whole(s S) []byte

	// Pass returns an op that says that time has passed until now, by the store's clock.
	Pass(now time.Time) O
	// Alive returns a sign of life for the op with the key, which an instance gives at now.
	Alive(by, key uint64, now time.Time) O

	// Attend says in the change, which appends o, when an instance has to look at the record and whose it is. With a lease it
	// asks for [Lease].
	Attend(c *ledger.Change, o O)
	// Rest says in the change, which replaces the log by the state, when the record is due next, whose it is, and where it is
	// counted.
	Rest(c *ledger.Change, s S)
	// Over reports whether the record has ended: it is closed when nothing is open. Empty reports whether nothing worth keeping
	// has happened to it: it is closed when it is due.
	Over(s S) bool
	Empty(s S) bool
	// Passes reports whether time does something to the record by now that no entry of its log says yet.
	Passes(s S, now time.Time) bool
	// Decided returns how long o, which waits, has to wait at now.
	Decided(s S, o O, now time.Time) time.Duration
	// Undecided reports whether something in the record waits that no item waits for, and how long it has to wait at now. The
	// instance that has committed an op of the record then appends the op of time, as for an item that waits.
	Undecided(s S, now time.Time) (wait time.Duration, ok bool)
}

// Item is an op on its way to the store. P is what the instance that queued it knows besides, such as the event.
type Item[O Op, P any] struct {
	Key ledger.Key
	Op  O
	By  P

	claim
}

// Result is what the engine gives a Host to deliver.
type Result[S any, O Op, D Done, P any] struct {
	Key   ledger.Key
	State S
	Op    O
	Done  D
	// Item is what was queued here; nil after a crash, and where only the effects are to be delivered.
	Item *Item[O, P]
	// Items are all items of the record that were written together. They are nil where another instance may have delivered the
	// effects already: they have the same IDs, and nothing counts them.
	Items []*Item[O, P]
	// Mine says that this instance delivers the effects. Otherwise another one does, and only the Item's own event is
	// delivered here.
	Mine bool
}

// Host delivers what the engine commits. The engine calls it from its own goroutines; for one record from one goroutine at a
// time, in order.
type Host[S any, O Op, D Done, P any] interface {
	// Deliver delivers what an op did, and what came with its item.
	Deliver(r Result[S, O, D, P])
	// Late delivers an item that came after the end of its record. Known says that s is the state, which a closed record does
	// not have.
	Late(i *Item[O, P], s S, known bool)
	// Uncommitted delivers an item that is not in the store.
	Uncommitted(i *Item[O, P])
	// Synced notes the state that a record has in the store, and Closed that it is closed.
	Synced(key ledger.Key, s S)
	Closed(key ledger.Key)
	// Concerns reports whether the item may be about the customer with this pseudonym.
	Concerns(i *Item[O, P], customer string) bool
}
