package memory

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// shelf is a table with its name and its bound. The store's own records have no name.
type shelf struct {
	table      *table // nil for that of a nil Store
	name       string
	maxRecords int
}

var (
	_ ledger.Store     = shelf{}
	_ ledger.Counter   = shelf{}
	_ ledger.Forgetter = shelf{}
)

// check returns an error for a call that must not begin.
func (s shelf) check(ctx context.Context, what string) error {
	if s.table == nil {
		return errNil
	}
	if ctx.Err() != nil {
		return s.explain(what, context.Cause(ctx))
	}
	return nil
}

// explain adds to an error what the call was.
func (s shelf) explain(what string, err error) error {
	if s.name != "" {
		what = "shelf " + s.name + ": " + what
	}
	return fmt.Errorf("memory: %s: %w", what, err)
}

// Write implements [ledger.Store].
func (s shelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	const what = "write"
	if err := s.check(ctx, what); err != nil {
		return nil, err
	}
	if err := ledger.CheckKeys(changes); err != nil {
		return nil, s.explain(what, err)
	}
	records, err := s.table.write(changes, s.maxRecords)
	if err != nil {
		return nil, s.explain(what, err)
	}
	return records, nil
}

// Claim implements [ledger.Store].
func (s shelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if err := s.check(ctx, "claim"); err != nil {
		return time.Time{}, nil, err
	}
	now, due := s.table.claim(max(0, limit), max(0, lease))
	return now, due, nil
}

// Count implements [ledger.Counter].
func (s shelf) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	if err := s.check(ctx, "count"); err != nil {
		return nil, false, err
	}
	live, held := s.table.count(holder, max(0, lease))
	return live, held, nil
}

// Forget implements [ledger.Forgetter].
func (s shelf) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	const what, atOnce = "forget a customer", 1000
	forgotten := 0
	for {
		if err := s.check(ctx, what); err != nil {
			return forgotten, err
		}
		n := s.table.forget(customer, keep, atOnce)
		forgotten += n
		if n < atOnce {
			return forgotten, nil
		}
	}
}
