package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

func TestMain(m *testing.M) {
	if task := os.Getenv(childTask); task != "" {
		os.Exit(child(task))
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	t.Parallel()
	t.Run("one instance", func(t *testing.T) {
		t.Parallel()
		contract(t, func(t *testing.T, path string) func() ledger.Store {
			store := open(t, path, sqlite.WithoutFsync())
			return func() ledger.Store { return store }
		})
	})
	t.Run("many instances", func(t *testing.T) {
		t.Parallel()
		contract(t, func(t *testing.T, path string) func() ledger.Store {
			return func() ledger.Store { return open(t, path, sqlite.WithoutFsync()) }
		})
	})
	t.Run("on the disk", func(t *testing.T) {
		t.Parallel()
		contract(t, func(t *testing.T, path string) func() ledger.Store {
			return func() ledger.Store { return open(t, path) }
		})
	})
}

// contract runs the suite of stores. A busy store's file is locked by a connection of another program.
func contract(t *testing.T, connect func(t *testing.T, path string) func() ledger.Store) {
	t.Helper()
	var path string
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		path = filepath.Join(t.TempDir(), "store.db")
		return connect(t, path)
	}, ledgertest.WithBusy(func(t *testing.T, _ ledger.Store) func() {
		other := raw(t, path)
		do(t, other, "BEGIN IMMEDIATE")
		return func() { do(t, other, "ROLLBACK") }
	}))
}

// open opens the file for the test.
func open(t testing.TB, path string, opts ...sqlite.Option) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}
