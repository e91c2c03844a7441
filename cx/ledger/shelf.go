package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Shelver is an optional ability of a [Store]: it has further tables of records, named shelves. Each kind of thing that Cairn
// remembers beside journeys has a shelf of its own.
type Shelver interface {
	// Shelf returns the store of the records on the shelf with this name. It keeps the whole contract of [Store], over records
	// that are separate from those of every other shelf and of the store itself:
	//
	//   - One key names a different record on each shelf. A change, a Claim and its leases, a Count and its lease, a Forget and the
	//     removal of closed records concern one shelf.
	//   - The store itself is the shelf of journeys. No name stands for it.
	//   - The same name is the same records each time, in every instance that shares the store, and after a restart.
	//   - The returned Store is a [Counter] and a [Forgetter] if the store is one. It is no Shelver: shelves have no shelves.
	//   - It shares the store's connection, is safe for concurrent use, and ends with the store. There is nothing else to close.
	//   - A shelf needs no preparation. The store makes room for it in a call of the shelf, and not in Shelf, which does no I/O.
	//
	// Forget on the store closes the store's own records only. Code that forgets a customer calls Forget of the store and of each
	// shelf.
	//
	// A name for which [ValidShelf] returns false has no records: each call of the returned Store fails with [ErrShelfName].
	// [InvalidShelf] is such a Store. Shelf never returns nil and does not panic. Names come from code and never from data,
	// because a store may keep a table for each.
	Shelf(name string) Store
}

// maxShelf is the maximum length of a shelf's name in bytes. With a prefix it fits into the names of a database's tables.
const maxShelf = 32

// ValidShelf reports whether the name is one of a shelf: 1 to 32 bytes, which are lower-case letters a to z, digits and
// underscores, and the first one a letter.
func ValidShelf(name string) bool {
	if name == "" || len(name) > maxShelf || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
		default:
			return false
		}
	}
	return true
}

// ErrShelfName is the error of each call of a shelf whose name is not valid.
var ErrShelfName = errors.New("a shelf's name is 1 to 32 bytes, lower-case letters, digits and underscores, and begins with a letter")

// InvalidShelf returns the [Store] that [Shelver.Shelf] has to return for a name that is not valid. It is a [Counter] and a
// [Forgetter], and each of its calls returns an error that is [ErrShelfName] and quotes the first 80 bytes of the name.
func InvalidShelf(name string) Store {
	return invalidShelf{fmt.Errorf("shelf %.80q: %w", name, ErrShelfName)}
}

// invalidShelf is a store whose calls return err.
type invalidShelf struct{ err error }

// Write implements [Store].
func (s invalidShelf) Write(context.Context, []Change) ([]Record, error) { return nil, s.err }

// Claim implements [Store].
func (s invalidShelf) Claim(context.Context, int, time.Duration) (time.Time, []Record, error) {
	return time.Time{}, nil, s.err
}

// Count implements [Counter].
func (s invalidShelf) Count(context.Context, string, time.Duration) (map[Place]int64, bool, error) {
	return nil, false, s.err
}

// Forget implements [Forgetter].
func (s invalidShelf) Forget(context.Context, string, time.Duration) (int, error) { return 0, s.err }
