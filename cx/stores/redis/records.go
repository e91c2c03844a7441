package redis

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// records is a table as a [ledger.Store]: the store's own records, or a shelf.
type records struct {
	table *table
	where string // the beginning of errors: the shelf, or "" for the store's own records
}

var (
	_ ledger.Store     = records{}
	_ ledger.Counter   = records{}
	_ ledger.Forgetter = records{}
)

// Write implements [ledger.Store].
func (r records) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	out, err := r.table.write(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("redis store: %swrite %d changes: %w", r.where, len(changes), err)
	}
	return out, nil
}

// Claim implements [ledger.Store].
func (r records) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	now, due, err = r.table.claim(ctx, limit, lease)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("redis store: %sclaim what is due: %w", r.where, err)
	}
	return now, due, nil
}

// Count implements [ledger.Counter].
func (r records) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	live, held, err = r.table.count(ctx, holder, lease)
	if err != nil {
		return nil, false, fmt.Errorf("redis store: %scount the live records: %w", r.where, err)
	}
	return live, held, nil
}

// Forget implements [ledger.Forgetter].
func (r records) Forget(ctx context.Context, customer string, keep time.Duration) (n int, err error) {
	if customer == "" {
		return 0, nil
	}
	n, err = r.table.forget(ctx, customer, keep)
	if err != nil {
		return n, fmt.Errorf("redis store: %sforget a customer: %w", r.where, err)
	}
	return n, nil
}
