//go:build unix

package stores_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// shelfAdd appends to a record and returns its log.
func shelfAdd(ctx context.Context, store ledger.Store, n int, log string) (string, error) {
	records, err := store.Write(ctx, []ledger.Change{{Key: pgRun(n), Append: []byte(log), Due: time.Unix(0, 0), Customer: "c"}})
	if err != nil {
		return "", err //nolint:wrapcheck // the store's own error
	}
	return string(records[0].Log), nil
}

// useShelf uses every feature of a shelf and returns all errors.
func useShelf(ctx context.Context, shelf ledger.Store) error {
	_, writing := shelfAdd(ctx, shelf, 1, "a")
	_, _, claiming := shelf.Claim(ctx, 1, 0)
	counter, _ := shelf.(ledger.Counter)
	_, _, counting := counter.Count(ctx, "me", 0)
	forgetter, _ := shelf.(ledger.Forgetter)
	_, forgetting := forgetter.Forget(ctx, "c", 0)
	return errors.Join(writing, claiming, counting, forgetting)
}

// pgTables describes the tables whose names match, with their columns, indexes, parameters and comments.
func pgTables(t *testing.T, pool *pgxpool.Pool, name string) string {
	t.Helper()
	return pgValue[string](t, pool, `SELECT coalesce(string_agg(concat_ws(' | ', c.oid::regclass, c.reloptions::text, obj_description(c.oid, 'pg_class'),
		(SELECT string_agg(concat_ws(' ', attname, atttypid::regtype, attnotnull), ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
		(SELECT string_agg(indexdef, '; ' ORDER BY indexdef) FROM pg_indexes WHERE tablename = c.relname)), E'\n' ORDER BY c.relname), '')
		FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname ~ '`+name+`'`)
}

// TestPostgresOfAnEarlierRelease: a database that a release without shelves made keeps its records and its tables, and gets shelves.
func TestPostgresOfAnEarlierRelease(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool := postgresPool(t, server)
	dump, err := os.ReadFile("testdata/postgres-without-shelves.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Conn().PgConn().Exec(t.Context(), string(dump)).ReadAll()
	err = errors.Join(err, conn.Hijack().Close(t.Context())) // the dump has set its search_path
	if err != nil {
		t.Fatal(err)
	}
	made := pgTables(t, pool, "^cairn_")
	store := postgresStore(t, pool)
	shelf := store.Shelf("tasks")
	key := func(n byte) ledger.Key { return ledger.Key{n} }
	for n := range byte(6) {
		records, err := shelf.Write(t.Context(), []ledger.Change{{Key: key(n), Append: []byte("task"), Due: time.Unix(0, 0), Customer: "alice"}})
		if err != nil || string(records[0].Log) != "task" {
			t.Fatalf("Write on the shelf returns %v and %v", records, err)
		}
	}
	never := []byte("never")
	records, err := store.Write(t.Context(), []ledger.Change{
		{Key: key(1), If: never, Replace: never},
		{Key: key(2), If: never, Replace: never},
		{Key: key(3), If: never, Replace: never},
		{Key: key(4), If: never, Replace: never},
		{Key: key(5), If: never, Replace: never},
	})
	want := []ledger.Record{
		{Key: key(1), Log: []byte("due\x00")},
		{Key: key(2), Log: []byte("placed")},
		{Key: key(3), Log: []byte("end"), Closed: true},
		{Key: key(4)},
		{Key: key(5), Log: []byte{}},
	}
	if d := cmp.Diff(want, records); d != "" || err != nil {
		t.Errorf("the records of the earlier release (-want +got): %v\n%s", err, d)
	}
	if _, due, err := store.Claim(t.Context(), 10, time.Hour); err != nil || len(due) != 1 || due[0].Key != key(1) {
		t.Errorf("Claim returns %v and %v, want the record that is due", due, err)
	}
	if live, held, err := store.Count(t.Context(), "instance 1", time.Hour); err != nil || !held || live[ledger.Place{Group: "checkout", Name: "cart"}] != 1 {
		t.Errorf("Count returns %v, %v and %v, want the lease that the earlier release took", live, held, err)
	}
	if n, err := store.Forget(t.Context(), "alice", time.Hour); n != 1 || err != nil {
		t.Errorf("Forget returns %d and %v, want 1", n, err)
	}
	if d := cmp.Diff(made, pgTables(t, pool, "^cairn_")); d != "" {
		t.Errorf("the tables of the earlier release have changed (-want +got):\n%s", d)
	}
	if !strings.Contains(pgTables(t, pool, "^cairn[$]"), `"cairn$tasks" | `) {
		t.Errorf("there is no table cairn$tasks: %s", pgTables(t, pool, ""))
	}
}

// TestPostgresShelfIsMadeOnce: instances that use new shelves at the same moment make one table for each, also where
// transactions see the database as it was when they began.
func TestPostgresShelfIsMadeOnce(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			const instances, shelves = 6, 5
			prefix := postgres.WithPrefix(strings.ReplaceAll(level, " ", "_"))
			stores := make([]*postgres.Store, instances)
			for i := range stores {
				stores[i] = postgresStore(t, postgresPool(t, server, pgParameter("default_transaction_isolation", level)), prefix)
			}
			for n := range shelves {
				var all sync.WaitGroup
				errs := make([]error, instances)
				start := make(chan struct{})
				for i, s := range stores {
					all.Go(func() {
						shelf := s.Shelf(fmt.Sprint("shelf_", n))
						<-start
						_, errs[i] = shelfAdd(t.Context(), shelf, 1, "a")
					})
				}
				close(start)
				all.Wait()
				if err := errors.Join(errs...); err != nil {
					t.Fatal(err)
				}
				if log, err := shelfAdd(t.Context(), stores[0].Shelf(fmt.Sprint("shelf_", n)), 1, ""); log != strings.Repeat("a", instances) || err != nil {
					t.Errorf("the log is %q, %v, want an append of each of %d instances", log, err, instances)
				}
			}
		})
	}
}

