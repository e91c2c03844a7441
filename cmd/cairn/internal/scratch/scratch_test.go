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

// TestScratch: a temporary file can be written and read, and it leaves nothing behind.
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
		t.Errorf("the file contains %q, %v; want kept", b, err)
	}
	if _, err := os.Stat(f.Name()); !errors.Is(err, fs.ErrNotExist) && os.PathSeparator == '/' {
		t.Errorf("the file still has a name, which would remain after a kill: %v", err)
	}
	if err := scratch.Close(f); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestScratchSaysWhatFailed: errors name the remedy.
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
		t.Errorf("the error of a second Close is %v", err)
	}
}

// TestScratchThatStays: Close removes a file that kept its name, and returns an error if it cannot.
func TestScratchThatStays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kept.tmp")
	f, err := os.Create(path) //nolint:gosec // a file of the test
	if err != nil {
		t.Fatal(err)
	}
	if err := scratch.Close(f); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file still exists: %v", err)
	}
	if f, err = os.Create(path); err != nil { //nolint:gosec // a file of the test
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := scratch.Close(f); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error for a file that cannot be removed is %v", err)
	}
}
