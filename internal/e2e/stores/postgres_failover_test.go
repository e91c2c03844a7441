//go:build unix

package stores_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// pgUsers returns a store and an archive on pools of their own, with a call of each that writes.
func pgUsers(t *testing.T, url string, migrate bool) map[string]func() error {
	t.Helper()
	open := func() *pgxpool.Pool {
		c, err := pgxpool.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		c.MaxConns = 3
		pool, err := pgxpool.NewWithConfig(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pool
	}
	store, err := postgres.New(open())
	if err != nil {
		t.Fatal(err)
	}
	if migrate {
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := sqlarchive.UsePostgres(open())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = archive.Shutdown(t.Context()) })
	n := int(time.Now().UnixNano()) // runs of each user's own
	return map[string]func() error{
		"store": func() error {
			n++
			_, err := store.Write(t.Context(), []ledger.Change{{Key: pgRun(n), Append: []byte("a")}})
			return err
		},
		"archive": func() error {
			err := archive.Export(t.Context(), []event.Event{{Kind: event.TouchpointEnded, Touchpoint: "t", Time: time.Now()}})
			if sink.IsPermanent(err) {
				t.Errorf("the archive's error is permanent: %v", err)
			}
			return err
		},
	}
}

// TestPostgresFindsTheNewPrimary: a primary becomes read-only, and another server accepts writes.
func TestPostgresFindsTheNewPrimary(t *testing.T) {
	old := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	young := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	for name, call := range pgUsers(t, young.URL(), true) { // the second server has the tables, like a standby
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	host := func(s *servers.Postgres) string {
		_, rest, _ := strings.Cut(s.URL(), "@")
		addr, _, _ := strings.Cut(rest, "/")
		return addr
	}
	users := pgUsers(t, "postgres://cairn@"+host(old)+","+host(young)+"/postgres?sslmode=disable&target_session_attrs=read-write", true)
	for name, call := range users {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	admin, other := postgresPool(t, old), postgresPool(t, young)
	readOnly(t, admin)
	servers.Eventually(t, pgPatience, func() error { // a session may hear of the setting a moment later than the administrator's
		for name, call := range users {
			if err := call(); err != nil {
				t.Errorf("%s, after the first server has become read-only: %v, want it to use the second", name, err)
			}
		}
		if n := pgValue[int](t, other, "SELECT count(*)::int FROM cairn.touchpoints"); n < 2 {
			return fmt.Errorf("the second server has %d events, want one from before and one from after", n)
		}
		return nil
	})
	readOnly(t, other)
	for name, call := range users {
		servers.Eventually(t, pgPatience, func() error {
			err := call()
			if err != nil && !strings.Contains(err.Error(), "target_session_attrs") {
				t.Errorf("%s, without a primary: %v", name, err)
			}
			if err == nil {
				return fmt.Errorf("%s still writes", name)
			}
			return nil
		})
	}
}

// readOnly makes a server refuse writes, also in its existing sessions, like a demoted primary.
func readOnly(t *testing.T, admin *pgxpool.Pool) {
	t.Helper()
	pgExec(t, admin, "ALTER SYSTEM SET default_transaction_read_only = on")
	pgExec(t, admin, "SELECT pg_reload_conf()")
	servers.Eventually(t, pgPatience, func() error {
		if got := pgValue[string](t, admin, "SELECT current_setting('default_transaction_read_only')"); got != "on" {
			return fmt.Errorf("the setting is %s", got)
		}
		return nil
	})
}

// TestPostgresAfterItsConnectionsEnded: the first call may fail, and the next one works.
func TestPostgresAfterItsConnectionsEnded(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	admin := postgresPool(t, server)
	users := pgUsers(t, server.URL()+"&application_name=users", true)
	for name, call := range users {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	pgExec(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'users'")
	for name, call := range users {
		if err := call(); err != nil && !strings.Contains(err.Error(), "connects again") && !strings.Contains(err.Error(), "closed") && !strings.Contains(err.Error(), "EOF") {
			t.Errorf("%s: the first call returned %v", name, err)
		}
		if err := call(); err != nil {
			t.Errorf("%s: the second call returned %v", name, err)
		}
	}
}

// TestPostgresWithoutConnectionsLeft: the error names the cause and is transient.
func TestPostgresWithoutConnectionsLeft(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("max_connections", "8"), servers.PostgresSetting("superuser_reserved_connections", "0"),
		servers.PostgresSetting("max_wal_senders", "0"))
	users := pgUsers(t, server.URL(), true)
	for name, call := range users {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	late := pgUsers(t, server.URL(), false)
	greedy := postgresPool(t, server, func(c *pgxpool.Config) { c.MaxConns = 20 })
	var held []*pgxpool.Conn
	for {
		conn, err := greedy.Acquire(t.Context())
		if err != nil {
			break
		}
		held = append(held, conn)
	}
	for name, call := range late {
		if err := call(); err == nil || !strings.Contains(err.Error(), "no connection left") || !strings.Contains(err.Error(), "max_connections") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, conn := range held {
		conn.Release()
	}
	greedy.Close()
	for name, call := range late {
		servers.Eventually(t, pgPatience, call)
		t.Logf("the %s works again", name)
	}
}

// TestPostgresNotLetIn: the store and the archive report errors of configuration in the same way.
func TestPostgresNotLetIn(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	for _, c := range []struct{ name, url, says string }{
		{"no database", strings.Replace(server.URL(), "/postgres?", "/nowhere?", 1), "make the database"},
		{"no user", strings.Replace(server.URL(), "cairn@", "nobody:s3cr3t@", 1), "correct the user"},
	} {
		for name, call := range pgUsers(t, c.url, false) {
			if err := call(); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%s, %s: %v, want %q in it", name, c.name, err, c.says)
			}
		}
	}
}

// TestPostgresBehindPgBouncer: in PgBouncer's transaction mode the error names the setting, and with the setting
// all calls work.
func TestPostgresBehindPgBouncer(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	for name, call := range pgUsers(t, server.URL(), true) { // creates the tables without PgBouncer
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	url := servers.StartPgBouncer(t, server)
	const rounds = 40
	run := func(t *testing.T, url string, check func(name string, err error)) {
		t.Helper()
		// Simultaneous transactions of several clients move between the connections.
		var all []map[string]func() error
		for range 3 {
			all = append(all, pgUsers(t, url, false))
		}
		for range rounds {
			for _, users := range all {
				for name, call := range users {
					check(name, call())
				}
			}
		}
	}
	t.Run("as it is by default", func(t *testing.T) {
		failed := 0
		run(t, url, func(name string, err error) {
			if err == nil {
				return
			}
			failed++
			if !strings.Contains(err.Error(), "default_query_exec_mode=exec") {
				t.Errorf("%s: %v, want the setting in it", name, err)
			}
		})
		if failed == 0 {
			t.Error("no call failed, so the test proves nothing")
		}
	})
	t.Run("with the setting", func(t *testing.T) {
		run(t, url+"&default_query_exec_mode=exec", func(name string, err error) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	})
	t.Run("a parameter that it does not take", func(t *testing.T) {
		for name, call := range pgUsers(t, url+"&statement_timeout=1000", false) {
			if err := call(); err == nil || !strings.Contains(err.Error(), "ignore_startup_parameters") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
