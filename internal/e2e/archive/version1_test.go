//go:build unix

package archive_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// restore loads what pg_dump has written of an archive that the code of an earlier version has made, with the same events as the
// file of that version of exporters/sqlarchive. pg_dump ran with --inserts --no-owner --schema=cairn.
func restore(t *testing.T, url, name string) {
	t.Helper()
	dump, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(background, url) // the dump changes settings of its session
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(background, string(dump))
	if closed := conn.Close(background); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
}

// TestVersion1: an archive of version 1 in PostgreSQL is migrated where it is. It then has what a new archive of the same events has
// in both databases.
func TestVersion1(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	restore(t, server.URL(), "version1.sql")
	p := pool(t, server)
	events := kept(t, p, "cairn")
	if len(events) < 50 {
		t.Fatalf("it has %d events, want more", len(events))
	}
	tables := []string{"transitions", "touchpoints", "feedback", "followups", "others"}
	was := map[string][]string{}
	query := map[string]string{} // the columns that there were
	for _, table := range tables {
		query[table] = "SELECT " + columnsOf(t, p, table) + " FROM " + table + " ORDER BY arrival"
		was[table] = askPostgres(t, p, "cairn", query[table])
	}
	migrated := openPostgres(t, p)
	for _, table := range tables {
		if diff := cmp.Diff(was[table], askPostgres(t, p, "cairn", query[table])); diff != "" {
			t.Errorf("%s has changed (-was +is):\n%s", table, diff)
		}
	}
	fresh, inSQLite := openPostgres(t, p, sqlarchive.WithSchema("fresh")), func() []string {
		a, db := openSQLite(t)
		if err := a.Export(background, events); err != nil {
			t.Fatal(err)
		}
		return askSQLite(t, db, "SELECT * FROM journeys ORDER BY run")
	}()
	if err := fresh.Export(background, events); err != nil {
		t.Fatal(err)
	}
	const journeys = "SELECT * FROM journeys ORDER BY run"
	got := askPostgres(t, p, "cairn", journeys)
	if diff := cmp.Diff(askPostgres(t, p, "fresh", journeys), got); diff != "" {
		t.Errorf("journeys (-new +migrated):\n%s", diff)
	}
	if diff := cmp.Diff(inSQLite, got); diff != "" {
		t.Errorf("journeys (-SQLite +migrated):\n%s", diff)
	}
	sameSchema(t, p)
	more := saying(story(3))
	if err := migrated.Export(background, more); err != nil {
		t.Fatal(err)
	}
	if got := len(kept(t, p, "cairn")); got != len(events)+len(more) {
		t.Errorf("%d events are there, want %d", got, len(events)+len(more))
	}
	promises := 0
	for i := range more {
		if more[i].Kind == event.PromiseKept && !more[i].Late {
			promises++
		}
	}
	if got := askPostgres(t, p, "cairn", "SELECT count(*) FROM promises WHERE outcome IS NOT NULL"); promises > 0 && got[0] == "0" {
		t.Error("no promise is settled")
	}
}

// columnsOf returns the columns of the table that have no order of arrival, in the order of their names.
func columnsOf(t testing.TB, p *pgxpool.Pool, table string) string {
	t.Helper()
	return strings.Join(askPostgres(t, p, "cairn", "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'cairn' AND table_name = '"+table+
		"' AND column_name NOT IN ('arrival', 'xid') ORDER BY 1"), ", ")
}

// TestVersion2: an archive of version 2 in PostgreSQL is migrated where it is, and then has what a new archive of the same events
// has in both databases.
func TestVersion2(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	restore(t, server.URL(), "version2.sql")
	p := pool(t, server)
	events := kept(t, p, "cairn")
	openPostgres(t, p)
	fresh := openPostgres(t, p, sqlarchive.WithSchema("fresh"))
	a, db := openSQLite(t)
	for _, archive := range []*sqlarchive.Archive{fresh, a} {
		if err := archive.Export(background, events); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"touchpoints", "others", "transitions"} {
		query := "SELECT " + columnsOf(t, p, table) + " FROM " + table + " ORDER BY arrival"
		migrated := askPostgres(t, p, "cairn", query)
		if diff := cmp.Diff(askPostgres(t, p, "fresh", query), migrated); diff != "" {
			t.Errorf("%s (-new +migrated):\n%s", table, diff)
		}
		if len(migrated) == 0 {
			t.Errorf("%s has no rows", table)
		}
	}
	const contacts = "SELECT kind, purpose, grant_id FROM (SELECT arrival, kind, purpose, grant_id FROM touchpoints UNION ALL SELECT arrival, kind, purpose, grant_id FROM others) AS contacts ORDER BY arrival"
	if diff := cmp.Diff(askSQLite(t, db, contacts), askPostgres(t, p, "cairn", contacts)); diff != "" {
		t.Errorf("contacts (-SQLite +migrated):\n%s", diff)
	}
	sameSchema(t, p)
}

