//go:build unix

package archive_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/sourcetest"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// unread are the columns that a scan does not read.
var unread = []string{
	"event", "arrival", "day", "week", "xid", "agent", "comment", "note", "address", "reply_to", "grant_id", "number", "started", "time", "testimonial_version", "testimonial_language",
	"queue", "wait_seconds", "ring_seconds", "talk_seconds", "hold_seconds", "wrap_seconds", "transfers", "repeated", "resolved", "by_person", "state",
	"first_reply_seconds", "first_reply_open_seconds",
}

// selects returns a SELECT for each table, of the columns that a scan reads.
func selects(columns func(table string) []string, prefix string) (list []string) {
	needed := map[string][]string{
		"transitions": {"time", "started"}, "touchpoints": {"time"}, "feedback": {"time"}, "followups": {"time"}, "others": {"time", "number"},
		"legs": {"queue", "wait_seconds", "ring_seconds", "talk_seconds", "hold_seconds", "wrap_seconds"}, "decisions": nil, "views": nil, "replies": nil,
	}
	for _, table := range []string{"transitions", "touchpoints", "feedback", "followups", "others", "legs", "decisions", "views", "replies"} {
		of := slices.DeleteFunc(columns(table), func(c string) bool { return slices.Contains(unread, c) && !slices.Contains(needed[table], c) })
		list = append(list, "SELECT "+strings.Join(of, ", ")+" FROM "+prefix+table)
	}
	return list
}

func bareReadPostgres(b *testing.B, p *pgxpool.Pool, queries []string) {
	b.Helper()
	conn, err := p.Acquire(background)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	n := 0
	for _, query := range queries {
		rows := conn.Conn().PgConn().ExecParams(background, query, nil, nil, nil, []int16{1})
		for rows.NextRow() {
			for _, v := range rows.Values() {
				n += len(v)
			}
		}
		if _, err := rows.Close(); err != nil {
			b.Fatal(err)
		}
	}
	if n == 0 {
		b.Fatal("nothing was read")
	}
}

func bareReadSQLite(b *testing.B, db *sql.DB, queries []string) {
	b.Helper()
	conn, err := db.Conn(background)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	n := 0
	err = conn.Raw(func(of any) error {
		for _, query := range queries {
			rows, err := of.(driver.QueryerContext).QueryContext(background, query, nil)
			if err != nil {
				return err
			}
			cells := make([]driver.Value, len(rows.Columns()))
			for err = rows.Next(cells); err == nil; err = rows.Next(cells) {
				n++
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		b.Fatal(n, err)
	}
}

// BenchmarkScan compares a scan of the whole archive with a bare SELECT of the same columns that only reads them, on the protocol and on the
// driver. It also reports the memory of a scan.
func BenchmarkScan(b *testing.B) {
	events := append(sourcetest.Events(9, 5000), story(4000)...)
	for _, name := range []string{"PostgreSQL", "SQLite"} {
		b.Run(name, func(b *testing.B) {
			var a *sqlarchive.Archive
			var r *sqlarchive.Reader
			var bare func()
			if name == "SQLite" {
				path := filepath.Join(b.TempDir(), "archive.db")
				var err error
				if a, err = sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync()); err != nil {
					b.Fatal(err)
				}
				down(b, a)
				fill(b, a, events)
				if r, err = sqlarchive.ReadSQLite(background, path); err != nil {
					b.Fatal(err)
				}
				defer r.Close()
				db, err := sql.Open("sqlite", path)
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				queries := selects(func(table string) (list []string) {
					rows, err := db.Query("SELECT name FROM pragma_table_info('" + table + "')")
					if err != nil {
						b.Fatal(err)
					}
					for _, row := range scan(b, rows) {
						list = append(list, row[0].(string))
					}
					return list
				}, "")
				bare = func() { bareReadSQLite(b, db, queries) }
			} else {
				server := servers.StartPostgres(b, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("autovacuum", "off"))
				p := pool(b, server)
				a = openPostgres(b, p)
				fill(b, a, events)
				do(b, p, "VACUUM ANALYZE")
				r = read(b, server.URL())
				queries := selects(func(table string) []string { return strings.Split(columnsOf(b, p, table), ", ") }, "cairn.")
				bare = func() { bareReadPostgres(b, p, queries) }
			}
			var ours, theirs []time.Duration
			var bytes uint64
			for b.Loop() {
				theirs = append(theirs, timed(b, func() error { bare(); return nil }))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				n := 0
				ours = append(ours, timed(b, func() error {
					_, err := r.Scan(background, event.Scan{}, func(*event.Event) error { n++; return nil })
					return err
				}))
				runtime.ReadMemStats(&after)
				if bytes = after.TotalAlloc - before.TotalAlloc; n != len(events) {
					b.Fatalf("%d of %d events", n, len(events))
				}
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			our, their := ours[len(ours)/2], theirs[len(theirs)/2]
			b.ReportMetric(float64(len(events))/our.Seconds(), "events/s")
			b.ReportMetric(float64(len(events))/their.Seconds(), "bare/s")
			b.ReportMetric(our.Seconds()/their.Seconds(), "times-bare")
			b.ReportMetric(float64(bytes)/float64(len(events)), "allocated-B/event")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func fill(b *testing.B, a *sqlarchive.Archive, events []event.Event) {
	b.Helper()
	for from := 0; from < len(events); from += benchBatch {
		if err := a.Export(background, events[from:min(from+benchBatch, len(events))]); err != nil {
			b.Fatal(err)
		}
	}
}
