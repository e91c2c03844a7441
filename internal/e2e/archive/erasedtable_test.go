//go:build unix

package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// meddled is a source to which something happens in the middle of its next scan, once.
type meddled struct {
	insight.Source

	after  int // events of the scan
	meddle func()
}

func (m *meddled) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	n := 0
	return m.Source.Scan(ctx, s, func(e *event.Event) error {
		if n++; n > m.after && m.meddle != nil {
			meddle := m.meddle
			m.meddle = nil
			meddle()
		}
		return each(e)
	})
}

// tableAnswers are what a table says of everything.
func tableAnswers(t *testing.T, table *insight.Table) string {
	t.Helper()
	view := table.View(insight.Everything(), time.Time{})
	outcomes, err := view.Outcomes(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := view.Runs(t.Context(), insight.Which{}, insight.RunsOf{}, insight.MaxRuns)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{outcomes, list})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func loaded(t *testing.T, s insight.Source) *insight.Table {
	t.Helper()
	table, err := insight.New(nil)
	if err == nil {
		err = table.Load(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestErasedWhileLoading: a customer who is forgotten while a table loads is in no answer after the next Load, which says the same as a new table. So it is in both
// databases, at the first Load and at a later one, and when the archive is brought to another server in between.
func TestErasedWhileLoading(t *testing.T) {
	t.Parallel()
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	for i, c := range []struct {
		name, reason  string
		before, after int // events that are loaded before, and that are scanned before the erasure
	}{
		{"at the beginning", "the first event is not taken yet", 0, 0},
		{"in the middle", "a part is taken", 0, 300},
		{"while it reads on", "the erased events are in the table, and the scan is about others", 400, 20},
	} {
		for _, kind := range []string{"sqlite", "postgres"} {
			t.Run(c.name+" in "+kind, func(t *testing.T) {
				a, reader := archiveOf(t, kind, server, p, fmt.Sprint("erased", i))
				eraseWhileLoading(t, a, reader, c.before, c.after, c.reason)
			})
		}
	}
	t.Run("and restored", func(t *testing.T) { eraseAndRestore(t, server, p) })
}

// eraseAndRestore: the archive is brought to another server after an erasure that came in the middle of a Load, and the table reads on there.
func eraseAndRestore(t *testing.T, server *servers.Postgres, p *pgxpool.Pool) {
	t.Helper()
	dump, err := exec.LookPath("pg_dump")
	if err != nil {
		servers.Skip(t, "pg_dump is not in PATH: %v", err)
	}
	other := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	schema := sqlarchive.WithSchema("moved")
	a := openPostgres(t, p, schema)
	events := story(200)
	if err := a.Export(background, events[:500]); err != nil {
		t.Fatal(err)
	}
	source := &meddled{Source: read(t, server.URL(), schema)}
	source.meddle = func() {
		if _, err := a.Forget(background, fmt.Sprintf("%016x", 3)); err != nil {
			t.Error(err)
		}
		copySchema(t, dump, server, other, "moved")
	}
	table := loaded(t, source)
	// The service reads on from the other server, which has what was left, and then more.
	b := openPostgres(t, pool(t, other), schema)
	for _, more := range [][]event.Event{nil, events[500:600], events[600:]} {
		if err := b.Export(background, more); err != nil {
			t.Fatal(err)
		}
		if err := table.Load(t.Context(), read(t, other.URL(), schema)); err != nil {
			t.Fatal(err)
		}
		if got, want := tableAnswers(t, table), tableAnswers(t, loaded(t, read(t, other.URL(), schema))); got != want {
			t.Errorf("after %d more events the table says\n%.500s\na new one\n%.500s", len(more), got, want)
		}
	}
}

// archiveOf returns an empty archive, and a function that opens a reader of it.
func archiveOf(t *testing.T, kind string, server *servers.Postgres, p *pgxpool.Pool, name string) (*sqlarchive.Archive, func() insight.Source) {
	t.Helper()
	if kind == "postgres" {
		schema := sqlarchive.WithSchema(name)
		return openPostgres(t, p, schema), func() insight.Source { return read(t, server.URL(), schema) }
	}
	path := filepath.Join(t.TempDir(), "archive.db")
	a, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	return down(t, a), func() insight.Source {
		r, err := sqlarchive.ReadSQLite(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		return r
	}
}

// eraseWhileLoading forgets a customer in the middle of a Load.
func eraseWhileLoading(t *testing.T, a *sqlarchive.Archive, reader func() insight.Source, before, after int, reason string) {
	t.Helper()
	events := story(200)
	source := &meddled{Source: reader(), after: after}
	table, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if before > 0 {
		if err := a.Export(background, events[:before]); err != nil {
			t.Fatal(err)
		}
		if err := table.Load(t.Context(), source); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Export(background, events[before:]); err != nil {
		t.Fatal(err)
	}
	forgotten := fmt.Sprintf("%016x", 3)
	source.meddle = func() {
		if n, err := a.Forget(background, forgotten); err != nil || n == 0 {
			t.Errorf("%d rows are forgotten: %v", n, err)
		}
	}
	for range 2 {
		if err := table.Load(t.Context(), source); err != nil {
			t.Fatal(err)
		}
	}
	if source.meddle != nil {
		t.Fatal("nobody was forgotten")
	}
	if got, want := tableAnswers(t, table), tableAnswers(t, loaded(t, reader())); got != want {
		t.Errorf("the table says\n%.500s\na new one\n%.500s\n%s", got, want, reason)
	}
	if _, err := table.View(insight.Everything(), time.Time{}).Customer(t.Context(), forgotten); !errors.Is(err, insight.ErrNotFound) {
		t.Errorf("the forgotten customer: %v", err)
	}
}

// TestStoppedLoad: a Load whose context ends in the middle says why, leaves nothing behind, and the next one takes everything.
func TestStoppedLoad(t *testing.T) {
	t.Parallel()
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			a, reader := archiveOf(t, kind, server, p, "stopped")
			if err := a.Export(background, story(200)); err != nil {
				t.Fatal(err)
			}
			source := &meddled{Source: reader()}
			table, err := insight.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, after := range []int{0, 1, 100, 300} {
				ctx, cancel := context.WithCancelCause(t.Context())
				source.after, source.meddle = after, func() { cancel(errStopped) }
				if err := table.Load(ctx, source); !errors.Is(err, errStopped) {
					t.Errorf("after %d events: %v, want the cause", after, err)
				}
				if _, err := table.State(); !errors.Is(err, insight.ErrLoading) {
					t.Errorf("a table without a whole Load: %v", err)
				}
			}
			if err := table.Load(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			if got, want := tableAnswers(t, table), tableAnswers(t, loaded(t, reader())); got != want {
				t.Errorf("the table says\n%.500s\na new one\n%.500s", got, want)
			}
		})
	}
}

var errStopped = errors.New("stopped")
