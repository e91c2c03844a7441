//go:build unix

package stores_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// pgRun returns the key of the run with this number.
func pgRun(n int) (id ledger.Key) {
	binary.BigEndian.PutUint64(id[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func pgMode(mode pgx.QueryExecMode) func(*pgxpool.Config) {
	return func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode }
}

func pgParameter(name, value string) func(*pgxpool.Config) {
	return func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams[name] = value }
}

// pgValue returns the single result of a query.
func pgValue[T any](t testing.TB, pool *pgxpool.Pool, sql string) (v T) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// TestPostgresWorksInEveryMode: the store works in each of pgx's modes, because behind some poolers only some of
// them work.
func TestPostgresWorksInEveryMode(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	for i, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			store := postgresStore(t, postgresPool(t, server, pgMode(mode)), postgres.WithPrefix(fmt.Sprintf("mode%d", i)))
			for round := range 3 { // later rounds find the statements in their caches
				pgEverything(t, store, fmt.Sprintf("customer\x00\xff%d", round), round*10)
				if err := useShelf(t.Context(), store.Shelf("tasks")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// pgEverything uses every feature of a store, with bytes that are no text.
func pgEverything(t *testing.T, store *postgres.Store, customer string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log := "\x00\xffé'\\"
	place := ledger.Place{Group: "journey\x00" + customer, Name: "\xfe"}
	write := func(want string, changes ...ledger.Change) {
		t.Helper()
		records, err := store.Write(ctx, changes)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, r := range records {
			fmt.Fprintf(&got, "%s,%t;", r.Log, r.Closed)
		}
		if got.String() != want {
			t.Fatalf("records %q, want %q", got.String(), want)
		}
	}
	a, b, c := pgRun(n), pgRun(n+1), pgRun(n+2)
	write(log+",false;,false;", ledger.Change{Key: b, Append: []byte(log), Customer: customer}, ledger.Change{Key: a})
	write("2,false;"+log+"+,false;,false;",
		ledger.Change{Key: a, If: nil, Replace: []byte("2"), Due: time.Unix(-5, 0), Lease: time.Hour, Place: place, Customer: customer},
		ledger.Change{Key: b, Append: []byte("+"), Lease: time.Hour, Due: time.Now().AddDate(300, 0, 0)},
		ledger.Change{Key: c, If: []byte("x"), Replace: []byte("y")})
	if now, due, err := store.Claim(ctx, 10, time.Hour); err != nil || len(due) != 1 || due[0].Key != a || time.Since(now).Abs() > time.Hour {
		t.Fatalf("Claim at %v: %v, %v, want the one due record", now, due, err)
	}
	if live, held, err := store.Count(ctx, "\xff\x00", time.Hour); err != nil || !held || live[place] != 1 {
		t.Fatalf("Count: %v, %t, %v", live, held, err)
	}
	write("\x00,true;", ledger.Change{Key: b, If: []byte(log + "+"), Replace: []byte{0}, Close: true, Keep: time.Hour})
	if runs, err := store.Forget(ctx, customer, time.Hour); err != nil || runs != 1 {
		t.Fatalf("Forget: %d, %v, want the one live run", runs, err)
	}
	write(",true;\x00,true;", ledger.Change{Key: a, Append: []byte("late")}, ledger.Change{Key: b, Append: []byte("late")})
}

// TestPostgresNeverDeadlocks runs overlapping batches of both kinds of changes in any order, with claims and
// Forget in between, at isolation levels at which the database refuses conflicting transactions.
func TestPostgresNeverDeadlocks(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("deadlock_timeout", "100ms"))
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			const writers, batches, runs = 8, 25, 40
			pool := postgresPool(t, server, pgParameter("default_transaction_isolation", level), func(c *pgxpool.Config) { c.MaxConns = writers })
			store := postgresStore(t, pool, postgres.WithPrefix(strings.ReplaceAll(level, " ", "_")))
			var added [runs]atomic.Int64
			var all sync.WaitGroup
			for w := range writers {
				all.Go(func() {
					r := rand.New(rand.NewPCG(1, uint64(w)))
					for range batches {
						var changes []ledger.Change
						for _, n := range r.Perm(runs)[:runs/2] {
							if r.IntN(3) == 0 {
								changes = append(changes, ledger.Change{Key: pgRun(n), If: []byte("never"), Replace: []byte("this")})
								continue
							}
							added[n].Add(1)
							changes = append(changes, ledger.Change{Key: pgRun(n), Append: []byte{'.'}, Customer: "c", Due: time.Now()})
						}
						if _, err := store.Write(t.Context(), changes); err != nil {
							t.Error(err)
						}
						if _, _, err := store.Claim(t.Context(), 5, time.Millisecond); err != nil {
							t.Error(err)
						}
						if _, err := store.Forget(t.Context(), "nobody", 0); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			for n := range runs {
				records, err := store.Write(t.Context(), []ledger.Change{{Key: pgRun(n)}})
				if err != nil {
					t.Fatal(err)
				}
				if got, want := int64(len(records[0].Log)), added[n].Load(); got != want {
					t.Errorf("run %d has %d appends, want %d: no append may be lost or made twice", n, got, want)
				}
			}
		})
	}
	if n := pgDeadlocks(t, server); n != 0 {
		t.Errorf("%d deadlocks: batches have to take their locks in the same order", n)
	}
}

func TestPostgresSaysWhatToDo(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	admin := postgresPool(t, server)
	postgresStore(t, admin, postgres.WithPrefix("ours"))
	postgresStore(t, admin, postgres.WithPrefix("later"))
	pgExec(t, admin, "COMMENT ON TABLE later_record IS 'Cairn store, version 99'")
	pgExec(t, admin, "CREATE TABLE theirs_record (id int)")
	pgExec(t, admin, "CREATE ROLE weak LOGIN; CREATE ROLE enough LOGIN")
	pgExec(t, admin, "GRANT SELECT, INSERT, UPDATE, DELETE ON ours_record, ours_lease TO enough")
	as := func(role string) *pgxpool.Pool {
		return postgresPool(t, server, func(c *pgxpool.Config) { c.ConnConfig.User = role })
	}
	weak, enough := as("weak"), as("enough")
	standby := postgresPool(t, server, pgParameter("default_transaction_read_only", "on"))
	use := func(ctx context.Context, s *postgres.Store) error {
		_, writing := s.Write(ctx, []ledger.Change{{Key: pgRun(1)}})
		_, _, claiming := s.Claim(ctx, 1, 0)
		_, _, counting := s.Count(ctx, "me", 0)
		_, forgetting := s.Forget(ctx, "c", 0)
		return errors.Join(writing, claiming, counting, forgetting)
	}
	migrate := func(ctx context.Context, s *postgres.Store) error { return s.Migrate(ctx) }
	tests := []struct {
		name, reason string
		pool         *pgxpool.Pool
		opts         []postgres.Option
		call         func(context.Context, *postgres.Store) error
		want         string // "" for no error
		times        int
	}{
		{"no tables", "the store creates nothing silently", admin, nil, use, "call Migrate", 4},
		{"no schema", "the store creates nothing silently", admin, []postgres.Option{postgres.WithSchema("none")}, use, "call Migrate", 4},
		{"no rights", "the role lacks the grants", weak, []postgres.Option{postgres.WithPrefix("ours")}, use, "grant SELECT, INSERT, UPDATE and DELETE", 4},
		{"rights", "a store needs no other rights", enough, []postgres.Option{postgres.WithPrefix("ours")}, use, "", 0},
		{"migrated already", "each instance may call Migrate", enough, []postgres.Option{postgres.WithPrefix("ours")}, migrate, "", 0},
		{"no right to create", "a deployment calls Migrate with another role", enough, nil, migrate, "permission denied", 1},
		{"standby", "a standby is the wrong server", standby, []postgres.Option{postgres.WithPrefix("ours")}, use, "the primary is found", 4},
		{"later", "an old instance must not use tables of a later version", admin, []postgres.Option{postgres.WithPrefix("later")}, migrate, "use a later Cairn", 1},
		{"not ours", "the store must not touch foreign tables", admin, []postgres.Option{postgres.WithPrefix("theirs")}, migrate, "give the store another prefix", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := postgres.New(test.pool, test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			err = test.call(t.Context(), s)
			if (err == nil) != (test.want == "") || err != nil && strings.Count(err.Error(), test.want) != test.times {
				t.Errorf("the error is %v, want %q in each of %d: %s", err, test.want, test.times, test.reason)
			}
		})
	}
}

func TestPostgresMigratesOnce(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool := postgresPool(t, server, func(c *pgxpool.Config) { c.MaxConns = 8 })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := postgres.New(pool, postgres.WithSchema("Cx"), postgres.WithPrefix("Shop"))
			if err == nil {
				err = s.Migrate(t.Context())
			}
			if err != nil {
				t.Errorf("two instances that start together failed: %v", err)
			}
		})
	}
	all.Wait()
	s, err := postgres.New(pool, postgres.WithSchema("Cx"), postgres.WithPrefix("Shop"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), []ledger.Change{{Key: pgRun(1), Append: []byte("1")}}); err != nil {
		t.Fatal(err)
	}

	// A Migrate that has nothing to do does not wait for users of the tables.
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(t.Context(), `LOCK TABLE "Cx"."Shop_record" IN ROW EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Migrate(ctx); err != nil {
		t.Errorf("a second Migrate: %v", err)
	}
	if n := pgValue[int](t, pool, `SELECT octet_length(log) FROM "Cx"."Shop_record"`); n != 1 {
		t.Errorf("the log has %d bytes after another Migrate, want 1", n)
	}
}
