package memory

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// ErrFull is the error of a Write that would make more records than [WithMaxRecords] allows. The Write has changed nothing. The
// store takes new records again when closed ones have been removed after their retention.
var ErrFull = errors.New("the store is full: nothing of this call was made; keep ended records for a shorter time, raise memory.WithMaxRecords, or use a store on a disk or a server")

// errNil is the error of the calls of a nil Store.
var errNil = errors.New("memory: the store is nil: make one with memory.New, or use the zero value")

// Store keeps records in the memory of this process. It is safe for concurrent use. It has nothing to close. The zero value is a
// store with the default bound. A Store must not be copied after its first use. The calls of a nil Store return an error.
type Store struct {
	own table // the records of the store itself

	maxRecords int // 0 is the default

	mu      sync.Mutex
	shelves map[string]*table
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
	_ ledger.Shelver   = (*Store)(nil)
)

// New returns an empty store. The error joins all faults of the options.
func New(opts ...Option) (*Store, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return &Store{maxRecords: c.maxRecords}, nil
}

// Write implements [ledger.Store]. All changes are made, or none. The error is [ErrFull] if there is no room for new records, or
// that of the context.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.view().Write(ctx, changes)
}

// Claim implements [ledger.Store]. It also removes up to 5,000 closed records whose retention is over. The store's clock is the
// machine's.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	return s.view().Claim(ctx, limit, lease)
}

// Count implements [ledger.Counter].
func (s *Store) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	return s.view().Count(ctx, holder, lease)
}

// Forget implements [ledger.Forgetter]. It closes up to 1,000 records at a time, and lets other calls in between. If ctx ends
// meanwhile, it returns the number of records that it has closed and an error.
func (s *Store) Forget(ctx context.Context, customer string, keep time.Duration) (records int, err error) {
	return s.view().Forget(ctx, customer, keep)
}

// Shelf implements [ledger.Shelver]. The shelf has its own bound, which is as large as that of the store, and its own lock.
func (s *Store) Shelf(name string) ledger.Store {
	if !ledger.ValidShelf(name) {
		return ledger.InvalidShelf(name)
	}
	if s == nil {
		return shelf{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.shelves[name]
	if t == nil {
		t = &table{}
		if s.shelves == nil {
			s.shelves = map[string]*table{}
		}
		s.shelves[name] = t
	}
	return shelf{table: t, name: name, maxRecords: s.bound()}
}

func (s *Store) bound() int { return cmp.Or(s.maxRecords, defaultMaxRecords) }

// view returns the store's own records as a shelf without a name.
func (s *Store) view() shelf {
	if s == nil {
		return shelf{}
	}
	return shelf{table: &s.own, maxRecords: s.bound()}
}
