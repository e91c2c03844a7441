package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// opened opens the source of a command with these arguments.
func opened(t *testing.T, stdin io.Reader, args ...string) *openedSource {
	t.Helper()
	s, texts := &sourceSettings{}, &replayTexts{}
	u := newUsage("test", sourceArguments)
	sourceFlags(u, s, texts)
	c := &env{stdin: stdin, stdout: io.Discard, stderr: t.Output()}
	var done bool
	if s.files, _, done = parseMixed(c, u, args); done {
		t.Fatal("the arguments are wrong")
	}
	if err := s.completeSource(texts); err != nil {
		t.Fatal(err)
	}
	o, err := openSource(t.Context(), c, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// scanned returns the events of a scan as lines of JSON, in order, without the IDs if those of rows differ each time.
func scanned(t *testing.T, o *openedSource, ids bool, attributes ...string) (lines []string, at event.Cursor) {
	t.Helper()
	at, err := o.Scan(t.Context(), event.Scan{Attributes: attributes}, func(e *event.Event) error {
		of := *e
		if !ids {
			of.ID = event.ID{}
		}
		lines = append(lines, string(of.AppendJSON(nil)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines, at
}

// asked returns the events of a query, in their order.
func asked(t *testing.T, o *openedSource, q event.Query) (list []event.Event) {
	t.Helper()
	if err := o.Events(t.Context(), q, func(e *event.Event) error {
		list = append(list, *e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// sourceFiles has a log with a customer and an attribute, its blueprint, a key, and what customers said.
func sourceFiles(t *testing.T) func(string) string {
	t.Helper()
	var log strings.Builder
	log.WriteString("case,activity,time,who,team\n")
	for i, c := range []string{"a", "b", "c", "d"} {
		day := time.Date(2026, 3, 2, 10, 0, 0, 123_456_789, time.UTC).AddDate(0, 0, i)
		for k, activity := range []string{"open", "work", "close"}[:i%3+1] {
			log.WriteString(c + "," + activity + "," + day.Add(time.Duration(k)*5*time.Hour).Format(time.RFC3339Nano) + ",customer-" + c + ",team " + c + "\n")
		}
	}
	dir := folderOf(t, map[string]string{
		"log.csv": log.String(), "key": "a key for tests of 32 bytes.....", "said.csv": "time,text,nature\n2026-03-03T12:00:00Z,The desk was quick,compliment\n",
		"blueprint.yaml": `version: 1
journeys: [{name: ticket, abandon_after: 36h, promises: [{name: solved, within: 8h}]}]
touchpoints: [{name: open, journey: ticket}, {name: work, journey: ticket}, {name: close, journey: ticket, ends: completed}]
log: {columns: {case: case, activity: activity, time: time, customer: who}, attributes: {team: team}}
`,
	})
	return func(name string) string { return filepath.Join(dir, name) }
}

// TestSources: a log that is played, the archive of its replay, and the archive's events as lines of JSON are the same source. The archive
// is what a reader of columns gives.
func TestSources(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	flags := []string{in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key"), "--feedback", in("said.csv"), "--until", "2026-03-20"}
	replayed(t, append(flags, "--archive", in("archive.db"))...)
	lines, err := os.Create(in("events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlarchive.DumpSQLite(t.Context(), in("archive.db"), lines), lines.Close()); err != nil {
		t.Fatal(err)
	}
	played := opened(t, nil, flags[:6]...)
	archive, own := opened(t, nil, in("archive.db")), opened(t, nil, in("blueprint.yaml"), in("events.jsonl"))

	want, _ := scanned(t, archive, false, "team")
	if len(want) < 20 || !strings.Contains(strings.Join(want, "\n"), `"promise.broken"`) || !strings.Contains(strings.Join(want, "\n"), `"feedback.mentioned"`) {
		t.Fatalf("the archive has %d events, too few of the kinds: %s", len(want), want)
	}
	// The replay for the archive followed its runs until 20 March, the source until the end of the log.
	ends := func(list []string) (kept []string) {
		for _, line := range list {
			if !strings.Contains(line, `"outcome":"abandoned"`) && !strings.Contains(line, `"promise.broken"`) {
				kept = append(kept, line)
			}
		}
		return kept
	}
	got, _ := scanned(t, played, false, "team")
	if diff := cmp.Diff(ends(want), ends(got)); diff != "" {
		t.Errorf("the log that is played differs from the archive of its replay (-archive +log)\n%s", diff)
	}
	all, _ := scanned(t, archive, true, "team")
	got, _ = scanned(t, own, true, "team")
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("the events as lines differ from the archive (-archive +lines)\n%s", diff)
	}
	if got, _ = scanned(t, played, false); strings.Contains(strings.Join(got, "\n"), "team a") {
		t.Error("a scan gives an attribute that is not wanted")
	}
	if err := played.Doubt(); err != nil {
		t.Errorf("the log is in doubt: %v", err)
	}
}

// TestSourceQueries: a query gives the whole events that meet its conditions, in the order of time, from each source.
func TestSourceQueries(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	flags := []string{in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key")}
	replayed(t, append(flags, "--archive", in("archive.db"))...)
	played, archive := opened(t, nil, flags...), opened(t, nil, in("archive.db"))
	first := asked(t, archive, event.Query{Kinds: []event.Kind{event.TouchpointEnded}})[0]
	run := event.RunRef{Namespace: first.Journey.Namespace, Name: "ticket", ID: "c"}
	day := time.Date(2026, 3, 4, 10, 0, 0, 123_456_000, time.UTC) // the first row of c, cut to the microsecond
	for _, c := range []struct {
		name, reason string
		query        event.Query
		least        int
	}{
		{"all", "no condition", event.Query{}, 15},
		{"a run", "with what follows from the blueprint", event.Query{Runs: []event.RunRef{run}}, 5},
		{"two runs", "any of them", event.Query{Runs: []event.RunRef{run, {Namespace: run.Namespace, Name: "ticket", ID: "a"}}}, 7},
		{"a run of another journey", "the whole reference counts", event.Query{Runs: []event.RunRef{{Namespace: run.Namespace, Name: "order", ID: "c"}}}, 0},
		{"a customer", "by the hash of the key", event.Query{Customer: first.Customer.Hash}, 2},
		{"kinds", "any of them", event.Query{Kinds: []event.Kind{event.PromiseKept, event.PromiseBroken}}, 2},
		{"from", "the very moment, in microseconds", event.Query{From: day}, 5},
		{"until", "not the very moment", event.Query{Until: day}, 5},
		{"limit", "the earliest", event.Query{Limit: 3}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			short := func(list []event.Event) (lines []string) {
				for i := range list {
					e := list[i]
					if i > 0 && e.Time.Before(list[i-1].Time) {
						t.Errorf("%s comes before %s", list[i-1].Time, e.Time)
					}
					lines = append(lines, e.Time.Truncate(time.Microsecond).Format(time.RFC3339Nano)+" "+string(e.Kind)+" "+e.Journey.ID+" "+e.Touchpoint+" "+e.Customer.Hash)
				}
				if c.query.Limit == 0 {
					slices.Sort(lines) // events of one moment have no order
				}
				return lines
			}
			want, got := short(asked(t, archive, c.query)), short(asked(t, played, c.query))
			if diff := cmp.Diff(want, got); c.query.Limit == 0 && diff != "" || len(got) < c.least || c.query.Limit > 0 && len(got) != c.query.Limit {
				t.Errorf("%s (-archive +log)\n%s", c.reason, diff)
			}
		})
	}
	if e := asked(t, played, event.Query{Kinds: []event.Kind{event.TouchpointEnded}, Limit: 1})[0]; len(e.Attributes) != 1 || e.Customer.Hash == "" {
		t.Errorf("a whole event has its attributes and its customer: %+v", e)
	}
}

// TestSourceScans: a second scan gives nothing, unless the log has changed. An error of the caller ends a scan, and is returned as it is.
func TestSourceScans(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	log, err := os.ReadFile(in("log.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		stdin bool
	}{{"a file", false}, {"the standard input", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := folderOf(t, map[string]string{"log.csv": string(log)})
			args := []string{in("blueprint.yaml"), filepath.Join(dir, "log.csv"), "--tmp", dir}
			if c.stdin {
				args[1] = "-"
			}
			o := opened(t, bytes.NewReader(log), args...)
			first, at := scanned(t, o, false)
			if len(first) < 12 || len(asked(t, o, event.Query{})) != len(first) {
				t.Errorf("%d events are scanned, and %d found", len(first), len(asked(t, o, event.Query{})))
			}
			again := func(since event.Cursor) (n int, to event.Cursor) {
				to, err := o.Scan(t.Context(), event.Scan{Since: since}, func(*event.Event) error { n++; return nil })
				if err != nil {
					t.Fatal(err)
				}
				return n, to
			}
			if n, to := again(at); n != 0 || to != at {
				t.Errorf("a second scan gives %d events and %v, want none and %v", n, to, at)
			}
			stop := errors.New("stop")
			if _, err := o.Scan(t.Context(), event.Scan{}, func(*event.Event) error { return stop }); err != stop { //nolint:errorlint // as it is
				t.Errorf("a scan returns %v, want the caller's error", err)
			}
			if err := o.Events(t.Context(), event.Query{}, func(*event.Event) error { return stop }); err != stop { //nolint:errorlint // as it is
				t.Errorf("a query returns %v, want the caller's error", err)
			}
			done, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := o.Scan(done, event.Scan{}, func(*event.Event) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("a scan whose context is done returns %v", err)
			}
			if c.stdin {
				return
			}
			if err := os.WriteFile(filepath.Join(dir, "log.csv"), append(log, "z,open,2026-03-09T10:00:00Z,,\n"...), 0o600); err != nil {
				t.Fatal(err)
			}
			if n, to := again(at); n <= len(first) || to.Epoch == at.Epoch {
				t.Errorf("after a change a scan gives %d events and %v, want more than %d and another epoch", n, to, len(first))
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
				t.Errorf("temporary files are left: %q, %v", left, err)
			}
		})
	}
}

// TestSourceFaults: a source that cannot be opened, or read, says why.
func TestSourceFaults(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	replayed(t, in("blueprint.yaml"), in("log.csv"), "--archive", in("archive.db"))
	if err := os.WriteFile(in("bad.csv"), []byte("case,activity,time,who,team\na,open,soon,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("none.yaml"), []byte("version: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"no source", "no source is named", nil},
		{"no blueprint", "the blueprint is missing", []string{in("log.csv")}},
		{"two archives", "an archive is read alone", []string{in("archive.db"), in("archive.db")}},
		{"an archive and a log", "an archive is read alone", []string{in("blueprint.yaml"), in("archive.db"), in("log.csv")}},
		{"what customers said, to an archive", "an archive is read alone", []string{in("archive.db"), "--feedback", in("said.csv")}},
		{"no file", "no such file", []string{in("blueprint.yaml"), in("nothing.csv")}},
		{"nothing to measure", "no journeys", []string{in("none.yaml"), in("log.csv"), "--map", "case=case,activity=activity,time=time"}},
		{"no time", "no row of the log could be read", []string{in("blueprint.yaml"), in("bad.csv"), "--time-format", "dmy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, texts := &sourceSettings{}, &replayTexts{}
			u := newUsage("test", sourceArguments)
			sourceFlags(u, s, texts)
			e := &env{stdout: io.Discard, stderr: io.Discard}
			s.files, _, _ = parseMixed(e, u, c.args)
			err := s.completeSource(texts)
			if err == nil {
				var o *openedSource
				if o, err = openSource(t.Context(), e, s); err == nil {
					_, err = o.Scan(t.Context(), event.Scan{}, func(*event.Event) error { return nil })
					err = errors.Join(err, o.Close())
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want %q in it", err, c.says)
			}
		})
	}
}
