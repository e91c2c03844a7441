//go:build unix

package archive_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

const (
	benchRuns  = 4000
	benchBatch = 512 // exporters.DefaultBatchSize
)

var tables = []string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys"}

// batches returns events in batches of about 512. Each batch has whole runs, so that the plain inserts also have
// one row for each run.
func batches() (out [][]event.Event) {
	events := story(benchRuns)
	from := 0
	for i := range events {
		if i-from >= benchBatch && events[i].Kind == event.JourneyStarted {
			out = append(out, events[from:i])
			from = i
		}
	}
	return out
}

// bare has the rows of a batch as the database has them, by table.
type bare map[string][][]any

func timed(b *testing.B, f func() error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// report reports the median time of a batch for both. The two alternate.
func report(b *testing.B, events int, ours, theirs []time.Duration) {
	b.Helper()
	slices.Sort(ours)
	slices.Sort(theirs)
	our, their := ours[len(ours)/2], theirs[len(theirs)/2]
	b.ReportMetric(float64(events)/our.Seconds(), "events/s")
	b.ReportMetric(float64(events)/their.Seconds(), "bare/s")
	b.ReportMetric(their.Seconds()/our.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSQLite compares the export of batches with a plain prepared insert of the same rows into the same
// tables, with the same pragmas and transactions of the same size.
func BenchmarkSQLite(b *testing.B) {
	for _, c := range []struct {
		name, synchronous string
		opts              []sqlarchive.SQLiteOption
	}{
		{"on the disk", "FULL", nil},
		{"without power loss", "NORMAL", []sqlarchive.SQLiteOption{sqlarchive.WithoutFsync()}},
	} {
		b.Run(c.name, func(b *testing.B) {
			all := batches()
			model := filepath.Join(b.TempDir(), "model.db")
			list, columns := sqliteRows(b, model, all)
			for b.Loop() {
				a, err := sqlarchive.OpenSQLite(filepath.Join(b.TempDir(), "archive.db"), c.opts...)
				if err != nil {
					b.Fatal(err)
				}
				down(b, a)
				insert := bareSQLite(b, model, c.synchronous, columns)
				var ours, theirs []time.Duration
				for i := range all {
					ours = append(ours, timed(b, func() error { return a.Export(background, all[i]) }))
					theirs = append(theirs, timed(b, func() error { return insert(list[i]) }))
				}
				report(b, benchBatch, ours, theirs)
			}
		})
	}
}

// sqliteRows returns the rows of the batches and the columns of an INSERT.
func sqliteRows(b *testing.B, path string, all [][]event.Event) (list []bare, columns map[string]string) {
	b.Helper()
	a, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync())
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range all {
		if err := a.Export(background, batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := a.Shutdown(background); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	columns = map[string]string{}
	list = make([]bare, len(all))
	of := byRun(all)
	for i := range list {
		list[i] = bare{}
	}
	for _, table := range tables {
		rows, err := db.Query("SELECT group_concat(name, ', ') FROM pragma_table_info('" + table + "')") // lists no generated columns
		if err != nil {
			b.Fatal(err)
		}
		columns[table] = scan(b, rows)[0][0].(string)
		if rows, err = db.Query("SELECT " + columns[table] + ", coalesce(run, '') FROM " + table); err != nil {
			b.Fatal(err)
		}
		for _, row := range scan(b, rows) {
			i := of[row[len(row)-1].(string)]
			list[i][table] = append(list[i][table], row[:len(row)-1])
		}
	}
	return list, columns
}

func byRun(all [][]event.Event) map[string]int {
	of := map[string]int{}
	for i, batch := range all {
		for k := range batch {
			of[batch[k].Journey.ID] = i
		}
	}
	return of
}

func scan(b *testing.B, rows *sql.Rows) (out [][]any) {
	b.Helper()
	defer rows.Close()
	columns, _ := rows.Columns()
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		out = append(out, values)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return out
}

// bareSQLite returns the plain insert into a file with the model's tables.
func bareSQLite(b *testing.B, model, synchronous string, columns map[string]string) func(bare) error {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "bare.db")+"?_txlock=immediate&_pragma=page_size(4096)&_pragma=journal_mode(WAL)&_pragma=secure_delete(1)&_pragma=synchronous("+synchronous+")")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	from, err := sql.Open("sqlite", model)
	if err != nil {
		b.Fatal(err)
	}
	defer from.Close()
	rows, err := from.Query("SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC")
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range scan(b, rows) {
		if _, err := db.Exec(row[0].(string)); err != nil {
			b.Fatal(err)
		}
	}
	prepared := map[string]*sql.Stmt{}
	for _, table := range tables {
		text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", table, columns[table], strings.Repeat(", ?", strings.Count(columns[table], ",")))
		if prepared[table], err = db.Prepare(text); err != nil { //nolint:sqlclosecheck // closing db closes it
			b.Fatal(err)
		}
	}
	return func(batch bare) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		for _, table := range tables {
			stmt := tx.Stmt(prepared[table]) //nolint:sqlclosecheck // the end of the transaction closes it
			for _, row := range batch[table] {
				if _, err := stmt.Exec(row...); err != nil {
					return err
				}
			}
		}
		return tx.Commit()
	}
}

// BenchmarkPostgres compares the export of batches with a plain COPY of the same rows into the same tables, in
// transactions of the same size.
func BenchmarkPostgres(b *testing.B) {
	for _, fsync := range []string{"on", "off"} {
		b.Run("fsync="+fsync, func(b *testing.B) {
			server := servers.StartPostgres(b, servers.PostgresSetting("fsync", fsync), servers.PostgresSetting("autovacuum", "off"),
				servers.PostgresSetting("max_wal_size", "8GB"), servers.PostgresSetting("checkpoint_timeout", "1h"))
			p := pool(b, server)
			all := batches()
			list, columns := postgresRows(b, p, all)
			n := 0
			for b.Loop() {
				n++
				ourSchema, bareSchema := fmt.Sprintf("ours%d", n), fmt.Sprintf("bare%d", n)
				a := openPostgres(b, p, sqlarchive.WithSchema(ourSchema))
				openPostgres(b, p, sqlarchive.WithSchema(bareSchema))
				var ours, theirs []time.Duration
				for i := range all {
					ours = append(ours, timed(b, func() error { return a.Export(background, all[i]) }))
					theirs = append(theirs, timed(b, func() error { return bareCopy(p, bareSchema, columns, list[i]) }))
				}
				report(b, benchBatch, ours, theirs)
			}
		})
	}
}

func bareCopy(p *pgxpool.Pool, schema string, columns map[string][]string, batch bare) error {
	return pgx.BeginFunc(background, p, func(tx pgx.Tx) error {
		for _, table := range tables {
			if len(batch[table]) == 0 {
				continue
			}
			if _, err := tx.CopyFrom(background, pgx.Identifier{schema, table}, columns[table], pgx.CopyFromRows(batch[table])); err != nil {
				return err
			}
		}
		return nil
	})
}

func postgresRows(b *testing.B, p *pgxpool.Pool, all [][]event.Event) (list []bare, columns map[string][]string) {
	b.Helper()
	a := openPostgres(b, p, sqlarchive.WithSchema("model"))
	for _, batch := range all {
		if err := a.Export(background, batch); err != nil {
			b.Fatal(err)
		}
	}
	list, columns = make([]bare, len(all)), map[string][]string{}
	of := byRun(all)
	for i := range list {
		list[i] = bare{}
	}
	for _, table := range tables {
		rows, err := p.Query(background, `SELECT column_name FROM information_schema.columns WHERE table_schema = 'model' AND table_name = $1
			AND is_generated = 'NEVER' AND column_name <> 'xid' ORDER BY ordinal_position`, table)
		if err != nil {
			b.Fatal(err)
		}
		if columns[table], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			b.Fatal(err)
		}
		sel := strings.Replace(strings.Join(columns[table], ", "), ", event", ", event::text", 1)
		if rows, err = p.Query(background, "SELECT "+sel+", coalesce(run, '') FROM model."+table); err != nil {
			b.Fatal(err)
		}
		err = nil
		for rows.Next() {
			row, e := rows.Values()
			if e != nil {
				err = e
				break
			}
			i := of[row[len(row)-1].(string)]
			list[i][table] = append(list[i][table], row[:len(row)-1])
		}
		rows.Close()
		if err != nil || rows.Err() != nil {
			b.Fatal(err, rows.Err())
		}
	}
	return list, columns
}
