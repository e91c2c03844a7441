package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// places has the changes of the counts, by place.
type places map[ledger.Place]int64

// scan adds a row of a place and a number.
func (p places) scan(rows *sql.Rows) error {
	var at ledger.Place
	var n int64
	if err := rows.Scan(&at.Group, &at.Name, &n); err != nil {
		return err //nolint:wrapcheck // Store.use says what it is about
	}
	p[at] += n
	return nil
}

// countPlaces changes the counts. They are in their own table, because counting a million runs in each Count would take the
// time of thousands of writes.
func (s *Store) countPlaces(ctx context.Context, k kind, by places) error {
	less := false
	for at, n := range by {
		if n == 0 || at == (ledger.Place{}) {
			continue
		}
		if _, err := exec(ctx, s.stmt.place, int64(k), at.Group, at.Name, n); err != nil {
			return err
		}
		less = less || n < 0
	}
	if !less {
		return nil
	}
	_, err := exec(ctx, s.stmt.unplace)
	return err
}

// Count implements [ledger.Counter].
func (s *Store) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	return s.countOn(ctx, nil, holder, lease)
}

// countOn is Count on a shelf, or on the store's own records for nil.
func (s *Store) countOn(
	ctx context.Context, on *shelf, holder string, lease time.Duration,
) (live map[ledger.Place]int64, held bool, err error) {
	name := on.lease()
	err = s.updateOn(ctx, on, on.what("counting"), func(quiet context.Context, k kind, now int64) error {
		held, live = true, nil
		err := query(quiet, s.stmt.held, []any{name}, func(rows *sql.Rows) error {
			var by string
			var until int64
			err := rows.Scan(&by, &until)
			held = by == holder || until <= now
			return err //nolint:wrapcheck // Store.use says what it is about
		})
		if err != nil || !held {
			return err
		}
		if _, err := exec(quiet, s.stmt.hold, name, holder, after(now, lease)); err != nil {
			return err
		}
		live = places{}
		return query(quiet, s.stmt.live, []any{int64(k)}, places(live).scan)
	})
	if err != nil {
		return nil, false, err
	}
	return live, held, nil
}
