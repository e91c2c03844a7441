//go:build unix

package stores_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/e2e/servers"
)

const pgPatience = 2 * time.Minute // only a call that hangs takes this long

// TestPostgresLosesNothingWhenItIsKilled kills the server during writes, with fsync on.
func TestPostgresLosesNothingWhenItIsKilled(t *testing.T) {
	server := servers.StartPostgres(t)
	pool := postgresPool(t, server)
	store := postgresStore(t, pool)
	const writers, enough = 4, 50
	var acknowledged [writers]int
	warm := make(chan struct{}, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := 0; ; n++ { // until the server is gone
				_, err := store.Write(t.Context(), []ledger.Change{
					{Key: pgRun(w), Append: []byte{byte(n)}},
					{Key: pgRun(w + writers*(n+1)), Append: []byte("one"), Lease: time.Hour},
				})
				if err != nil {
					if n < enough {
						warm <- struct{}{}
					}
					return
				}
				if acknowledged[w] = n + 1; n+1 == enough {
					warm <- struct{}{}
				}
			}
		})
	}
	for range writers {
		<-warm
	}
	server.Kill(t)
	all.Wait()
	if _, err := store.Write(t.Context(), []ledger.Change{{Key: pgRun(0)}}); err == nil {
		t.Error("Write to a killed server returned no error")
	}
	server.Restart(t)
	for w, want := range acknowledged {
		if want < enough {
			t.Errorf("writer %d had an error before the server was killed", w)
		}
		var records []ledger.Record
		servers.Eventually(t, pgPatience, func() (err error) { // the pool first finds its connections broken
			records, err = store.Write(t.Context(), []ledger.Change{{Key: pgRun(w)}, {Key: pgRun(w + writers*want)}})
			return err
		})
		// One more append may have been made without its answer.
		if n := len(records[0].Log); n < want || n > want+1 {
			t.Errorf("writer %d: the log has %d appends, want the %d acknowledged ones", w, n, want)
		}
		if string(records[1].Log) != "one" {
			t.Errorf("writer %d: its last record is %q, want the acknowledged one", w, records[1].Log)
		}
	}
}

// TestPostgresMakesNoChangeAfterItsDeadline keeps changes in a connection's buffer until after their caller's
// deadline.
func TestPostgresMakesNoChangeAfterItsDeadline(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	admin := postgresPool(t, server)
	store := postgresStore(t, postgresPool(t, server, pgParameter("application_name", "late"),
		func(c *pgxpool.Config) { c.MaxConns = 1 }))
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, b, c := pgRun(1), pgRun(2), pgRun(3)
	if _, err := store.Write(soon, []ledger.Change{{Key: a, Append: []byte("1")}, {Key: b, Append: []byte("1")}}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		changes []ledger.Change
	}{
		{"append", []ledger.Change{{Key: a, Append: []byte("late")}, {Key: c, Append: []byte("late")}}},
		{"replace", []ledger.Change{{Key: b, If: []byte("1"), Replace: []byte("late")}}},
		{"both", []ledger.Change{{Key: a, Append: []byte("late")}, {Key: b, If: []byte("1"), Replace: []byte("late")}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// The first calls open the connection and prepare the statements.
			if _, err := store.Write(soon, []ledger.Change{{Key: pgRun(9)}, {Key: pgRun(8), Replace: []byte{}}}); err != nil {
				t.Fatal(err)
			}
			server.Pause(t)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := store.Write(ctx, test.changes); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the error is %v, want that of the context", err)
			}
			server.Resume(t)
			servers.Eventually(t, pgPatience, func() error {
				if n := pgValue[int](t, admin, "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'late'"); n > 0 {
					return fmt.Errorf("%d abandoned connections still exist", n)
				}
				return nil
			})
			if got := pgValue[string](t, admin, "SELECT string_agg(encode(log, 'escape'), ',' ORDER BY run) FROM cairn_record WHERE octet_length(log) > 0"); got != "1,1" {
				t.Errorf("the logs are %s, want those from before the deadline", got)
			}
		})
	}
}

