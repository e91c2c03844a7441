//go:build unix

package archive_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/sourcetest"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

func read(t testing.TB, url string, opts ...sqlarchive.PostgresOption) *sqlarchive.Reader {
	t.Helper()
	r, err := sqlarchive.ReadPostgres(background, url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// follower reads on, scan by scan. It passes its cursor on as JSON, and fails the test for an event that comes twice in one epoch.
type follower struct {
	source insight.Source
	cursor []byte
	seen   map[event.ID]string
}

func follow(s insight.Source) *follower {
	return &follower{source: s, cursor: []byte("{}"), seen: map[event.ID]string{}}
}

// next scans once, and returns how many events have come, and whether the epoch has changed.
func (f *follower) next(t testing.TB, wanted ...string) (n int, anew bool, held time.Time) {
	t.Helper()
	var since event.Cursor
	if err := json.Unmarshal(f.cursor, &since); err != nil {
		t.Fatal(err)
	}
	got := map[event.ID]string{}
	cursor, err := f.source.Scan(background, event.Scan{Since: since, Attributes: wanted}, func(e *event.Event) error {
		if _, twice := got[e.ID]; twice {
			t.Errorf("%s comes twice in a scan", e.ID)
		}
		got[e.ID] = string(e.AppendJSON(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if anew = cursor.Epoch != since.Epoch; anew {
		clear(f.seen)
	}
	for id, e := range got {
		if _, twice := f.seen[id]; twice {
			t.Errorf("%s comes twice", id)
		}
		f.seen[id] = e
	}
	if f.cursor, err = json.Marshal(cursor); err != nil {
		t.Fatal(err)
	}
	return len(got), anew, cursor.Held
}

// wants checks that a scan gives so many events.
func (f *follower) wants(t testing.TB, want int, reason string) {
	t.Helper()
	if n, _, _ := f.next(t); n != want {
		t.Errorf("%d events, want %d: %s", n, want, reason)
	}
}

// reduced returns what a scan has to give of the events.
func reduced(t testing.TB, events []event.Event, wanted ...string) map[event.ID]string {
	t.Helper()
	want := map[event.ID]string{}
	for i := range events {
		e, err := event.ParseJSON(events[i].AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		insight.Reduce(&e, wanted)
		want[e.ID] = string(e.AppendJSON(nil))
	}
	return want
}

// TestScan has the tests of scans that need one server.
func TestScan(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("max_prepared_transactions", "2"))
	for _, c := range []struct {
		name string
		test func(t *testing.T, server *servers.Postgres)
	}{
		{"is the event", testScanIsTheEvent},
		{"is a source", testScanIsASource},
		{"of a late commit", testScanOfLateCommit},
		{"of long transactions", testScanOfLongTransactions},
		{"while writing", testScanWhileWriting},
		{"of erasures", testScanOfErasures},
		{"restored", testScanRestored},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) { c.test(t, server) })
	}
}

// testScanIsTheEvent: the columns give the events as their JSON has them, of every kind and with every field, in both databases and after
// the migration of version 5, and whole events in the order of time.
func testScanIsTheEvent(t *testing.T, server *servers.Postgres) {
	t.Helper()
	restore(t, server.URL(), "version5.sql")
	p := pool(t, server)
	old := kept(t, p, "cairn")
	if len(old) < 50 {
		t.Fatalf("version 5 has %d events, want more", len(old))
	}
	if _, err := sqlarchive.ReadPostgres(background, server.URL()); !errors.Is(err, sqlarchive.ErrOlder) {
		t.Errorf("before the migration: %v", err)
	}
	openPostgres(t, p)
	events := append(append(old, story(60)...), heard(3)...)
	fresh := openPostgres(t, p, sqlarchive.WithSchema("fresh"))
	path := filepath.Join(t.TempDir(), "archive.db")
	lite, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	down(t, lite)
	for _, a := range []*sqlarchive.Archive{fresh, lite} {
		if err := a.Export(background, events); err != nil {
			t.Fatal(err)
		}
	}
	inSQLite, err := sqlarchive.ReadSQLite(background, path)
	if err != nil {
		t.Fatal(err)
	}
	defer inSQLite.Close()
	wanted := []string{"plan", "tags", "weight"}
	var orders [2][]string
	for i, c := range []struct {
		name   string
		source *sqlarchive.Reader
		want   []event.Event
	}{
		{"PostgreSQL", read(t, server.URL(), sqlarchive.WithSchema("fresh")), events},
		{"SQLite", inSQLite, events},
		{"migrated", read(t, server.URL()), old},
	} {
		f := follow(c.source)
		f.next(t, wanted...)
		if diff := cmp.Diff(reduced(t, c.want, wanted...), f.seen); diff != "" {
			t.Errorf("%s (-of the JSON +of the columns):\n%s", c.name, diff)
		}
		f.wants(t, 0, "nothing is new")
		if i < 2 {
			if err := c.source.Events(background, event.Query{}, func(e *event.Event) error {
				orders[i] = append(orders[i], string(e.AppendJSON(nil)))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(orders[0]) != len(events) {
		t.Errorf("Events has %d of %d", len(orders[0]), len(events))
	}
	if diff := cmp.Diff(orders[0], orders[1]); diff != "" {
		t.Errorf("Events (-PostgreSQL +SQLite):\n%s", diff)
	}
}

func testScanIsASource(t *testing.T, server *servers.Postgres) {
	t.Helper()
	p := pool(t, server)
	schema := sqlarchive.WithSchema("source")
	a := openPostgres(t, p, schema)
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		t.Helper()
		do(t, p, "TRUNCATE source.transitions, source.touchpoints, source.feedback, source.followups, source.others, source.journeys, source.promises, source.legs, source.decisions, source.views, source.replies")
		return sourcetest.Fixture{
			Source: read(t, server.URL(), schema), Reopen: func(t *testing.T) insight.Source { return read(t, server.URL(), schema) },
			Write: func(t *testing.T, events []event.Event) {
				if err := a.Export(background, events); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
