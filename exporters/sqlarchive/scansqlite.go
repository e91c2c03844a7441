package sqlarchive

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	lib "modernc.org/sqlite/lib"

	"cairncx.dev/cairn/cx/event"
)

// SQLite has one writer at a time, and a batch takes its numbers of arrival under the lock, above all others: the order of arrival is
// that of the commits. The number of a deleted event is not used again (marks.arrived), so that a scan goes on after the highest number
// that it has read.
//
// A copy that an operator puts into the archive's place may lack what a cursor has read. The position therefore names the event with
// that number. If another event has it, or the archive has not come so far, the scan begins anew, and the epoch gets another suffix.

// litePosition is the position of a cursor.
type litePosition struct {
	arrived int64
	id      string // of the event with that number; "" if it was deleted
}

func (p litePosition) String() string { return strconv.FormatInt(p.arrived, 10) + "." + p.id }

func parseLitePosition(text string) (p litePosition, err error) {
	number, id, ok := strings.Cut(text, ".")
	if p.arrived, err = strconv.ParseInt(number, 10, 64); err != nil || !ok {
		return p, errCursor
	}
	p.id = id
	return p, nil
}

// liteScan is a scan on one connection.
type liteScan struct {
	link driver.QueryerContext
	b    *builder
	id   [36]byte
}

// scanSQLite is Scan in SQLite.
func (r *Reader) scanSQLite(ctx context.Context, run *scan) (cursor event.Cursor, err error) {
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return cursor, err //nolint:wrapcheck // Scan adds the operation
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(of any) (err error) {
		l, ok := of.(link)
		if !ok {
			return errDriver
		}
		if err := patient(ctx, func() error { // the first read of a transaction takes the snapshot
			if _, err := execute(ctx, l, "BEGIN"); err != nil {
				return err
			}
			_, err := first(l.QueryContext(context.WithoutCancel(ctx), "SELECT one FROM marks", nil))
			if err != nil {
				_, _ = execute(context.WithoutCancel(ctx), l, "ROLLBACK")
			}
			return err
		}); err != nil {
			return err
		}
		defer func() {
			_, ended := execute(context.WithoutCancel(ctx), l, "ROLLBACK") // it has written nothing
			err = errors.Join(err, ended)
		}()
		s := &liteScan{link: l, b: run.b}
		cursor, err = s.scan(ctx, run)
		return err
	})
	return cursor, err //nolint:wrapcheck // as above
}

// patient calls f again while another process has the lock, until ctx is done.
func patient(ctx context.Context, f func() error) error {
	const shortest, longest = 200 * time.Microsecond, 10 * time.Millisecond
	for wait := shortest; ; wait = min(2*wait, longest) {
		err := f()
		if c := sqliteCode(err); c != lib.SQLITE_BUSY && c != lib.SQLITE_LOCKED {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("another process is writing: %w", err)
		}
	}
}

func (s *liteScan) scan(ctx context.Context, run *scan) (event.Cursor, error) {
	row, err := first(s.link.QueryContext(context.WithoutCancel(ctx), "SELECT epoch, "+arrivedSQLite()+" FROM marks", nil))
	if err != nil {
		return event.Cursor{}, err
	}
	epoch, _ := row[0].(string)
	last, _ := row[1].(int64)
	to := litePosition{arrived: last}
	var from litePosition
	if since := run.s.Since; since.Position != "" && (since.Epoch == epoch || strings.HasPrefix(since.Epoch, epoch+".")) {
		if from, err = parseLitePosition(since.Position); err != nil {
			return event.Cursor{}, err
		}
		id, err := s.at(ctx, from.arrived)
		if err != nil {
			return event.Cursor{}, err
		}
		if from.arrived > last || id != "" && from.id != "" && id != from.id {
			from, epoch = litePosition{}, epoch+"."+rand.Text() // it is another file
		} else {
			epoch = since.Epoch
		}
	}
	if run.probes {
		return event.Cursor{Epoch: epoch}, nil
	}
	// The lowest number is 1. Both ends are needed: a batch may be committed between two queries of another snapshot.
	where, args := " WHERE arrival > CAST(?1 AS INTEGER) AND arrival <= CAST(?2 AS INTEGER)", []string{strconv.FormatInt(from.arrived, 10), strconv.FormatInt(last, 10)}
	for t := range journeys {
		if err := run.table(ctx, t, s, "", where, args); err != nil {
			return event.Cursor{}, err
		}
	}
	if to.id, err = s.at(ctx, last); err != nil {
		return event.Cursor{}, err
	}
	return event.Cursor{Position: to.String(), Epoch: epoch}, nil
}

