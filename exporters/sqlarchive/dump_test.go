package sqlarchive_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestDumpSQLite: the dump has every event of the archive once, as its own JSON, in the order of time, whatever the order of export was.
func TestDumpSQLite(t *testing.T) {
	t.Parallel()
	path := temp(t)
	archive := open(t, path)
	var events []event.Event
	for i, kind := range []event.Kind{event.TouchpointEnded, event.JourneyStarted, event.JourneyEnded, event.TouchpointEnded} {
		e := event.Event{
			ID: event.NewID(noon), Kind: kind, Time: noon.Add(time.Duration(i) * time.Hour), Outcome: event.OK,
			Journey: event.Run{Namespace: "shop", Name: "checkout", ID: "c1"},
		}
		if kind == event.TouchpointEnded {
			e.Touchpoint = "pay"
		}
		if kind == event.JourneyEnded {
			e.Outcome = event.Completed
		}
		events = append(events, e)
	}
	for _, i := range []int{2, 0, 3, 1, 2} { // the last one is exported again
		export(t, archive, events[i])
	}
	var dump bytes.Buffer
	if err := sqlarchive.DumpSQLite(t.Context(), path, &dump); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(dump.String(), "\n"), "\n")
	if len(lines) != len(events) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(events), &dump)
	}
	for i, line := range lines {
		got, err := event.ParseJSON([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != events[i].ID || got.Kind != events[i].Kind || !got.Time.Equal(events[i].Time) {
			t.Errorf("line %d is %v of %v, want %v of %v", i, got.Kind, got.Time, events[i].Kind, events[i].Time)
		}
	}
}

// TestDumpRefuses: a dump never makes a file, and says what is wrong with one that is no archive.
func TestDumpRefuses(t *testing.T) {
	t.Parallel()
	missing := temp(t)
	if err := sqlarchive.DumpSQLite(t.Context(), missing, &bytes.Buffer{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there now: %v", err)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	do(t, raw(t, other), "CREATE TABLE t (x)")
	if err := sqlarchive.DumpSQLite(t.Context(), other, &bytes.Buffer{}); !errors.Is(err, sqlarchive.ErrNotOurs) {
		t.Errorf("another database: %v", err)
	}
	err := sqlarchive.DumpPostgres(t.Context(), "postgres://u:secret@127.0.0.1:1/x?connect_timeout=1", &bytes.Buffer{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a database that is away: %v", err)
	}
}
