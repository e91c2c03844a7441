//go:build unix

package stores_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestPostgresClaimLocksInTheOrderOfRuns pauses a Claim at each of its looks at a record, and runs two writes at
// that moment. The first write changes one of the records after the Claim has begun. The second write changes
// both.
//
// SKIP LOCKED does not keep a Claim from waiting. If the transaction that changed a record ends while the Claim
// looks at the record, PostgreSQL follows the record's versions and waits for the transaction that has the latest
// one. A lock FOR KEY SHARE, which conflicts with no change, extends that moment. The Claim must therefore not
// hold a record that this transaction needs later.
func TestPostgresClaimLocksInTheOrderOfRuns(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("deadlock_timeout", "50ms"))
	named := func(name string) *pgxpool.Pool {
		return postgresPool(t, server, pgParameter("application_name", name), func(c *pgxpool.Config) {
			c.MaxConns = 1
			if name == "claimer" {
				c.ConnConfig.User = name // the policies of a table do not apply to its owner
				c.ConnConfig.RuntimeParams["enable_seqscan"], c.ConnConfig.RuntimeParams["enable_bitmapscan"] = "off", "off"
			}
		})
	}
	m := &meeting{admin: postgresPool(t, server)}
	pgExec(t, m.admin, "CREATE ROLE claimer LOGIN")
	m.writer = postgresStore(t, named("writer"))
	var err error
	if m.claimer, err = postgres.New(named("claimer")); err != nil {
		t.Fatal(err)
	}
	pgExec(t, m.admin, `CREATE SEQUENCE looks;
		CREATE FUNCTION looked() RETURNS bool LANGUAGE plpgsql VOLATILE AS $$ BEGIN
			IF nextval('looks') = 100 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF;
			RETURN true;
		END $$;
		ALTER TABLE cairn_record ENABLE ROW LEVEL SECURITY;
		CREATE POLICY looked ON cairn_record TO claimer USING (looked()) WITH CHECK (true);
		GRANT ALL ON cairn_record, cairn_lease, looks TO claimer`)

	const looks = 6
	paused := 0
	for changed := range 2 {
		for longest := range 2 {
			for look := 1; look <= looks; look++ {
				t.Run(fmt.Sprintf("run %d changes, run %d is due longest, look %d", changed, longest, look), func(t *testing.T) {
					if m.hold(t, changed, longest, look) {
						paused++
					}
				})
			}
		}
	}
	if paused < 2*looks {
		t.Errorf("the test paused a Claim %d times: it has missed looks", paused)
	}
	if n := pgDeadlocks(t, server); n != 0 {
		t.Errorf("%d deadlocks: a claim has to take its locks in the order of the runs", n)
	}
}

// meeting is the place where a Claim meets writes.
type meeting struct {
	admin           *pgxpool.Pool
	writer, claimer *postgres.Store
}

// hold runs the meeting once. It reports whether the Claim has reached the look.
func (m *meeting) hold(t *testing.T, changed, longest, look int) (paused bool) {
	t.Helper()
	ctx := t.Context()
	runs := []ledger.Key{{1}, {2}}
	since := time.Now().Add(-time.Hour)
	pgExec(t, m.admin, "DELETE FROM cairn_record")
	if _, err := m.writer.Write(ctx, []ledger.Change{
		{Key: runs[longest], Append: []byte("0"), Due: since},
		{Key: runs[1-longest], Append: []byte("0"), Due: since.Add(time.Minute)},
	}); err != nil {
		t.Fatal(err)
	}
	pgExec(t, m.admin, fmt.Sprintf("ALTER SEQUENCE looks RESTART WITH %d", 101-look))
	gate := pgHold(t, m.admin, "SELECT pg_advisory_xact_lock(1)")
	defer pgHold(t, m.admin, "SELECT FROM cairn_record WHERE run = $1 FOR KEY SHARE", runs[changed][:])()

	claimed, written := make(chan error, 1), make(chan error, 1)
	go func() {
		_, _, err := m.claimer.Claim(ctx, 2, time.Hour)
		claimed <- err
	}()
	paused = blockedOrDone(t, m.admin, "claimer", claimed)
	go func() {
		_, err := m.writer.Write(ctx, []ledger.Change{{Key: runs[changed], Append: []byte("1")}})
		if err == nil {
			_, err = m.writer.Write(ctx, []ledger.Change{{Key: runs[0], Append: []byte("2")}, {Key: runs[1], Append: []byte("2")}})
		}
		written <- err
	}()
	blockedOrDone(t, m.admin, "writer", written)
	gate()
	if err := errors.Join(<-written, <-claimed); err != nil {
		t.Error(err)
	}
	want := map[bool]int{true: 3, false: 2} // length of the log in bytes
	for n, id := range runs {
		records, err := m.writer.Write(ctx, []ledger.Change{{Key: id}})
		if err != nil || len(records[0].Log) != want[n == changed] {
			t.Errorf("run %d has the log %q, %v, want %d bytes", n, records[0].Log, err, want[n == changed])
		}
	}
	return paused
}

