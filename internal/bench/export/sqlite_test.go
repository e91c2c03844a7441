//go:build unix

package export

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// inSQLite measures the archive beside a bare prepared insert of the same rows into the same tables, with
// the same pragmas, in transactions of the same size.
func inSQLite(b *testing.B, t *table) {
	for _, c := range []struct {
		name, synchronous string
		opts              []sqlarchive.SQLiteOption
	}{
		{"`sqlarchive`, SQLite, synced", "FULL", nil},
		{"`sqlarchive`, SQLite, `WithoutFsync`", "NORMAL", []sqlarchive.SQLiteOption{sqlarchive.WithoutFsync()}},
	} {
		batches, sizes, of := story(archiveBatches)
		model := filepath.Join(b.TempDir(), "model.db")
		list, columns := sqliteRows(b, model, batches, of)
		ours, theirs := &side{name: c.name}, &side{name: "a prepared INSERT, synchronous=" + c.synchronous}
		duel(b, archiveRounds, ours, theirs, sizes, func() (us, them func(int) error, done func()) {
			a, err := sqlarchive.OpenSQLite(filepath.Join(b.TempDir(), "archive.db"), c.opts...)
			if err != nil {
				b.Fatal(err)
			}
			if err := a.Ping(b.Context()); err != nil { // it has its tables
				b.Fatal(err)
			}
			insert, closeBare := bareSQLite(b, model, filepath.Join(b.TempDir(), "bare.db"), c.synchronous, columns)
			return func(i int) error { return a.Export(b.Context(), batches[i]) }, func(i int) error { return insert(list[i]) }, func() {
				closeBare()
				if err := a.Shutdown(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
		t.sink(b, ours, theirs, &goal{bound: 0.8})
	}
}

// sqliteRows makes an archive of the batches at path, and returns its rows, and by table what an INSERT
// lists.
func sqliteRows(tb testing.TB, path string, batches [][]event.Event, of map[string]int) (list []rows, columns map[string]string) {
	tb.Helper()
	a, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync())
	if err != nil {
		tb.Fatal(err)
	}
	for _, batch := range batches {
		if err := a.Export(tb.Context(), batch); err != nil {
			tb.Fatal(err)
		}
	}
	if err := a.Shutdown(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	list, columns = make([]rows, len(batches)), map[string]string{}
	for _, table := range tables {
		// Without those that are generated.
		columns[table] = query(tb, path, "SELECT group_concat(name, ', ') FROM pragma_table_info('"+table+"')")[0][0].(string)
		if err := byBatch(list, of, table, query(tb, path, "SELECT "+columns[table]+", run FROM "+table)); err != nil {
			tb.Fatal(err)
		}
	}
	return list, columns
}

// query returns what a query of the file says.
func query(tb testing.TB, path, text string) (out [][]any) {
	tb.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(tb.Context(), text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		out = append(out, values)
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// bareSQLite returns the bare insert into a file at path with the tables and indexes of the model.
func bareSQLite(tb testing.TB, model, path, synchronous string, columns map[string]string) (insert func(rows) error, done func()) {
	tb.Helper()
	db, err := sql.Open("sqlite", path+"?_txlock=immediate&_pragma=page_size(4096)&_pragma=journal_mode(WAL)"+
		"&_pragma=secure_delete(1)&_pragma=synchronous("+synchronous+")")
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, row := range query(tb, model, `SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL
		AND name NOT LIKE 'sqlite_%' ORDER BY type DESC`) {
		if _, err := db.ExecContext(tb.Context(), row[0].(string)); err != nil {
			tb.Fatal(err)
		}
	}
	prepared := map[string]*sql.Stmt{}
	for _, table := range tables {
		text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", table, columns[table], strings.Repeat(", ?", strings.Count(columns[table], ",")))
		if prepared[table], err = db.PrepareContext(tb.Context(), text); err != nil { //nolint:sqlclosecheck // db's end does
			tb.Fatal(err)
		}
	}
	return func(batch rows) error { return insertAll(tb.Context(), db, prepared, batch) }, func() {
		if err := db.Close(); err != nil {
			tb.Fatal(err)
		}
	}
}

func insertAll(ctx context.Context, db *sql.DB, prepared map[string]*sql.Stmt, batch rows) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, table := range tables {
		stmt := tx.StmtContext(ctx, prepared[table]) //nolint:sqlclosecheck // the transaction's end does
		for _, row := range batch[table] {
			if _, err := stmt.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
