package sqlarchive

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	lib "modernc.org/sqlite/lib"
)

// The migrations have goose's format, so that a deployment can also run them with goose's command.
//
//go:embed migrations
var migrations embed.FS

const (
	// version is the version of the last migration.
	version = 7
	// versionTable is the table in which goose records the applied migrations.
	versionTable = "cairn_archive_version"
	// applicationID marks a file as an archive of Cairn: "CaAr" in ASCII.
	applicationID = 0x43614172
)

// provider returns the provider of the dialect's migrations. Closing it closes db.
func provider(dialect goose.Dialect, folder string, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return nil, fmt.Errorf("the migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, db, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("the migrations: %w", err)
	}
	return p, nil
}

// examine reports whether the file is an archive of this version. It returns false for an empty file and an earlier version,
// and an error for every other file.
func (s *sqlite) examine(ctx context.Context) (current bool, err error) {
	row, err := s.ask(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema WHERE name NOT IN (?, 'sqlite_sequence'))
		FROM pragma_application_id, pragma_user_version`, versionTable)
	if err != nil {
		return false, err
	}
	app, _ := row[0].(int64)
	user, _ := row[1].(int64)
	tables, _ := row[2].(int64)
	switch {
	case app == applicationID && user > version:
		return false, fmt.Errorf("%w: its version is %d, this one knows %d", ErrNewer, user, version)
	case app == applicationID:
		return user == version, nil
	case app == 0 && user == 0 && tables == 0:
		return false, nil
	default:
		return false, fmt.Errorf("%w: it is an SQLite database with application_id %#x, user_version %d and %d tables and indexes: give another path", ErrNotOurs, app, user, tables)
	}
}

// migrate makes the tables. Another process may do the same at the same time. Each migration is a transaction that takes the
// file's lock at its begin, so the second process finds the migration done. While the other one has the lock, migrate waits for as long
// as ctx allows.
func (s *sqlite) migrate(ctx context.Context, path string) error {
	const tries = 20 // with an error other than that of a lock, such as that a table which the other process has just made exists
	for try := 1; ; {
		err := s.migrateOnce(ctx, path)
		if err == nil {
			return nil
		}
		if current, e := s.examine(ctx); e == nil && current {
			return nil
		}
		switch c := sqliteCode(err); {
		case c == lib.SQLITE_BUSY || c == lib.SQLITE_LOCKED:
		case try < tries && (c == lib.SQLITE_ERROR || c == lib.SQLITE_CONSTRAINT):
			try++
		default:
			return fmt.Errorf("making the tables: %w", err)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("another process is making the tables: %w", err)
		}
	}
}

func (s *sqlite) migrateOnce(ctx context.Context, path string) error {
	c, err := connector(path, "&_txlock=immediate")
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	p, err := provider(goose.DialectSQLite3, "sqlite", db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	_, err = p.Up(ctx)
	return errors.Join(err, p.Close())
}

// migrate makes missing tables, or returns an error if it must not.
func (p *postgres) migrate(ctx context.Context) error {
	have, err := p.version(ctx)
	switch {
	case err != nil:
		return err
	case have == version:
		return nil
	case have > version:
		return fmt.Errorf("%w: the version of the schema %q is %d, this one knows %d", ErrNewer, p.schema, have, version)
	case p.found.Load():
		return fmt.Errorf("the schema %q has lost its archive: restore it, or have a new one made by a process that starts anew", p.schema) //nolint:err113 // no caller branches on it
	case p.leaveTables:
		return fmt.Errorf("the schema %q has no archive of version %d, and is not to get one here: ping an archive without WithoutMigration once, as a role that may create tables", p.schema, version) //nolint:err113 // no caller branches on it
	}
	config := p.pool.Config()
	opts := []stdlib.OptionOpenDB{stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SET search_path TO "+quote(p.schema))
		return err //nolint:wrapcheck // look adds the operation
	})}
	if config.BeforeConnect != nil {
		opts = append(opts, stdlib.OptionBeforeConnect(config.BeforeConnect))
	}
	// migrate uses two separate connections with another search_path. One of them holds the lock until it is closed. goose's
	// own lock was rejected, because goose makes its table of versions before it takes the lock, and the schema for that table
	// does not exist yet.
	db := stdlib.OpenDB(*config.ConnConfig.Copy(), opts...)
	up, err := provider(goose.DialectPostgres, "postgres", db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		if err = p.lock(ctx, conn); err == nil {
			_, err = up.Up(ctx)
		}
		// ErrBadConn makes db close the connection instead of reusing it. That releases the lock.
		_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	}
	if err = errors.Join(err, up.Close()); err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	return nil
}

// lock waits until no other process makes the tables of this schema, and makes the schema if it is missing.
func (p *postgres) lock(ctx context.Context, conn *sql.Conn) error {
	h := fnv.New64a()
	_, _ = h.Write([]byte("cairn archive " + p.schema))
	key := int64(h.Sum64())
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return fmt.Errorf("taking the lock: %w", err)
	}
	var exists bool
	if err := conn.QueryRowContext(ctx, "SELECT to_regnamespace($1) IS NOT NULL", quote(p.schema)).Scan(&exists); err != nil || exists {
		return err //nolint:wrapcheck // look adds the operation
	}
	if _, err := conn.ExecContext(ctx, "CREATE SCHEMA "+quote(p.schema)); err != nil {
		return fmt.Errorf("making the schema: %w", err)
	}
	return nil
}

// version returns the version of the existing tables, or 0 if there are none.
func (p *postgres) version(ctx context.Context) (have int64, err error) {
	table := p.prefix + versionTable
	err = p.use(ctx, func(conn *pgx.Conn) error {
		var exists bool
		if err := conn.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil || !exists {
			return err //nolint:wrapcheck // look adds the operation
		}
		return conn.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+table+" WHERE is_applied").Scan(&have)
	})
	return have, err
}

// quote returns a name, which [validName] has accepted, as a quoted SQL identifier.
func quote(name string) string { return `"` + name + `"` }
