package sqlarchive_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

var noon = time.Date(2026, 4, 17, 12, 0, 0, 123_456_789, time.UTC) // a Friday

func open(t testing.TB, path string, opts ...sqlarchive.SQLiteOption) *sqlarchive.Archive {
	t.Helper()
	a, err := sqlarchive.OpenSQLite(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("Shutdown: %v", err)
		}
		_ = a.Shutdown(background)
	})
	return a
}

// ready is open, and waits until the archive has its tables: OpenSQLite does not wait for a slow disk.
func ready(t testing.TB, path string, opts ...sqlarchive.SQLiteOption) *sqlarchive.Archive {
	t.Helper()
	a := open(t, path, opts...)
	if err := a.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "archive.db") }

// raw opens the file as any program would.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(20000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func do(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Exec(text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func export(t testing.TB, a *sqlarchive.Archive, events ...event.Event) {
	t.Helper()
	if err := a.Export(background, events); err != nil {
		t.Fatal(err)
	}
}

// rows returns what a query yields, each row as one text.
func rows(t testing.TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	result, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer result.Close()
	columns, err := result.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for result.Next() {
		cells := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := result.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, c := range cells {
			if c == nil {
				c = "NULL"
			}
			line = append(line, fmt.Sprint(c))
		}
		out = append(out, strings.Join(line, " | "))
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// kept returns every event that is there, in the order of arrival.
func kept(t testing.TB, db *sql.DB) []event.Event {
	t.Helper()
	var events []event.Event
	for _, line := range rows(t, db, "SELECT event FROM events ORDER BY arrival") {
		e, err := event.ParseJSON([]byte(line))
		if err != nil {
			t.Fatalf("%.200q: %v", line, err)
		}
		events = append(events, e)
	}
	return events
}

func id(n int) event.ID { return event.ID{6: 0x70, 8: 0x80, 14: byte(n >> 8), 15: byte(n)} }

// run is what a run through a checkout says, each transition with its derived ID.
func run(name, customer string) []event.Event {
	j := event.Run{Namespace: "test", Name: "checkout", ID: name, Version: "7", Started: noon}
	who := event.Customer{Hash: customer, Segment: "new"}
	worth := j
	worth.Value = &event.Money{Amount: 4999, Currency: "EUR"}
	more := j
	more.Value = &event.Money{Amount: 5999, Currency: "EUR"}
	events := []event.Event{
		{Kind: event.JourneyStarted, Journey: j, Time: noon, Channel: event.Web},
		{Kind: event.JourneyStageEntered, Journey: j, Time: noon.Add(time.Second), Stage: "cart", Visit: 1, Channel: event.Web, Customer: event.Customer{Segment: "guest"}},
		{Kind: event.TouchpointEnded, Journey: j, Time: noon.Add(time.Second), Stage: "cart", Visit: 1, Touchpoint: "add-to-cart", Duration: 80 * time.Millisecond, Outcome: event.OK},
		{Kind: event.JourneyStageEntered, Journey: worth, Time: noon.Add(time.Minute), Stage: "payment", Visit: 1, Channel: event.Phone, Customer: who},
		{Kind: event.JourneyStalled, Journey: more, Time: noon.Add(2 * time.Minute), Stage: "payment", Visit: 1, Customer: event.Customer{Segment: "gold"}},
		{Kind: event.TouchpointEnded, Journey: j, Time: noon.Add(3 * time.Minute), Stage: "payment", Visit: 1, Touchpoint: "pay", Duration: 2 * time.Second, Outcome: event.Failed, Customer: who},
		{Kind: event.JourneyEnded, Journey: j, Time: noon.Add(time.Hour), Duration: time.Hour, Stage: "payment", Visit: 1, Outcome: event.Abandoned, Cause: "declined", Transition: &event.Transition{
			From: "payment", Visit: 1, Entered: noon.Add(time.Minute), Friction: &event.Friction{Repeats: 3, FailuresBeforeSuccess: 2, ChannelSwitches: 1},
		}},
	}
	for i := range events {
		events[i].ID = sinktest.IDOf(j, fmt.Sprint(i))
	}
	return events
}
