package filestore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/examples/extend/filestore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	var store *filestore.Store
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		store = open(t, filepath.Join(t.TempDir(), "journeys.json"))
		return func() ledger.Store { return store } // one process has the file, so all instances share the handle
	}, ledgertest.WithBusy(func(*testing.T, ledger.Store) func() { return store.Hold() }))
}

// TestReopen: a store that is opened again has what Write has acknowledged, whatever a crash has left beside its file.
func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journeys.json")
	store := open(t, path)
	live, empty, closed, late := ledger.Key{1}, ledger.Key{2}, ledger.Key{3}, ledger.Key{4}
	write(t, store,
		ledger.Change{Key: live, Append: []byte("a\x00"), Due: time.Unix(0, 0)}, ledger.Change{Key: empty}, ledger.Change{Key: closed},
		ledger.Change{Key: late, Due: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)})
	write(t, store, ledger.Change{Key: closed, Replace: []byte("end"), Close: true, Keep: time.Hour})
	if err := os.WriteFile(path+".new", []byte(`[{"Log`), 0o600); err != nil {
		t.Fatal(err)
	}
	store = open(t, path)
	_, due, err := store.Claim(t.Context(), 10, time.Hour)
	if err != nil || len(due) != 1 || due[0].Key != live {
		t.Errorf("Claim returned %v and %v, want the record that is due", due, err)
	}
	never := ledger.Change{If: []byte("never"), Replace: []byte{}}
	for key, want := range map[ledger.Key]ledger.Record{
		live: {Log: []byte("a\x00")}, empty: {Log: []byte{}}, late: {Log: []byte{}}, closed: {Log: []byte("end"), Closed: true}, {9}: {},
	} {
		never.Key = key
		got := write(t, store, never)[0]
		if !bytes.Equal(got.Log, want.Log) || got.Closed != want.Closed || (got.Log == nil) != (want.Log == nil) {
			t.Errorf("record %x is %+v, want %+v", key, got, want)
		}
	}
}

// TestDamage: Open does not begin anew in place of a file that it cannot read, and a change that cannot be saved is not made.
func TestDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journeys.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := filestore.Open(path); err == nil {
		t.Error("Open took a file that is no store")
	}
	path = filepath.Join(t.TempDir(), "no such folder", "journeys.json")
	store := open(t, path)
	if got, err := store.Write(t.Context(), []ledger.Change{{Key: ledger.Key{1}, Append: []byte("a")}}); err == nil || got != nil {
		t.Errorf("Write returned %v and %v, want that it cannot save", got, err)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := write(t, store, ledger.Change{Key: ledger.Key{1}, Append: []byte("b")})[0]; string(got.Log) != "b" {
		t.Errorf("the log is %q, want b alone, because Write returned an error for a", got.Log)
	}
}

// TestShelfSurvives: a shelf's records are in the file, beside those of a file that knew no shelves.
func TestShelfSurvives(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journeys.json")
	old := `[{"Key":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"Log":"b2xk","Due":"0001-01-01T00:00:00Z","Closed":false,"Gone":"0001-01-01T00:00:00Z"}]`
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	change := ledger.Change{Key: ledger.Key{1}, Append: []byte("+")}
	for i := range 2 {
		store := open(t, path)
		if got, want := string(write(t, store, change)[0].Log), "old"+"++"[:i+1]; got != want {
			t.Errorf("the log is %q, want %q", got, want)
		}
		if got, want := string(write(t, store.Shelf("tasks"), change)[0].Log), "++"[:i+1]; got != want {
			t.Errorf("the log on the shelf is %q, want %q", got, want)
		}
	}
}

func open(t *testing.T, path string) *filestore.Store {
	t.Helper()
	store, err := filestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func write(t *testing.T, store ledger.Store, changes ...ledger.Change) []ledger.Record {
	t.Helper()
	records, err := store.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return records
}