// arrivedSQLite returns the expression of the highest arrival that an event has or had.
func arrivedSQLite() string {
	last := make([]string, 0, journeys)
	for t := range journeys {
		last = append(last, "coalesce((SELECT max(arrival) FROM "+t.String()+"), 0)")
	}
	return "max(" + strings.Join(last, ", ") + ", (SELECT arrived FROM marks))"
}

// at returns the ID of the event with the arrival, or "".
func (s *liteScan) at(ctx context.Context, arrival int64) (string, error) {
	list := make([]string, 0, journeys)
	for t := range journeys {
		list = append(list, "(SELECT id FROM "+t.String()+" WHERE arrival = ?1)")
	}
	row, err := first(s.link.QueryContext(context.WithoutCancel(ctx), "SELECT coalesce("+strings.Join(list, ", ")+", '')", numbered([]driver.Value{arrival})))
	if err != nil {
		return "", err
	}
	id, _ := row[0].(string)
	return id, nil
}

// rows implements rowReader. The driver starts a watcher for a query with a context that can end, so the context is asked between rows.
func (s *liteScan) rows(ctx context.Context, query string, args []string, columns []column, each func() error) (err error) {
	values := make([]driver.Value, len(args))
	for i, a := range args {
		values[i] = a
	}
	rows, err := s.link.QueryContext(context.WithoutCancel(ctx), query, numbered(values))
	if err != nil {
		return err //nolint:wrapcheck // Scan adds the operation
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	read := make([]valueType, len(columns))
	for i, c := range columns {
		read[i] = c.read()
	}
	cells := make([]driver.Value, len(columns))
	for n := 0; ; n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return context.Cause(ctx) //nolint:wrapcheck // as above
		}
		if err := rows.Next(cells); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err //nolint:wrapcheck // as above
		}
		for i, cell := range cells {
			s.set(&s.b.values[columns[i]], read[i], cell)
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// set reads a value of the driver.
func (s *liteScan) set(v *value, as valueType, cell driver.Value) {
	v.ok = true
	switch cell := cell.(type) {
	case string:
		switch as {
		case textValue:
			v.s = s.b.words.same(cell)
		case idValue:
			if len(cell) == len(s.id) {
				copy(s.id[:], cell)
				_ = v.id.UnmarshalText(s.id[:]) // row.id has written it
			}
		default:
			v.n = liteTime(cell)
		}
	case int64:
		if as == realValue {
			v.f = float64(cell)
		}
		v.n = cell
	case float64:
		v.f = cell
	default:
		*v = value{}
	}
}

// liteTime returns a time as appendTime has written it, in microseconds since 1970.
func liteTime(s string) int64 {
	const form = "2006-01-02 15:04:05.000000"
	if len(s) == len(form) {
		year, month, day := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
		seconds := (daysSince1970(year, month, day)*24+digits(s[11:13]))*3600 + digits(s[14:16])*60 + digits(s[17:19])
		return seconds*1e6 + digits(s[20:26])
	}
	t, err := time.Parse(moments, s)
	if err != nil {
		return math.MinInt64
	}
	return t.UnixMicro()
}

func digits(s string) (n int64) {
	for i := range len(s) {
		n = 10*n + int64(s[i]-'0')
	}
	return n
}

// daysSince1970 returns the days from 1970-01-01 to a date of the proleptic Gregorian calendar, of the year 1 or later: Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := year / 400
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

// pages implements rowReader. SQLite answers other queries while one is open.
func (s *liteScan) pages(ctx context.Context, query string, args []string, columns []column, each, full func() error) error {
	n := 0
	err := s.rows(ctx, query, args, columns, func() error {
		if err := each(); err != nil {
			return err
		}
		if n++; n%pageRows == 0 {
			return full()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return full()
}

// inList implements rowReader.
func (*liteScan) inList(ids []*contact) (condition, arg string) {
	return "touchpoint_id IN (SELECT value FROM json_each(?1))", "[" + joinIDs(ids, `"`) + "]"
}

// attributes implements rowReader. It has the whole event where there is a NUL, because SQLite's functions end a text there.
func (*liteScan) attributes() string {
	return `CASE WHEN instr(event, '"attributes":{') = 0 THEN NULL WHEN instr(event, '\u0000') > 0 THEN 'e' || event ELSE 'a' || (event -> '$.attributes') END`
}
