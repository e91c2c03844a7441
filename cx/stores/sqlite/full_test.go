package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

// A full disk is said to be full, and nothing is lost of what was there: the store answers, and works
// on when there is room.
func TestFull(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		open   func(t *testing.T) (store *sqlite.Store, makeRoom func(t *testing.T))
	}{
		{"by WithMaxBytes", "a service may not fill the disk of others", func(t *testing.T) (*sqlite.Store, func(*testing.T)) {
			store := open(t, filepath.Join(t.TempDir(), "store.db"), sqlite.WithMaxBytes(512<<10))
			return store, func(t *testing.T) {
				if _, err := store.Forget(t.Context(), "customer", 0); err != nil {
					t.Errorf("Forget, which needs no room: %v", err)
				}
				if _, _, err := store.Claim(t.Context(), 0, 0); err != nil {
					t.Errorf("Claim, which makes room: %v", err)
				}
			}
		}},
		{"by the disk", "it happens", fullDisk},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store, makeRoom := test.open(t)
			var written []ledger.Key
			var err error
			for i := 0; err == nil && i < 10_000; i++ {
				id := ledger.Key{byte(i), byte(i >> 8)}
				_, err = store.Write(t.Context(), []ledger.Change{{Key: id, Append: make([]byte, 20_000), Customer: "customer", Due: time.Now().Add(time.Hour)}})
				if err == nil {
					written = append(written, id)
				}
			}
			if !errors.Is(err, sqlite.ErrFull) || len(written) < 3 {
				t.Fatalf("after %d writes the error is %v, want ErrFull: %s", len(written), err, test.reason)
			}
			for _, id := range written {
				if got := write(t, store, ledger.Change{Key: id, If: []byte("never"), Replace: []byte{}}); len(got[0].Log) != 20_000 {
					t.Fatalf("a record that was written has %d bytes now", len(got[0].Log))
				}
			}
			makeRoom(t)
			write(t, store, ledger.Change{Key: ledger.Key{15: 1}, Append: make([]byte, 20_000)})
			if got := write(t, store, ledger.Change{Key: ledger.Key{15: 1}}); len(got[0].Log) != 20_000 {
				t.Errorf("the record that was written when there was room has %d bytes", len(got[0].Log))
			}
		})
	}
}