// TestPostgresWaitsForALockUntilItsDeadline lets another session hold a record's lock for too long.
func TestPostgresWaitsForALockUntilItsDeadline(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	admin := postgresPool(t, server)
	store := postgresStore(t, postgresPool(t, server, pgParameter("application_name", "late")))
	if _, err := store.Write(t.Context(), []ledger.Change{{Key: pgRun(1), Append: []byte("1")}}); err != nil {
		t.Fatal(err)
	}
	tx, err := admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(t.Context(), "SELECT FROM cairn_record FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	for _, change := range []ledger.Change{
		{Key: pgRun(1), Append: []byte("late")}, {Key: pgRun(1), If: []byte("1"), Replace: []byte("late")},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if _, err := store.Write(ctx, []ledger.Change{change}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v, want that of the context", err)
		}
		cancel()
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	servers.Eventually(t, pgPatience, func() error {
		if n := pgValue[int](t, admin, "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'late' AND state = 'active'"); n > 0 {
			return fmt.Errorf("%d abandoned statements still run", n)
		}
		return nil
	})
	if got := pgValue[string](t, admin, "SELECT encode(log, 'escape') FROM cairn_record"); got != "1" {
		t.Errorf("the log is %q, want that from before the deadline", got)
	}
}

// TestPostgresTouchesNoIndex: a touch changes no index, which would make it several times as expensive.
func TestPostgresTouchesNoIndex(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("autovacuum", "off"))
	admin := postgresPool(t, server)
	pool := postgresPool(t, server)
	store := postgresStore(t, pool)
	const runs, touches = 500, 20
	start := make([]ledger.Change, runs)
	place, touch := make([]ledger.Change, runs), make([]ledger.Change, runs)
	due := time.Now().Add(time.Hour)
	for i := range runs {
		start[i] = ledger.Change{Key: pgRun(i), Append: make([]byte, 200), Customer: fmt.Sprint("customer ", i)}
		place[i] = ledger.Change{Key: pgRun(i), If: make([]byte, 200), Replace: make([]byte, 200), Due: due, Place: ledger.Place{Group: "j", Name: "s"}}
		touch[i] = ledger.Change{Key: pgRun(i), Append: make([]byte, 24), Due: due.Add(time.Hour), Customer: "another"}
	}
	write := func(changes []ledger.Change) {
		t.Helper()
		if _, err := store.Write(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
	}
	write(start)
	write(place)
	pgExec(t, admin, "VACUUM cairn_record")
	for range touches {
		write(touch)
	}
	pool.Close() // the end of a session sends its statistics
	servers.Eventually(t, pgPatience, func() error {
		updates := pgValue[int](t, admin, "SELECT n_tup_upd::int FROM pg_stat_user_tables WHERE relname = 'cairn_record'")
		hot := pgValue[int](t, admin, "SELECT n_tup_hot_upd::int FROM pg_stat_user_tables WHERE relname = 'cairn_record'")
		if want := runs * touches * 9 / 10; updates < runs*(touches+1) || hot < want {
			return fmt.Errorf("%d of %d updates touched no index, want %d of %d", hot, updates, want, runs*(touches+1))
		}
		return nil
	})
}

// TestPostgresRemovesWhatIsPastItsTime: Claim removes expired records in pieces of bounded size.
func TestPostgresRemovesWhatIsPastItsTime(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool := postgresPool(t, server)
	store := postgresStore(t, pool)
	pgExec(t, pool, `INSERT INTO cairn_record (run, log, expires) SELECT gen_random_uuid(), '', now() - interval '1 hour' FROM generate_series(1, 6000)`)
	pgExec(t, pool, `INSERT INTO cairn_record (run, log, expires) VALUES (gen_random_uuid(), '', now() + interval '1 hour'), (gen_random_uuid(), '', NULL)`)
	for _, want := range []int{1002, 2, 2} {
		if _, due, err := store.Claim(t.Context(), 10, 0); err != nil || len(due) > 0 {
			t.Fatalf("Claim: %v, %v, want nothing", due, err)
		}
		if n := pgValue[int](t, pool, "SELECT count(*)::int FROM cairn_record"); n != want {
			t.Errorf("%d records remain, want %d: Claim removes 5,000 at a time, and only expired ones", n, want)
		}
	}

	// An expired record that still exists counts as gone.
	pgExec(t, pool, `UPDATE cairn_record SET run = $1, log = 'old', expires = now() WHERE expires IS NOT NULL`, pgRun(1))
	pgExec(t, pool, `UPDATE cairn_record SET run = $1, log = 'old', expires = now() WHERE expires IS NULL`, pgRun(2))
	records, err := store.Write(t.Context(), []ledger.Change{
		{Key: pgRun(1), If: []byte("old"), Replace: []byte("new")}, {Key: pgRun(2), Append: []byte("new"), Lease: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := records[0]; r.Log != nil || r.Closed {
		t.Errorf("the replacement of an expired record returned %v, want no record", r)
	}
	if r := records[1]; string(r.Log) != "new" || r.Closed {
		t.Errorf("an append to an expired record returned %v, want a new record", r)
	}
}
