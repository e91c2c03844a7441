//go:build unix

package stores_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// postgresPool opens a pool on the server with a changed configuration, until the end of the test.
func postgresPool(t testing.TB, server *servers.Postgres, configure ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	c, err := pgxpool.ParseConfig(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	c.MaxConns = 4
	for _, f := range configure {
		f(c)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// postgresStore returns a store on the pool, with its tables.
func postgresStore(t testing.TB, pool *pgxpool.Pool, opts ...postgres.Option) *postgres.Store {
	t.Helper()
	s, err := postgres.New(pool, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPostgresKeepsTheContract(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	all := func(s ledger.Store) ledger.Store { return s }
	postgresContract(t, server, all, func(t *testing.T) *pgxpool.Pool { t.Helper(); return postgresPool(t, server) })
}

// TestPostgresKeepsTheContractBehindPgBouncer runs the suite of stores behind PgBouncer in its transaction mode,
// with the documented setting. It runs on a shelf, too, with CAIRN_WHOLE=1.
func TestPostgresKeepsTheContractBehindPgBouncer(t *testing.T) {
	if testing.Short() {
		t.Skip("TestPostgresKeepsTheContract runs the same code of the store")
	}
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	url := servers.StartPgBouncer(t, server) + "&default_query_exec_mode=exec"
	postgresContract(t, server, sampled, func(t *testing.T) *pgxpool.Pool {
		t.Helper()
		pool, err := pgxpool.New(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pool
	})
}

// sampled hides the shelves of a store unless CAIRN_WHOLE=1 asks for everything. The suite on shelves is left out where the code of
// the store is tested with them in another way.
func sampled(s ledger.Store) ledger.Store {
	if os.Getenv("CAIRN_WHOLE") != "" {
		return s
	}
	type able interface {
		ledger.Store
		ledger.Counter
		ledger.Forgetter
	}
	return struct{ able }{s.(able)} //nolint:forcetypeassert // the stores have all abilities
}

// postgresContract runs the suite of stores on what the function makes of each. The tables of a busy store and its shelves are locked by another connection.
func postgresContract(t *testing.T, server *servers.Postgres, of func(ledger.Store) ledger.Store, pool func(t *testing.T) *pgxpool.Pool) {
	t.Helper()
	var stores atomic.Int64
	var prefix string
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		prefix = fmt.Sprintf("test%d", stores.Add(1))
		var instances []ledger.Store
		calls := 0
		return func() ledger.Store {
			if len(instances) < 4 { // more instances would need more connections than the server has
				instances = append(instances, postgresStore(t, pool(t), postgres.WithPrefix(prefix)))
			}
			calls++
			return of(instances[calls%len(instances)])
		}
	}, ledgertest.WithBusy(func(t *testing.T, _ ledger.Store) func() {
		pool := postgresPool(t, server)
		tables := pgValue[string](t, pool, "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r' AND relname ~ '^"+prefix+"(_record|[$])'")
		tx, err := pool.Begin(t.Context())
		if err == nil {
			_, err = tx.Exec(t.Context(), "LOCK TABLE "+tables)
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }
	}))
}
