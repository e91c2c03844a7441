package sqlarchive

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	engine "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// sqlite is an archive in a file. It uses one connection, because SQLite has one writer at a time.
type sqlite struct {
	path, absolute string // the path as given, and the absolute path, which survives a change of the working directory
	cfg            config
	connect        func(ctx context.Context, path string) (link, error)
	turn           sink.Turn // guards the fields below

	file    os.FileInfo // the opened file; nil if none is open
	link    link
	unclean bool // the file or its write-ahead log may have what an erasure has deleted

	insert           [numTables]statement
	columns          [numTables][]column
	begun, committed statement
	undone, arrived  statement
	customer         statement
	refill           [journeys]statement
	row              row
	args             []driver.NamedValue
	buf              []byte
}

// OpenSQLite opens the archive in the file at path, or makes the file, readable and writable by the process's user only. The
// folder must exist and be on a disk of this machine, because the write-ahead log, path-wal and path-shm, does not work over a
// network. Several processes may use the file at a time: they take turns, and each waits as long as its context allows. The
// error is [ErrNotOurs], [ErrNewer], all faults of the options, joined, or that of a folder that is missing or not writable.
//
// An existing file that cannot be used at the moment does not fail OpenSQLite: another process holds it, the disk is full, or
// the file is damaged. Each Export then fails with a transient error until the file is usable, and [Archive.Ping] returns that
// error at once. If an operator moves another file to its place, the archive uses that file, so that a copy can be restored
// while the service runs.
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
	s := &sqlite{path: path, absolute: absolute, cfg: c, connect: connect}
	ctx, cancel := context.WithTimeout(context.Background(), c.openTimeout)
	defer cancel()
	if err := s.ping(ctx); err != nil {
		err = errors.Join(err, s.leave())
		if !passes(err) {
			return nil, fmt.Errorf("sqlarchive: %w", err)
		}
	}
	return newArchive(s, &c), nil
}

// passes reports whether an error of opening is transient.
func passes(err error) bool {
	switch sqliteCode(err) {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_CORRUPT:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) // the wait for another process timed out
}

// create makes the file if it does not exist, because SQLite would make it readable by every user. It does not make a file
// through a symbolic link, because another user may have chosen the link's target. An existing file must be a regular file,
// because a pipe would block SQLite for ever.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path is the application's own
	if errors.Is(err, fs.ErrExist) {
		return existing(path)
	}
	if err != nil {
		return err //nolint:wrapcheck // ready adds the operation
	}
	if err := f.Close(); err != nil {
		return err //nolint:wrapcheck // as above
	}
	// A new file's name must survive a power loss, too. Not every system can sync a folder.
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

var (
	errDangling = errors.New("it is a symbolic link to a file that is not there: make that file, or give its own path")
	errNoFile   = errors.New("it is no regular file: give the path of one")
)

// existing returns an error if the existing entry at the path cannot be opened as a file.
func existing(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errDangling
	case err != nil:
		return err //nolint:wrapcheck // ready adds the operation
	case !info.Mode().IsRegular():
		return errNoFile
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the path is the application's own
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	return f.Close() //nolint:wrapcheck // as above
}

// ready opens the file. If the opened file is still at the path, ready does nothing.
func (s *sqlite) ready(ctx context.Context) error {
	file, err := os.Stat(s.absolute)
	if err == nil && s.file != nil && os.SameFile(s.file, file) {
		return nil
	}
	_ = s.leave() // a file that fails to close is not used any more either
	if err != nil {
		return fmt.Errorf("the file has gone: move it back, or have a new one made by a process that starts anew: %w", err)
	}
	if err := s.open(ctx); err != nil {
		return fmt.Errorf("opening: %w", errors.Join(err, s.leave()))
	}
	s.file = file
	return nil
}

func (s *sqlite) open(ctx context.Context) error {
	var err error
	if s.link, err = s.connect(ctx, s.absolute); err != nil {
		return err
	}
	if err := s.run(ctx, fmt.Sprintf("PRAGMA page_size = %d", pageSize)); err != nil {
		return err
	}
	// A file that is not an archive must not change.
	current, err := s.examine(ctx)
	if err != nil {
		return err
	}
	// secure_delete keeps forgotten rows out of the file's free pages.
	pragmas := []string{"synchronous = " + s.cfg.synchronous, "fullfsync = 1", "checkpoint_fullfsync = 1", "secure_delete = 1"}
	if s.cfg.maxBytes > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count = %d", s.cfg.maxBytes/pageSize))
	}
	for _, p := range pragmas {
		if err := s.run(ctx, "PRAGMA "+p); err != nil {
			return err
		}
	}
	mode, err := s.ask(ctx, "PRAGMA journal_mode = WAL")
	if err != nil {
		return err
	}
	if mode[0] != "wal" {
		return fmt.Errorf("there is no write-ahead log there (the journal is %q): put the file on a disk of this machine", mode[0])
	}
	if !current {
		if err := s.migrate(ctx, s.absolute); err != nil {
			return err
		}
	}
	return s.prepare(ctx)
}

