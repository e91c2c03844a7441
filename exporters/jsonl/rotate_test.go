package jsonl_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/jsonl"
	"cairncx.dev/cairn/exporters/sink"
)

// TestRotation: whatever the files, all events are there, once, and in order.
func TestRotation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []jsonl.Option
		files        bool // more than one
	}{
		{"one file", "it is small", nil, false},
		{"a file for each batch", "a batch that is longer than a file has one to itself", []jsonl.Option{jsonl.WithMaxSize(1)}, true},
		{"small files", "of several batches each", []jsonl.Option{jsonl.WithMaxSize(10_000)}, true},
		{"not gzipped", "they stay as they are", []jsonl.Option{jsonl.WithMaxSize(10_000), jsonl.WithoutGzip()}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const callers, size = 6, 5
			batches := 10
			if everything() {
				batches = 30
			}
			path := filepath.Join(t.TempDir(), "events.jsonl")
			e := open(t, path, c.opts...)
			var running sync.WaitGroup
			for i := range callers {
				running.Go(func() {
					for b := range batches {
						if err := e.Export(context.Background(), touches(b*size+1, size, fmt.Sprint(i))); err != nil {
							t.Error(err)
						}
						if err := e.Flush(context.Background()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			running.Wait()
			shut(t, e)
			next := map[string]int{}
			for _, got := range read(t, path) {
				next[got.Touchpoint]++
				if got.Visit != next[got.Touchpoint] {
					t.Fatalf("event %d of %s is %d", next[got.Touchpoint], got.Touchpoint, got.Visit)
				}
			}
			for i := range callers {
				if n := next[fmt.Sprint(i)]; n != batches*size {
					t.Errorf("%d events of %d are there, want %d: %s", n, i, batches*size, c.reason)
				}
			}
			names := files(t, path)
			if (len(names) > 1) != c.files {
				t.Errorf("the files are %q: %s", names, c.reason)
			}
			for _, name := range names {
				info, err := os.Stat(name)
				if err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s is %v, want 0600: %v", name, info.Mode(), err)
				}
			}
		})
	}
}

// TestAge: the clock is the test's.
func TestAge(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(folder, "events.jsonl")
		e, err := jsonl.New(path, jsonl.WithMaxAge(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct {
			reason string
			wait   time.Duration
			files  int
		}{
			{"it is new", 0, 1},
			{"it is not old enough", time.Hour - 1, 1},
			{"it is an hour old", 1, 2},
			{"it is new again", time.Minute, 2},
			{"no time has passed", 0, 2},
			{"a long pause makes one file", 100 * time.Hour, 3},
		} {
			time.Sleep(c.wait)
			export(t, e, touches(i+1, 1, "pay")...)
			synctest.Wait()
			if got := files(t, path); len(got) != c.files {
				t.Errorf("the files are %q, want %d: %s", got, c.files, c.reason)
			}
		}
		shut(t, e)
		visits(t, path, 6)
	})
}

// visits checks that the files hold these events of touches, each once and in order.
func visits(t *testing.T, path string, n int) {
	t.Helper()
	events := read(t, path)
	for i, got := range events {
		if got.Visit != i+1 {
			t.Errorf("event %d is %d", i+1, got.Visit)
		}
	}
	if len(events) != n {
		t.Errorf("%d events are there, want %d", len(events), n)
	}
}

// TestNamesOfOneInstant: files that are closed at the same instant have names that differ, and that sort
// in the order in which they were closed.
func TestNamesOfOneInstant(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // whose clock stands still while a goroutine runs
		path := filepath.Join(folder, "events.jsonl")
		e, err := jsonl.New(path, jsonl.WithMaxSize(1), jsonl.WithoutGzip())
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		for i := range 5 {
			export(t, e, touches(i+1, 1, "pay")...)
		}
		if got := files(t, path); len(got) != 5 || !time.Now().Equal(before) {
			t.Errorf("after %v the files are %q, want 5", time.Since(before), got)
		}
		shut(t, e)
		visits(t, path, 5)
	})
}

// TestMaxFiles: the oldest go, and what is somebody else's stays.
func TestMaxFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "events.jsonl")
	foreign := []string{
		"events-old.jsonl", "events-20260417T120000Z.jsonl.gz", "events-20260417T120000.000000000Z.jsonl.bak", "events-20261317T120000.000000000Z.jsonl",
		"other-20260417T120000.000000000Z.jsonl", "events-20260417T120000.000000000Z.json", "events.jsonl.gz", "events-.jsonl",
	}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ours := filepath.Join(folder, "events-20260417T120000.000000000Z.jsonl") // the oldest
	leftOver := filepath.Join(folder, "events-20260417T120000.000000001Z.jsonl.gz.tmp")
	for _, name := range []string{ours, leftOver} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := open(t, path, jsonl.WithMaxSize(1), jsonl.WithMaxFiles(3))
	for i := range 10 {
		export(t, e, touches(i+1, 1, "pay")...)
	}
	shut(t, e)
	for _, name := range foreign {
		if b, err := os.ReadFile(filepath.Join(folder, name)); string(b) != "mine" {
			t.Errorf("%s is %q: %v", name, b, err)
		}
		_ = os.Remove(filepath.Join(folder, name))
	}
	for _, name := range []string{ours, ours + ".gz", leftOver} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	events := read(t, path)
	if len(events) != 4 || events[0].Visit != 7 || events[3].Visit != 10 {
		t.Errorf("%d events are left, the first is %d, want 7 to 10", len(events), events[0].Visit)
	}
}

