package plainfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"cairncx.dev/cairn/internal/plainfile"
)

// TestEnsure: a file is made for its owner only, one that exists keeps its content, and nothing is made through a link.
func TestEnsure(t *testing.T) {
	t.Parallel()
	link := func(target string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			t.Helper()
			if err := os.Symlink(filepath.Join(filepath.Dir(path), target), path); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(t *testing.T, path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("kept"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, reason string
		prepare      func(t *testing.T, path string)
		want         error
		content      string
	}{
		{"nothing", "the file is made, empty", func(*testing.T, string) {}, nil, ""},
		{"a file", "it is the database, and stays", write, nil, "kept"},
		{"a link to a file", "the application may have put it there", func(t *testing.T, path string) {
			t.Helper()
			write(t, filepath.Join(filepath.Dir(path), "target"))
			link("target")(t, path)
		}, nil, "kept"},
		{"a link to nothing", "another user may have chosen the target", link("target"), plainfile.ErrDangling, ""},
		{"a folder", "no database is a folder", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, plainfile.ErrNoFile, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "db")
			c.prepare(t, path)
			if err := plainfile.Ensure(path); !errors.Is(err, c.want) {
				t.Fatalf("the error is %v, want %v: %s", err, c.want, c.reason)
			}
			if c.want != nil {
				if _, err := os.Stat(filepath.Join(filepath.Dir(path), "target")); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("Ensure made the target of the link: %v", err)
				}
				return
			}
			content, err := os.ReadFile(path)
			if err != nil || string(content) != c.content {
				t.Errorf("the file has %q, %v; want %q: %s", content, err, c.content, c.reason)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if c.content == "" && runtime.GOOS != "windows" && info.Mode() != 0o600 {
				t.Errorf("the file has the mode %v, want 0600", info.Mode())
			}
		})
	}
	if err := plainfile.Ensure(filepath.Join(t.TempDir(), "none", "db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that does not exist the error is %v, want that there is none", err)
	}
}
