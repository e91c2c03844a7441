package sqlarchive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"cairncx.dev/cairn/cx/event"
)

// sqlite is an archive in a file, on one connection: SQLite has one writer at a time anyhow.
type sqlite struct {
	path string
	db   *sql.DB
	conn *sql.Conn
	turn chan struct{} // holds one token: who has it has the connection

	insert           [numTables]*sql.Stmt
	columns          [numTables][]column
	begun, committed *sql.Stmt
	undone, arrived  *sql.Stmt
	row              row
	args             []any
	buf              []byte
}

// OpenSQLite opens the archive in the file at path, or makes it, readable and writable by the process's
// user only. Its folder has to exist, and to be on a disk of this machine, for the write-ahead log
// beside it, path-wal and path-shm, does not work over a network. Several processes may have it open:
// they take turns, each waiting for as long as its context allows. The errors are [ErrNotOurs],
// [ErrNewer], every fault of the options, joined, and those of the disk.
func OpenSQLite(path string, opts ...SQLiteOption) (*Archive, error) {
	c := defaults()
	for _, o := range opts {
		if o != nil {
			o.applySQLite(&c)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if path == "" || strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") || strings.ContainsRune(path, 0) {
		return nil, fmt.Errorf("sqlarchive: OpenSQLite(%.200q): give the path of a file: an archive outlives its process", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlarchive: OpenSQLite(%.200q): %w", path, err)
	}
	if err := create(absolute); err != nil {
		return nil, fmt.Errorf("sqlarchive: %s cannot be opened for writing: %w", path, err)
	}
	s := &sqlite{path: path, turn: make(chan struct{}, 1)}
	ctx, cancel := context.WithTimeout(context.Background(), c.openTimeout)
	defer cancel()
	if err := s.open(ctx, absolute, &c); err != nil {
		err = fmt.Errorf("sqlarchive: %s: opening: %w", path, explainSQLite(err))
		return nil, errors.Join(err, s.close())
	}
	s.turn <- struct{}{}
	return newArchive(s, &c), nil
}

// create makes the file if there is none, for SQLite would make it readable by everybody.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the application's own
	if err != nil {
		return err //nolint:wrapcheck // OpenSQLite says what it is about
	}
	if err := f.Close(); err != nil {
		return err //nolint:wrapcheck // as above
	}
	// A new file's name has to survive a loss of power too. Not every system can sync a folder.
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

// connector connects to the file, without waiting for locks: SQLite's own waiting knows no context.
func connector(path, query string) (*sql.DB, error) {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive's letter
	}
	c, err := driver.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw&_pragma=busy_timeout(0)" + query}).String())
	if err != nil {
		return nil, err //nolint:wrapcheck // OpenSQLite says what it is about
	}
	return sql.OpenDB(c), nil
}

func (s *sqlite) open(ctx context.Context, path string, c *config) error {
	var err error
	if s.db, err = connector(path, ""); err != nil {
		return err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err //nolint:wrapcheck // OpenSQLite says what it is about
	}
	if err := s.run(ctx, fmt.Sprintf("PRAGMA page_size = %d", pageSize)); err != nil {
		return err
	}
	// A file that is not ours is left as it is.
	current, err := s.examine(ctx)
	if err != nil {
		return err
	}
	// What is forgotten is to be gone from the file.
	pragmas := []string{"synchronous = " + c.synchronous, "fullfsync = 1", "checkpoint_fullfsync = 1", "secure_delete = 1"}
	if c.maxBytes > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count = %d", c.maxBytes/pageSize))
	}
	for _, p := range pragmas {
		if err := s.run(ctx, "PRAGMA "+p); err != nil {
			return err
		}
	}
	var mode string
	err = s.patiently(ctx, func() error { return s.conn.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode) })
	if err == nil && mode != "wal" {
		err = fmt.Errorf("there is no write-ahead log there (the journal is %q): put the file on a disk of this machine", mode)
	}
	if err != nil {
		return err
	}
	if !current {
		if err := s.migrate(ctx, path); err != nil {
			return err
		}
	}
	return s.prepare(ctx)
}

