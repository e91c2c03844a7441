package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	driver "modernc.org/sqlite"

	"cairncx.dev/cairn/cx/ledger"
)

// Store keeps records in one SQLite file. It is safe for concurrent use. Several processes on one machine may use the file:
// writers take turns. A nil Store and the zero value behave like closed ones.
type Store struct {
	path string
	db   *sql.DB
	conn *sql.Conn
	stmt statements

	prepared []*sql.Stmt // the statements in stmt, for disconnect

	turn    chan struct{} // holds one token; the call that took it may use the connection
	closing chan struct{}
	once    sync.Once
	closed  error // the error of Close; read it only after once.Do has returned
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
	_ ledger.Shelver   = (*Store)(nil)
)

// Open opens the file at path, or makes it, readable and writable by the process's user only. Its folder has to exist and to be
// on a disk of this machine, because SQLite's write-ahead log does not work over a network. The log is beside the file in
// path-wal and path-shm. Open refuses ":memory:", because no other process could share it. The errors are [ErrNotOurs],
// [ErrNewer], and those of the options and the disk.
func Open(path string, opts ...Option) (*Store, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if path == "" || strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") || strings.ContainsRune(path, 0) {
		return nil, fmt.Errorf("sqlite: Open(%.200q): give the path of a file: a store is shared, and outlives its process", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: Open(%.200q): %w", path, err)
	}
	if err := create(absolute); err != nil {
		return nil, fmt.Errorf("sqlite: %s cannot be opened for writing: %w", path, err)
	}
	s := &Store{path: path, turn: make(chan struct{}, 1), closing: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.openTimeout)
	defer cancel()
	if err := s.connect(ctx, absolute, &cfg); err != nil {
		err = s.explain("opening", err)
		return nil, errors.Join(err, s.disconnect())
	}
	s.turn <- struct{}{}
	return s, nil
}

// create makes the file if there is none, because SQLite would make one that every user can read. It does not make a file through
// a symbolic link, whose target another user may have chosen. A file that exists has to be a regular one: a pipe would hold
// SQLite for ever.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path is the application's own
	if errors.Is(err, fs.ErrExist) {
		return existing(path)
	}
	if err != nil {
		return err //nolint:wrapcheck // Open says what it is about
	}
	if err := f.Close(); err != nil {
		return err //nolint:wrapcheck // as above
	}
	// The new file's name has to survive a power loss too. Not every system can sync a folder, so an error is ignored.
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

// existing returns an error if the path cannot be opened as a regular file.
func existing(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errDangling
	case err != nil:
		return err //nolint:wrapcheck // Open says what it is about
	case !info.Mode().IsRegular():
		return errNoFile
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the path is the application's own
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	return f.Close() //nolint:wrapcheck // as above
}

