package sqlarchive

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// DumpSQLite writes every event of the archive in the file at path to w, as lines of JSON of version 1 in the order of their times. That
// is what package jsonl writes and the command cairn reads. It only reads, so it needs no right to write the file, and services may go on
// meanwhile. It is [ErrNotOurs] for a file that is no archive, and [ErrNewer] for one of a newer version.
func DumpSQLite(ctx context.Context, path string, w io.Writer) error {
	return dumped(path, dumpSQLite(ctx, path, w))
}

func dumpSQLite(ctx context.Context, path string, w io.Writer) (err error) {
	if _, err := os.Stat(path); err != nil {
		return err //nolint:wrapcheck // dumped adds the operation
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	c, err := connector(absolute, "&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	var app, user int64
	if err := db.QueryRowContext(ctx, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&app, &user); err != nil {
		return err //nolint:wrapcheck // as above
	}
	switch {
	case app != applicationID:
		return fmt.Errorf("%w: its application_id is %#x: give another path", ErrNotOurs, app)
	case user > version:
		return fmt.Errorf("%w: its version is %d, this one knows %d", ErrNewer, user, version)
	}
	rows, err := db.QueryContext(ctx, "SELECT event FROM events ORDER BY time, arrival")
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out := bufio.NewWriter(w)
	var line sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&line); err != nil {
			return err //nolint:wrapcheck // as above
		}
		if err := writeLine(out, line); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), out.Flush())
}

// DumpPostgres is [DumpSQLite] for the archive in the PostgreSQL database that the URL or connection string names. It makes no tables. Of
// the options it uses [WithSchema]. The role needs SELECT on the tables.
func DumpPostgres(ctx context.Context, url string, w io.Writer, opts ...PostgresOption) error {
	c := defaults()
	for _, o := range opts {
		if o != nil {
			o.applyPostgres(&c)
		}
	}
	if err := c.check(); err != nil {
		return err
	}
	p := &postgres{schema: c.schema, prefix: quote(c.schema) + "."}
	err := dumpPostgres(ctx, url, p.prefix, w)
	if err != nil {
		err = p.explain(err)
	}
	return dumped("the database", err)
}

func dumpPostgres(ctx context.Context, url, prefix string, w io.Writer) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err //nolint:wrapcheck // dumped adds the operation
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	rows, err := conn.Query(ctx, "SELECT event::text FROM "+prefix+"events ORDER BY time, arrival")
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	defer rows.Close()
	out := bufio.NewWriter(w)
	for rows.Next() {
		if err := writeLine(out, rows.RawValues()[0]); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), out.Flush())
}

// writeLine writes an event. Its JSON has no line break, which is asked again because a reader would take the rest for another event.
func writeLine(w *bufio.Writer, event []byte) error {
	if bytes.ContainsAny(event, "\r\n") {
		return errors.New("an event's JSON has a line break: it was changed outside of the archive") //nolint:err113 // no caller branches on it
	}
	_, err := w.Write(event)
	if err == nil {
		err = w.WriteByte('\n')
	}
	return err //nolint:wrapcheck // dumped adds the operation
}

// dumped adds the operation to an error.
func dumped(what string, err error) error {
	if err != nil {
		return fmt.Errorf("sqlarchive: reading %s: %w", what, err)
	}
	return nil
}

// caused adds why the context ended, if it did: a driver does not say it.
func caused(ctx context.Context, err error) error {
	if why := context.Cause(ctx); err != nil && why != nil && !errors.Is(err, why) {
		return fmt.Errorf("%w: %w", why, err)
	}
	return err
}
