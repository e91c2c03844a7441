//go:build unix

package archive_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// startAway returns a server that has not been used yet and is away.
func startAway(t *testing.T) *servers.Postgres {
	t.Helper()
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	server.Kill(t)
	return server
}

func openURL(t *testing.T, url string, opts ...sqlarchive.PostgresOption) *sqlarchive.Archive {
	t.Helper()
	a, err := sqlarchive.OpenPostgres(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return down(t, a)
}

// waits checks that the error is transient and contains the text.
func waits(t *testing.T, err error, says, reason string) {
	t.Helper()
	var partial *sink.PartialError
	if err == nil || sink.IsPermanent(err) || errors.As(err, &partial) || !strings.Contains(err.Error(), says) {
		t.Errorf("the error is %v, want a transient one with %q in it: %s", err, says, reason)
	}
}

// TestStartsWhileAway: a service starts while its archive is away. Each call returns an error that says so. When
// the server runs for the first time, several calls find it at once.
func TestStartsWhileAway(t *testing.T) {
	server := startAway(t)
	a := openURL(t, server.URL())
	events := story(40)
	const reason = "no server listens at the address"
	_, forgotten := a.Forget(background, "somebody")
	_, pruned := a.Prune(background, time.Now())
	for _, err := range []error{a.Export(background, events[:3]), a.Export(background, events[:1]), a.Ping(background), forgotten, pruned} {
		waits(t, err, "PostgreSQL is away", reason)
	}
	if err := a.Flush(background); err != nil {
		t.Error(err)
	}
	server.Restart(t)
	var running sync.WaitGroup
	for batch := range slices.Chunk(events, len(events)/8+1) {
		running.Go(func() {
			if err := a.Export(background, batch); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if err := errors.Join(a.Ping(background), a.Shutdown(background), a.Shutdown(background)); err != nil {
		t.Error(err)
	}
	if n := len(kept(t, pool(t, server), "cairn")); n != len(events) {
		t.Errorf("the archive has %d events, want %d", n, len(events))
	}
}

// TestEndsWhileAway: a service ends before its archive has ever run.
func TestEndsWhileAway(t *testing.T) {
	server := startAway(t)
	for _, used := range []bool{false, true} {
		a := openURL(t, server.URL())
		if used {
			waits(t, a.Export(background, story(1)), "away", "no server listens at the address")
		}
		if err := a.Shutdown(background); err != nil {
			t.Errorf("Shutdown, used before: %v: %v", used, err)
		}
		if err := errors.Join(a.Export(background, story(1)), a.Ping(background)); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("Export after Shutdown returned %v", err)
		}
	}
}

// TestShutdownWhileConnecting: a server that accepts connections and does not answer blocks Export until the end
// of its context, and Shutdown until the end of its own.
func TestShutdownWhileConnecting(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	a := openURL(t, server.URL())
	server.Pause(t)
	ctx, cancel := context.WithCancel(background)
	const callers = 3
	ended := make(chan error, callers)
	begun := make(chan struct{}, callers)
	for range callers {
		go func() {
			begun <- struct{}{}
			ended <- a.Export(ctx, story(1))
		}()
		<-begun
	}
	late, stop := context.WithTimeout(background, 50*time.Millisecond)
	defer stop()
	if err := a.Flush(late); err != nil && !errors.Is(err, context.DeadlineExceeded) { // nil: no call had begun
		t.Errorf("Flush: %v", err)
	}
	cancel()
	for range callers {
		if err := <-ended; !errors.Is(err, context.Canceled) || sink.IsPermanent(err) {
			t.Errorf("Export: %v", err)
		}
	}
	if err := a.Shutdown(background); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	server.Resume(t)
}

// TestSpoolThroughTheStart: events that are recorded while the archive is away, from the start on, arrive in their
// order.
func TestSpoolThroughTheStart(t *testing.T) {
	server := startAway(t)
	spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), openURL(t, server.URL()), exporters.WithBackoff(time.Millisecond, 10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	events := story(30)
	for batch := range slices.Chunk(events, 50) {
		if err := spool.Export(background, batch); err != nil {
			t.Fatal(err)
		}
	}
	server.Restart(t)
	if err := errors.Join(spool.Drain(background), spool.Shutdown(background)); err != nil {
		t.Fatal(err)
	}
	if s := spool.Stats(); s.DeadLetters != 0 || s.Dropped != 0 {
		t.Errorf("the spool has lost events: %+v", s)
	}
	ids := func(events []event.Event) (ids []event.ID) {
		for i := range events {
			ids = append(ids, events[i].ID)
		}
		return ids
	}
	if got := kept(t, pool(t, server), "cairn"); !slices.Equal(ids(got), ids(events)) {
		t.Errorf("the archive has %d events, want %d in their order", len(got), len(events))
	}
}

// TestNotLetIn: an error of configuration is transient: once the operator has corrected it, the same archive
// works.
func TestNotLetIn(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	var hba string
	if err := p.QueryRow(background, "SHOW hba_file").Scan(&hba); err != nil {
		t.Fatal(err)
	}
	do(t, p, "CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'right-one'")
	do(t, p, "COPY (SELECT unnest(ARRAY['host all locked all scram-sha-256', 'host all all all trust'])) TO '"+hba+"'")
	do(t, p, "SELECT pg_reload_conf()")
	openPostgres(t, p, sqlarchive.WithSchema("newer"))
	do(t, p, "INSERT INTO newer.cairn_archive_version (version_id, is_applied) VALUES (99, true)")
	do(t, p, "CREATE ROLE small LOGIN")
	as := func(user string) string { return strings.Replace(server.URL(), "cairn@", user+"@", 1) }
	for _, c := range []struct {
		name, url, says, reason, mend string
		opts                          []sqlarchive.PostgresOption
	}{
		{
			name: "a wrong password", url: as("locked:wrong-one"), says: "correct the user, the password",
			mend: "ALTER ROLE locked PASSWORD 'wrong-one'", reason: "the server's password and the service's change at different times",
		},
		{
			name: "no user", url: as("nobody"), says: "correct the user, the password",
			mend: "CREATE ROLE nobody LOGIN SUPERUSER", reason: "a role may be created after the service has started",
		},
		{
			name: "no database", url: strings.Replace(server.URL(), "/postgres?", "/later?", 1), says: "make the database",
			mend: "CREATE DATABASE later", reason: "a database may be created after the service has started",
		},
		{
			name: "a newer version", url: server.URL(), says: "newer version of Cairn", mend: "DELETE FROM newer.cairn_archive_version WHERE version_id = 99",
			reason: "a rolled-back service waits for its next version", opts: []sqlarchive.PostgresOption{sqlarchive.WithSchema("newer")},
		},
		{
			name: "missing tables", url: server.URL(), says: "WithoutMigration", mend: "ALTER SCHEMA newer RENAME TO missing",
			reason: "a deployment with the rights creates the tables later", opts: []sqlarchive.PostgresOption{sqlarchive.WithSchema("missing"), sqlarchive.WithoutMigration()},
		},
		{
			name: "no rights", url: as("small"), says: "grant", mend: "ALTER ROLE small SUPERUSER",
			reason: "the operator grants the rights later", opts: []sqlarchive.PostgresOption{sqlarchive.WithSchema("another")},
		},
		{
			name: "a parameter that PostgreSQL refuses", url: server.URL() + "&geqo_threshold=none", says: "does not let us in",
			reason: "its error code belongs to the class of data errors, although no event was sent",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := openURL(t, c.url, c.opts...)
			for _, err := range []error{a.Export(background, story(1)), a.Export(background, story(1)[:1]), a.Ping(background)} {
				waits(t, err, c.says, c.reason)
				if err != nil && strings.Contains(err.Error(), "wrong-one") {
					t.Errorf("the error has the password: %v", err)
				}
			}
			if c.mend == "" {
				return
			}
			do(t, p, c.mend)
			if err := errors.Join(a.Export(background, story(1)), a.Ping(background)); err != nil {
				t.Errorf("after the correction: %v", err)
			}
		})
	}
}

// TestLostTables: a running service does not recreate tables that it has lost, because an operator may restore
// them.
func TestLostTables(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	a := openURL(t, server.URL())
	events := story(4)
	if err := a.Export(background, events[:4]); err != nil {
		t.Fatal(err)
	}
	do(t, p, "ALTER SCHEMA cairn RENAME TO aside")
	for range 2 {
		waits(t, a.Export(background, events), "missing", "the tables are being restored")
		waits(t, a.Ping(background), "lost", "a check must not create tables")
	}
	do(t, p, "ALTER SCHEMA aside RENAME TO cairn")
	// A sequence that has run out is not the fault of the events either.
	do(t, p, "SELECT setval('cairn.arrivals', 9223372036854775807)")
	waits(t, a.Export(background, events), "", "no event is at fault")
	waits(t, a.Export(background, events[4:5]), "", "a single event is not at fault either")
	do(t, p, "SELECT setval('cairn.arrivals', 100000)")
	if err := errors.Join(a.Ping(background), a.Export(background, events)); err != nil {
		t.Error(err)
	}
	if n := len(kept(t, p, "cairn")); n != len(events) {
		t.Errorf("the archive has %d events, want %d", n, len(events))
	}
}

// TestOpenRefuses: opening reports errors that need no database at once.
func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name, url, says, reason string
		opts                    []sqlarchive.PostgresOption
	}{
		{"a name", "postgres://cairn@127.0.0.1:1/x", "WithSchema", "the name becomes a part of SQL", []sqlarchive.PostgresOption{sqlarchive.WithSchema(`a"; DROP`)}},
		{"a connection string", "postgres://nobody:secret@127.0.0.1:port/x", "OpenPostgres", "an invalid connection string never works", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := sqlarchive.OpenPostgres(c.url, c.opts...)
			if err == nil || a != nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("open returned %v, %v, want %q in the error: %s", a, err, c.says, c.reason)
			}
		})
	}
	if a, err := sqlarchive.UsePostgres(nil); err == nil || a != nil {
		t.Errorf("open with a nil pool returned %v, %v", a, err)
	}
	a := openURL(t, "postgres://nobody:secret@127.0.0.1:1/x")
	if err := a.Ping(background); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error of an absent server is %v", err)
	}
}

