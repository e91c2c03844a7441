package sqlarchive_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestNotWritable: the error of a file that cannot be opened for writing is the system's. The program that runs is such a
// file, also for root.
func TestNotWritable(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlarchive.OpenSQLite(path); !errors.Is(err, syscall.ETXTBSY) {
		t.Errorf("OpenSQLite: %v", err)
	}
}
