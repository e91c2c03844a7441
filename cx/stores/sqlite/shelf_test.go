package sqlite_test

import (
	"bytes"
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

// add appends "a" to the record with key 1 and returns its log.
func add(t *testing.T, store ledger.Store) (string, error) {
	t.Helper()
	records, err := store.Write(t.Context(), []ledger.Change{{Key: ledger.Key{1}, Append: []byte("a")}})
	if err != nil {
		return "", err //nolint:wrapcheck // the store's own error
	}
	return string(records[0].Log), nil
}

// TestFileOfAnEarlierRelease: a file that a release without shelves made keeps its records, gets shelves, and stays one that
// the earlier release opens.
func TestFileOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	file, err := os.ReadFile("testdata/without-shelves.db")
	if err == nil {
		err = os.WriteFile(path, file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	before := open(t, path) // has its statements prepared before the file has a shelf
	store := open(t, path)
	shelf := store.Shelf("tasks")
	for range 2 {
		if _, err := add(t, shelf); err != nil {
			t.Fatal(err)
		}
	}
	key := func(n byte) ledger.Key { return ledger.Key{n} }
	never := []byte("never")
	for _, s := range []*sqlite.Store{before, store} {
		records, err := s.Write(t.Context(), []ledger.Change{
			{Key: key(1), If: never, Replace: never},
			{Key: key(2), If: never, Replace: never},
			{Key: key(3), If: never, Replace: never},
			{Key: key(4), If: never, Replace: never},
			{Key: key(5), If: never, Replace: never},
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []ledger.Record{{Log: []byte("due\x00")}, {Log: []byte("placed")}, {Log: []byte("end"), Closed: true}, {}, {Log: []byte{}}} {
			if got := records[i]; !bytes.Equal(got.Log, want.Log) || (got.Log == nil) != (want.Log == nil) || got.Closed != want.Closed {
				t.Errorf("record %d of the earlier release is %+v, want %+v", i+1, got, want)
			}
		}
	}
	if log, err := add(t, before.Shelf("tasks")); log != "aaa" || err != nil {
		t.Errorf("another instance finds %q and %v on the shelf, want aaa", log, err)
	}
	if _, due, err := store.Claim(t.Context(), 10, time.Hour); err != nil || len(due) != 1 || due[0].Key != key(1) {
		t.Errorf("Claim returns %v and %v, want the record that is due", due, err)
	}
	if live, held, err := store.Count(t.Context(), "instance 1", time.Hour); err != nil || !held || live[ledger.Place{Group: "checkout", Name: "cart"}] != 1 {
		t.Errorf("Count returns %v, %v and %v, want the lease that the earlier release took", live, held, err)
	}
	if n, err := store.Forget(t.Context(), "alice", time.Hour); n != 1 || err != nil {
		t.Errorf("Forget returns %d and %v, want 1", n, err)
	}
	var version, kind int
	other := raw(t, path)
	if err := other.QueryRowContext(t.Context(), "SELECT user_version, kind FROM pragma_user_version, shelf WHERE name = 'tasks'").Scan(&version, &kind); err != nil || version != 1 || kind != 2 {
		t.Errorf("the version is %d and the kind of the shelf %d (%v), want 1, which earlier releases open, and 2", version, kind, err)
	}
}

// TestShelvesMadeAtOnce: several instances that use new shelves at the same moment agree on them.
func TestShelvesMadeAtOnce(t *testing.T) {
	t.Parallel()
	const instances, shelves = 6, 4
	path := filepath.Join(t.TempDir(), "store.db")
	stores := make([]*sqlite.Store, instances)
	for i := range stores {
		stores[i] = open(t, path, sqlite.WithoutFsync())
	}
	var all sync.WaitGroup
	errs := make([]error, instances*shelves)
	for i, s := range stores {
		for n := range shelves {
			all.Go(func() { _, errs[i*shelves+n] = add(t, s.Shelf(fmt.Sprint("s", (i+n)%shelves))) })
		}
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for n := range shelves {
		if log, err := add(t, stores[0].Shelf(fmt.Sprint("s", n))); err != nil || log != strings.Repeat("a", instances+1) {
			t.Errorf("the log on shelf %d is %q, %v", n, log, err)
		}
	}
}

// TestShelfErrors: errors name the shelf and the file, a shelf ends with its store, and a call that fails makes no shelf.
func TestShelfErrors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	shelf := store.Shelf("tasks")
	if _, err := shelf.Write(t.Context(), []ledger.Change{{Key: ledger.Key{1}}, {Key: ledger.Key{1}}}); err == nil || !strings.Contains(err.Error(), "shelf tasks: ") {
		t.Errorf("Write of two changes of one record returns %v", err)
	}
	var tables int
	if err := raw(t, path).QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name = 'shelf'").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("there are %d tables of shelves (%v), want none: no call of the shelf was made", tables, err)
	}
	if _, err := add(t, shelf); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	var none *sqlite.Store
	for name, s := range map[string]ledger.Store{"a shelf of a closed store": shelf, "a new shelf of it": store.Shelf("b"), "a shelf of a nil Store": none.Shelf("a")} {
		if _, err := add(t, s); !errors.Is(err, sqlite.ErrClosed) {
			t.Errorf("Write on %s returns %v, want ErrClosed", name, err)
		}
		if _, _, err := s.Claim(t.Context(), 1, 0); !errors.Is(err, sqlite.ErrClosed) {
			t.Errorf("Claim on %s returns %v, want ErrClosed", name, err)
		}
	}
}
