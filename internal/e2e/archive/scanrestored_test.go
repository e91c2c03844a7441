//go:build unix

package archive_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

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

// copySchema brings a schema to another server, as pg_dump and psql do it.
func copySchema(t *testing.T, dump string, from, to *servers.Postgres, schema string) {
	t.Helper()
	data, err := exec.Command(dump, "--inserts", "--no-owner", "--schema="+schema, "--dbname="+from.URL()).Output()
	if err != nil {
		t.Fatal(err)
	}
	text := "\n" + string(data)
	for _, meta := range []string{"\n\\restrict ", "\n\\unrestrict "} { // of psql
		if at := strings.Index(text, meta); at >= 0 {
			text = text[:at] + text[at+1+strings.IndexByte(text[at+1:], '\n'):]
		}
	}
	conn, err := pgx.Connect(background, to.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(background)
	if _, err := conn.Exec(background, text); err != nil {
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
	here := servers.StartPostgres(t, servers.OwnCluster(), servers.PostgresSetting("fsync", "off"))
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
			copySchema(t, dump, there, here, c.schema)
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