// TestClockGoesBack: names are in the order of writing even so.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "events.jsonl")
	if err := os.WriteFile(filepath.Join(folder, "events-29991231T235959.999999999Z.jsonl"), []byte(line(t, "future")), 0o600); err != nil {
		t.Fatal(err)
	}
	e := open(t, path, jsonl.WithMaxSize(1))
	for i := range 4 {
		export(t, e, touches(i+1, 1, "pay")...)
	}
	shut(t, e)
	for i, got := range read(t, path)[1:] {
		if got.Visit != i+1 {
			t.Errorf("event %d is %d", i+1, got.Visit)
		}
	}
}

// TestInterruptedGzip: a crash in the middle of gzipping loses nothing and doubles nothing.
func TestInterruptedGzip(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "events.jsonl")
	e := open(t, path, jsonl.WithMaxSize(1))
	export(t, e, touches(1, 1, "pay")...)
	export(t, e, touches(2, 1, "pay")...)
	shut(t, e)
	gz := files(t, path)[0]
	if !strings.HasSuffix(gz, ".gz") {
		t.Fatal(gz)
	}
	// It was killed after it gave the gzipped file its name, and before it removed the other one; and in
	// the middle of gzipping another.
	if err := os.WriteFile(strings.TrimSuffix(gz, ".gz"), []byte(line(t, "again")), 0o600); err != nil {
		t.Fatal(err)
	}
	third := filepath.Join(folder, "events-20991231T235959.999999999Z.jsonl")
	if err := os.WriteFile(third, []byte(line(t, "third")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(third+".gz.tmp", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	shut(t, open(t, path))
	names := files(t, path)
	if len(names) != 3 || names[0] != gz || names[1] != third+".gz" {
		t.Errorf("the files are %q", names)
	}
	var got []string
	for _, e := range read(t, path) {
		got = append(got, e.Touchpoint)
	}
	if strings.Join(got, " ") != "pay third pay" {
		t.Errorf("the events are %q", got)
	}
}

// TestTakenAway: others may move, remove or empty the file.
func TestTakenAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		do           func(path string) error
		want         int // the first event that the file has then
	}{
		{"moved", "as logrotate does", func(p string) error { return os.Rename(p, p+".1") }, 3},
		{"removed", "it is made again", os.Remove, 3},
		{"moved, and made again", "as logrotate does with create", func(p string) error {
			return errors.Join(os.Rename(p, p+".1"), os.WriteFile(p, nil, 0o600))
		}, 3},
		{"emptied", "as copytruncate does", func(p string) error { return os.Truncate(p, 0) }, 3},
		{"nothing", "it goes on", func(string) error { return nil }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "events.jsonl")
			e := open(t, path)
			export(t, e, touches(1, 2, "pay")...)
			if err := c.do(path); err != nil {
				t.Fatal(err)
			}
			export(t, e, touches(3, 2, "pay")...)
			events := read(t, path)
			if len(events) != 5-c.want || events[0].Visit != c.want {
				t.Errorf("%d events are there, the first is %d, want it to be %d: %s", len(events), events[0].Visit, c.want, c.reason)
			}
		})
	}
}

