//go:build unix

package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/stores/sqlite"
)

// TestPlanted: Open makes no file where a link points that another user may have put there, and does not wait for
// the other end of a pipe.
func TestPlanted(t *testing.T) {
	folder, target := t.TempDir(), filepath.Join(t.TempDir(), "target")
	link, pipe := filepath.Join(folder, "link.db"), filepath.Join(folder, "pipe.db")
	if err := errors.Join(os.Symlink(target, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		skip(t, "links or pipes cannot be made here: %v", err)
	}
	for path, says := range map[string]string{link: "symbolic link", pipe: "no regular file"} {
		store, err := sqlite.Open(path)
		if err == nil {
			store.Close()
			t.Errorf("%s is opened", filepath.Base(path))
		} else if !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error is %q, want %q in it", filepath.Base(path), err, says)
		}
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made where the link points: %v", err)
	}
	// A link to a store that is there is the application's own way to place it.
	open(t, target).Close()
	open(t, link).Close()
}
