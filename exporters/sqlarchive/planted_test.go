//go:build unix

package sqlarchive_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestPlanted: OpenSQLite makes no file where a link points that another user may have put there, and does not wait
// for the other end of a pipe.
func TestPlanted(t *testing.T) {
	t.Parallel()
	folder, target := t.TempDir(), filepath.Join(t.TempDir(), "target")
	link, pipe := filepath.Join(folder, "link.db"), filepath.Join(folder, "pipe.db")
	if err := errors.Join(os.Symlink(target, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		sinktest.Skip(t, "links or pipes cannot be made here: %v", err)
	}
	for path, says := range map[string]string{link: "symbolic link", pipe: "no regular file"} {
		a, err := sqlarchive.OpenSQLite(path)
		if err == nil {
			_ = a.Shutdown(background)
			t.Errorf("%s is opened", filepath.Base(path))
		} else if !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error is %q, want %q in it", filepath.Base(path), err, says)
		}
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made where the link points: %v", err)
	}
	// A link to an archive that is there is the application's own way to place it.
	_ = open(t, target).Shutdown(background)
	_ = open(t, link).Shutdown(background)
}
