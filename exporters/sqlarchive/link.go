package sqlarchive

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	engine "modernc.org/sqlite"
)

// link is one connection of SQLite's driver. It has one caller at a time. A pool of database/sql was rejected: one connection
// needs no pool, and the pool made each insert noticeably slower.
type link interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

// statement is a prepared statement.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

var errDriver = errors.New("SQLite's driver is not the one that this package knows")

// connector returns a connector to the file that does not wait for locks, because SQLite's own wait ignores contexts.
func connector(path, query string) (driver.Connector, error) {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // the path begins with a drive letter
	}
	return engine.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw&_pragma=busy_timeout(0)" + query}).String()) //nolint:wrapcheck // OpenSQLite adds the operation
}

// connect returns a connection to the file.
func connect(ctx context.Context, path string) (link, error) {
	c, err := connector(path, "")
	if err != nil {
		return nil, err
	}
	conn, err := c.Connect(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // OpenSQLite adds the operation
	}
	l, ok := conn.(link)
	if !ok {
		return nil, errors.Join(errDriver, conn.Close())
	}
	return l, nil
}

// prepare prepares a statement, which has to be closed before its connection.
func prepare(ctx context.Context, l link, text string) (statement, error) {
	stmt, err := l.PrepareContext(ctx, text)
	if err != nil {
		return nil, err //nolint:wrapcheck // OpenSQLite adds the operation
	}
	s, ok := stmt.(statement)
	if !ok {
		return nil, errors.Join(errDriver, stmt.Close())
	}
	return s, nil
}

// numbered returns the arguments in the driver's form.
func numbered(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

// execute runs a statement that is not worth preparing, and returns the number of changed rows.
func execute(ctx context.Context, l link, text string, args ...driver.Value) (rows int64, err error) {
	result, err := l.ExecContext(ctx, text, numbered(args))
	if err != nil {
		return 0, err //nolint:wrapcheck // the caller adds the operation
	}
	return result.RowsAffected() //nolint:wrapcheck // as above
}

// first returns the first row of a query's result.
func first(rows driver.Rows, err error) ([]driver.Value, error) {
	if err != nil {
		return nil, err
	}
	row := make([]driver.Value, len(rows.Columns()))
	if err = rows.Next(row); errors.Is(err, io.EOF) {
		err = fmt.Errorf("a query has no answer: %w", io.ErrUnexpectedEOF)
	}
	return row, errors.Join(err, rows.Close())
}
