package exporters_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestNewDeadLettersErrors: what cannot work is said before there is a letter to lose.
func TestNewDeadLettersErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		path string
		opts []exporters.DeadLettersOption
		want string
	}{
		"no name":          {"", nil, "name of a file"},
		"a folder":         {dir + string(filepath.Separator), nil, "name of a file"},
		"no folder":        {filepath.Join(dir, "no", "dead.jsonl"), nil, "folder"},
		"a file as folder": {filepath.Join(file, "dead.jsonl"), nil, "folder"},
		"it is a folder":   {filepath.Join(dir, "folder"), nil, "folder: "},
		"too small":        {filepath.Join(dir, "dead.jsonl"), []exporters.DeadLettersOption{exporters.WithMaxBytes(1)}, "WithMaxBytes(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exporters.NewDeadLetters(tt.path, tt.opts...); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one about %q", err, tt.want)
			}
		})
	}
}

// TestNewDeadLettersLeavesNothing: looking whether the file can be written makes none, and empties none.
func TestNewDeadLettersLeavesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	deadLetters(t, path)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file without a letter: %v", err)
	}
	if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	deadLetters(t, path)
	if n := fileSize(t, path); n != 3 {
		t.Errorf("a file of 3 bytes has %d", n)
	}
}

// TestDeadLettersMovedAway: a person may take the file while it is in use.
func TestDeadLettersMovedAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	d := deadLetters(t, path)
	all := events(2)
	for i, name := range []string{"first", "second"} {
		if err := d.Export(t.Context(), all[i:i+1]); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, filepath.Join(filepath.Dir(path), name)); err != nil {
			t.Fatalf("the letter after the file was moved is not in a new one: %v", err)
		}
	}
}

// TestDeadLettersFull: the file has a bound, a batch that does not fit is refused whole, and moving the
// file away makes room.
func TestDeadLettersFull(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	d := deadLetters(t, path, exporters.WithMaxBytes(limit))
	one := events(1)
	for wrote := int64(0); ; {
		err := d.Export(t.Context(), one)
		size := fileSize(t, path)
		if err != nil {
			if size != wrote || size > limit || size < limit-1000 {
				t.Errorf("it is full at %d bytes after %d, of %d: %v", size, wrote, limit, err)
			}
			break
		}
		if size <= wrote || size > limit {
			t.Fatalf("a letter made %d bytes of %d", size, wrote)
		}
		wrote = size
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := d.Export(t.Context(), one); err != nil {
		t.Errorf("with the file gone: %v", err)
	}
}

func deadLetters(t *testing.T, path string, opts ...exporters.DeadLettersOption) *exporters.DeadLetters {
	t.Helper()
	d, err := exporters.NewDeadLetters(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Shutdown(background); err != nil {
			t.Error(err)
		}
	})
	return d
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// FuzzDeadLetters: whatever is in the file already stays as it is, and what is buried after it can be read
// back.
func FuzzDeadLetters(f *testing.F) {
	for _, already := range []string{"", "\n", `{"v":1,"kind":"tor`, "{}\n{", "\x00\xff", strings.Repeat("x", 5000)} {
		f.Add([]byte(already), "pay", "cart-1")
	}
	f.Fuzz(func(t *testing.T, already []byte, touchpoint, id string) {
		path := filepath.Join(t.TempDir(), "dead.jsonl")
		if err := os.WriteFile(path, already, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := exporters.NewDeadLetters(path)
		if err != nil {
			t.Fatal(err)
		}
		letters := events(3)
		letters[1].Touchpoint, letters[1].Journey.ID = touchpoint, id
		if err := errors.Join(d.Export(t.Context(), letters), d.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(b, already) {
			t.Fatal("what was there has changed")
		}
		rest := bytes.TrimPrefix(b[len(already):], []byte("\n"))
		lines := bytes.Split(bytes.TrimSuffix(rest, []byte("\n")), []byte("\n"))
		if len(lines) != len(letters) {
			t.Fatalf("%d lines for %d letters", len(lines), len(letters))
		}
		for i, line := range lines {
			got, err := event.ParseJSON(line)
			if err != nil {
				t.Fatalf("letter %d: %v", i, err)
			}
			if got.ID != letters[i].ID {
				t.Errorf("letter %d comes back as another: %s", i, line)
			}
		}
	})
}
