package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

func TestReopened(t *testing.T) {
	tests := []struct {
		name   string
		reason string
	}{
		{"store.db", "the plain case"},
		{"a name with spaces, ü, ?, #, % and %41.db", "a path is not a URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), test.name)
			run, closed := ledger.Key{1}, ledger.Key{2}
			at := ledger.Place{Group: "checkout", Name: "cart"}
			first := open(t, path)
			write(t, first, ledger.Change{Key: run, Append: []byte("a")}, ledger.Change{Key: closed, Append: []byte("a")})
			write(
				t, first,
				ledger.Change{Key: run, If: []byte("a"), Replace: []byte("b"), Due: time.Unix(0, 0), Customer: "alice", Place: at},
				ledger.Change{Key: closed, If: []byte("a"), Replace: []byte("end"), Close: true, Keep: time.Hour},
			)
			if _, held, err := first.Count(t.Context(), "first", time.Hour); err != nil || !held {
				t.Fatal(held, err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the file is elsewhere: %v", test.reason, err)
			}

			again := open(t, path)
			if _, held, err := again.Count(t.Context(), "second", time.Hour); err != nil || held {
				t.Errorf("the lease of the count is forgotten: held %v, %v", held, err)
			}
			if live, held, err := again.Count(t.Context(), "first", time.Hour); err != nil || !held || live[at] != 1 {
				t.Errorf("the counts are %v, held %v, %v", live, held, err)
			}
			got := write(t, again, ledger.Change{Key: closed, Append: []byte("late")})
			if string(got[0].Log) != "end" || !got[0].Closed {
				t.Errorf("the closed record is %+v", got[0])
			}
			if _, due, err := again.Claim(t.Context(), 10, time.Hour); err != nil || len(due) != 1 || string(due[0].Log) != "b" {
				t.Errorf("Claim returned %v, %v", due, err)
			}
			if n, err := again.Forget(t.Context(), "alice", time.Hour); n != 1 || err != nil {
				t.Errorf("Forget returned %d, %v", n, err)
			}
		})
	}
}

func write(t testing.TB, store *sqlite.Store, changes ...ledger.Change) []ledger.Record {
	t.Helper()
	records, err := store.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// raw opens the file as any program would.
func raw(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		db.Close()
	})
	return conn
}

func do(t *testing.T, conn *sql.Conn, text string) {
	t.Helper()
	if _, err := conn.ExecContext(context.Background(), text); err != nil {
		t.Fatal(err)
	}
}

// spoil changes one byte of the file.
func spoil(t *testing.T, path string, at int, to byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte{to}, int64(at))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	none := func(*testing.T, string) {}
	tests := []struct {
		name   string
		path   string // "" is one of the test's own
		make   func(t *testing.T, path string)
		opts   []sqlite.Option
		is     error
		says   string
		reason string
	}{
		{"memory", ":memory:", none, nil, nil, "path of a file", "a store is shared"},
		{"shared memory", "file::memory:?cache=shared", none, nil, nil, "path of a file", "a store outlives its process"},
		{"URL", "file:x.db", none, nil, nil, "path of a file", "its parameters could switch off what the store relies on"},
		{"NUL", "a\x00b", none, nil, nil, "path of a file", "SQLite would open a"},
		{"no folder", filepath.Join(t.TempDir(), "none", "store.db"), none, nil, os.ErrNotExist, "cannot be opened", "a typing error in a path is not to make folders"},
		{"a folder", t.TempDir(), none, nil, nil, "cannot be opened", "a folder is no file"},
		{"no database", "", func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("name,age\n"), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil, sqlite.ErrNotOurs, "another path", "somebody's file is not written over"},
		{"another's database", "", func(t *testing.T, path string) {
			do(t, raw(t, path), "CREATE TABLE record (id INTEGER)")
		}, nil, sqlite.ErrNotOurs, "another path", "somebody's tables are not mixed with ours"},
		{"another's application_id", "", func(t *testing.T, path string) {
			do(t, raw(t, path), "PRAGMA application_id = 7; PRAGMA user_version = 1")
		}, nil, sqlite.ErrNotOurs, "0x7", "an empty database may be somebody's too"},
		{"newer", "", func(t *testing.T, path string) {
			open(t, path).Close()
			do(t, raw(t, path), "PRAGMA user_version = 99")
		}, nil, sqlite.ErrNewer, "99", "an old version would damage what it does not know"},
		{"damaged", "", func(t *testing.T, path string) {
			open(t, path).Close()
			spoil(t, path, 100, 0xff) // the type of the first page
		}, nil, nil, "the file is damaged", "that is no reason to take it for somebody else's"},
		{"damaged in a table", "", func(t *testing.T, path string) {
			open(t, path).Close()
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, path, bytes.Index(b, []byte("CREATE TABLE record")), 'D')
		}, nil, nil, "the file is damaged", "what was read in part is not taken for the whole"},
		{"locked", "", func(t *testing.T, path string) {
			open(t, path).Close()
			do(t, raw(t, path), "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
		}, []sqlite.Option{sqlite.WithOpenTimeout(time.Nanosecond)}, context.DeadlineExceeded, "another process", "waiting has an end, and why it waited is said however soon that is"},
		{"read by another program that has turned the write-ahead log off", "", func(t *testing.T, path string) {
			open(t, path).Close()
			other := raw(t, path)
			do(t, other, "PRAGMA journal_mode = DELETE")
			do(t, other, "BEGIN; SELECT count(*) FROM record")
		}, []sqlite.Option{sqlite.WithOpenTimeout(time.Nanosecond)}, context.DeadlineExceeded, "another process", "without the write-ahead log readers would hinder writers"},
		{"no timeout", "", none, []sqlite.Option{sqlite.WithOpenTimeout(0)}, nil, "WithOpenTimeout", "it has to be positive"},
		{"tiny", "", none, []sqlite.Option{sqlite.WithMaxBytes(1000)}, nil, "WithMaxBytes", "nothing would fit"},
		{"negative", "", none, []sqlite.Option{sqlite.WithMaxBytes(-1)}, nil, "WithMaxBytes", "it is no bound"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := test.path
			if path == "" {
				path = filepath.Join(t.TempDir(), "store.db")
			}
			test.make(t, path)
			before, _ := os.ReadFile(path)
			store, err := sqlite.Open(path, test.opts...)
			if err == nil {
				store.Close()
				t.Fatalf("Open takes it, though %s", test.reason)
			}
			if test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %q, want %q in it, and %v", err, test.says, test.is)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("Open has changed the file")
			}
		})
	}
}

