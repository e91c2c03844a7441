//go:build unix && !aix && !solaris

package jsonl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/jsonl"
)

// TestPlanted: whatever stands where a file of ours is to be, nothing is written to what is somebody
// else's, no call hangs, and no event is lost.
func TestPlanted(t *testing.T) {
	t.Parallel()
	const closed = "events-20260417T120000.000000000Z.jsonl"
	for _, at := range []string{"events.jsonl", "events.jsonl.lock", "events.jsonl.mended.tmp", closed + ".gz.tmp", closed + ".gz", closed} {
		for _, p := range sinktest.Plants() {
			t.Run(at+"/"+p.Name, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				victim := filepath.Join(t.TempDir(), "victim")
				const secret = "the victim's\n"
				write(t, victim, secret)
				if at != closed && strings.HasPrefix(at, closed) {
					write(t, filepath.Join(folder, closed), line(t, "closed"))
				}
				path := filepath.Join(folder, "events.jsonl")
				if at == "events.jsonl.mended.tmp" { // used where the file is damaged
					write(t, path, line(t, "one")+"\x00\x00"+line(t, "two"))
				}
				if err := p.Put(filepath.Join(folder, at), victim); err != nil {
					t.Fatal(err)
				}
				e, err := jsonl.New(path, jsonl.WithMaxSize(1))
				if err == nil {
					export(t, e, touches(1, 1, "new")...)
					export(t, e, touches(2, 1, "new")...)
					if err := errors.Join(e.Flush(context.Background()), e.Shutdown(context.Background())); err != nil {
						t.Error(err)
					}
				}
				if got, err := os.ReadFile(victim); string(got) != secret {
					t.Errorf("the victim's file is %.100q now: %v", got, err)
				}
				if _, err := os.Lstat(victim + ".new"); err == nil {
					t.Error("a file was made where the link points to")
				}
				if err != nil {
					if at != "events.jsonl" && at != "events.jsonl.lock" && at != "events.jsonl.mended.tmp" {
						t.Errorf("New fails: %v", err)
					}
					return
				}
				var want []string
				switch {
				case at != closed && strings.HasPrefix(at, closed):
					want = []string{"closed"}
				case at == "events.jsonl.mended.tmp":
					want = []string{"one", "two"}
				}
				has := all(t, folder)
				for _, name := range append(want, "new") {
					if !bytes.Contains(has, []byte(`"touchpoint":"`+name+`"`)) {
						t.Errorf("the event of %q is gone", name)
					}
				}
			})
		}
	}
}

// TestGzipThatIsNone: what only has the name of a gzipped file is no reason to remove what it would be of.
func TestGzipThatIsNone(t *testing.T) {
	t.Parallel()
	one := line(t, "closed")
	for _, c := range []struct{ name, reason, gz string }{
		{"empty", "a power cut left it", ""},
		{"zeros", "as above", strings.Repeat("\x00", 4096)},
		{"half", "as above", zip(one)[:40]},
		{"without its end", "its checksum is missing", zip(one)[:len(zip(one))-4]},
		{"of less", "it was made of something else", zip("")},
		{"of something else", "as above", zip(line(t, "other"))},
		{"of more", "as above", zip(one + one)},
		{"whole", "a crash left it before the file was removed", zip(one)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			plain := filepath.Join(folder, "events-20260417T120000.000000000Z.jsonl")
			write(t, plain, one)
			write(t, plain+".gz", c.gz)
			shut(t, open(t, filepath.Join(folder, "events.jsonl")))
			if !bytes.Contains(all(t, folder), []byte(one)) {
				t.Errorf("the events are gone: %s", c.reason)
			}
			if _, err := os.Lstat(plain); err == nil {
				t.Errorf("it is not gzipped: %s", c.reason)
			}
		})
	}
}

// TestLockRemoved: the file itself is locked, too.
func TestLockRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := open(t, path, jsonl.WithMaxSize(1))
	for i := range 3 { // the lock goes with the file that is written to
		export(t, e, touches(i, 1, "pay")...)
		if err := os.Remove(path + ".lock"); err != nil {
			t.Fatal(err)
		}
		if _, err := jsonl.New(path); !errors.Is(err, jsonl.ErrLocked) {
			t.Fatalf("a second exporter is told %v", err)
		}
	}
	shut(t, e)
	shut(t, open(t, path))
}

// TestLockOfPath: another exporter is kept away from the path, also while its file is somewhere else.
func TestLockOfPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := open(t, path)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if _, err := jsonl.New(path); !errors.Is(err, jsonl.ErrLocked) {
		t.Errorf("a second exporter is told %v", err)
	}
	shut(t, e)
	shut(t, open(t, path))
}

// TestFlushAfterRemoval: what somebody has removed is not on the disk.
func TestFlushAfterRemoval(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	for _, then := range []string{"flush", "export and flush"} {
		e := open(t, path)
		export(t, e, touches(1, 2, "pay")...)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if then != "flush" {
			export(t, e, touches(3, 2, "pay")...)
		}
		if err := e.Flush(ctx); err == nil || !strings.Contains(err.Error(), "removed") {
			t.Errorf("%s: Flush says %v", then, err)
		}
		for range 2 {
			if err := e.Flush(ctx); err != nil {
				t.Errorf("%s: it says so twice: %v", then, err)
			}
			export(t, e, touches(5, 1, "pay")...)
		}
		shut(t, e)
	}
}

// TestModes: nobody else may read what is made, whatever its name.
func TestModes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "events.jsonl")
	write(t, path, line(t, "one")+"\x00\x00"+line(t, "two"))
	e := open(t, path, jsonl.WithMaxSize(1))
	export(t, e, touches(1, 1, "new")...)
	export(t, e, touches(2, 1, "new")...)
	shut(t, e)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) < 5 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v: %v", entry.Name(), info.Mode(), err)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// all returns what is in the folder's files, unzipped.
func all(t *testing.T, folder string) (text []byte) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, b...)
		if r, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
			var unzipped bytes.Buffer
			_, _ = unzipped.ReadFrom(r) // what there is of it
			text = append(text, unzipped.Bytes()...)
		}
	}
	return text
}
