//go:build unix

package stores_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/internal/e2e/servers"
)

const (
	pgBenchRuns  = 10_000
	pgBenchBatch = 250
	pgBenchLog   = 200
	pgBenchTouch = 24
)

// pgBare is the yardstick: a batched upsert of the same rows into a table of the same shape. It writes the log
// alone, returns nothing, and has the best order for the index.
const pgBare = `INSERT INTO bare_record AS r (run, log) SELECT * FROM unnest($1::uuid[], $2::bytea[])
	ON CONFLICT (run) DO UPDATE SET log = excluded.log`

// BenchmarkPostgresTouch touches existing runs in batches, alternating with the yardstick, and reports both rates
// and their ratio. In the case synced the server waits for its disk, which costs both the same. The other case
// shows the work itself.
func BenchmarkPostgresTouch(b *testing.B) {
	for _, fsync := range []string{"on", "off"} {
		for _, writers := range []int{1, 4} {
			b.Run(fmt.Sprintf("fsync=%s/writers=%d", fsync, writers), func(b *testing.B) {
				benchmarkPostgresTouch(b, fsync, writers)
			})
		}
	}
}

func benchmarkPostgresTouch(b *testing.B, fsync string, writers int) {
	server := servers.StartPostgres(b, servers.PostgresSetting("fsync", fsync), servers.PostgresSetting("autovacuum", "off"),
		servers.PostgresSetting("max_wal_size", "8GB"), servers.PostgresSetting("checkpoint_timeout", "1h"))
	pool := postgresPool(b, server)
	store := postgresStore(b, pool)
	pgExec(b, pool, "CREATE TABLE bare_record (LIKE cairn_record INCLUDING ALL)")
	runs := pgBenchFill(b, pool)

	var bare, ours time.Duration
	touch := make([]byte, pgBenchTouch)
	whole := make([]byte, pgBenchLog+pgBenchTouch)
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		pgExec(b, pool, "UPDATE cairn_record SET log = substring(log FOR "+fmt.Sprint(pgBenchLog)+")")
		pgExec(b, pool, "UPDATE bare_record SET log = substring(log FOR "+fmt.Sprint(pgBenchLog)+")")
		pgExec(b, pool, "VACUUM cairn_record")
		pgExec(b, pool, "VACUUM bare_record")
		b.StartTimer()
		start := time.Now()
		pgEach(b, runs, writers, func(ctx context.Context, runs []ledger.Key) error {
			ids, logs := make([][16]byte, len(runs)), make(pgtype.FlatArray[[]byte], len(runs))
			runs = slices.Clone(runs)
			slices.SortFunc(runs, func(a, b ledger.Key) int { return bytes.Compare(a[:], b[:]) })
			for i, run := range runs {
				ids[i], logs[i] = run, whole
			}
			_, err := pool.Exec(ctx, pgBare, ids, logs)
			return err
		})
		bare += time.Since(start)
		start = time.Now()
		pgEach(b, runs, writers, func(ctx context.Context, runs []ledger.Key) error {
			changes := make([]ledger.Change, len(runs))
			for i, run := range runs {
				changes[i] = ledger.Change{Key: run, Append: touch}
			}
			_, err := store.Write(ctx, changes)
			return err
		})
		ours += time.Since(start)
	}
	rows := float64(b.N * len(runs))
	b.ReportMetric(rows/bare.Seconds(), "bare-rows/s")
	b.ReportMetric(rows/ours.Seconds(), "store-rows/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
	var hot float64
	if err := pool.QueryRow(b.Context(), `SELECT n_tup_hot_upd::float8 / n_tup_upd FROM pg_stat_user_tables WHERE relname = 'cairn_record'`).Scan(&hot); err == nil {
		b.ReportMetric(hot, "hot")
	}
}

// pgEach gives each batch of runs to one of the writers.
func pgEach(b *testing.B, runs []ledger.Key, writers int, write func(context.Context, []ledger.Key) error) {
	b.Helper()
	batches := make(chan []ledger.Key)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for batch := range batches {
				if err := write(b.Context(), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for batch := range slices.Chunk(runs, pgBenchBatch) {
		batches <- batch
	}
	close(batches)
	all.Wait()
}

// pgBenchFill fills both tables with the same runs, which have customers, stages and due times, and returns them
// in another order.
func pgBenchFill(b *testing.B, pool *pgxpool.Pool) []ledger.Key {
	b.Helper()
	store, err := postgres.New(pool)
	if err != nil {
		b.Fatal(err)
	}
	runs := make([]ledger.Key, pgBenchRuns)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range runs {
		binary.BigEndian.PutUint64(runs[i][:], r.Uint64())
		binary.BigEndian.PutUint64(runs[i][8:], r.Uint64())
	}
	log := make([]byte, pgBenchLog)
	for batch := range slices.Chunk(runs, pgBenchBatch) {
		start, place := make([]ledger.Change, len(batch)), make([]ledger.Change, len(batch))
		for i, run := range batch {
			start[i] = ledger.Change{Key: run, Append: log, Customer: fmt.Sprintf("%032x", r.Uint64())}
			place[i] = ledger.Change{Key: run, If: log, Replace: log, Due: time.Now().Add(time.Hour), Place: ledger.Place{Group: "checkout", Name: "payment"}}
		}
		for _, changes := range [][]ledger.Change{start, place} {
			if _, err := store.Write(b.Context(), changes); err != nil {
				b.Fatal(err)
			}
		}
	}
	pgExec(b, pool, "INSERT INTO bare_record SELECT * FROM cairn_record")
	pgExec(b, pool, "VACUUM FULL ANALYZE cairn_record")
	pgExec(b, pool, "VACUUM FULL ANALYZE bare_record")
	r.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	return runs
}

func pgExec(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