// What WithOpenTimeout bounds is the waiting for others: where there are none, a slow machine opens the file too.
func TestOpenTimeoutOfNoLock(t *testing.T) {
	open(t, filepath.Join(t.TempDir(), "store.db"), sqlite.WithOpenTimeout(time.Nanosecond))
}

// The last one to close leaves one file, with everything in it.
func TestCloseLeavesOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path)
	write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a")})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("the files are %v (%v), want the store alone: somebody has it open still", left, err)
	}
}

func TestPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path)
	write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a")})
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %v, want 0600: it is nobody else's", filepath.Base(path+suffix), mode)
		}
	}
}

// While another process holds the lock, callers wait for as long as their context says, and not for
// one another's.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path)
	write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a"), Due: time.Unix(0, 0)})
	other := raw(t, path)
	do(t, other, "BEGIN IMMEDIATE")

	calls := map[string]func(ctx context.Context) error{
		"Write": func(ctx context.Context) error {
			_, err := store.Write(ctx, []ledger.Change{{Key: ledger.Key{1}, Append: []byte("b")}})
			return err
		},
		"Claim":  func(ctx context.Context) error { _, _, err := store.Claim(ctx, 10, 0); return err },
		"Count":  func(ctx context.Context) error { _, _, err := store.Count(ctx, "a", time.Hour); return err },
		"Forget": func(ctx context.Context) error { _, err := store.Forget(ctx, "alice", time.Hour); return err },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var waiting sync.WaitGroup
	for name, call := range calls {
		waiting.Go(func() {
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s returned %v, want the deadline's error", name, err)
			}
		})
	}
	waiting.Wait()

	done := make(chan error, 1)
	go func() { done <- calls["Write"](context.Background()) }()
	do(t, other, "ROLLBACK")
	if err := <-done; err != nil {
		t.Errorf("Write, when the lock was free: %v", err)
	}
	if got := write(t, store, ledger.Change{Key: ledger.Key{1}}); string(got[0].Log) != "ab" {
		t.Errorf("the log is %q, want ab: what was given up must not come later", got[0].Log)
	}
}

// Where nothing is due, sweeps of idle services disturb nobody.
func TestIdleClaimTakesNoLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path)
	write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a"), Lease: time.Hour})
	do(t, raw(t, path), "BEGIN IMMEDIATE")
	if _, due, err := store.Claim(t.Context(), 10, time.Hour); err != nil || len(due) > 0 {
		t.Errorf("Claim returned %v, %v", due, err)
	}
}