// pgHold runs a statement in a transaction that ends at the call of end.
func pgHold(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) (end func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end = func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }
	if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
		end()
		t.Fatalf("%s: %v", sql, err)
	}
	return end
}

// blockedOrDone waits until the session with the name waits for a lock, or its call has returned, and reports
// whether it waits.
func blockedOrDone(t *testing.T, admin *pgxpool.Pool, name string, done chan error) (blocked bool) {
	t.Helper()
	servers.Eventually(t, pgPatience, func() error {
		select {
		case err := <-done:
			done <- err
			return nil
		default:
		}
		blocked = pgValue[int](t, admin, fmt.Sprintf(`SELECT count(*) FROM pg_stat_activity
			WHERE application_name = '%s' AND cardinality(pg_blocking_pids(pid)) > 0`, name)) > 0
		if !blocked {
			return fmt.Errorf("the %s neither waits nor is done", name)
		}
		return nil
	})
	return blocked
}

// pgDeadlocks returns the number of deadlocks. The sessions send their statistics when they are idle, at most once
// a second, and when they end.
func pgDeadlocks(t *testing.T, server *servers.Postgres) int {
	t.Helper()
	admin := postgresPool(t, server, func(c *pgxpool.Config) { c.MaxConns = 1 })
	pgExec(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
	servers.Eventually(t, pgPatience, func() error {
		others := pgValue[int](t, admin, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
		if others > 0 {
			return fmt.Errorf("%d other sessions have not ended", others)
		}
		return nil
	})
	return pgValue[int](t, admin, "SELECT sum(deadlocks)::int FROM pg_stat_database")
}

// TestPostgresClaimPassesByWhatIsLocked: another transaction keeps the longest due records locked, and Claim
// returns others.
func TestPostgresClaimPassesByWhatIsLocked(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool := postgresPool(t, server)
	store := postgresStore(t, pool)
	const all, locked, limit = 24, 7, 3
	since := time.Now().Add(-time.Hour)
	changes := make([]ledger.Change, all)
	for n := range all {
		changes[n] = ledger.Change{Key: pgRun(n), Append: []byte{'.'}, Due: since.Add(time.Duration(n) * time.Second)}
	}
	if _, err := store.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	end := pgHold(t, pool, fmt.Sprintf("SELECT FROM cairn_record ORDER BY due LIMIT %d FOR UPDATE", locked))
	defer end()
	got := map[ledger.Key]bool{}
	for len(got) < all-locked {
		_, due, err := store.Claim(t.Context(), limit, time.Hour)
		if want := min(limit, all-locked-len(got)); err != nil || len(due) != want {
			t.Fatalf("Claim returned %d records and %v, want %d unlocked records", len(due), err, want)
		}
		for _, r := range due {
			if got[r.Key] {
				t.Errorf("run %x was claimed twice within its lease", r.Key)
			}
			got[r.Key] = true
		}
	}
	if _, due, err := store.Claim(t.Context(), limit, time.Hour); err != nil || len(due) != 0 {
		t.Errorf("Claim returned %d records and %v, want none, because all are locked", len(due), err)
	}
	end()
	if _, due, err := store.Claim(t.Context(), all, time.Hour); err != nil || len(due) != locked {
		t.Errorf("Claim returned %d records and %v, want the %d formerly locked records", len(due), err, locked)
	}
}
