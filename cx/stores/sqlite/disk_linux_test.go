package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/stores/sqlite"
)

// disk returns a folder that is a file system of its own.
func disk(t *testing.T, options string) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, options); err != nil {
		skip(t, "a disk of one's own takes the rights of root to mount it: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func fullDisk(t *testing.T) (*sqlite.Store, func(*testing.T)) {
	folder := disk(t, "size=2m")
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, filepath.Join(folder, "store.db")), func(t *testing.T) {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// A folder that is read-only, with a store in it or without, is an error that says so.
func TestReadOnly(t *testing.T) {
	folder := disk(t, "size=2m")
	old := filepath.Join(folder, "old.db")
	if err := open(t, old).Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{old, filepath.Join(folder, "new.db")} {
		store, err := sqlite.Open(path)
		if err == nil {
			store.Close()
			t.Fatalf("Open(%s) took it", filepath.Base(path))
		}
		if want := path + " cannot be opened for writing"; !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, want %q in it", err, want)
		}
	}
}