// TestGrants: the documented grants are enough.
func TestGrants(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	openPostgres(t, p)
	do(t, p, "CREATE ROLE shop LOGIN; GRANT USAGE ON SCHEMA cairn TO shop; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cairn TO shop; GRANT USAGE ON SEQUENCE cairn.arrivals TO shop")
	a := openURL(t, strings.Replace(server.URL(), "cairn@", "shop@", 1), sqlarchive.WithoutMigration())
	events := story(3)
	for range 2 { // the second time uses staging tables
		if err := a.Export(background, events); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Forget(background, events[0].Customer.Hash); err != nil {
		t.Error(err)
	}
	if n, err := a.Prune(background, time.Now()); err != nil || n == 0 {
		t.Errorf("Prune: %d, %v", n, err)
	}
}

// TestBeforeConnect: the connections that make the tables log in as those of the caller's pool do, for example with a
// password that changes.
func TestBeforeConnect(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	cfg, err := pgxpool.ParseConfig(strings.Replace(server.URL(), "cairn@", "nobody@", 1))
	if err != nil {
		t.Fatal(err)
	}
	cfg.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		c.User = "cairn"
		return nil
	}
	p, err := pgxpool.NewWithConfig(background, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	a := openPostgres(t, p)
	events := story(3)
	if err := a.Export(background, events); err != nil {
		t.Fatal(err)
	}
	if n := len(kept(t, p, "cairn")); n != len(events) {
		t.Errorf("the archive has %d events, want %d", n, len(events))
	}
}

// TestDeletingFails: Forget and Prune are one transaction. If one of their statements fails, they return its error, and
// every row is still there.
func TestDeletingFails(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	a := openPostgres(t, p)
	events := story(12)
	if err := a.Export(background, events); err != nil {
		t.Fatal(err)
	}
	do(t, p, "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the auditors want it' USING ERRCODE = 'P0042'; END $$")
	for _, table := range []string{"touchpoints", "transitions", "journeys"} {
		do(t, p, "CREATE TRIGGER keep BEFORE DELETE ON cairn."+table+" FOR EACH ROW EXECUTE FUNCTION keep()")
		forgotten, err := a.Forget(background, events[0].Customer.Hash)
		waits(t, err, "P0042", "the rows of "+table+" cannot be deleted")
		pruned, err := a.Prune(background, time.Now())
		waits(t, err, "P0042", "the rows of "+table+" cannot be deleted")
		if n := len(kept(t, p, "cairn")); n != len(events) || forgotten != 0 || pruned != 0 {
			t.Errorf("the archive has %d events, want %d; Forget reports %d rows, Prune %d", n, len(events), forgotten, pruned)
		}
		do(t, p, "DROP TRIGGER keep ON cairn."+table)
	}
}
