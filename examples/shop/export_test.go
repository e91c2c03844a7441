package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
)

const exported = 21 // customers

// counted checks that a sink has every event once.
func counted(t *testing.T, sink string, got crowd.Counts) {
	t.Helper()
	if diff := got.Diff(crowd.Expect(exported)); len(diff) > 0 {
		t.Errorf("the events in %s differ from the crowd's:\n%s", sink, strings.Join(diff, "\n"))
	}
}

// shop runs the crowd with the flags.
func shop(t *testing.T, flags ...string) (stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	if err := run(t.Context(), append([]string{"-traffic", "21"}, flags...), noEnv, &out, &log); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &log)
	}
	return out.String(), log.String()
}

// All sinks get the events of both services at the same time, each event once.
func TestExport(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		spool        bool
	}{
		{"in memory", "each sink has a batch and a retry", false},
		{"over the disk", "each sink has a queue of its own on disk", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			hook := newHook(t)
			lines, db := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "events.db")
			flags := []string{"-export", "jsonl:" + lines, "-export", "sqlite:" + db, "-export", "webhook:" + hook.URL, "-export", "stdout"}
			if c.spool {
				flags = append(flags, "-spool", filepath.Join(dir, "spool"))
			}
			stdout, stderr := shop(t, flags...)

			counted(t, "stdout", parseEvents(t, strings.NewReader(stdout)))
			file, err := os.Open(lines)
			if err != nil {
				t.Fatal(err)
			}
			counted(t, "jsonl", parseEvents(t, file))
			if err := file.Close(); err != nil {
				t.Error(err)
			}
			counted(t, "sqlite", archived(t, db))
			counted(t, "webhook", hook.counts())

			if n := strings.Count(stderr, " events delivered."); n != 4 {
				t.Errorf("%d sinks report their count of events, want 4:\n%s", n, stderr)
			}
			if !strings.Contains(stderr, "Every number above") || strings.Contains(stdout, "Every number above") {
				t.Errorf("the summary is not on stderr, although programs read stdout:\n%s", stderr)
			}
			if folders, _ := filepath.Glob(filepath.Join(dir, "spool", "*-*")); c.spool != (len(folders) == 4) {
				t.Errorf("the spool's folders are %v: %s", folders, c.reason)
			}
		})
	}
}

// archived counts the events in an archive. It uses the database driver that the archive imports.
func archived(t *testing.T, path string) (c crowd.Counts) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), "SELECT event FROM events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		add(t, &c, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var completed int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM journeys WHERE outcome = 'completed'").Scan(&completed); err != nil {
		t.Fatal(err)
	}
	if want := crowd.Expect(exported).Ended[event.Completed.String()]; completed != want {
		t.Errorf("the archive has %d completed runs, want %d", completed, want)
	}
	return c
}

func add(t *testing.T, c *crowd.Counts, text []byte) {
	t.Helper()
	e, err := event.ParseJSON(text)
	if err != nil {
		t.Errorf("%v: %s", err, text)
		return
	}
	c.Add(&e)
}

// hook is a receiver of CloudEvents that is overloaded at first and whose second response is lost.
type hook struct {
	*httptest.Server

	t        *testing.T
	mu       sync.Mutex
	requests int
	events   map[string]json.RawMessage // by ID
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{t: t, events: map[string]json.RawMessage{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// ServeHTTP implements [http.Handler].
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	if h.requests == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var batch []struct {
		ID   string          `json:"id"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		h.t.Errorf("%v: %s", err, body)
	}
	for _, e := range batch {
		h.events[e.ID] = e.Data
	}
	if h.requests == 2 {
		panic(http.ErrAbortHandler) // the receiver has the events, and the client does not know
	}
}

func (h *hook) counts() (c crowd.Counts) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, data := range h.events {
		add(h.t, &c, data)
	}
	return c
}

// The command fails if a sink refuses events for good.
func TestExportLost(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
	}))
	defer refuses.Close()
	var out, log bytes.Buffer
	err := run(t.Context(), []string{"-traffic", "3", "-export", "webhook:" + refuses.URL}, noEnv, &out, &log)
	if err == nil || !strings.Contains(err.Error(), "events were lost") || !strings.Contains(log.String(), "0 events delivered") {
		t.Errorf("error %v\n%s", err, &log)
	}
	if !strings.Contains(out.String(), "Every number above") {
		t.Errorf("the summary is missing, although customers have not noticed the failure:\n%s", &out)
	}
}

// One of two sinks cannot be opened: the command does not start, and closes the other one.
func TestExportNotOpened(t *testing.T) {
	dir := t.TempDir()
	good := "jsonl:" + filepath.Join(dir, "events.jsonl")
	err := run(t.Context(), []string{"-export", good, "-export", "sqlite:" + filepath.Join(dir, "none", "x.db")}, noEnv, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "make its folder first") {
		t.Fatalf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the shop starts and ends
	if err := run(ctx, []string{"-events", "none", "-export", good}, noEnv, io.Discard, io.Discard); err != nil {
		t.Errorf("the other sink is still locked: %v", err)
	}
}

func TestExportFlags(t *testing.T) {
	for _, c := range []struct{ name, args, want, reason string }{
		{"two sinks", "-export jsonl:a -export jsonl:b", "", "the flag may occur several times"},
		{"with a story", "-export jsonl:a -events story", "", "-export does not change -events"},
		{"JSON once", "-export stdout -events none", "", "only the export writes to stdout"},
		{"bad kind", "-export sqllite:a", `shop: -export "sqllite": unknown kind`, "the error names the flag"},
		{"no place", "-export jsonl", "want jsonl:PATH", "the error names the remedy"},
		{"twice", "-export jsonl:a -export jsonl:./a", "-export jsonl ./a is given twice", "a file has one writer"},
		{"JSON twice", "-export stdout -events json", "would both write to stdout", "stdout would have each event twice"},
		{"JSON and story", "-export stdout -events story", "leave one out", "programs could not read the mixture"},
		{"spool of nothing", "-spool x", "give one too", "the spool belongs to -export"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(strings.Fields(c.args), noEnv, io.Discard)
			switch {
			case c.want == "" && (err != nil || len(s.exports) == 0):
				t.Errorf("%v: %s", err, c.reason)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want %q in it: %s", err, c.want, c.reason)
			}
		})
	}
}
