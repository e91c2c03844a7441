package sqlite_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/stores/sqlite"
)

// TestOpenBusyFile: a file that cannot be written, here the program that is running, is told for what it is.
func TestOpenBusyFile(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open("/proc/self/exe")
	if !errors.Is(err, syscall.ETXTBSY) || !strings.Contains(err.Error(), "cannot be opened for writing") {
		t.Errorf("%v, want that the file is busy", err)
	}
	if err := store.Close(); err != nil { // a nil Store is a closed one
		t.Error(err)
	}
}