// ping implements database.
func (s *sqlite) ping(ctx context.Context) error {
	return s.use(ctx, func() error {
		_, err := s.examine(ctx)
		return err
	})
}

// run runs a statement that is not worth preparing.
func (s *sqlite) run(ctx context.Context, text string) error {
	return s.patiently(ctx, func() error {
		_, err := execute(ctx, s.link, text)
		return err
	})
}

// ask returns the first row of a query.
func (s *sqlite) ask(ctx context.Context, text string, args ...driver.Value) (row []driver.Value, err error) {
	err = s.patiently(ctx, func() error {
		row, err = first(s.link.QueryContext(ctx, text, numbered(args)))
		return err
	})
	return row, err
}

// prepare prepares the statements of Export.
func (s *sqlite) prepare(ctx context.Context) error {
	names := columnNames()
	for stmt, text := range map[*statement]string{
		&s.begun: "BEGIN IMMEDIATE", &s.committed: "COMMIT", &s.undone: "ROLLBACK",
		&s.arrived:  "SELECT " + arrivedSQLite(),
		&s.customer: "SELECT customer FROM journeys WHERE run = ? AND journey = ? AND namespace = ?",
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
		text := fmt.Sprintf("INSERT INTO %s (%s, arrival) %s, ?) ON CONFLICT (%s) DO NOTHING", t, strings.Join(list, ", "), values, t.key())
		if t.merged() {
			text = fmt.Sprintf("INSERT INTO %s AS j (%s) %s)", t, strings.Join(list, ", "), values) + t.upsert(sqliteCauses())
		}
		if err := s.prepareOne(ctx, &s.insert[t], text); err != nil {
			return err
		}
		if t >= journeys {
			continue
		}
		if err := s.prepareOne(ctx, &s.refill[t], t.refill()); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqlite) prepareOne(ctx context.Context, stmt *statement, text string) error {
	return s.patiently(ctx, func() error {
		var err error
		*stmt, err = prepare(ctx, s.link, text)
		return err
	})
}

// write implements database.
func (s *sqlite) write(ctx context.Context, events []event.Event) error {
	return s.update(ctx, func(quiet context.Context) error {
		b := tell(events, &s.row)
		customers, err := s.own(quiet, &b)
		if err != nil {
			return err
		}
		if err := s.promised(quiet, b.promises); err != nil {
			return err
		}
		last, err := first(s.arrived.QueryContext(quiet, nil))
		if err != nil {
			return err
		}
		arrived, _ := last[0].(int64)
		for t := range journeys { // one table after the other, so that its pages stay in the cache
			for i := range events {
				if tableOf(events[i].Kind) != t {
					continue
				}
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := s.keep(quiet, &events[i], customers, arrived+int64(i)+1); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// keep inserts the event's row, and those of its lists if the row is new.
func (s *sqlite) keep(ctx context.Context, e *event.Event, customers whose, arrival int64) error {
	if err := s.row.fill(e); err != nil {
		return err
	}
	customers.fill(&s.row)
	id := s.row.cells[colID].s
	inserted, err := s.put(ctx, &s.row, arrival)
	if err != nil || !inserted {
		return err
	}
	for t := legs; t < numTables; t++ {
		for i := range listed(t, e) {
			s.row.fillListed(t, e, id, i)
			if _, err := s.put(ctx, &s.row, arrival); err != nil {
				return err
			}
		}
	}
	return nil
}

// put inserts a row, with its arrival number if the table has that column, and reports whether it is new.
func (s *sqlite) put(ctx context.Context, r *row, arrival int64) (inserted bool, err error) {
	s.args = s.args[:0]
	for i, c := range s.columns[r.table] {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: s.value(&r.cells[c])})
	}
	if !r.table.merged() {
		s.args = append(s.args, driver.NamedValue{Ordinal: len(s.args) + 1, Value: arrival})
	}
	result, err := s.insert[r.table].ExecContext(ctx, s.args)
	clear(s.args) // the archive keeps nothing of an event
	if err != nil {
		return false, err //nolint:wrapcheck // Export adds the operation
	}
	n, err := result.RowsAffected()
	return n > 0, err //nolint:wrapcheck // as above
}

func (s *sqlite) value(c *cell) driver.Value {
	switch c.typ {
	case textCell:
		return c.s
	case intCell, boolCell:
		return c.n
	case realCell:
		return c.f
	case timeCell:
		s.buf = appendTime(s.buf[:0], c.n)
		return string(s.buf)
	default:
		return nil
	}
}

// update calls f in a transaction during which no other process writes. f gets a context without cancellation, because the
// driver starts a watcher for each statement with a cancellable context, which costs more than most statements.
func (s *sqlite) update(ctx context.Context, f func(quiet context.Context) error) error {
	return s.use(ctx, func() error {
		quiet := context.WithoutCancel(ctx)
		err := s.patiently(ctx, func() error {
			_, err := s.begun.ExecContext(quiet, nil)
			return err //nolint:wrapcheck // the caller adds the operation
		})
		if err != nil {
			return err
		}
		if err = f(quiet); err == nil {
			_, err = s.committed.ExecContext(quiet, nil)
		}
		if err == nil && s.unclean {
			s.truncate(quiet)
		}
		if err != nil {
			// If SQLite has rolled back already, this fails and changes nothing.
			_, _ = s.undone.ExecContext(quiet, nil)
		}
		return err //nolint:wrapcheck // the caller adds the operation
	})
}

// use calls f on the connection, in turn with the other calls of this process.
func (s *sqlite) use(ctx context.Context, f func() error) error {
	if err := s.turn.Take(ctx); err != nil {
		return fmt.Errorf("%s: waiting for another call: %w", s.path, err)
	}
	defer s.turn.Give()
	if err := s.ready(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.path, explainSQLite(err, false))
	}
	err := f()
	if err == nil {
		return nil
	}
	if c := sqliteCode(err); c == lib.SQLITE_CORRUPT || c == lib.SQLITE_NOTADB {
		_ = s.leave() // the next call opens the file again, because an operator may have restored it
	}
	return fmt.Errorf("%s: %w", s.path, explainSQLite(err, true))
}

// patiently calls f again while another process has the lock, until ctx is done.
func (s *sqlite) patiently(ctx context.Context, f func() error) error {
	const shortest, longest = 200 * time.Microsecond, 10 * time.Millisecond
	for wait, met := shortest, false; ; wait = min(2*wait, longest) {
		err := f()
		if c := sqliteCode(err); c != lib.SQLITE_BUSY && c != lib.SQLITE_LOCKED {
			if met && err != nil && ctx.Err() != nil { // ctx ended during the last call of f
				return fmt.Errorf("another process is writing: %w", context.Cause(ctx))
			}
			return err
		}
		met = true
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
		return context.Cause(ctx) //nolint:wrapcheck // the caller adds the reason of the wait
	}
}

// close implements database. No call has the turn any more.
func (s *sqlite) close() error { return s.leave() }

// leave closes the file.
func (s *sqlite) leave() error {
	var err error
	for _, stmt := range slices.Concat(s.insert[:], s.refill[:], []statement{s.begun, s.committed, s.undone, s.arrived, s.customer}) { // SQLite keeps the file open while a statement is open
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	if s.link != nil {
		err = errors.Join(err, s.link.Close())
	}
	s.insert, s.begun, s.committed, s.undone, s.arrived = [numTables]statement{}, nil, nil, nil, nil
	s.refill, s.customer = [journeys]statement{}, nil
	s.file, s.link = nil, nil
	return err
}

// sqliteCode returns SQLite's primary result code, or 0.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// explainSQLite adds a remedy to the error if one is known. rows says that the error is from a statement that may have an
// event's rows.
func explainSQLite(err error, rows bool) error {
	switch sqliteCode(err) {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_TOOBIG, lib.SQLITE_RANGE:
		e, _ := errors.AsType[*engine.Error](err)
		return &refusedError{code: fmt.Sprintf("SQLite's result code %d", e.Code()), poison: rows}
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("%w, or it is damaged: give another path, or move a copy of the archive to its place (%w)", ErrNotOurs, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return fmt.Errorf("the file and its folder have to be writable by this process: %w", err)
	case lib.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged: put it aside with its -wal and -shm, and move a copy of the archive to its place, or an empty file: %w", err)
	default:
		return err
	}
}
