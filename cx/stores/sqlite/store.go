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

	prepared []*sql.Stmt // those of stmt

	turn    chan struct{} // holds one token: who has it has the connection
	closing chan struct{}
	once    sync.Once
	closed  error // of what has closed it; read it after taking the turn for the last time
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
)

// Open opens the file at path, or makes it, readable and writable by the process's user only. Its
// folder has to exist, and to be on a disk of this machine: the file's write-ahead log, beside it as
// path-wal and path-shm, does not work over a network. ":memory:" is refused, because no other process could
// share it. The errors are [ErrNotOurs], [ErrNewer] and those of the disk.
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
	// A new file's name has to survive a loss of power too. Not every system can sync a folder.
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

// existing returns an error where what has the path cannot be opened as a file.
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
		path = "/" + path // a drive's letter
	}
	connector, err := driver.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw"}).String())
	if err != nil {
		return err //nolint:wrapcheck // Open says what it is about
	}
	s.db = sql.OpenDB(connector)
	if s.conn, err = s.db.Conn(context.WithoutCancel(ctx)); err != nil {
		return err //nolint:wrapcheck // as above
	}
	// Erased records are to be gone from the file.
	pragmas := []string{"synchronous = " + cfg.synchronous, "fullfsync = 1", "checkpoint_fullfsync = 1", "secure_delete = 1"}
	if cfg.maxBytes > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count = %d", cfg.maxBytes/pageSize))
	}
	for _, step := range []func() error{
		// SQLite's own waiting knows no context.
		func() error { return s.pragma(ctx, "busy_timeout = 0", fmt.Sprintf("page_size = %d", pageSize)) },
		func() error { _, err := s.examine(ctx); return err }, // a file that is not ours is left as it is
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

// writeAhead turns the write-ahead log on. SQLite says in words alone that it cannot.
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

// run runs what is not worth preparing.
func (s *Store) run(ctx context.Context, text string) error {
	return s.patiently(ctx, func(quiet context.Context) error {
		_, err := s.conn.ExecContext(quiet, text)
		return err //nolint:wrapcheck // Open says what it is about
	})
}

// Close closes the file, after the call that is at work on it. Calls that wait, and later ones, return
// [ErrClosed]. It may be called again, and returns the same.
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
	for _, stmt := range s.prepared { // SQLite keeps the file open for one that is left
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

// update calls f in a transaction that has the only write lock, with the store's time.
func (s *Store) update(ctx context.Context, what string, f func(ctx context.Context, now int64) error) error {
	return s.use(ctx, what, func(quiet context.Context) error {
		if err := s.begin(ctx); err != nil {
			return err
		}
		return s.end(f(quiet, now()))
	})
}

// use calls f when no other call in this process uses the connection. It gives f a context that is never done, because the
// driver's watcher of a context costs more than most statements.
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

// begin takes the file's lock.
func (s *Store) begin(ctx context.Context) error {
	return s.patiently(ctx, func(quiet context.Context) error {
		_, err := exec(quiet, s.stmt.begin)
		return err
	})
}

// end commits what begin has begun, or undoes it.
func (s *Store) end(err error) error {
	if err == nil {
		_, err = exec(context.Background(), s.stmt.commit)
	}
	if err != nil {
		// Where SQLite has undone it already, this fails and changes nothing.
		_, _ = exec(context.Background(), s.stmt.rollback)
	}
	return err
}

// patiently calls f again while another process has the lock, until the context ends. The context bounds the waiting
// and no statement: f is called once at least and is given a context without an end, so that what is said of the lock
// depends on the lock alone, and not on how fast the machine is.
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

// now is the store's clock: that of the machine, which all who have the file open share.
func now() int64 { return time.Now().UnixMilli() }