func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path)
	write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("a"), Due: time.Unix(0, 0)})
	other := raw(t, path)
	do(t, other, "BEGIN IMMEDIATE")
	waits := make(chan error, 3)
	for i := range cap(waits) {
		go func() {
			_, err := store.Write(context.Background(), []ledger.Change{{Key: ledger.Key{2}, Append: fmt.Append(nil, i)}})
			waits <- err
		}()
	}
	var closing sync.WaitGroup
	for range 3 {
		closing.Go(func() {
			if err := store.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	for range cap(waits) {
		if err := <-waits; !errors.Is(err, sqlite.ErrClosed) {
			t.Errorf("a Write that waited returned %v, want ErrClosed", err)
		}
	}
	closing.Wait()

	var none *sqlite.Store
	for name, s := range map[string]*sqlite.Store{"closed": store, "nil": none, "zero": {}} {
		_, write := s.Write(t.Context(), []ledger.Change{{Key: ledger.Key{1}}})
		_, nothing := s.Write(t.Context(), nil)
		_, _, claim := s.Claim(t.Context(), 10, 0)
		_, _, count := s.Count(t.Context(), "a", 0)
		_, forget := s.Forget(t.Context(), "alice", 0)
		for call, err := range map[string]error{"Write": write, "Write of nothing": nothing, "Claim": claim, "Count": count, "Forget": forget} {
			if !errors.Is(err, sqlite.ErrClosed) {
				t.Errorf("%s of a store that is %s returned %v, want ErrClosed", call, name, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close of a store that is %s: %v", name, err)
		}
	}
}

// What is forgotten is in none of the files any more.
func TestErased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path)
	secret, customer := "what alice wanted", "customer-alice"
	for i := range 40 {
		write(t, store, ledger.Change{Key: ledger.Key{byte(i)}, Append: bytes.Repeat([]byte(secret), 1+i*i), Customer: customer})
	}
	contains := func(what string) bool {
		for _, suffix := range []string{"", "-wal"} {
			if b, err := os.ReadFile(path + suffix); err == nil && bytes.Contains(b, []byte(what)) {
				return true
			}
		}
		return false
	}
	if !contains(secret) || !contains(customer) {
		t.Fatal("the files do not hold what was written: this test sees nothing")
	}
	if n, err := store.Forget(t.Context(), customer, time.Hour); n != 40 || err != nil {
		t.Fatal(n, err)
	}
	if contains(secret) || contains(customer) {
		t.Error("the files still hold what was forgotten")
	}
}

// Many closed records whose time is over are removed a few at a time, so that no claim takes long.
func TestPurge(t *testing.T) {
	t.Parallel()
	const runs = 5_300
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path, sqlite.WithoutFsync())
	changes := make([]ledger.Change, runs)
	for i := range changes {
		changes[i] = ledger.Change{Key: ledger.Key{byte(i), byte(i >> 8)}, Append: []byte("a")}
	}
	write(t, store, changes...)
	for i := range changes {
		changes[i] = ledger.Change{Key: changes[i].Key, If: []byte("a"), Replace: []byte("end"), Close: true}
	}
	write(t, store, changes...)
	look := raw(t, path)
	for _, want := range []int{300, 0, 0} {
		if _, _, err := store.Claim(t.Context(), 10, time.Hour); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := look.QueryRowContext(t.Context(), "SELECT count(*) FROM record").Scan(&left); err != nil || left != want {
			t.Errorf("after a claim %d records are left, want %d (%v)", left, want, err)
		}
	}
}

// The counts are kept apart from the records, and have to say the same.
func TestCountsAreOfRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store := open(t, path, sqlite.WithoutFsync())
	for i := range 300 {
		id := ledger.Key{byte(i % 40)}
		log := write(t, store, ledger.Change{Key: id, Append: []byte("x"), Customer: fmt.Sprint("customer ", i%7)})[0].Log
		write(t, store, ledger.Change{
			Key: id, If: log, Replace: []byte("y"), Place: ledger.Place{Group: "j", Name: fmt.Sprint(i % 5)}, Close: i%11 == 0,
		})
		if i%50 == 49 {
			if _, err := store.Forget(t.Context(), fmt.Sprint("customer ", i%7), 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	var differ, live int
	err := raw(t, path).QueryRowContext(t.Context(), `SELECT
		(SELECT count(*) FROM (SELECT journey, stage, count(*) AS n FROM record WHERE journey IS NOT NULL GROUP BY 1, 2
			EXCEPT SELECT journey, stage, records FROM live)), (SELECT sum(records) FROM live)`).Scan(&differ, &live)
	if err != nil || differ != 0 || live == 0 {
		t.Errorf("%d counts differ from the records, of %d live ones (%v)", differ, live, err)
	}
}