func (s *Store) connect(ctx context.Context, path string, cfg *config) error {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a path on Windows begins with a drive letter
	}
	connector, err := driver.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw"}).String())
	if err != nil {
		return err //nolint:wrapcheck // Open says what it is about
	}
	s.db = sql.OpenDB(connector)
	if s.conn, err = s.db.Conn(context.WithoutCancel(ctx)); err != nil {
		return err //nolint:wrapcheck // as above
	}
	// secure_delete overwrites erased records in the file.
	pragmas := []string{"synchronous = " + cfg.synchronous, "fullfsync = 1", "checkpoint_fullfsync = 1", "secure_delete = 1"}
	if cfg.maxBytes > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count = %d", cfg.maxBytes/pageSize))
	}
	for _, step := range []func() error{
		// SQLite's own waiting ignores the context, so it is turned off.
		func() error { return s.pragma(ctx, "busy_timeout = 0", fmt.Sprintf("page_size = %d", pageSize)) },
		func() error { _, err := s.examine(ctx); return err }, // checks the file before anything changes it
		func() error { return s.pragma(ctx, pragmas...) },
		func() error { return s.writeAhead(ctx) },
		func() error { return s.prepareFile(ctx) },
		func() error { return s.prepare(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// writeAhead turns on the write-ahead log. If SQLite cannot do that, it returns no error, but the name of another mode.
func (s *Store) writeAhead(ctx context.Context) error {
	var mode string
	err := s.patiently(ctx, func(quiet context.Context) error {
		return s.conn.QueryRowContext(quiet, "PRAGMA journal_mode = WAL").Scan(&mode)
	})
	if err == nil && mode != "wal" {
		err = fmt.Errorf("there is no write-ahead log there (the journal is %q): put the file on a disk of this machine", mode)
	}
	return err
}

func (s *Store) pragma(ctx context.Context, pragmas ...string) error {
	for _, p := range pragmas {
		if err := s.run(ctx, "PRAGMA "+p); err != nil {
			return err
		}
	}
	return nil
}

// run runs a statement that is used too rarely to be prepared.
func (s *Store) run(ctx context.Context, text string) error {
	return s.patiently(ctx, func(quiet context.Context) error {
		_, err := s.conn.ExecContext(quiet, text)
		return err //nolint:wrapcheck // Open says what it is about
	})
}

// Close waits for the running call and closes the file. Waiting calls and later calls return [ErrClosed]. Close may be called
// again and returns the same error.
func (s *Store) Close() error {
	if s == nil || s.turn == nil {
		return nil
	}
	s.once.Do(func() {
		close(s.closing)
		<-s.turn
		if err := s.disconnect(); err != nil {
			s.closed = s.explain("closing", err)
		}
	})
	return s.closed
}

func (s *Store) disconnect() error {
	var err error
	for _, stmt := range s.prepared { // SQLite keeps the file open while a statement is open
		err = errors.Join(err, stmt.Close())
	}
	if s.conn != nil {
		err = errors.Join(err, s.conn.Close())
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// update calls f in a transaction with the file's write lock, and passes it the store's time.
func (s *Store) update(ctx context.Context, what string, f func(ctx context.Context, now int64) error) error {
	return s.use(ctx, what, func(quiet context.Context) error {
		if err := s.begin(ctx); err != nil {
			return err
		}
		return s.end(f(quiet, now()))
	})
}

// use calls f when no other call of this process uses the connection. The context for f never ends, because the driver's
// watcher of a context costs more than most statements.
func (s *Store) use(ctx context.Context, what string, f func(quiet context.Context) error) error {
	if s == nil || s.turn == nil {
		return fmt.Errorf("sqlite: %s: %w", what, ErrClosed)
	}
	err := context.Cause(ctx)
	if err == nil {
		select {
		case <-s.closing:
			err = ErrClosed
		default:
			select {
			case <-s.turn:
				err = f(context.WithoutCancel(ctx))
				s.turn <- struct{}{}
			case <-s.closing:
				err = ErrClosed
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
	}
	if err != nil {
		return s.explain(what, err)
	}
	return nil
}

// begin begins a transaction with the file's write lock.
func (s *Store) begin(ctx context.Context) error {
	return s.patiently(ctx, func(quiet context.Context) error {
		_, err := exec(quiet, s.stmt.begin)
		return err
	})
}

// end commits the transaction if err is nil, and rolls it back otherwise.
func (s *Store) end(err error) error {
	if err == nil {
		_, err = exec(context.Background(), s.stmt.commit)
	}
	if err != nil {
		// If SQLite has rolled back already, this fails and changes nothing.
		_, _ = exec(context.Background(), s.stmt.rollback)
	}
	return err
}

// patiently repeats f while another process has the lock, until ctx ends. The context bounds only the waiting: f is called at
// least once, with a context that never ends. A "busy" error therefore depends on the lock alone, and not on the speed of the
// machine.
func (s *Store) patiently(ctx context.Context, f func(quiet context.Context) error) error {
	quiet := context.WithoutCancel(ctx)
	const shortest, longest = 200 * time.Microsecond, 10 * time.Millisecond
	var timer *time.Timer
	for wait := shortest; ; wait = min(2*wait, longest) {
		err := f(quiet)
		if !busy(err) {
			return err
		}
		if timer == nil {
			timer = time.NewTimer(wait)
			defer timer.Stop()
		} else {
			timer.Reset(wait)
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fmt.Errorf("another process is writing: %w", context.Cause(ctx))
		case <-s.closing:
			return ErrClosed
		}
	}
}

// now returns the store's time: the machine's clock, which all processes with this file share.
func now() int64 { return time.Now().UnixMilli() }
