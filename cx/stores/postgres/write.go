package postgres

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"cairncx.dev/cairn/cx/ledger"
)

// write has the changes of one call as columns, in the order of the runs, and the resulting records, in the order of the
// changes.
type write struct {
	changes        []ledger.Change
	appends, swaps []int // the indexes of the changes, in the order of the runs
	records        []ledger.Record
}

// newWrite sorts the changes.
func newWrite(changes []ledger.Change) (*write, error) {
	w := &write{changes: changes, records: make([]ledger.Record, len(changes))}
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
		w.records[i].Key = changes[i].Key
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(changes[a].Key[:], changes[b].Key[:]) })
	for i, n := range order {
		if i > 0 && changes[n].Key == changes[order[i-1]].Key {
			first, second := min(n, order[i-1]), max(n, order[i-1])
			return nil, fmt.Errorf("postgres: write: changes %d and %d are of the same run: put them into two calls",
				first+1, second+1)
		}
		if changes[n].Replace == nil {
			w.appends = append(w.appends, n)
		} else {
			w.swaps = append(w.swaps, n)
		}
	}
	return w, nil
}

// parts returns the transactions that make the changes. The last argument of each is its deadline.
func (w *write) parts(sql *statements) []part {
	var parts []part
	if len(w.appends) > 0 {
		parts = append(parts, part{sql: sql.appends, args: w.appendArgs(), read: w.readAppended})
	}
	if len(w.swaps) > 0 {
		parts = append(parts, part{sql: sql.replaces, args: w.replaceArgs(), read: w.readReplaced})
	}
	return parts
}

// The columns have types whose arrays pgx recognizes without the database, because in some modes it does not ask.
type (
	uuids     = pgtype.FlatArray[pgtype.UUID]
	byteas    = pgtype.FlatArray[[]byte]
	times     = pgtype.FlatArray[pgtype.Timestamptz]
	intervals = pgtype.FlatArray[pgtype.Interval]
)

func uuid(id ledger.Key) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} }

// due are the columns from which the due time follows.
type due struct {
	at times
	in intervals
}

func (d *due) add(c *ledger.Change) {
	var at pgtype.Timestamptz
	if !c.Due.IsZero() {
		at = timestamp(c.Due)
	}
	var in pgtype.Interval
	if c.Lease > 0 {
		in = interval(c.Lease)
	}
	d.at, d.in = append(d.at, at), append(d.in, in)
}

func (w *write) appendArgs() []any {
	n := len(w.appends)
	runs, logs, customers := make(uuids, n), make(byteas, n), make(byteas, n)
	var d due
	for i, at := range w.appends {
		c := &w.changes[at]
		runs[i], logs[i], customers[i] = uuid(c.Key), notNull(c.Append), orNull(c.Customer)
		d.add(c)
	}
	return []any{runs, logs, d.at, d.in, customers, nil}
}

func (w *write) replaceArgs() []any {
	n := len(w.swaps)
	runs, was, logs, customers := make(uuids, n), make(byteas, n), make(byteas, n), make(byteas, n)
	journeys, stages, closes, keeps := make(byteas, n), make(byteas, n), make([]bool, n), make(intervals, n)
	var d due
	for i, at := range w.swaps {
		c := &w.changes[at]
		runs[i], was[i], logs[i], customers[i] = uuid(c.Key), notNull(c.If), c.Replace, orNull(c.Customer)
		if c.Place != (ledger.Place{}) {
			journeys[i], stages[i] = []byte(c.Place.Group), []byte(c.Place.Name)
		}
		closes[i], keeps[i] = c.Close, interval(max(c.Keep, 0))
		d.add(c)
	}
	return []any{runs, was, logs, d.at, d.in, customers, journeys, stages, closes, keeps, nil}
}

// readAppended reads the records after appends: one for each, in the order of the runs.
func (w *write) readAppended(rows pgx.Rows) error {
	n := 0
	err := w.readRows(rows, w.appends, func(r *ledger.Record, _ *ledger.Change, log []byte) {
		r.Log, n = log, n+1
	})
	if err == nil && n != len(w.appends) && rows.Err() == nil {
		return fmt.Errorf("%d of %d changes were not made: %w", len(w.appends)-n, len(w.appends), errLate)
	}
	return err
}

// readReplaced reads the records after replacements, in any order.
func (w *write) readReplaced(rows pgx.Rows) error {
	return w.readRows(rows, w.swaps, func(r *ledger.Record, c *ledger.Change, log []byte) {
		if r.Log = log; log == nil {
			r.Log = bytes.Clone(c.Replace)
		}
	})
}

// readRows reads rows of run, log and closed into the records of these changes.
func (w *write) readRows(rows pgx.Rows, of []int, set func(*ledger.Record, *ledger.Change, []byte)) error {
	var run [16]byte
	var log []byte
	var closed pgtype.Bool
	into := []any{&run, &log, &closed}
	next := 0 // rows come in the order of the runs in practice, although SQL does not guarantee it
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read a record: %w", err)
		}
		if next >= len(of) || w.changes[of[next]].Key != run {
			at, ok := slices.BinarySearchFunc(of, run, func(n int, run [16]byte) int {
				return bytes.Compare(w.changes[n].Key[:], run[:])
			})
			if !ok {
				return errors.New("it answered with a record that was not asked for")
			}
			next = at
		}
		if !closed.Valid {
			return errLate
		}
		n := of[next]
		w.records[n].Closed = closed.Bool
		set(&w.records[n], &w.changes[n], log)
		next++
	}
	return nil
}

// notNull returns an empty value for nil, because nil is NULL in the database.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// orNull returns NULL for "".
func orNull(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// timestamp returns a time in the database's form, bounded to the years that Go and PostgreSQL can both represent.
func timestamp(t time.Time) pgtype.Timestamptz {
	first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	if cmp.Compare(t.Unix(), first.Unix()) < 0 {
		t = first
	}
	if t.After(last) {
		t = last
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}