// run runs what is not worth preparing.
func (s *sqlite) run(ctx context.Context, text string) error {
	return s.patiently(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, text)
		return err //nolint:wrapcheck // the caller says what it is about
	})
}

// prepare prepares what Export runs for every event.
func (s *sqlite) prepare(ctx context.Context) error {
	names := columnNames()
	last := make([]string, 0, journeys)
	for t := range journeys {
		last = append(last, "coalesce((SELECT max(arrival) FROM "+t.String()+"), 0)")
	}
	for stmt, text := range map[**sql.Stmt]string{
		&s.begun: "BEGIN IMMEDIATE", &s.committed: "COMMIT", &s.undone: "ROLLBACK",
		&s.arrived: "SELECT max(" + strings.Join(last, ", ") + ")",
	} {
		if err := s.prepareOne(ctx, stmt, text); err != nil {
			return err
		}
	}
	for t := range numTables {
		s.columns[t] = t.columns()
		var list []string
		for _, c := range s.columns[t] {
			list = append(list, names[c])
		}
		values := "VALUES (?" + strings.Repeat(", ?", len(list)-1)
		text := fmt.Sprintf("INSERT INTO %s (%s, arrival) %s, ?) ON CONFLICT (id) DO NOTHING", t, strings.Join(list, ", "), values)
		if t == journeys {
			text = fmt.Sprintf("INSERT INTO journeys AS j (%s) %s)", strings.Join(list, ", "), values) + upsert
		}
		if err := s.prepareOne(ctx, &s.insert[t], text); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqlite) prepareOne(ctx context.Context, stmt **sql.Stmt, text string) error {
	return s.patiently(ctx, func() error {
		var err error
		*stmt, err = s.conn.PrepareContext(ctx, text) //nolint:sqlclosecheck // close does
		return err                                    //nolint:wrapcheck // OpenSQLite says what it is about
	})
}

// write implements database.
func (s *sqlite) write(ctx context.Context, events []event.Event) error {
	return s.update(ctx, func(quiet context.Context) error {
		rs := runs{}
		var arrived int64
		if err := s.arrived.QueryRowContext(quiet).Scan(&arrived); err != nil {
			return err //nolint:wrapcheck // Export says what it is about
		}
		for i := range events {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			s.row.fill(&events[i])
			rs.add(&events[i], &s.row)
			if err := s.put(quiet, &s.row, arrived+int64(i)+1); err != nil {
				return err
			}
		}
		for _, r := range rs.sorted() {
			s.row.fillRun(r)
			if err := s.put(quiet, &s.row, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// put inserts a row, with its place in the order of arrival where the table has one.
func (s *sqlite) put(ctx context.Context, r *row, arrival int64) error {
	s.args = s.args[:0]
	for _, c := range s.columns[r.table] {
		switch cell := &r.cells[c]; cell.typ {
		case textCell:
			s.args = append(s.args, cell.s)
		case intCell, boolCell:
			s.args = append(s.args, cell.n)
		case realCell:
			s.args = append(s.args, cell.f)
		case timeCell:
			s.buf = appendTime(s.buf[:0], cell.n)
			s.args = append(s.args, string(s.buf))
		default:
			s.args = append(s.args, nil)
		}
	}
	if r.table != journeys {
		s.args = append(s.args, arrival)
	}
	_, err := s.insert[r.table].ExecContext(ctx, s.args...)
	clear(s.args) // nothing of an event is held on to
	return err    //nolint:wrapcheck // Export says what it is about
}

// update calls f in a transaction that nobody else writes during. f is given a context without an end,
// for a watcher a statement would cost more than most statements.
func (s *sqlite) update(ctx context.Context, f func(quiet context.Context) error) error {
	return s.use(ctx, func() error {
		quiet := context.WithoutCancel(ctx)
		err := s.patiently(ctx, func() error {
			_, err := s.begun.ExecContext(quiet)
			return err //nolint:wrapcheck // the caller says what it is about
		})
		if err != nil {
			return err
		}
		if err = f(quiet); err == nil {
			_, err = s.committed.ExecContext(quiet)
		}
		if err != nil {
			// Where SQLite has undone it already, this fails and changes nothing.
			_, _ = s.undone.ExecContext(quiet)
		}
		return err //nolint:wrapcheck // the caller says what it is about
	})
}

// use calls f when nobody else in this process uses the connection.
func (s *sqlite) use(ctx context.Context, f func() error) error {
	select {
	case <-s.turn:
	case <-ctx.Done():
		return fmt.Errorf("%s: waiting for another call: %w", s.path, context.Cause(ctx))
	}
	defer func() { s.turn <- struct{}{} }()
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", s.path, explainSQLite(err))
	}
	return nil
}

// patiently calls f again while another process has the lock, until the context ends.
func (s *sqlite) patiently(ctx context.Context, f func() error) error {
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

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx) //nolint:wrapcheck // the caller says what it was waiting for
	}
}

// forget implements database.
func (s *sqlite) forget(ctx context.Context, customer string) (rows int64, err error) {
	err = s.update(ctx, func(quiet context.Context) error {
		rows = 0
		for _, text := range forgetting("", "?1", "TEMP") {
			args := []any{}
			if strings.Contains(text, "?1") {
				args = append(args, customer)
			}
			result, err := s.conn.ExecContext(quiet, text, args...)
			if err != nil {
				return err //nolint:wrapcheck // Forget says what it is about
			}
			if strings.HasPrefix(text, "DELETE FROM") {
				n, err := result.RowsAffected()
				if err != nil {
					return err //nolint:wrapcheck // as above
				}
				rows += n
			}
		}
		return nil
	})
	if err != nil || rows == 0 {
		return 0, err
	}
	// It is forgotten, and overwritten in the file. Where others read, a later checkpoint empties the log.
	_ = s.use(ctx, func() error {
		_, err := s.conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(TRUNCATE)")
		return err //nolint:wrapcheck // nobody sees it
	})
	return rows, nil
}

// prune implements database.
func (s *sqlite) prune(ctx context.Context, before time.Time, limit int) (rows int64, more bool, err error) {
	at := string(appendTime(nil, micros(before)))
	err = s.update(ctx, func(quiet context.Context) error {
		rows, more = 0, false
		for t := range numTables {
			text := fmt.Sprintf("DELETE FROM %[1]s WHERE arrival IN (SELECT arrival FROM %[1]s WHERE time < ? ORDER BY time LIMIT ?)", t) //nolint:gosec // the tables' names are ours
			if t == journeys {
				text = `DELETE FROM journeys WHERE (run, journey, namespace) IN
					(SELECT run, journey, namespace FROM journeys WHERE last_event < ? ORDER BY last_event LIMIT ?)`
			}
			result, err := s.conn.ExecContext(quiet, text, at, limit)
			if err != nil {
				return err //nolint:wrapcheck // Prune says what it is about
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err //nolint:wrapcheck // as above
			}
			rows, more = rows+n, more || n >= int64(limit)
		}
		return nil
	})
	return rows, more, err
}

func (s *sqlite) close() error {
	var err error
	for _, stmt := range append(s.insert[:], s.begun, s.committed, s.undone, s.arrived) { // SQLite keeps the file open for one that is left
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	if s.conn != nil {
		err = errors.Join(err, s.conn.Close())
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// sqliteCode returns SQLite's primary result code, or 0.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// judge implements database.
func (s *sqlite) judge(err error) verdict {
	if _, ok := errors.AsType[*refusedError](err); ok {
		return poison
	}
	switch sqliteCode(err) {
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return hopeless
	default:
		return passing
	}
}

// explainSQLite says what to do where that is known.
func explainSQLite(err error) error {
	switch sqliteCode(err) {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_TOOBIG, lib.SQLITE_RANGE:
		e, _ := errors.AsType[*driver.Error](err)
		return &refusedError{fmt.Sprintf("SQLite's result code %d", e.Code())}
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: give another path (%w)", ErrNotOurs, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return fmt.Errorf("the file and its folder have to be writable by this process: %w", err)
	case lib.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged: put it aside, and restore it from a copy or begin with a new one: %w", err)
	default:
		return err
	}
}
