package scratch_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/scratch"
)

// TestScratch: a temporary file can be written and read, and leaves nothing behind.
func TestScratch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := scratch.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("kept"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "kept" {
		t.Errorf("it has %q, %v", b, err)
	}
	if _, err := os.Stat(f.Name()); !errors.Is(err, fs.ErrNotExist) && os.PathSeparator == '/' {
		t.Errorf("it has a name, which a process that is killed leaves behind: %v", err)
	}
	if err := scratch.Close(f); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestScratchSaysWhatFailed: an error says what a person can do.
func TestScratchSaysWhatFailed(t *testing.T) {
	t.Parallel()
	if f, err := scratch.New(filepath.Join(t.TempDir(), "none")); f != nil || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--tmp") {
		t.Errorf("New returns %v, %v; want an error that names --tmp", f, err)
	}
	f, err := scratch.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if err := scratch.Close(f); !errors.Is(err, os.ErrClosed) || !strings.HasPrefix(err.Error(), "removing a temporary file: ") {
		t.Errorf("Close of one that is closed: %v", err)
	}
}

// TestScratchThatStays: where a file kept its name, Close takes it away, and says where it cannot.
func TestScratchThatStays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kept.tmp")
	f, err := os.Create(path) //nolint:gosec // a test's own
	if err != nil {
		t.Fatal(err)
	}
	if err := scratch.Close(f); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if f, err = os.Create(path); err != nil { //nolint:gosec // a test's own
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := scratch.Close(f); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Close of one that cannot be removed: %v", err)
	}
}
