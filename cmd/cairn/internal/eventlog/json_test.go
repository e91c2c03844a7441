package eventlog_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// FuzzJSONLines: each line of a file of events is either a row or reported once by its line number, whatever
// the other lines are.
func FuzzJSONLines(f *testing.F) {
	const good = `{"v":1,"kind":"touchpoint.ended","time":"2026-04-17T12:00:00Z","journey":{"name":"checkout","id":"c-1"},"touchpoint":"pay"}`
	f.Add([]byte(good + "\n" + good))
	f.Add([]byte("{\"v\":1,\"kind\":\"tor\n" + good + "\n\n"))
	f.Add([]byte("\xef\xbb\xbf" + good + "\r\n \t\r\n{}\x00" + good))
	f.Add([]byte(good + "\r" + good))
	f.Add([]byte("[" + good + "]"))
	f.Add([]byte("{\"v\":1,\"kind\":\"\xf6\"}\n" + good))
	f.Add([]byte(`{"v":2}` + "\n" + `{"v":1,"kind":"x","time":"1969-12-31T23:59:59Z"}` + "\n[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "dead.jsonl")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(text, []byte{0x1f, 0x8b}) || bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
			return // another format
		}
		var want, wrong []string
		for i, line := range bytes.Split(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			e, err := event.ParseJSON(line)
			if err != nil || !utf8.Valid(line) || e.Time.Year() < 1970 || e.Time.Year() > 2251 {
				wrong = append(wrong, fmt.Sprintf("dead.jsonl:%d:", i+1))
				continue
			}
			want = append(want, fmt.Sprintf("%d %s", e.Time.Unix(), line))
		}
		got, bad, err := read(t, eventlog.Config{}, "", path)
		if err != nil {
			for _, refused := range []string{": it is ", "several lines", "carriage return"} {
				if strings.Contains(err.Error(), refused) {
					return // another format
				}
			}
			t.Fatal(err)
		}
		for i := range bad {
			if i >= len(wrong) || !bytes.HasPrefix([]byte(bad[i]), []byte(wrong[i])) {
				t.Fatalf("reported %q, want those at %q", bad, wrong)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if len(bad) != len(wrong) || !slices.Equal(got, want) {
			t.Errorf("rows %q and faults %q, want %q and %q", got, bad, want, wrong)
		}
	})
}
