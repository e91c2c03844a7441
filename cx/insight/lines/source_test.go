package lines_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/lines"
	"cairncx.dev/cairn/cx/insight/sourcetest"
)

func form(events ...event.Event) []byte {
	var b []byte
	for i := range events {
		b = append(events[i].AppendJSON(b), '\n')
	}
	return b
}

func appendTo(t testing.TB, path string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func source(t testing.TB, paths ...string) *lines.Source {
	t.Helper()
	s, err := lines.New(paths...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		t.Helper()
		path := filepath.Join(t.TempDir(), "events.jsonl")
		appendTo(t, path, nil)
		return sourcetest.Fixture{
			Source: source(t, path), Reopen: func(t *testing.T) insight.Source { return source(t, path) },
			Write: func(t *testing.T, events []event.Event) { appendTo(t, path, form(events...)) },
		}
	})
}

// reader reads on with a cursor.
type reader struct {
	*lines.Source

	cursor event.Cursor
}

// wants checks what the next scan gives.
func (r *reader) wants(t *testing.T, step string, anew bool, want ...event.Event) {
	t.Helper()
	var got, expected []string
	next, err := r.Scan(t.Context(), event.Scan{Since: r.cursor}, func(e *event.Event) error {
		got = append(got, e.ID.String())
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	for i := range want {
		expected = append(expected, want[i].ID.String())
	}
	if strings.Join(got, " ") != strings.Join(expected, " ") {
		t.Errorf("%s: %q, want %q", step, got, expected)
	}
	if (next.Epoch != r.cursor.Epoch) != anew {
		t.Errorf("%s: the epoch is %q after %q", step, next.Epoch, r.cursor.Epoch)
	}
	r.cursor = next
}

// TestTorn: a line that is not whole waits, what is no event is skipped, and an event that ends the file without a line break is there.
func TestTorn(t *testing.T) {
	t.Parallel()
	e := sourcetest.Events(1, 2)
	path := filepath.Join(t.TempDir(), "events.jsonl")
	first := form(e[0])
	appendTo(t, path, first[:len(first)/2])
	r := &reader{Source: source(t, path)}
	r.wants(t, "half a first line", true)
	appendTo(t, path, first[len(first)/2:len(first)-1])
	r.wants(t, "the line without its end", false, e[0])
	appendTo(t, path, append([]byte("\n\r\nno event\n{\"v\":1}\n"), form(e[1])...))
	r.wants(t, "its end, and lines that are no events", false, e[1])
	if r.Skipped() != 2 {
		t.Errorf("%d lines were skipped", r.Skipped())
	}
	appendTo(t, path, append(bytes.Repeat([]byte{0}, event.MaxJSON+100_000), '\n'))
	appendTo(t, path, form(e[2])[:30])
	r.wants(t, "zeros, and half a line", false)
	r.wants(t, "again", false)
	appendTo(t, path, form(e[2])[30:])
	r.wants(t, "the other half", false, e[2])
	if r.Skipped() != 3 {
		t.Errorf("%d lines were skipped", r.Skipped())
	}
}

// zip replaces a file by its gzipped form.
func zip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	if err := errors.Join(w.Close(), os.WriteFile(path+".gz", b.Bytes(), 0o600), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
}

// TestRotated: a log is read on through rotation, gzip and the removal of old files. A file that is replaced is read anew.
func TestRotated(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "events.jsonl")
	closed := func(n int) string {
		return filepath.Join(folder, fmt.Sprintf("events-20260417T12000%d.000000000Z.jsonl", n))
	}
	rotate := func(n int) {
		if err := os.Rename(path, closed(n)); err != nil {
			t.Fatal(err)
		}
	}
	e := sourcetest.Events(1, 3)
	appendTo(t, path, form(e[0:2]...))
	appendTo(t, filepath.Join(folder, "events-foreign.jsonl"), form(e[9]))
	r := &reader{Source: source(t, path)}
	r.wants(t, "two", true, e[0:2]...)
	appendTo(t, path, form(e[2]))
	rotate(1)
	r.wants(t, "rotated, and no file yet", false, e[2])
	appendTo(t, path, form(e[3]))
	r.wants(t, "a new file", false, e[3])
	zip(t, closed(1))
	appendTo(t, path, form(e[4]))
	rotate(2)
	zip(t, closed(2))
	appendTo(t, path, form(e[4], e[5])) // a batch that was exported again
	r.wants(t, "two rotations, gzipped", false, e[4:6]...)
	rotate(3)
	appendTo(t, path, form(e[6]))
	if err := os.Remove(closed(1) + ".gz"); err != nil {
		t.Fatal(err)
	}
	r.wants(t, "the oldest file has gone", false, e[6])
	fresh := &reader{Source: source(t, path)}
	fresh.wants(t, "a reader that begins", true, e[3:7]...)
	if err := os.WriteFile(path, form(e[7]), 0o600); err != nil {
		t.Fatal(err)
	}
	r.wants(t, "another file in its place", true, append(e[3:6:6], e[7])...)
	r.wants(t, "nothing new", false)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.wants(t, "an empty file in its place", true, e[3:6]...)
}

// TestZipped: a file may be gzipped whatever its name is, and its last line needs no line break.
func TestZipped(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	e := sourcetest.Events(1, 1)
	path := filepath.Join(folder, "log")
	appendTo(t, path, bytes.TrimSpace(form(e...)))
	zip(t, path)
	r := &reader{Source: source(t, path+".gz")}
	r.wants(t, "gzipped", true, e...)
	r.wants(t, "again", false)
}

// TestSeveral: the cursor has its place in each log, and the same path counts once.
func TestSeveral(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	e := sourcetest.Events(1, 1)
	a, b := filepath.Join(folder, "a.jsonl"), filepath.Join(folder, "b.jsonl")
	appendTo(t, a, form(e[0]))
	appendTo(t, b, form(e[1]))
	r := &reader{Source: source(t, a, b, filepath.Join(folder, ".", "a.jsonl"))}
	r.wants(t, "both", true, e[0:2]...)
	appendTo(t, a, form(e[2]))
	appendTo(t, b, form(e[3]))
	text, err := json.Marshal(r.cursor)
	if err != nil || json.Unmarshal(text, &r.cursor) != nil {
		t.Fatal(err)
	}
	r.wants(t, "both again", false, e[2:4]...)
}

// TestUnnamed: an event without an ID gets one that follows from its content.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := event.Event{Kind: event.JourneyStarted, Time: time.Unix(1, 0)}
	appendTo(t, path, form(e, e))
	var ids []event.ID
	if _, err := source(t, path).Scan(t.Context(), event.Scan{}, func(e *event.Event) error { ids = append(ids, e.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(ids) != 1 || ids[0].IsZero() {
		t.Errorf("the IDs are %v", ids)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, paths := range map[string][]string{"none": nil, "no file": {filepath.Join(folder, "none.jsonl")}, "a folder": {folder}} {
		if _, err := lines.New(paths...); !errors.Is(err, lines.ErrNoFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	appendTo(t, filepath.Join(folder, "old-20260417T120000.000000000Z.jsonl"), nil)
	source(t, filepath.Join(folder, "old.jsonl"))
	s := source(t, filepath.Join(folder, "old.jsonl"))
	cursor, err := s.Scan(t.Context(), event.Scan{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cursor.Position = "elsewhere"
	if _, err := s.Scan(t.Context(), event.Scan{Since: cursor}, nil); err == nil {
		t.Error("a position that is none is taken")
	}
}

// TestOnSkip: the caller hears of every line that is no event, with its number, and may stop the reading. A closed file that is given beside its log is
// read once.
func TestOnSkip(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, closed := filepath.Join(folder, "events.jsonl"), filepath.Join(folder, "events-20260417T120001.000000000Z.jsonl")
	e := sourcetest.Events(1, 2)
	appendTo(t, closed, append([]byte("\ufeff"), form(e[0])...))
	appendTo(t, path, append(append(form(e[1]), "\nno event\n"...), form(e[2])...))
	s := source(t, closed, path)
	var skips []string
	s.OnSkip(func(k lines.Skip) error {
		skips = append(skips, fmt.Sprint(filepath.Base(k.Path), ":", k.Line, " ", k.Err != nil))
		return nil
	})
	r := &reader{Source: s}
	r.wants(t, "both files, once", true, e[0:3]...)
	appendTo(t, path, append([]byte("again none\n"), form(e[3])...))
	r.wants(t, "what was appended", false, e[3])
	if got, want := strings.Join(skips, ", "), "events.jsonl:3 true, events.jsonl:0 true"; got != want {
		t.Errorf("skipped are %s, want %s", got, want)
	}
	stop := errors.New("stop")
	s.OnSkip(func(lines.Skip) error { return stop })
	if _, err := s.Scan(t.Context(), event.Scan{}, func(*event.Event) error { return nil }); err != stop { //nolint:errorlint // as it is
		t.Errorf("a scan returns %v", err)
	}
	if err := s.Events(t.Context(), event.Query{}, func(*event.Event) error { return nil }); err != stop { //nolint:errorlint // as it is
		t.Errorf("a query returns %v", err)
	}
}