// TestPostgresMigratesAfterTheTablesWereMissing: connections that have found the tables missing learn that another instance has made
// them.
func TestPostgresMigratesAfterTheTablesWereMissing(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	const instances = 6
	var all sync.WaitGroup
	errs := make([]error, instances)
	start := make(chan struct{})
	for i := range instances {
		s, err := postgres.New(postgresPool(t, server, func(c *pgxpool.Config) { c.MaxConns = 1 }))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := shelfAdd(t.Context(), s, 1, "a"); err == nil {
			t.Fatal("Write without tables returned no error")
		}
		all.Go(func() {
			<-start
			errs[i] = s.Migrate(t.Context())
		})
	}
	close(start)
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

// TestPostgresShelfWithoutTheRight: a role that may not create tables gets an error that says what to do, the rest works, and
// either of the documented ways gives the role its shelf.
func TestPostgresShelfWithoutTheRight(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	admin := postgresPool(t, server)
	owner := postgresStore(t, admin)
	pgExec(t, admin, "CREATE ROLE shop LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON cairn_record, cairn_lease TO shop; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	store, err := postgres.New(postgresPool(t, server, func(c *pgxpool.Config) { c.ConnConfig.User = "shop" }))
	if err != nil {
		t.Fatal(err)
	}
	shelf := store.Shelf("tasks")
	err = useShelf(t.Context(), shelf)
	if err == nil || strings.Count(err.Error(), `shelf tasks: its table "cairn$tasks" is missing`) != 4 || strings.Count(err.Error(), `MigrateShelves(ctx, "tasks")`) != 4 {
		t.Errorf("the error is %v, want in each of 4 what is missing and what to do", err)
	}
	if _, err := shelfAdd(t.Context(), store, 1, "a"); err != nil {
		t.Errorf("Write on the store returns %v, want none: the store's own table is there", err)
	}
	if err := owner.MigrateShelves(t.Context(), "tasks", "others"); err != nil {
		t.Fatal(err)
	}
	if err := useShelf(t.Context(), shelf); err == nil || strings.Count(err.Error(), `grant SELECT, INSERT, UPDATE and DELETE on "cairn$tasks"`) < 3 {
		t.Errorf("the error is %v, want the rights that are missing", err)
	}
	made := pgTables(t, admin, "^cairn[$]tasks$")
	for range 2 {
		pgExec(t, admin, "GRANT SELECT, INSERT, UPDATE, DELETE ON cairn$tasks TO shop")
		if err := useShelf(t.Context(), shelf); err != nil {
			t.Errorf("with the documented rights: %v", err)
		}
		if d := cmp.Diff(made, pgTables(t, admin, "^cairn[$]tasks$")); d != "" {
			t.Errorf("the documented statements and MigrateShelves make different tables (-want +got):\n%s", d)
		}
		pgExec(t, admin, "DROP TABLE cairn$tasks")
		pgExec(t, admin, documentedShelf(t))
	}
	if err := owner.MigrateShelves(t.Context(), "tasks"); err != nil {
		t.Errorf("MigrateShelves does not accept the table that the documented statements made: %v", err)
	}
}

// documentedShelf returns the statements of the package's documentation for the schema public.
func documentedShelf(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../../../cx/stores/postgres/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(source), "//	CREATE TABLE cx.cairn$tasks")
	statements, _, ended := strings.Cut("CREATE TABLE cx.cairn$tasks"+rest, "//	GRANT")
	if !found || !ended {
		t.Fatal("the documentation has no statements that make a shelf")
	}
	return strings.NewReplacer("//", "", "cx.", "public.").Replace(statements)
}

// TestPostgresShelfNeedsTheStore: a shelf makes no table where Migrate has made none, and takes none that is not its own.
func TestPostgresShelfNeedsTheStore(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool := postgresPool(t, server)
	store, err := postgres.New(pool)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := useShelf(t.Context(), store.Shelf("tasks")); err == nil || strings.Count(err.Error(), "call Migrate once") != 4 {
			t.Errorf("the error is %v, want that Migrate has to be called in each of 4", err)
		}
	}
	if all := pgTables(t, pool, ""); all != "" {
		t.Errorf("there are tables: %s", all)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := useShelf(t.Context(), store.Shelf("tasks")); err != nil {
		t.Errorf("after Migrate: %v", err)
	}
	err = store.MigrateShelves(t.Context(), "fine", "Bad", "1")
	if !errors.Is(err, ledger.ErrShelfName) || !strings.Contains(err.Error(), `"Bad"`) || !strings.Contains(err.Error(), `"1"`) {
		t.Errorf("MigrateShelves returns %v, want both names", err)
	}
	if all := pgTables(t, pool, "fine"); all != "" {
		t.Errorf("MigrateShelves with a bad name has made %s", all)
	}
	pgExec(t, pool, "CREATE TABLE cairn$theirs (id int)")
	if err := store.MigrateShelves(t.Context(), "theirs"); err == nil || !strings.Contains(err.Error(), "another prefix") {
		t.Errorf("MigrateShelves of a table that is not a shelf's returns %v", err)
	}
}

// TestPostgresShelvesWithLongNames: the longest prefix and the longest names give tables of their own, whose names PostgreSQL
// does not cut.
func TestPostgresShelvesWithLongNames(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool := postgresPool(t, server)
	for _, size := range []int{30, 31, 40} {
		store := postgresStore(t, pool, postgres.WithPrefix(strings.Repeat("P", size)))
		long := strings.Repeat("x", 31)
		for _, name := range []string{long + "a", long + "b", long[:20], "x"} {
			for _, want := range []string{name, name + name} {
				if log, err := shelfAdd(t.Context(), store.Shelf(name), 1, name); err != nil || log != want {
					t.Errorf("the log on the shelf %s is %q, %v", name, log, err)
				}
			}
		}
	}
	if n := pgValue[int](t, pool, "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^P+[$]' AND length(relname) <= 63"); n != 12 {
		t.Errorf("there are %d tables of shelves, want 12", n)
	}
}

// TestRedisShelfKeys: the keys of a shelf are those of the documentation, and reading a deadline's time is shared.
func TestRedisShelfKeys(t *testing.T) {
	client := redisClient(t, servers.StartRedis(t).Addr())
	store := redisStore(t, client, redis.WithPrefix("p"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := shelfAdd(ctx, store, 0, "a"); err != nil {
		t.Fatal(err)
	}
	count := new(pipelines)
	client.AddHook(count)
	shelf := store.Shelf("tasks")
	if _, err := shelfAdd(ctx, shelf, 0, "a"); err != nil {
		t.Fatal(err)
	}
	if n := count.n.Load(); n != 1 {
		t.Errorf("the first Write on a shelf took %d round trips, want 1: the servers' times are known", n)
	}
	if counter, ok := shelf.(ledger.Counter); ok {
		if _, held, err := counter.Count(ctx, "me", time.Minute); !held || err != nil {
			t.Error(held, err)
		}
	}
	keys := client.Keys(ctx, "*").Val()
	slices.Sort(keys)
	want := []string{
		"{p:0}:run:00000000000000000000000000000000", "{p:0}:run:customers", "{p:0}:run:due",
		"{p:0}:shelf:tasks:00000000000000000000000000000000", "{p:0}:shelf:tasks:customers", "{p:0}:shelf:tasks:due",
		"{p:counter}:shelf:tasks",
	}
	if d := cmp.Diff(want, keys); d != "" {
		t.Errorf("the keys (-want +got):\n%s", d)
	}
}
