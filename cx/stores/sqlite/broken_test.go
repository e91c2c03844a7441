package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

// TestBrokenTables: a call whose statement fails returns the error, and leaves what is in the file as it was. Each of
// the faults hits one statement alone, and all that come after it would go well.
func TestBrokenTables(t *testing.T) {
	t.Parallel()
	run := ledger.Key{1}
	for _, tt := range []struct {
		name, breaks string
		call         func(t *testing.T, s *sqlite.Store) error
	}{
		{"reading before writing", `ALTER TABLE record RENAME TO old;
			CREATE TABLE record (kind INTEGER, key BLOB, due, gone, customer, journey, stage, log, PRIMARY KEY (kind, key)) WITHOUT ROWID;
			INSERT INTO record SELECT kind, key, 'soon', gone, customer, journey, stage, log FROM old`, func(t *testing.T, s *sqlite.Store) error {
			_, err := s.Write(t.Context(), []ledger.Change{{Key: run, Append: []byte("b")}})
			return err
		}},
		{"writing", `CREATE TRIGGER broken BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, err := s.Write(t.Context(), []ledger.Change{{Key: run, Append: []byte("b")}})
			return err
		}},
		{"claiming what is due", `ALTER TABLE record RENAME COLUMN log TO hidden`, func(t *testing.T, s *sqlite.Store) error {
			_, _, err := s.Claim(t.Context(), 10, time.Minute)
			return err
		}},
		{"leasing what is due", `CREATE TRIGGER broken BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, _, err := s.Claim(t.Context(), 10, time.Minute)
			return err
		}},
		{"who holds the count", `ALTER TABLE lease RENAME COLUMN holder TO hidden`, func(t *testing.T, s *sqlite.Store) error {
			live, held, err := s.Count(t.Context(), "me", time.Minute)
			if held || live != nil {
				t.Errorf("it is held: %v, and counts %v", held, live)
			}
			return err
		}},
		{"holding the count", `CREATE TRIGGER broken BEFORE INSERT ON lease BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			live, held, err := s.Count(t.Context(), "me", time.Minute)
			if held || live != nil {
				t.Errorf("it is held: %v, and counts %v", held, live)
			}
			return err
		}},
		{"counting", `DROP TABLE live`, func(t *testing.T, s *sqlite.Store) error {
			_, _, err := s.Count(t.Context(), "me", time.Minute)
			return err
		}},
		{"where the forgotten are", `UPDATE record SET journey = 'tour', stage = NULL`, func(t *testing.T, s *sqlite.Store) error {
			n, err := s.Forget(t.Context(), "alice", time.Minute)
			if n != 0 {
				t.Errorf("%d records are said to be forgotten", n)
			}
			return err
		}},
		{"removing what is over", `INSERT INTO record (kind, key, gone, log) VALUES (1, x'ffffffffffffffffffffffffffffffff', 1, x'');
			CREATE TRIGGER broken BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, _, err := s.Claim(t.Context(), 10, time.Minute)
			return err
		}},
		{"counting what is written", `CREATE TRIGGER broken BEFORE INSERT ON live BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, err := s.Write(t.Context(), []ledger.Change{{Key: run, If: []byte("a"), Replace: []byte("b"), Place: ledger.Place{Group: "tour", Name: "gate"}}})
			return err
		}},
		{"counting the forgotten", `UPDATE record SET journey = 'tour', stage = 'gate';
			CREATE TRIGGER broken BEFORE INSERT ON live BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, err := s.Forget(t.Context(), "alice", time.Minute)
			return err
		}},
		{"places without records", `UPDATE record SET journey = 'tour', stage = 'gate'; INSERT INTO live VALUES (1, 'tour', 'gate', 1);
			CREATE TRIGGER broken BEFORE DELETE ON live BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, err := s.Forget(t.Context(), "alice", time.Minute)
			return err
		}},
		{"forgetting", `CREATE TRIGGER broken BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'broken'); END`, func(t *testing.T, s *sqlite.Store) error {
			_, err := s.Forget(t.Context(), "alice", time.Minute)
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "store.db")
			store := open(t, path)
			write(t, store, ledger.Change{Key: run, Append: []byte("a"), Customer: "alice", Due: time.Now().Add(-time.Hour)})
			conn := raw(t, path)
			do(t, conn, tt.breaks)
			if err := tt.call(t, store); err == nil {
				t.Error("no error")
			}
			column := "log"
			if tt.name == "claiming what is due" {
				column = "hidden"
			}
			var log, customer string
			if err := conn.QueryRowContext(t.Context(), "SELECT CAST("+column+" AS TEXT), customer FROM record").Scan(&log, &customer); err != nil || log != "a" || customer != "alice" {
				t.Errorf("the record has the log %q of %q, %v; want it as it was", log, customer, err)
			}
		})
	}
}

// TestDamagedKey: a key that no store writes is a fault of the file, which the error says, with what to do.
func TestDamagedKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"short": "x'01'", "long": "zeroblob(1000)", "none": "x''"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "store.db")
			store := open(t, path)
			do(t, raw(t, path), "INSERT INTO record (kind, key, due, log) VALUES (1, "+key+", 1, x'61')")
			at, due, err := store.Claim(t.Context(), 10, time.Minute)
			if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), path) || !at.IsZero() || due != nil {
				t.Errorf("Claim returned %v, %v, %v, want that the file is damaged", at, due, err)
			}
			write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a")}) // which is not hindered
		})
	}
}

// ending is a context that ends while it is in use: after it has been asked for its error a number of times.
type ending struct {
	context.Context //nolint:containedctx // it is a context
	left            int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestContextEndsWithinWrite: all changes of a call are made, or none and the error is that of the context, whenever
// it ends.
func TestContextEndsWithinWrite(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "store.db"), sqlite.WithoutFsync())
	made, given := 0, 0
	for left := range 20 {
		changes := []ledger.Change{{Key: ledger.Key{1}, Append: []byte("a")}, {Key: ledger.Key{2}, Append: []byte("a")}, {Key: ledger.Key{3}, Append: []byte("a")}}
		records, err := store.Write(&ending{t.Context(), left}, changes)
		switch {
		case err == nil && len(records) == len(changes):
			made++
		case errors.Is(err, context.Canceled) && records == nil:
			given++
		default:
			t.Errorf("Write returned %v, %v", records, err)
		}
		for _, r := range write(t, store, ledger.Change{Key: ledger.Key{1}}, ledger.Change{Key: ledger.Key{2}}, ledger.Change{Key: ledger.Key{3}}) {
			if len(r.Log) != made {
				t.Fatalf("after %d calls a log has %d entries, want one of each call", made, len(r.Log))
			}
		}
	}
	if made == 0 || given < 2 {
		t.Errorf("%d calls are made and %d are not: the test tries nothing", made, given)
	}
}

// TestTwoChangesOfOneRecord: the error names the changes, and a nil Store is a closed one for them, too.
func TestTwoChangesOfOneRecord(t *testing.T) {
	t.Parallel()
	changes := []ledger.Change{{Key: ledger.Key{1}, Append: []byte("a")}, {Key: ledger.Key{2}}, {Key: ledger.Key{1}, Replace: []byte("z")}}
	for _, store := range []*sqlite.Store{open(t, filepath.Join(t.TempDir(), "store.db")), nil} {
		records, err := store.Write(t.Context(), changes)
		if want := "sqlite: writing 3 changes: changes 1 and 3 are of the same record"; records != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Write returned %v and %v, want %q", records, err, want)
		}
	}
}

// TestLeaseOfPartOfAMillisecond: a lease is not over before its time, which the file knows to the millisecond.
func TestLeaseOfPartOfAMillisecond(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		claimed := func(lease time.Duration) int {
			t.Helper()
			_, got, err := store.Claim(t.Context(), 10, lease)
			if err != nil {
				t.Fatal(err)
			}
			return len(got)
		}
		write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a"), Due: time.Now()})
		if n := claimed(1500 * time.Microsecond); n != 1 {
			t.Errorf("%d records are due, want 1", n)
		}
		time.Sleep(time.Millisecond) // the bubble's clock
		if n := claimed(time.Millisecond); n != 0 {
			t.Errorf("%d records are due before the lease is over", n)
		}
		time.Sleep(time.Millisecond)
		if n := claimed(2 * time.Millisecond); n != 1 {
			t.Errorf("%d records are due when the lease is over, want 1", n)
		}
		time.Sleep(time.Millisecond)
		if n := claimed(0); n != 0 {
			t.Errorf("%d records are due before a lease of whole milliseconds is over", n)
		}
		time.Sleep(time.Millisecond)
		if n := claimed(0); n != 1 {
			t.Errorf("%d records are due when a lease of whole milliseconds is over, want 1", n)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestCloseWhileWaiting: "Calls that wait, and later ones, return ErrClosed": one waits for the file's lock, the others
// for that one.
func TestCloseWhileWaiting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	conn := raw(t, path)
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		do(t, conn, "BEGIN IMMEDIATE")
		const calls = 3
		done := make(chan error, calls)
		for i := range calls {
			go func() {
				_, err := store.Write(t.Context(), []ledger.Change{{Key: ledger.Key{byte(i)}, Append: []byte("a")}})
				done <- err
			}()
		}
		synctest.Wait() // until all wait
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		for range calls {
			if err := <-done; !errors.Is(err, sqlite.ErrClosed) {
				t.Errorf("a call that waits returns %v, want ErrClosed", err)
			}
		}
	})
}
