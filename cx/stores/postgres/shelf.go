package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// A shelf has a table of its own, and not a column that divides one table. The statements and their plans are then the same for
// all, the table of the runs is neither rewritten nor locked when a database gets its first shelf, and a row pays nothing for the
// name of its shelf. Each shelf has its own autovacuum and statistics, so that a shelf with many changes holds up no other one,
// and DROP TABLE removes one that is no longer used. The price is that a new shelf needs the right to create a table once.

// shelf is one shelf of a store.
type shelf struct {
	base    *Store
	records *Store // with the shelf's table
}

var (
	_ ledger.Store     = shelf{}
	_ ledger.Counter   = shelf{}
	_ ledger.Forgetter = shelf{}
)

// Shelf implements [ledger.Shelver]. The shelf has a table, which its first call in the database makes, as
// [Store.MigrateShelves] does, also if several instances call at once. It makes no other table: the store's own have to exist. If
// the pool's role may not create tables, each call returns an error that names the table, until MigrateShelves has been called as
// another role.
func (s *Store) Shelf(name string) ledger.Store {
	if !ledger.ValidShelf(name) {
		return ledger.InvalidShelf(name)
	}
	c := s.config.on(name)
	return shelf{base: s, records: &Store{pool: s.pool, config: *c, sql: newStatements(c), lead: s.lead, planned: s.planned}}
}

// Write implements [ledger.Store].
func (h shelf) Write(ctx context.Context, changes []ledger.Change) (out []ledger.Record, err error) {
	err = h.call(ctx, func() error { out, err = h.records.Write(ctx, changes); return err })
	return out, err
}

// Claim implements [ledger.Store].
func (h shelf) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	err = h.call(ctx, func() error { now, due, err = h.records.Claim(ctx, limit, lease); return err })
	return now, due, err
}

// Count implements [ledger.Counter].
func (h shelf) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	err = h.call(ctx, func() error { live, held, err = h.records.Count(ctx, holder, lease); return err })
	return live, held, err
}

// Forget implements [ledger.Forgetter].
func (h shelf) Forget(ctx context.Context, customer string, keep time.Duration) (records int, err error) {
	err = h.call(ctx, func() error { records, err = h.records.Forget(ctx, customer, keep); return err })
	return records, err
}

// call calls do. If the table is missing, it makes the table and calls do again.
func (h shelf) call(ctx context.Context, do func() error) error {
	err := do()
	if code(err) != codeUndefinedTable {
		return err
	}
	c := &h.records.config
	made := h.base.migrateTables(ctx, []*config{c}, true)
	switch {
	case made == nil:
		return do()
	case errors.Is(made, errNoStore):
		return fmt.Errorf("postgres: shelf %s: %w", c.shelf, made)
	case code(made) == codeInsufficientRights:
		return fmt.Errorf("postgres: shelf %s: its table %s is missing, and the pool's role may not make it: call MigrateShelves(ctx, %q) once, as a role that may create tables, and grant SELECT, INSERT, UPDATE and DELETE on the table: %w",
			c.shelf, c.table("record"), c.shelf, made)
	}
	return fmt.Errorf("postgres: shelf %s: its table %s is missing and could not be made: %w", c.shelf, c.table("record"), made)
}

// on returns the configuration of a shelf.
func (c *config) on(shelf string) *config {
	on := *c
	on.shelf = shelf
	return &on
}

// countLease returns the name of the count lease. A dollar is in no shelf's name.
func (c *config) countLease() string {
	const own = "count"
	if c.shelf == "" {
		return own
	}
	return own + "$" + c.shelf
}

// shelfTable returns the name of a shelf's table: the prefix, a dollar and the shelf's name. Neither prefixes nor the names of
// shelves contain a dollar, so that no other table of a store has this name. PostgreSQL would cut a name at 63 bytes. A longer one
// ends after 13 bytes of the shelf's name in a dollar and a hash.
func shelfTable(prefix, shelf string) string {
	const longest, hash = 63, 4 // the hash in bytes
	name := prefix + "$" + shelf
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(shelf))
	return name[:len(prefix)+1+longest-maxName-1-1-2*hash] + "$" + hex.EncodeToString(sum[:hash])
}
