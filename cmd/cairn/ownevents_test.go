package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/sourcetest"
)

// TestOwnEventsAreASource: a file of own events passes the tests of sources, as a command opens it.
func TestOwnEventsAreASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		t.Helper()
		file := filepath.Join(t.TempDir(), "events.jsonl")
		write := func(t *testing.T, events []event.Event) {
			t.Helper()
			var lines []byte
			for i := range events {
				lines = append(events[i].AppendJSON(lines), '\n')
			}
			f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err == nil {
				_, err = f.Write(lines)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		write(t, nil)
		open := func(t *testing.T) insight.Source {
			t.Helper()
			return opened(t, nil, folderOf(t, map[string]string{"b.yaml": "version: 1\n"})+"/b.yaml", file)
		}
		return sourcetest.Fixture{Source: open(t), Reopen: open, Write: write}
	})
}

// TestLinesThatAreNoEvents: the user hears of them with file and line, once. --strict stops at the first one. A file without any event is in doubt.
func TestLinesThatAreNoEvents(t *testing.T) {
	t.Parallel()
	good := string(sourcetest.Events(1, 1)[0].AppendJSON(nil))
	for _, c := range []struct {
		name, reason  string
		text          string
		flags         []string
		events        int
		says          []string
		fault, doubts string
	}{
		{"all good", "nothing to say", good + "\n", nil, 1, nil, "", ""},
		{"a byte order mark", "editors write one", "\ufeff" + good + "\n", nil, 1, nil, "", ""},
		{"one bad", "the line is named", "\n" + good + "\n{\"v\":1}\n", nil, 1, []string{"events.jsonl:3: skipped: "}, "", ""},
		{"strict", "it stops", good + "\n{\"v\":1}\n" + good + "\n", []string{"--strict"}, 1, nil, "events.jsonl:2: ", ""},
		{"none", "the file is another one", "{\"a\":1}\n{\"b\":2}\n", nil, 0, []string{"events.jsonl:1: skipped: ", "events.jsonl:2: "}, "", "no line of the file is an event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := folderOf(t, map[string]string{"events.jsonl": c.text, "b.yaml": "version: 1\n"})
			s, err := asks(append(c.flags, filepath.Join(dir, "b.yaml"), filepath.Join(dir, "events.jsonl"))...)
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			o, err := openSource(t.Context(), &env{stdout: io.Discard, stderr: &said}, &s.sourceSettings)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			n := 0
			for range 2 { // the second scan says nothing more
				_, err = o.Scan(t.Context(), event.Scan{}, func(*event.Event) error { n++; return nil })
				if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
					t.Errorf("the error is %v, want %q: %s", err, c.fault, c.reason)
				}
				if c.fault != "" {
					break
				}
			}
			if c.fault == "" && n != 2*c.events {
				t.Errorf("two scans give %d events, want %d: %s", n, 2*c.events, c.reason)
			}
			if got := strings.Count(said.String(), "\n"); got != len(c.says) {
				t.Errorf("it says %q: %s", said.String(), c.reason)
			}
			for _, want := range c.says {
				if !strings.Contains(said.String(), want) {
					t.Errorf("it says %q, want %q: %s", said.String(), want, c.reason)
				}
			}
			if err := o.Doubt(); (err != nil) != (c.doubts != "") {
				t.Errorf("the doubt is %v: %s", err, c.reason)
			}
		})
	}
}
