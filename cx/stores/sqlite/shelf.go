package sqlite

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// unknown is the kind of a shelf that this Store has not used yet.
const unknown kind = 0

// shelf is one shelf of a store. A nil shelf stands for the store's own records in the methods what, lease, known and find.
type shelf struct {
	store *Store
	name  string
	kind  atomic.Int64 // unknown until a call has found or made it
}

var (
	_ ledger.Store     = (*shelf)(nil)
	_ ledger.Counter   = (*shelf)(nil)
	_ ledger.Forgetter = (*shelf)(nil)
)

// Shelf implements [ledger.Shelver]. The first call of the shelf in a file makes its row in the table shelf, and waits for other
// writers, also if the call is a Claim that finds nothing. The shelves and the store itself take turns.
func (s *Store) Shelf(name string) ledger.Store {
	if !ledger.ValidShelf(name) {
		return ledger.InvalidShelf(name)
	}
	return &shelf{store: s, name: name}
}

// Write implements [ledger.Store].
func (h *shelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return h.store.writeTo(ctx, h, changes)
}

// Claim implements [ledger.Store].
func (h *shelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return h.store.claimOn(ctx, h, limit, lease)
}

// Count implements [ledger.Counter].
func (h *shelf) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	return h.store.countOn(ctx, h, holder, lease)
}

// Forget implements [ledger.Forgetter].
func (h *shelf) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	return h.store.forgetOn(ctx, h, customer, keep)
}

// what adds the shelf to the description of a call.
func (h *shelf) what(call string) string {
	if h == nil {
		return call
	}
	return "shelf " + h.name + ": " + call
}

// lease returns the name of the count lease.
func (h *shelf) lease() string {
	const own = "count"
	if h == nil {
		return own
	}
	return own + " " + h.name
}

// known returns the kind of the records, or unknown.
func (h *shelf) known() kind {
	if h == nil {
		return kindRun
	}
	return kind(h.kind.Load())
}

// updateOn is update for the records of a shelf, or for the store's own for nil.
func (s *Store) updateOn(ctx context.Context, on *shelf, what string, f func(ctx context.Context, k kind, now int64) error) error {
	k := on.known()
	err := s.update(ctx, what, func(quiet context.Context, now int64) error {
		if k == unknown {
			var err error
			if k, err = s.kindOf(quiet, on.name); err != nil {
				return err
			}
		}
		return f(quiet, k, now)
	})
	if err == nil && on != nil {
		on.kind.Store(int64(k)) // it is committed
	}
	return err
}

// kindOf returns the kind of the shelf's records, and makes one if the file has none. The caller has begun a transaction.
func (s *Store) kindOf(ctx context.Context, name string) (kind, error) {
	if _, err := s.conn.ExecContext(ctx, shelfSchema); err != nil {
		return unknown, err //nolint:wrapcheck // Store.use says what it is about
	}
	_, err := s.conn.ExecContext(ctx, `INSERT INTO shelf (kind, name) SELECT max(?, coalesce(max(kind), 0)) + 1, ? FROM shelf
		WHERE true ON CONFLICT (name) DO NOTHING`, int64(kindRun), name)
	if err != nil {
		return unknown, err //nolint:wrapcheck // as above
	}
	var k sql.NullInt64
	err = s.conn.QueryRowContext(ctx, `SELECT kind FROM shelf WHERE name = ?`, name).Scan(&k)
	return kind(k.Int64), err
}
