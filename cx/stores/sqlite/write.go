package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// A record is one row of the file, and the extent of its changes.
type record struct {
	key      []byte
	log      []byte
	due      sql.NullInt64
	gone     sql.NullInt64 // valid if the record is closed
	customer string
	place    ledger.Place

	exists bool
	dirty  dirt
}

// dirt is the part of a record that has to be written.
type dirt uint8

const (
	clean   dirt = iota
	touched      // the log
	moved        // the log and the due time
	all          // the whole row
)

// Write implements [ledger.Store]. All changes are one transaction: the store makes all of them, or none.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.writeTo(ctx, nil, changes)
}

// writeTo is Write on a shelf, or on the store's own records for nil.
func (s *Store) writeTo(ctx context.Context, on *shelf, changes []ledger.Change) ([]ledger.Record, error) {
	out := make([]ledger.Record, len(changes))
	if len(changes) == 0 {
		return out, s.use(ctx, on.what("writing nothing"), func(context.Context) error { return nil })
	}
	what := on.what(fmt.Sprintf("writing %d changes", len(changes)))
	if err := ledger.CheckKeys(changes); err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", what, err)
	}
	err := s.updateOn(ctx, on, what, func(quiet context.Context, k kind, now int64) error {
		records, err := s.read(quiet, k, now, changes)
		if err != nil {
			return err
		}
		places := places{}
		for i := range changes {
			if err := context.Cause(ctx); err != nil {
				return fmt.Errorf("after %d of them: %w", i, err)
			}
			c := &changes[i]
			r := records[c.Key]
			if r == nil {
				r = &record{key: c.Key[:]}
				records[c.Key] = r
			}
			was := r.place
			r.change(c, now)
			if r.place != was {
				places[was]--
				places[r.place]++
			}
			if err := s.write(quiet, k, r); err != nil {
				return err
			}
			out[i] = ledger.Record{Key: c.Key, Closed: r.gone.Valid}
			if r.exists {
				out[i].Log = notNil(r.log)
			}
		}
		return s.countPlaces(quiet, k, places)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// change applies the change by the contract of [ledger.Store].
func (r *record) change(c *ledger.Change, now int64) {
	switch {
	case r.gone.Valid:
	case c.Replace == nil:
		r.add(c, now)
	case r.exists && bytes.Equal(r.log, c.If):
		r.replace(c, now)
	}
}

func (r *record) add(c *ledger.Change, now int64) {
	if !r.exists {
		r.exists, r.dirty = true, all
	}
	if len(c.Append) > 0 {
		r.log = append(r.log[:len(r.log):len(r.log)], c.Append...)
		r.dirty = max(r.dirty, touched)
	}
	if due := dueOf(c, now); due.Valid && (!r.due.Valid || due.Int64 < r.due.Int64) {
		r.due = due
		r.dirty = max(r.dirty, moved)
	}
	r.name(c)
}

func (r *record) replace(c *ledger.Change, now int64) {
	r.log = bytes.Clone(c.Replace)
	r.dirty = max(r.dirty, touched)
	if due := dueOf(c, now); due != r.due {
		r.due = due
		r.dirty = max(r.dirty, moved)
	}
	if r.place != c.Place {
		r.place = c.Place
		r.dirty = all
	}
	r.name(c)
	if c.Close {
		r.due, r.customer, r.place = sql.NullInt64{}, "", ledger.Place{}
		r.gone = sql.NullInt64{Int64: after(now, c.Keep), Valid: true}
		r.dirty = all
	}
}

func (r *record) name(c *ledger.Change) {
	if r.customer == "" && c.Customer != "" {
		r.customer = c.Customer
		r.dirty = all
	}
}

// dueOf returns the time at which the change makes the record due, or NULL if it does not.
func dueOf(c *ledger.Change, now int64) sql.NullInt64 {
	var due sql.NullInt64
	if !c.Due.IsZero() {
		due = sql.NullInt64{Int64: ceil(c.Due), Valid: true}
	}
	if c.Lease > 0 {
		if lease := after(now, c.Lease); !due.Valid || lease < due.Int64 {
			due = sql.NullInt64{Int64: lease, Valid: true}
		}
	}
	return due
}

// ceil returns the first millisecond that is not before t.
func ceil(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

// after returns the first millisecond at which d has passed.
func after(now int64, d time.Duration) int64 {
	ms := d.Milliseconds()
	if d > time.Duration(ms)*time.Millisecond {
		ms++
	}
	return now + min(ms, math.MaxInt64-now)
}

// widths are the numbers of records in one statement. A batch uses the largest width that is not above the number of records
// left.
var widths = [...]int{1, 8, 64} //nolint:gochecknoglobals // a constant, which Go has none of this type of

// read returns the existing records of the changes. A closed record after its retention does not exist.
func (s *Store) read(ctx context.Context, k kind, now int64, changes []ledger.Change) (map[ledger.Key]*record, error) {
	records := make(map[ledger.Key]*record, len(changes))
	args := make([]any, 0, 1+widths[len(widths)-1])
	for len(changes) > 0 {
		w := width(len(changes))
		args = append(args[:0], int64(k))
		for i := range widths[w] {
			args = append(args, changes[i].Key[:])
		}
		changes = changes[widths[w]:]
		err := query(ctx, s.stmt.read[w], args, func(rows *sql.Rows) error {
			r, err := scan(rows, now)
			if err == nil {
				records[ledger.Key(r.key)] = r
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return records, nil
}

func scan(rows *sql.Rows, now int64) (*record, error) {
	r := &record{exists: true}
	var customer, in, stage sql.NullString
	if err := rows.Scan(&r.key, &r.due, &r.gone, &customer, &in, &stage, &r.log); err != nil {
		return nil, err //nolint:wrapcheck // Store.use says what it is about
	}
	r.customer, r.place = customer.String, ledger.Place{Group: in.String, Name: stage.String}
	if r.gone.Valid && r.gone.Int64 <= now {
		r = &record{key: r.key}
	}
	return r, nil
}

// width returns the index of the largest width that is not above n. n is at least 1.
func width(n int) int {
	for w := len(widths) - 1; ; w-- {
		if n >= widths[w] {
			return w
		}
	}
}

// write writes the changed part of the record.
func (s *Store) write(ctx context.Context, k kind, r *record) error {
	log := notNil(r.log) // nil would be NULL
	var err error
	switch r.dirty {
	case clean:
	case touched:
		_, err = exec(ctx, s.stmt.touch, log, int64(k), r.key)
	case moved:
		_, err = exec(ctx, s.stmt.move, r.due, log, int64(k), r.key)
	case all:
		counted := r.place != ledger.Place{}
		_, err = exec(
			ctx, s.stmt.put, int64(k), r.key, r.due, r.gone, sql.NullString{String: r.customer, Valid: r.customer != ""},
			sql.NullString{String: r.place.Group, Valid: counted}, sql.NullString{String: r.place.Name, Valid: counted}, log,
		)
	}
	r.dirty = clean
	return err
}

// notNil returns the log of a record that exists. The driver returns nil for an empty one.
func notNil(log []byte) []byte {
	if log == nil {
		return []byte{}
	}
	return log
}
