//go:build unix

package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/sourcetest"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

func read(t testing.TB, url string, opts ...sqlarchive.PostgresOption) *sqlarchive.Reader {
	t.Helper()
	r, err := sqlarchive.ReadPostgres(background, url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// follower reads on, scan by scan. It passes its cursor on as JSON, and fails the test for an event that comes twice in one epoch.
type follower struct {
	source insight.Source
	cursor []byte
	seen   map[event.ID]string
}

func follow(s insight.Source) *follower {
	return &follower{source: s, cursor: []byte("{}"), seen: map[event.ID]string{}}
}

// next scans once, and returns how many events have come, and whether the epoch has changed.
func (f *follower) next(t testing.TB, wanted ...string) (n int, anew bool, held time.Time) {
	t.Helper()
	var since event.Cursor
	if err := json.Unmarshal(f.cursor, &since); err != nil {
		t.Fatal(err)
	}
	got := map[event.ID]string{}
	cursor, err := f.source.Scan(background, event.Scan{Since: since, Attributes: wanted}, func(e *event.Event) error {
		if _, twice := got[e.ID]; twice {
			t.Errorf("%s comes twice in a scan", e.ID)
		}
		got[e.ID] = string(e.AppendJSON(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if anew = cursor.Epoch != since.Epoch; anew {
		clear(f.seen)
	}
	for id, e := range got {
		if _, twice := f.seen[id]; twice {
			t.Errorf("%s comes twice", id)
		}
		f.seen[id] = e
	}
	if f.cursor, err = json.Marshal(cursor); err != nil {
		t.Fatal(err)
	}
	return len(got), anew, cursor.Held
}

// wants checks that a scan gives so many events.
func (f *follower) wants(t testing.TB, want int, reason string) {
	t.Helper()
	if n, _, _ := f.next(t); n != want {
		t.Errorf("%d events, want %d: %s", n, want, reason)
	}
}

// reduced returns what a scan has to give of the events.
func reduced(t testing.TB, events []event.Event, wanted ...string) map[event.ID]string {
	t.Helper()
	want := map[event.ID]string{}
	for i := range events {
		e, err := event.ParseJSON(events[i].AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		insight.Reduce(&e, wanted)
		want[e.ID] = string(e.AppendJSON(nil))
	}
	return want
}

// TestScan has the tests of scans that need one server.
func TestScan(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("max_prepared_transactions", "2"))
	for _, c := range []struct {
		name string
		test func(t *testing.T, server *servers.Postgres)
	}{
		{"is the event", testScanIsTheEvent},
		{"is a source", testScanIsASource},
		{"of a late commit", testScanOfLateCommit},
		{"of long transactions", testScanOfLongTransactions},
		{"while writing", testScanWhileWriting},
		{"of erasures", testScanOfErasures},
		{"restored", testScanRestored},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) { c.test(t, server) })
	}
}

// testScanIsTheEvent: the columns give the events as their JSON has them, of every kind and with every field, in both databases and after
// the migration of version 5, and whole events in the order of time.
func testScanIsTheEvent(t *testing.T, server *servers.Postgres) {
	t.Helper()
	restore(t, server.URL(), "version5.sql")
	p := pool(t, server)
	old := kept(t, p, "cairn")
	if len(old) < 50 {
		t.Fatalf("version 5 has %d events, want more", len(old))
	}
	if _, err := sqlarchive.ReadPostgres(background, server.URL()); !errors.Is(err, sqlarchive.ErrOlder) {
		t.Errorf("before the migration: %v", err)
	}
	openPostgres(t, p)
	events := append(append(old, story(60)...), heard(3)...)
	fresh := openPostgres(t, p, sqlarchive.WithSchema("fresh"))
	path := filepath.Join(t.TempDir(), "archive.db")
	lite, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	down(t, lite)
	for _, a := range []*sqlarchive.Archive{fresh, lite} {
		if err := a.Export(background, events); err != nil {
			t.Fatal(err)
		}
	}
	inSQLite, err := sqlarchive.ReadSQLite(background, path)
	if err != nil {
		t.Fatal(err)
	}
	defer inSQLite.Close()
	wanted := []string{"plan", "tags", "weight"}
	var orders [2][]string
	for i, c := range []struct {
		name   string
		source *sqlarchive.Reader
		want   []event.Event
	}{
		{"PostgreSQL", read(t, server.URL(), sqlarchive.WithSchema("fresh")), events},
		{"SQLite", inSQLite, events},
		{"migrated", read(t, server.URL()), old},
	} {
		f := follow(c.source)
		f.next(t, wanted...)
		if diff := cmp.Diff(reduced(t, c.want, wanted...), f.seen); diff != "" {
			t.Errorf("%s (-of the JSON +of the columns):\n%s", c.name, diff)
		}
		f.wants(t, 0, "nothing is new")
		if i < 2 {
			if err := c.source.Events(background, event.Query{}, func(e *event.Event) error {
				orders[i] = append(orders[i], string(e.AppendJSON(nil)))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(orders[0]) != len(events) {
		t.Errorf("Events has %d of %d", len(orders[0]), len(events))
	}
	if diff := cmp.Diff(orders[0], orders[1]); diff != "" {
		t.Errorf("Events (-PostgreSQL +SQLite):\n%s", diff)
	}
}

func testScanIsASource(t *testing.T, server *servers.Postgres) {
	t.Helper()
	p := pool(t, server)
	schema := sqlarchive.WithSchema("source")
	a := openPostgres(t, p, schema)
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		t.Helper()
		do(t, p, "TRUNCATE source.transitions, source.touchpoints, source.feedback, source.followups, source.others, source.journeys, source.promises, source.legs, source.decisions, source.views, source.replies")
		return sourcetest.Fixture{
			Source: read(t, server.URL(), schema), Reopen: func(t *testing.T) insight.Source { return read(t, server.URL(), schema) },
			Write: func(t *testing.T, events []event.Event) {
				if err := a.Export(background, events); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

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

// burn uses up transaction IDs.
func burn(t *testing.T, p *pgxpool.Pool, n int) {
	t.Helper()
	do(t, p, "CREATE TABLE IF NOT EXISTS public.burnt (a int)")
	batch := &pgx.Batch{}
	for range n {
		batch.Queue("SELECT pg_current_xact_id()")
		batch.Queue("COMMIT AND CHAIN")
	}
	conn, err := p.Acquire(background)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(background, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SendBatch(background, batch).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(background, "COMMIT"); err != nil {
		t.Fatal(err)
	}
}

// testScanRestored: an archive that pg_dump has brought to another server is read from the beginning, once, and what comes later once.
func testScanRestored(t *testing.T, there *servers.Postgres) {
	t.Helper()
	dump, err := exec.LookPath("pg_dump")
	if err != nil {
		servers.Skip(t, "pg_dump is not in PATH: %v", err)
	}
	here := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	from, to := pool(t, there), pool(t, here)
	burn(t, from, 2000)
	for _, c := range []struct {
		schema, reason string
	}{
		{"older", "its transactions have IDs that this server has not had yet"},
		{"younger", "its transactions have IDs that this server has had"}, // since the first case
	} {
		t.Run(c.schema, func(t *testing.T) {
			schema := sqlarchive.WithSchema(c.schema)
			events := story(60)
			third := len(events) / 3
			a := openPostgres(t, from, schema)
			if err := a.Export(background, events[:third]); err != nil {
				t.Fatal(err)
			}
			f := follow(read(t, there.URL(), schema))
			f.wants(t, third, "the first third")
			data, err := exec.Command(dump, "--inserts", "--no-owner", "--schema="+c.schema, "--dbname="+there.URL()).Output()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := pgx.Connect(background, here.URL())
			if err != nil {
				t.Fatal(err)
			}
			text := "\n" + string(data)
			for _, meta := range []string{"\n\\restrict ", "\n\\unrestrict "} { // of psql
				if at := strings.Index(text, meta); at >= 0 {
					text = text[:at] + text[at+1+strings.IndexByte(text[at+1:], '\n'):]
				}
			}
			if _, err := conn.Exec(background, text); err != nil {
				t.Fatal(err)
			}
			conn.Close(background)
			f.source = read(t, here.URL(), schema)
			if n, anew, _ := f.next(t); n != third || !anew {
				t.Errorf("restored: %d events, want %d; another epoch: %v: %s", n, third, anew, c.reason)
			}
			f.wants(t, 0, c.reason)
			b := openPostgres(t, to, schema)
			for i, batch := range [][]event.Event{events[third : 2*third], events[2*third:]} {
				if err := b.Export(background, batch); err != nil {
					t.Fatal(err)
				}
				f.wants(t, len(batch), fmt.Sprint("batch ", i, " after the restoring: ", c.reason))
				burn(t, to, 2500) // the IDs of this server pass those of the other one
				f.wants(t, 0, "they pass: "+c.reason)
			}
			fresh := follow(read(t, here.URL(), schema))
			fresh.wants(t, len(events), "a reader that begins after all")
			fresh.wants(t, 0, "nothing is new")
		})
	}
}

// testScanOfErasures: an erasure changes the epoch, one that finds nothing and a deletion of old events do not.
func testScanOfErasures(t *testing.T, server *servers.Postgres) {
	t.Helper()
	p := pool(t, server)
	schema := sqlarchive.WithSchema("erased")
	a := openPostgres(t, p, schema)
	events := story(40)
	agent := event.Event{ID: event.ID{1}, Kind: event.TouchpointEnded, Time: events[0].Time, Assisted: &event.Assisted{Legs: []event.Leg{{Agent: "emp"}}}}
	if err := a.Export(background, append(events, agent)); err != nil {
		t.Fatal(err)
	}
	f := follow(read(t, server.URL(), schema))
	f.wants(t, len(events)+1, "all")
	check := func(what string, want bool, n int64, err error) {
		t.Helper()
		if err != nil || n == 0 && want {
			t.Fatal(n, err)
		}
		got, anew, _ := f.next(t)
		if anew != want || !want && got != 0 {
			t.Errorf("%s: another epoch: %v, with %d events, want another one: %v", what, anew, got, want)
		}
		var there int
		if err := p.QueryRow(background, "SELECT count(*) FROM erased.events").Scan(&there); err != nil || want && there != got {
			t.Errorf("%s: %d events of %d: %v", what, got, there, err)
		}
	}
	n, err := a.Forget(background, "nobody")
	check("nobody", false, n, err)
	n, err = a.Forget(background, fmt.Sprintf("%016x", 3))
	check("a customer", true, n, err)
	n, err = a.ForgetEmployee(background, "emp")
	check("an employee", true, n, err)
	n, err = a.ForgetEmployee(background, "emp")
	check("an employee again", false, n, err)
	n, err = a.Prune(background, events[len(events)/2].Time)
	check("old events", false, n, err)
	do(t, p, "DROP INDEX erased.others_xid")
	if _, err := f.source.Scan(background, event.Scan{}, func(*event.Event) error { return nil }); err == nil || !strings.Contains(err.Error(), "restored") {
		t.Errorf("without an index: %v", err)
	}
}
