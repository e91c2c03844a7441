//go:build unix

package export

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// inPostgres measures the archive beside a bare COPY of the same rows into the same tables, in transactions
// of the same size, in a real server: one that syncs each transaction, and one that leaves that to the
// operating system, where the archive's own work is more of the whole.
func inPostgres(b *testing.B, t *table) {
	const name = "`sqlarchive`, PostgreSQL"
	defer func() {
		if b.Skipped() {
			t.missing(name, "PostgreSQL is not installed")
		}
	}()
	for _, fsync := range []string{"on", "off"} {
		server := servers.StartPostgres(b, servers.PostgresSetting("fsync", fsync), servers.PostgresSetting("autovacuum", "off"),
			servers.PostgresSetting("max_wal_size", "8GB"), servers.PostgresSetting("checkpoint_timeout", "1h"))
		p, err := pgxpool.New(b.Context(), server.URL())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(p.Close)
		batches, sizes, of := story(archiveBatches)
		list, columns := postgresRows(b, p, batches, of)
		ours, theirs := &side{name: name + ", fsync=" + fsync}, &side{name: "a COPY"}
		duel(b, archiveRounds, ours, theirs, sizes, func() (us, them func(int) error, done func()) {
			a := openPostgres(b, p, "ours")
			bare := openPostgres(b, p, "bare")
			return func(i int) error { return a.Export(b.Context(), batches[i]) },
				func(i int) error { return bareCopy(b.Context(), p, "bare", columns, list[i]) },
				func() {
					sameCount(b, p)
					for _, a := range []*sqlarchive.Archive{a, bare} {
						if err := a.Shutdown(context.Background()); err != nil {
							b.Fatal(err)
						}
					}
					must(b, p, "DROP SCHEMA ours CASCADE; DROP SCHEMA bare CASCADE; CHECKPOINT")
				}
		})
		t.sink(b, ours, theirs, &goal{bound: 0.8})
	}
}

func must(b *testing.B, p *pgxpool.Pool, text string) {
	b.Helper()
	if _, err := p.Exec(b.Context(), text); err != nil {
		b.Fatalf("%s: %v", text, err)
	}
}

// sameCount checks that both sides have done the same.
func sameCount(b *testing.B, p *pgxpool.Pool) {
	b.Helper()
	for _, table := range tables {
		var ours, theirs int
		text := fmt.Sprintf("SELECT (SELECT count(*) FROM ours.%s), (SELECT count(*) FROM bare.%[1]s)", table)
		if err := p.QueryRow(b.Context(), text).Scan(&ours, &theirs); err != nil {
			b.Fatal(err)
		}
		if ours != theirs {
			b.Errorf("%s has %d rows, and %d by COPY", table, ours, theirs)
		}
	}
}

func openPostgres(b *testing.B, p *pgxpool.Pool, schema string) *sqlarchive.Archive {
	b.Helper()
	a, err := sqlarchive.UsePostgres(p, sqlarchive.WithSchema(schema))
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Ping(b.Context()); err != nil { // it has its tables
		b.Fatal(err)
	}
	return a
}

func bareCopy(ctx context.Context, p *pgxpool.Pool, schema string, columns map[string][]string, batch rows) error {
	return pgx.BeginFunc(ctx, p, func(tx pgx.Tx) error {
		for _, table := range tables {
			if len(batch[table]) == 0 {
				continue
			}
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{schema, table}, columns[table], pgx.CopyFromRows(batch[table])); err != nil {
				return err
			}
		}
		return nil
	})
}

// postgresRows makes an archive of the batches, and returns its rows, and by table what a COPY lists.
func postgresRows(b *testing.B, p *pgxpool.Pool, batches [][]event.Event, of map[string]int) (list []rows, columns map[string][]string) {
	b.Helper()
	a := openPostgres(b, p, "model")
	for _, batch := range batches {
		if err := a.Export(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	list, columns = make([]rows, len(batches)), map[string][]string{}
	for _, table := range tables {
		found, err := p.Query(b.Context(), `SELECT column_name FROM information_schema.columns WHERE table_schema = 'model' AND table_name = $1
			AND is_generated = 'NEVER' ORDER BY ordinal_position`, table)
		if err != nil {
			b.Fatal(err)
		}
		if columns[table], err = pgx.CollectRows(found, pgx.RowTo[string]); err != nil {
			b.Fatal(err)
		}
		text := strings.Replace(strings.Join(columns[table], ", "), ", event", ", event::text", 1)
		if found, err = p.Query(b.Context(), "SELECT "+text+", run FROM model."+table); err != nil {
			b.Fatal(err)
		}
		values, err := pgx.CollectRows(found, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		if err != nil {
			b.Fatal(err)
		}
		if err := byBatch(list, of, table, values); err != nil {
			b.Fatal(err)
		}
	}
	if err := a.Shutdown(b.Context()); err != nil {
		b.Fatal(err)
	}
	return list, columns
}