// TestEmptied: the bound is one of what is there.
func TestEmptied(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := open(t, path, jsonl.WithMaxSize(10_000))
	for range 10 {
		export(t, e, touches(1, 20, "pay")...)
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	if names := files(t, path); len(names) != 1 {
		t.Errorf("the files are %q: an empty one was rotated", names)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	held := filepath.Join(folder, "held.jsonl")
	open(t, held)
	good, least, most := filepath.Join(folder, "events.jsonl"), filepath.Join(folder, "least.jsonl"), filepath.Join(folder, "most.jsonl")
	for _, c := range []struct {
		name, reason string
		path         string
		opts         []jsonl.Option
		want         error
	}{
		{"no path", "there is no default", "", nil, jsonl.ErrOption},
		{"a folder", "it is no file", folder, nil, jsonl.ErrOption},
		{"a device", "it cannot be rotated", os.DevNull, nil, jsonl.ErrOption},
		{"no folder", "it is not made: a wrong path would be found late", filepath.Join(folder, "none", "events.jsonl"), nil, fs.ErrNotExist},
		{"held by another", "two would cut each other's lines", held, nil, jsonl.ErrLocked},
		{"no size", "nothing would fit", good, []jsonl.Option{jsonl.WithMaxSize(0)}, jsonl.ErrOption},
		{"no age", "each batch would have a file, whatever its size", good, []jsonl.Option{jsonl.WithMaxAge(0)}, jsonl.ErrOption},
		{"negative age", "it makes no sense", good, []jsonl.Option{jsonl.WithMaxAge(-1)}, jsonl.ErrOption},
		{"no files", "events would go at once", good, []jsonl.Option{jsonl.WithMaxFiles(0)}, jsonl.ErrOption},
		{"fewer than no files", "as above", good, []jsonl.Option{jsonl.WithMaxFiles(-1)}, jsonl.ErrOption},
		{"unknown sync", "it is neither", good, []jsonl.Option{jsonl.WithSync(7)}, jsonl.ErrOption},
		{"mode without read", "it could not be mended", good, []jsonl.Option{jsonl.WithMode(0o200)}, jsonl.ErrOption},
		{"mode to execute for others", "as for the owner", good, []jsonl.Option{jsonl.WithMode(0o601)}, jsonl.ErrOption},
		{"mode of another kind", "it is a file's", good, []jsonl.Option{jsonl.WithMode(0o600 | fs.ModeSticky)}, jsonl.ErrOption},
		{"mode without write", "it could not be opened again", good, []jsonl.Option{jsonl.WithMode(0o400)}, jsonl.ErrOption},
		{"mode to execute", "nobody runs events", good, []jsonl.Option{jsonl.WithMode(0o700)}, jsonl.ErrOption},
		{"the least of all", "each bound is allowed", least, []jsonl.Option{jsonl.WithMaxSize(1), jsonl.WithMaxAge(1), jsonl.WithMaxFiles(1), jsonl.WithMode(0o600)}, nil},
		{"the most", "each user may write", most, []jsonl.Option{jsonl.WithMode(0o666), jsonl.WithSync(jsonl.EveryBatch)}, nil},
		{"nothing wrong", "nil options are none", good, []jsonl.Option{nil, jsonl.WithMode(0o640)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := jsonl.New(c.path, c.opts...)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("New: %v, want %v: %s", err, c.want, c.reason)
			}
			if e != nil {
				shut(t, e)
			}
		})
	}
	if _, err := jsonl.NewWriter(nil); !errors.Is(err, jsonl.ErrOption) {
		t.Errorf("NewWriter(nil): %v", err)
	}
}

// TestOptionErrorsSayTheValue: New names every option that is out of bounds, with its value.
func TestOptionErrorsSayTheValue(t *testing.T) {
	t.Parallel()
	_, err := jsonl.New(filepath.Join(t.TempDir(), "events.jsonl"), jsonl.WithMaxSize(-7), jsonl.WithMaxAge(-8), jsonl.WithMaxFiles(-9),
		jsonl.WithSync(10), jsonl.WithMode(0o711))
	for _, says := range []string{"WithMaxSize(-7)", "WithMaxAge(-8ns)", "WithMaxFiles(-9)", "WithSync(10)", "WithMode(0711)"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q in it", err, says)
		}
	}
}

// TestTooLong: what no reader takes does not stop the rest.
func TestTooLong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := open(t, path)
	events := touches(1, 3, "pay")
	events[1].Cause = strings.Repeat("x", event.MaxJSON)
	err := e.Export(context.Background(), events)
	var partial *sink.PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != 1 || partial.Failed[0].Index != 1 ||
		partial.Failed[0].ID != events[1].ID || !sink.IsPermanent(partial.Failed[0].Err) || len(err.Error()) > 500 {
		t.Errorf("it says %.500v", err)
	}
	if got := read(t, path); len(got) != 2 || got[1].Visit != 3 {
		t.Errorf("%d events are there, want 2", len(got))
	}
	if err := e.Export(context.Background(), events[1:2]); !errors.As(err, &partial) {
		t.Errorf("alone it says %v", err)
	}
}

// TestJQ: another program reads every line.
func TestJQ(t *testing.T) {
	t.Parallel()
	jq, err := exec.LookPath("jq")
	if err != nil {
		sinktest.Skip(t, "jq is not installed")
	}
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := open(t, path)
	events := touches(1, 300, "a\nb\x00 \"é\" \u2028 👩‍👩‍👧")
	export(t, e, events...)
	shut(t, e)
	out, err := exec.Command(jq, "-e", "-r", "[.v, .kind, .visit, (.touchpoint|length)] | @csv", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(events) {
		t.Fatalf("jq reads %d lines, want %d", len(got), len(events))
	}
	for i, g := range got {
		if want := fmt.Sprintf(`1,"touchpoint.ended",%d,%d`, i+1, len([]rune(events[i].Touchpoint))); g != want {
			t.Fatalf("jq reads line %d as %s, want %s", i+1, g, want)
		}
	}
}
