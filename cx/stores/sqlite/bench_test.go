package sqlite_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

const (
	benchRuns  = 50_000
	benchBatch = 250
)

// BenchmarkWrite measures batches of touches, 24 bytes onto logs of 200, in an arbitrary order over
// 50,000 runs, beside a bare upsert of the same rows in the same table, by the same driver and with
// the same pragmas. The two take turns; what is reported is the median batch of each.
func BenchmarkWrite(b *testing.B) {
	for _, bench := range []struct {
		name        string
		synchronous string
		opts        []sqlite.Option
	}{
		{"on the disk", "FULL", nil},
		{"without power loss", "NORMAL", []sqlite.Option{sqlite.WithoutFsync()}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			store := open(b, filepath.Join(b.TempDir(), "store.db"), bench.opts...)
			bare := openBare(b, filepath.Join(b.TempDir(), "bare.db"), bench.synchronous)
			fill(b, store, bare)
			var ours, theirs []time.Duration
			for b.Loop() {
				order := rand.New(rand.NewPCG(1, uint64(len(ours)))).Perm(benchRuns)
				for ids := range slices.Chunk(order[:20*benchBatch], benchBatch) {
					ours = append(ours, timed(func() { touch(b, store, ids) }))
					theirs = append(theirs, timed(func() { bare.upsert(b, ids, make([]byte, 224)) }))
				}
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			our, their := ours[len(ours)/2], theirs[len(theirs)/2]
			b.ReportMetric(benchBatch/our.Seconds(), "changes/s")
			b.ReportMetric(benchBatch/their.Seconds(), "bare/s")
			b.ReportMetric(their.Seconds()/our.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func benchRun(n int) ledger.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "bench %d", n))
	return ledger.Key(sum[:16])
}

func touch(b *testing.B, store *sqlite.Store, ids []int) {
	b.Helper()
	changes := make([]ledger.Change, len(ids))
	for i, id := range ids {
		changes[i] = ledger.Change{Key: benchRun(id), Append: make([]byte, 24)}
	}
	if _, err := store.Write(context.Background(), changes); err != nil {
		b.Fatal(err)
	}
}

func fill(b *testing.B, store *sqlite.Store, bare *bareTable) {
	b.Helper()
	order := make([]int, benchRuns)
	for i := range order {
		order[i] = i
	}
	for ids := range slices.Chunk(order, 1000) {
		changes := make([]ledger.Change, len(ids))
		for i, id := range ids {
			changes[i] = ledger.Change{Key: benchRun(id), Append: make([]byte, 200), Due: time.Now().Add(time.Hour)}
		}
		if _, err := store.Write(context.Background(), changes); err != nil {
			b.Fatal(err)
		}
		bare.upsert(b, ids, make([]byte, 200))
	}
}

type bareTable struct {
	db   *sql.DB
	stmt *sql.Stmt
	due  int64
}

func openBare(b *testing.B, path, synchronous string) *bareTable {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=secure_delete(1)&_pragma=synchronous("+synchronous+")")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE record (kind INTEGER NOT NULL, key BLOB NOT NULL, due INTEGER, gone INTEGER, customer TEXT,
		journey TEXT, stage TEXT, log BLOB NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;
		CREATE INDEX record_due ON record (kind, due) WHERE due IS NOT NULL`); err != nil {
		b.Fatal(err)
	}
	stmt, err := db.Prepare("INSERT INTO record (kind, key, due, log) VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE SET log = excluded.log")
	if err != nil {
		b.Fatal(err)
	}
	return &bareTable{db: db, stmt: stmt, due: time.Now().Add(time.Hour).UnixMilli()}
}

func (t *bareTable) upsert(b *testing.B, ids []int, log []byte) {
	b.Helper()
	tx, err := t.db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	stmt := tx.Stmt(t.stmt)
	defer stmt.Close()
	for _, id := range ids {
		key := benchRun(id)
		if _, err := stmt.Exec(key[:], t.due, log); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}