// TestVersion3: an archive of version 3 in PostgreSQL, whose contacts have no legs, is migrated where it is, and then has what a new
// archive of the same events has in both databases.
func TestVersion3(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	restore(t, server.URL(), "version3.sql")
	p := pool(t, server)
	oldEnds(t, p)
	answer := event.Event{
		ID: event.ID{1, 6: 0x70, 8: 0x80}, Kind: event.FeedbackReceived, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC),
		Feedback: &event.Feedback{Survey: "after", Scale: event.CES, Score: 2, Verdict: event.Negative, Causes: []string{"slow", "a \"b\"\\\n\x00é", ""}},
	}
	if _, err := p.Exec(background, "INSERT INTO cairn.feedback (arrival, id, kind, time, actor, direction, late, event, survey, scale, score, verdict) VALUES (9001, $1, $2, $3, 'customer', 'inbound', false, $4, 'after', 'ces', 2, 'negative')",
		answer.ID.String(), string(answer.Kind), answer.Time, string(answer.AppendJSON(nil))); err != nil {
		t.Fatal(err)
	}
	events := kept(t, p, "cairn")
	openPostgres(t, p)
	fresh := openPostgres(t, p, sqlarchive.WithSchema("fresh"))
	a, db := openSQLite(t)
	for _, archive := range []*sqlarchive.Archive{fresh, a} {
		if err := archive.Export(background, events); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"transitions", "touchpoints", "others", "feedback", "legs", "decisions", "views", "replies"} {
		// The column event of an archive never changes, and that of a new one has legs.
		columns, key := strings.ReplaceAll(columnsOf(t, p, table), " event,", ""), "id"
		if strings.Contains(columns, "touchpoint_id") {
			key = "number"
		}
		query := "SELECT " + columns + " FROM " + table + " ORDER BY time, " + key
		migrated := askPostgres(t, p, "cairn", query)
		if diff := cmp.Diff(askPostgres(t, p, "fresh", query), migrated); diff != "" {
			t.Errorf("%s (-new +migrated):\n%s", table, diff)
		}
		if len(migrated) == 0 && table != "views" && table != "replies" {
			t.Errorf("%s has no rows", table)
		}
		if table == "legs" || table == "decisions" {
			if diff := cmp.Diff(askSQLite(t, db, query), migrated); diff != "" {
				t.Errorf("%s (-SQLite +migrated):\n%s", table, diff)
			}
		}
	}
	const friction = "SELECT run, friction_repeats, friction_failures_before_success, friction_loops, friction_channel_switches, friction_overdue FROM journeys WHERE journey = 'rough' ORDER BY run"
	want := []string{"a | 2 | 1 | 3 | 4 | 5", "b | 0 | 0 | 0 | 0 | 0", "c | NULL | NULL | NULL | NULL | NULL", "d | NULL | NULL | NULL | NULL | NULL", "e | NULL | NULL | NULL | NULL | NULL"}
	if diff := cmp.Diff(want, askPostgres(t, p, "cairn", friction)); diff != "" {
		t.Errorf("the friction of journeys (-want +migrated):\n%s", diff)
	}
	const causes = "SELECT causes FROM feedback WHERE survey = 'after' AND scale = 'ces'"
	if diff := cmp.Diff(askSQLite(t, db, causes), askPostgres(t, p, "cairn", causes)); diff != "" || len(askSQLite(t, db, causes)) != 1 {
		t.Errorf("causes (-SQLite +migrated):\n%s", diff)
	}
	sameSchema(t, p)
}

// oldEnds writes into an archive of version 3 the ends that a client has told which counts friction.
func oldEnds(t *testing.T, p *pgxpool.Pool) {
	t.Helper()
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		run        string
		transition *event.Transition
		attributes []attribute.KeyValue
	}{
		{"a", &event.Transition{LastTouchpoint: "a\x00b", Friction: &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5}}, nil},
		{"b", &event.Transition{Friction: &event.Friction{}}, nil},                                                  // counted, and there was none
		{"c", &event.Transition{LastTouchpoint: "pay"}, []attribute.KeyValue{attribute.String("friction", "\x00")}}, // not counted, with a key that has the name
		{"d", &event.Transition{LastTouchpoint: `"friction":{"repeats":7}`}, nil},                                   // a text that looks like it
		{"e", nil, []attribute.KeyValue{attribute.String("transition", "friction")}},                                // without the detail
	} {
		e := event.Event{
			ID: event.NewID(at.Add(time.Duration(i))), Kind: event.JourneyEnded, Time: at, Outcome: event.Completed, Transition: c.transition, Attributes: c.attributes,
			Journey: event.Run{Namespace: "test", Name: "rough", ID: c.run},
		}
		for query, args := range map[string][]any{
			"INSERT INTO cairn.transitions (arrival, id, kind, time, namespace, journey, run, partial, actor, direction, outcome, late, event) " +
				"VALUES ($1, $2, 'journey.ended', $3, 'test', 'rough', $4, false, 'customer', 'inbound', 'completed', false, $5)": {10_000 + i, e.ID.String(), at, c.run, string(e.AppendJSON(nil))},
			"INSERT INTO cairn.journeys (namespace, journey, run, ended, end_id, outcome, partial, first_event, last_event, moved) " +
				"VALUES ('test', 'rough', $1, $2, $3, 'completed', false, $2, $2, true)": {c.run, at, e.ID.String()},
		} {
			if _, err := p.Exec(background, query, args...); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// sameSchema compares the tables and indexes of a migrated archive with those of a new one.
func sameSchema(t *testing.T, p *pgxpool.Pool) {
	t.Helper()
	for _, schema := range []string{
		"SELECT table_name, column_name, data_type, collation_name, is_nullable FROM information_schema.columns WHERE table_schema = '%' ORDER BY 1, 2",
		"SELECT indexname, tablename FROM pg_indexes WHERE schemaname = '%' ORDER BY 1",
	} {
		ask := func(of string) []string { return askPostgres(t, p, of, strings.Replace(schema, "%", of, 1)) }
		if diff := cmp.Diff(ask("fresh"), ask("cairn")); diff != "" {
			t.Errorf("the schema (-new +migrated):\n%s", diff)
		}
	}
}
