//go:build unix

package people_test

import (
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// questions are the documented queries: the words before each, how many columns name its rows, and the name that people.awk has for it.
var questions = []struct {
	name, behind string
	keys         int
}{
	{"sql.contacts", "Contacts with people, by queue and channel.", 2},
	{"sql.level", "Service level, here within 20 seconds,", 2},
	{"sql.first", "First-contact resolution and repeats by week,", 1},
	{"sql.replies", "Replies to threads of messages,", 2},
	{"sql.decisions", "Decisions: the share without an approval,", 2},
}

// sumsQuery has the sums of which the first documented query has the means, because these are rounded.
const sumsQuery = `
SELECT coalesce(l.queue, '(none)') AS queue, coalesce(t.channel, '(none)') AS channel,
  coalesce(sum(l.wait_seconds) FILTER (WHERE l.queued AND l.answered), 0) AS "+waited",
  coalesce(sum(l.talk_seconds + l.hold_seconds + l.wrap_seconds) FILTER (WHERE l.answered), 0) AS "+worked"
FROM legs AS l JOIN touchpoints AS t ON t.id = l.touchpoint_id
WHERE NOT l.bot AND t.actor <> 'synthetic' GROUP BY 1, 2`

var queryPattern = regexp.MustCompile("(?s)```sql\n(.*?)```")

// documented returns the query of the archive's document behind the words. It begins early enough for the permits.
func documented(t *testing.T, behind string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "exporters", "sqlarchive", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n"+behind)
	query := queryPattern.FindStringSubmatch(rest)
	if !found || query == nil {
		t.Fatalf("the archive's document has no query behind %q", behind)
	}
	return strings.ReplaceAll(query[1], "2026-01-01", "2000-01-01")
}

// asked returns the answers to the questions.
func asked(t *testing.T, db *sql.DB) sums {
	t.Helper()
	s := sums{}
	for _, q := range questions {
		s.ask(t, db, q.name, q.keys, documented(t, q.behind))
	}
	s.ask(t, db, "sql.contacts", 2, sumsQuery)
	return s
}

// rounded are the columns that a query rounds.
var rounded = regexp.MustCompile(`(^|_)(percent|seconds)$`)

func (s sums) ask(t *testing.T, db *sql.DB, name string, keys int, query string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := name
		for _, v := range values[:keys] {
			row += " " + key(v)
		}
		for i := keys; i < len(columns); i++ {
			column := columns[i]
			if rounded.MatchString(column) {
				column = "~" + column
			}
			s[row+" "+column] = number(t, values[i])
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// key returns a value that names a row as people.awk writes it: a date is a number of days, a truth is 0 or 1.
func key(v any) string {
	text := fmt.Sprint(v)
	switch v := v.(type) {
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case time.Time:
		text = v.Format(time.DateOnly)
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return fmt.Sprint(day.Unix() / 86400)
	}
	return text
}

func number(t *testing.T, v any) float64 {
	t.Helper()
	if v == nil {
		return math.NaN()
	}
	var f float64
	if _, err := fmt.Sscan(fmt.Sprint(v), &f); err != nil {
		t.Fatalf("%v is no number", v)
	}
	return f
}

// inSQLite returns an archive with the events in a file.
func inSQLite(t *testing.T, events []event.Event) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.db")
	a, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, a, events)
	return opened(t, path)
}

func opened(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// inPostgres returns an archive with the events on a server.
func inPostgres(t *testing.T, server *servers.Postgres, schema string, events []event.Event) *sql.DB {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	a, err := sqlarchive.UsePostgres(pool, sqlarchive.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	fill(t, a, events)
	config := pool.Config().ConnConfig.Copy()
	config.RuntimeParams["search_path"], config.RuntimeParams["timezone"] = schema, "UTC"
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func fill(t *testing.T, a *sqlarchive.Archive, events []event.Event) {
	t.Helper()
	if err := a.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for len(events) > 0 {
		n := min(len(events), 1000)
		if err := a.Export(t.Context(), events[:n]); err != nil {
			t.Fatal(err)
		}
		events = events[n:]
	}
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}
