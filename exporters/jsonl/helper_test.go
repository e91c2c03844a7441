package jsonl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		os.Exit(child(path))
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(hear))
	goleak.VerifyTestMain(m)
}

// everything reports whether all repetitions and faults are wanted; otherwise a part is enough.
func everything() bool { return os.Getenv("CAIRN_WHOLE") != "" }

func noon() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC) }

// touches returns n events of a touchpoint, numbered by their visit from first.
func touches(first, n int, name string) []event.Event {
	es := make([]event.Event, n)
	for i := range es {
		es[i] = event.Event{
			ID: event.NewID(noon()), Kind: event.TouchpointEnded, Time: noon(), Touchpoint: name, Visit: first + i,
			Journey: event.Run{Namespace: "test", Name: "checkout", ID: name},
		}
	}
	return es
}

// zip returns the gzipped form of the text.
func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func open(t *testing.T, path string, opts ...jsonl.Option) *jsonl.Exporter {
	t.Helper()
	e, err := jsonl.New(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, e) })
	return e
}

func shut(t *testing.T, e *jsonl.Exporter) {
	t.Helper()
	if err := e.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func export(t *testing.T, e *jsonl.Exporter, events ...event.Event) {
	t.Helper()
	if err := e.Export(context.Background(), events); err != nil {
		t.Fatal(err)
	}
}

// files returns the names of the path's files in the order in which they were written, and not its lock.
// A file that is there both ways is being gzipped, and counts once.
func files(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(filepath.Base(path), ".jsonl") + "-"
	var names []string
	for _, e := range entries {
		if n := e.Name(); strings.HasPrefix(n, base) && (strings.HasSuffix(n, ".jsonl") || strings.HasSuffix(n, ".jsonl.gz")) {
			names = append(names, filepath.Join(filepath.Dir(path), n))
		}
	}
	slices.Sort(names)
	names = slices.CompactFunc(names, func(a, b string) bool {
		return strings.TrimSuffix(a, ".gz") == strings.TrimSuffix(b, ".gz")
	})
	if _, err := os.Stat(path); err == nil {
		names = append(names, path)
	}
	return names
}

// text returns all the lines of all files. A file that is gzipped meanwhile is looked for again.
func text(t *testing.T, path string) []byte {
	t.Helper()
	var all []byte
	for _, name := range files(t, path) {
		b, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			name += ".gz"
			b, err = os.ReadFile(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			r, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(name, err)
			}
			if b, err = io.ReadAll(r); err != nil {
				t.Fatal(name, err)
			}
		}
		all = append(all, b...)
	}
	return all
}

func parse(t *testing.T, text []byte) (events []event.Event) {
	t.Helper()
	for line := range bytes.Lines(text) {
		e, err := event.ParseJSON(line)
		if err != nil || line[len(line)-1] != '\n' {
			t.Fatalf("line %d is %.100q, %d bytes: %v", len(events)+1, line, len(line), err)
		}
		events = append(events, e)
	}
	return events
}

func read(t *testing.T, path string) []event.Event {
	t.Helper()
	return parse(t, text(t, path))
}
