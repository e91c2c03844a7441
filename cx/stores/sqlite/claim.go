package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// purgeLimit is the maximum number of closed records that one claim removes. It bounds the time that other writers wait.
const purgeLimit = 5000

// Claim implements [ledger.Store]. It also removes up to 5,000 closed records whose retention is over. If no record is due or
// over its retention, Claim only reads, and does not wait for a writer.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return s.claimOn(ctx, nil, limit, lease)
}

// claimOn is Claim on a shelf, or on the store's own records for nil. It removes closed records of every shelf, because their
// retention is over wherever they are.
func (s *Store) claimOn(ctx context.Context, on *shelf, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	var at int64
	var due []ledger.Record
	idle := false
	err := s.use(ctx, on.what("looking for what is due"), func(context.Context) error {
		k := on.known()
		if k == unknown {
			return nil
		}
		at = now()
		return s.patiently(ctx, func(quiet context.Context) error {
			return query(quiet, s.stmt.idle, []any{int64(k), at}, func(rows *sql.Rows) error {
				return rows.Scan(&idle)
			})
		})
	})
	if err == nil && !idle {
		what := on.what(fmt.Sprintf("claiming up to %d records", limit))
		err = s.updateOn(ctx, on, what, func(quiet context.Context, k kind, now int64) error {
			at, due = now, nil
			if _, err := exec(quiet, s.stmt.purge, now, purgeLimit); err != nil {
				return err
			}
			var err error
			due, err = s.claim(quiet, k, now, limit, lease)
			return err
		})
	}
	if err != nil {
		return time.Time{}, nil, err
	}
	return time.UnixMilli(at), due, nil
}

func (s *Store) claim(ctx context.Context, k kind, now int64, limit int, lease time.Duration) ([]ledger.Record, error) {
	var due []ledger.Record
	err := query(ctx, s.stmt.due, []any{int64(k), now, max(0, limit)}, func(rows *sql.Rows) error {
		var key, log []byte
		err := rows.Scan(&key, &log)
		if err == nil && len(key) != len(ledger.Key{}) {
			err = fmt.Errorf("%w: a record has a key of %d bytes", errDamaged, len(key))
		}
		if err != nil {
			return err
		}
		due = append(due, ledger.Record{Key: ledger.Key(key), Log: notNil(log)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	again := after(now, max(0, lease))
	for left := due; len(left) > 0; {
		w := width(len(left))
		args := make([]any, 0, 2+widths[w])
		args = append(args, again, int64(k))
		for i := range widths[w] {
			args = append(args, left[i].Key[:])
		}
		left = left[widths[w]:]
		if _, err := exec(ctx, s.stmt.lease[w], args...); err != nil {
			return nil, err
		}
	}
	return due, nil
}
