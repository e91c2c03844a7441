package sqlarchive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"cairncx.dev/cairn/cx/event"
)

// Reader answers questions about what an archive has. It makes no tables and writes nothing, and services may go on meanwhile. Safe for
// concurrent use. Close it.
type Reader struct {
	db     *sql.DB
	what   string // the archive in errors
	prefix string // of tables
	lite   bool
	mend   func(error) error
}

// ErrOlder says that an archive has not the tables of this version yet. A service of this version makes them when it exports, or
// [Archive.Ping] does.
var ErrOlder = errors.New("the archive is of an older version")

// ReadSQLite opens the archive in the file at path for reading. It is [ErrNotOurs] for a file that is no archive, [ErrNewer] for one of a newer
// version, and [ErrOlder] for one of an older version.
func ReadSQLite(ctx context.Context, path string) (*Reader, error) {
	r, err := readSQLite(ctx, path)
	return r, dumped(path, err)
}

func readSQLite(ctx context.Context, path string) (*Reader, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err //nolint:wrapcheck // dumped adds the operation
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	c, err := connector(absolute, "&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	var app, user int64
	err = db.QueryRowContext(ctx, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&app, &user)
	if err == nil {
		err = versionFault(app, user)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Reader{db: db, what: path, lite: true, mend: func(err error) error { return err }}, nil
}

// versionFault says why a file with these marks cannot be read.
func versionFault(app, user int64) error {
	switch {
	case app != applicationID:
		return fmt.Errorf("%w: its application_id is %#x: give another path", ErrNotOurs, app)
	case user > version:
		return fmt.Errorf("%w: its version is %d, this one knows %d", ErrNewer, user, version)
	case user < version:
		return fmt.Errorf("%w: its version is %d, and this one needs %d: start a service of this version, which brings it up to date", ErrOlder, user, version)
	default:
		return nil
	}
}

// ReadPostgres is [ReadSQLite] for the archive in the PostgreSQL database that the URL or connection string names. It uses no
// option but [WithSchema]. The role needs SELECT on the tables. The error never repeats a password.
func ReadPostgres(ctx context.Context, url string, opts ...PostgresOption) (*Reader, error) {
	c := defaults()
	for _, o := range opts {
		if o != nil {
			o.applyPostgres(&c)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &postgres{schema: c.schema, prefix: quote(c.schema) + "."}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, dumped("the database", p.explain(err))
	}
	r := &Reader{db: stdlib.OpenDB(*cfg), what: "the database", prefix: p.prefix, mend: p.explain}
	var is bool
	err = r.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'transitions' AND column_name = 'customer_inferred')", c.schema).Scan(&is)
	if err == nil && !is {
		err = fmt.Errorf("%w, or there is none in the schema %q: start a service of this version, which makes the tables", ErrOlder, c.schema)
	}
	if err != nil {
		return nil, dumped("the database", errors.Join(p.explain(err), r.db.Close()))
	}
	return r, nil
}

// Close closes the connections of the reader.
func (r *Reader) Close() error {
	if r == nil || r.db == nil {
		return nil
	}
	return dumped(r.what, r.db.Close())
}

// Run returns the events of the run in the order of their times. It returns none for a run that the archive does not have.
func (r *Reader) Run(ctx context.Context, ref event.RunRef) (events []event.Event, err error) {
	err = r.rows(ctx, r.db, "SELECT CAST(event AS text) FROM {events} WHERE run = $1 AND journey = $2 AND namespace = $3 ORDER BY time, arrival",
		[]any{ref.ID, ref.Name, ref.Namespace}, func(rows *sql.Rows) error {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err //nolint:wrapcheck // dumped adds the operation
			}
			e, err := event.ParseJSON([]byte(line))
			events = append(events, e)
			return err
		})
	return events, dumped(r.what, caused(ctx, err))
}

// Event returns the event with the ID, and false if the archive does not have it.
func (r *Reader) Event(ctx context.Context, id event.ID) (e event.Event, ok bool, err error) {
	query := "SELECT CAST(event AS text) FROM {events} WHERE id = CAST($1 AS uuid)"
	if r.lite {
		query = "SELECT event FROM {events} WHERE id = $1"
	}
	err = r.rows(ctx, r.db, query, []any{id.String()}, func(rows *sql.Rows) error {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err //nolint:wrapcheck // dumped adds the operation
		}
		ok = true
		e, err = event.ParseJSON([]byte(line))
		return err
	})
	return e, ok && err == nil, dumped(r.what, caused(ctx, err))
}

// asker is a connection, or a transaction.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rows calls each with every row of the query, whose tables are written as {table}, and whose arguments as $1.
func (r *Reader) rows(ctx context.Context, q asker, query string, args []any, each func(*sql.Rows) error) (err error) {
	query = strings.NewReplacer("{", r.prefix, "}", "").Replace(query)
	if r.lite {
		query = strings.ReplaceAll(query, "$", "?")
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return r.mend(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return r.mend(err)
	}
	return nil
}

// moment is a time as both databases have it.
type moment struct{ time.Time }

// moments is how SQLite has times: row.go writes them.
const moments = "2006-01-02 15:04:05.999999"

// Scan implements [sql.Scanner].
func (m *moment) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		m.Time = time.Time{}
	case time.Time:
		m.Time = v.UTC()
	case string:
		m.Time, err = time.Parse(moments, v)
	case []byte:
		m.Time, err = time.Parse(moments, string(v))
	default:
		err = fmt.Errorf("a time is a %T", v) //nolint:err113 // no caller branches on it
	}
	return err
}

// words is a text as both databases have it; NULL is "".
type words struct{ to *string }

// Scan implements [sql.Scanner].
func (w words) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*w.to = ""
	case string:
		*w.to = v
	case []byte:
		*w.to = string(v)
	default:
		return fmt.Errorf("a text is a %T", v) //nolint:err113 // no caller branches on it
	}
	return nil
}
