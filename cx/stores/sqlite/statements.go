package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// statements are prepared once, when Open opens the file.
type statements struct {
	touch, move, put     *sql.Stmt
	idle, due, purge     *sql.Stmt
	place, unplace, live *sql.Stmt
	held, hold           *sql.Stmt
	customerPlaces       *sql.Stmt
	forget, checkpoint   *sql.Stmt
	begin, commit        *sql.Stmt
	rollback             *sql.Stmt
	read, lease          [len(widths)]*sql.Stmt
}

func (s *Store) prepare(ctx context.Context) error {
	for stmt, text := range map[**sql.Stmt]string{
		&s.stmt.touch: `UPDATE record SET log = ? WHERE kind = ? AND key = ?`,
		&s.stmt.move:  `UPDATE record SET due = ?, log = ? WHERE kind = ? AND key = ?`,
		&s.stmt.put: `INSERT INTO record (kind, key, due, gone, customer, journey, stage, log) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET due = excluded.due, gone = excluded.gone, customer = excluded.customer,
			journey = excluded.journey, stage = excluded.stage, log = excluded.log`,
		&s.stmt.begin:      `BEGIN IMMEDIATE`,
		&s.stmt.commit:     `COMMIT`,
		&s.stmt.rollback:   `ROLLBACK`,
		&s.stmt.checkpoint: `PRAGMA wal_checkpoint(TRUNCATE)`,
		&s.stmt.idle: `SELECT NOT EXISTS (SELECT 1 FROM record WHERE kind = ?1 AND due <= ?2)
			AND NOT EXISTS (SELECT 1 FROM record WHERE gone <= ?2)`,
		&s.stmt.due: `SELECT key, log FROM record WHERE kind = ? AND due <= ? ORDER BY due LIMIT ?`,
		&s.stmt.purge: `DELETE FROM record WHERE (kind, key) IN
			(SELECT kind, key FROM record WHERE gone <= ? ORDER BY gone LIMIT ?)`,
		&s.stmt.place: `INSERT INTO live (kind, journey, stage, records) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET records = records + excluded.records`,
		&s.stmt.unplace: `DELETE FROM live WHERE records <= 0`,
		&s.stmt.live:    `SELECT journey, stage, records FROM live WHERE kind = ?`,
		&s.stmt.held:    `SELECT holder, until FROM lease WHERE name = ?`,
		&s.stmt.hold:    `INSERT INTO lease (name, holder, until) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET holder = excluded.holder, until = excluded.until`,
		&s.stmt.customerPlaces: `SELECT journey, stage, -count(*) FROM record
			WHERE kind = ? AND customer = ? AND journey IS NOT NULL GROUP BY journey, stage`,
		&s.stmt.forget: `UPDATE record SET due = NULL, gone = ?, customer = NULL, journey = NULL, stage = NULL, log = x''
			WHERE kind = ? AND customer = ?`,
	} {
		if err := s.prepareOne(ctx, stmt, text); err != nil {
			return err
		}
	}
	for i, w := range widths {
		keys := "?" + strings.Repeat(", ?", w-1)
		read := `SELECT key, due, gone, customer, journey, stage, log FROM record WHERE kind = ? AND key IN (` + keys + `)`
		if err := s.prepareOne(ctx, &s.stmt.read[i], read); err != nil {
			return err
		}
		if err := s.prepareOne(ctx, &s.stmt.lease[i], `UPDATE record SET due = ? WHERE kind = ? AND key IN (`+keys+`)`); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) prepareOne(ctx context.Context, stmt **sql.Stmt, text string) error {
	return s.patiently(ctx, func(quiet context.Context) error {
		prepared, err := s.conn.PrepareContext(quiet, text) //nolint:sqlclosecheck // disconnect does
		if err != nil {
			return fmt.Errorf("preparing %q: %w", text, err)
		}
		*stmt = prepared
		s.prepared = append(s.prepared, prepared)
		return nil
	})
}

// exec runs a statement and returns the number of changed rows.
func exec(ctx context.Context, stmt *sql.Stmt, args ...any) (int64, error) {
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err //nolint:wrapcheck // Store.use says what it is about
	}
	return result.RowsAffected() //nolint:wrapcheck // as above
}

// query calls each for every row.
func query(ctx context.Context, stmt *sql.Stmt, args []any, each func(rows *sql.Rows) error) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err //nolint:wrapcheck // Store.use says what it is about
	}
	defer rows.Close() //nolint:errcheck // rows.Err returns the error
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err() //nolint:wrapcheck // as above
}
