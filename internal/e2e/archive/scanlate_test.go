//go:build unix

package archive_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// blocked locks a table against writes until the function that it returns is called.
func blocked(t *testing.T, url, table string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(background, url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(background, "BEGIN; LOCK TABLE "+table+" IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := conn.Close(background); err != nil {
			t.Error(err)
		}
	}
}

// waiting waits until a session waits for a lock.
func waiting(t *testing.T, p *pgxpool.Pool) {
	t.Helper()
	servers.Eventually(t, time.Minute, func() error {
		var n int
		if err := p.QueryRow(background, "SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return errors.New("no session waits")
		}
		return nil
	})
}

// kinds returns the events of the kinds of one table.
func kinds(events []event.Event, prefix string) (list []event.Event) {
	for i := range events {
		if strings.HasPrefix(string(events[i].Kind), prefix) {
			list = append(list, events[i])
		}
	}
	return list
}

// testScanOfLateCommit: the batch that has drawn the first numbers commits last. A scan between both commits holds the earlier commit back,
// says since when, and the next one gives each event once.
func testScanOfLateCommit(t *testing.T, server *servers.Postgres) {
	t.Helper()
	p := pool(t, server)
	schema := sqlarchive.WithSchema("late")
	a := openPostgres(t, p, schema)
	do(t, p, "CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA late TO plain; GRANT SELECT ON ALL TABLES IN SCHEMA late TO plain")
	plain := strings.Replace(server.URL(), "//cairn@", "//plain@", 1)
	followers := []*follower{follow(read(t, server.URL(), schema)), follow(read(t, plain, schema))} // the second one may not see other roles' transactions
	for _, f := range followers {
		f.wants(t, 0, "the archive is empty")
	}
	events := story(40)
	first, second := append(kinds(events, "journey."), kinds(events, "touchpoint.")...), kinds(events, "feedback.")
	release := blocked(t, server.URL(), "late.touchpoints")
	done := make(chan error, 1)
	go func() { done <- a.Export(background, first) }()
	waiting(t, p)
	if err := a.Export(background, second); err != nil {
		t.Fatal(err)
	}
	var since [2]time.Time
	for range 2 {
		for i, f := range followers {
			n, anew, held := f.next(t)
			if n != 0 || anew || held.IsZero() {
				t.Errorf("between the commits: %d events, another epoch: %v, held since %v", n, anew, held)
			}
			if !since[i].IsZero() && !held.Equal(since[i]) {
				t.Errorf("held since %v, and then since %v", since[i], held)
			}
			since[i] = held
		}
	}
	begins := follow(read(t, server.URL(), schema))
	if n, _, held := begins.next(t); n != 0 || held.IsZero() {
		t.Errorf("a reader that begins has %d events, held since %v", n, held)
	}
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, f := range append(followers, begins) {
		n, anew, held := f.next(t)
		if n != len(first)+len(second) || anew || !held.IsZero() {
			t.Errorf("after both: %d events, want %d; another epoch: %v, held since %v", n, len(first)+len(second), anew, held)
		}
		f.wants(t, 0, "all have come")
	}
}

// testScanOfLongTransactions: a transaction of another application, and one that is prepared, hold later events back until they end.
func testScanOfLongTransactions(t *testing.T, server *servers.Postgres) {
	t.Helper()
	p := pool(t, server)
	schema := sqlarchive.WithSchema("long")
	a := openPostgres(t, p, schema)
	events := story(30)
	do(t, p, "CREATE DATABASE theirs")
	for i, c := range []struct{ name, begin, end string }{
		{"of another database", "BEGIN; SELECT pg_current_xact_id()", "ROLLBACK"},
		{"that is prepared", "BEGIN; CREATE TABLE x (a int); PREPARE TRANSACTION 'them'", "ROLLBACK PREPARED 'them'"},
		{"that only reads", "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class", "ROLLBACK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := follow(read(t, server.URL(), schema))
			f.next(t)
			theirs, err := pgx.Connect(background, strings.Replace(server.URL(), "/postgres", "/theirs", 1))
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close(background)
			before := time.Now().Add(-time.Second)
			if _, err := theirs.Exec(background, c.begin); err != nil {
				t.Fatal(err)
			}
			batch := events[i*50 : i*50+50]
			if err := a.Export(background, batch); err != nil {
				t.Fatal(err)
			}
			n, _, held := f.next(t)
			if i < 2 && (n != 0 || held.Before(before) || held.After(time.Now().Add(time.Second))) {
				t.Errorf("%d events, held since %v", n, held)
			}
			if i == 2 && (n != len(batch) || !held.IsZero()) {
				t.Errorf("a transaction that only reads holds events back: %d, since %v", n, held)
			}
			if _, err := theirs.Exec(background, c.end); err != nil {
				t.Fatal(err)
			}
			m, _, held := f.next(t)
			if n+m != len(batch) || !held.IsZero() {
				t.Errorf("afterwards: %d events, want %d; held since %v", n+m, len(batch), held)
			}
		})
	}
}

// testScanWhileWriting: several archives write batches that overlap, and readers that scan all the time have each event exactly once.
func testScanWhileWriting(t *testing.T, server *servers.Postgres) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.db")
	for name, open := range map[string]func(t *testing.T) (write func() *sqlarchive.Archive, source func() *sqlarchive.Reader){
		"PostgreSQL": func(t *testing.T) (func() *sqlarchive.Archive, func() *sqlarchive.Reader) {
			t.Helper()
			p := pool(t, server)
			schema := sqlarchive.WithSchema("writing")
			openPostgres(t, p, schema)
			return func() *sqlarchive.Archive { return openPostgres(t, p, schema) }, func() *sqlarchive.Reader { return read(t, server.URL(), schema) }
		},
		"SQLite": func(t *testing.T) (func() *sqlarchive.Archive, func() *sqlarchive.Reader) {
			t.Helper()
			write := func() *sqlarchive.Archive {
				a, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync())
				if err == nil {
					err = a.Ping(background)
				}
				if err != nil {
					t.Fatal(err)
				}
				return down(t, a)
			}
			write()
			return write, func() *sqlarchive.Reader {
				r, err := sqlarchive.ReadSQLite(background, path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = r.Close() })
				return r
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			write, source := open(t)
			runs := 50
			if os.Getenv("CAIRN_WHOLE") != "" {
				runs = 400
			}
			events := story(runs)
			const writers, readers = 4, 2
			var writing, reading sync.WaitGroup
			over := context.Background()
			over, end := context.WithCancel(over)
			defer end()
			for w := range writers {
				a := write()
				writing.Go(func() {
					random := rand.New(rand.NewPCG(uint64(w), 16))
					for from := w * len(events) / (writers + 1); from < len(events); { // the writers overlap: most events come twice or more
						n := min(1+random.IntN(40), len(events)-from)
						if err := a.Export(background, events[from:from+n]); err != nil {
							t.Error(err)
							return
						}
						from += n
					}
				})
			}
			var followers [readers]*follower
			for i := range followers {
				f := follow(source())
				followers[i] = f
				reading.Go(func() {
					for over.Err() == nil {
						f.next(t)
					}
				})
			}
			writing.Wait()
			end()
			reading.Wait()
			want := reduced(t, events)
			for _, f := range followers {
				f.next(t)
				if diff := cmp.Diff(want, f.seen); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}
