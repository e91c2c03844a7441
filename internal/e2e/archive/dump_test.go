package archive_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestDump: both databases dump the same events, each in the order of time, and a role that may only read can dump.
func TestDump(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	path := filepath.Join(t.TempDir(), "archive.db")
	inSQLite, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	down(t, inSQLite)
	events := saying(story(300))
	shuffled(t, openPostgres(t, p), events, 1)
	shuffled(t, inSQLite, events, 2)
	do(t, p, "CREATE ROLE reader LOGIN")
	do(t, p, "GRANT USAGE ON SCHEMA cairn TO reader")
	do(t, p, "GRANT SELECT ON ALL TABLES IN SCHEMA cairn TO reader")
	do(t, p, "ALTER ROLE reader SET default_transaction_read_only = on")
	config := p.Config().ConnConfig.Copy()
	url := strings.Replace(server.URL(), config.User, "reader", 1)
	var theirs, ours bytes.Buffer
	if err := sqlarchive.DumpPostgres(t.Context(), url, &theirs); err != nil {
		t.Fatal(err)
	}
	if err := sqlarchive.DumpSQLite(t.Context(), path, &ours); err != nil {
		t.Fatal(err)
	}
	lines := func(dump *bytes.Buffer) []string {
		list := strings.Split(strings.TrimSuffix(dump.String(), "\n"), "\n")
		last := event.Event{}
		for _, line := range list {
			e, err := event.ParseJSON([]byte(line))
			if err != nil {
				t.Fatalf("%.200q: %v", line, err)
			}
			if e.Time.Before(last.Time) {
				t.Errorf("%v follows %v", e.Time, last.Time)
			}
			last = e
		}
		slices.Sort(list) // events of one time are in the order of their arrival, which differs
		return list
	}
	if a, b := lines(&theirs), lines(&ours); len(a) < 300 || !slices.Equal(a, b) {
		t.Errorf("the dumps differ: %d and %d events", len(a), len(b))
	}
	if err := sqlarchive.DumpPostgres(t.Context(), url, &theirs, sqlarchive.WithSchema("elsewhere")); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("a schema that is not there: %v", err)
	}
}
