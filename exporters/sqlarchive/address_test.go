package sqlarchive_test

import (
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestServerAddress: it is the database's host, the first one of several; a file and a socket have none.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	open := func(a *sqlarchive.Archive, err error) *sqlarchive.Archive {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := a.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
				t.Error(err)
			}
		})
		return a
	}
	var none *sqlarchive.Archive
	for _, c := range []struct {
		name string
		a    *sqlarchive.Archive
		host string
		port int
	}{
		{"a URL", open(sqlarchive.OpenPostgres("postgres://user:secret@db.internal:5433/events?sslmode=disable")), "db.internal", 5433},
		{"two hosts", open(sqlarchive.OpenPostgres("host=one.internal,two.internal user=x password=secret dbname=events sslmode=disable")), "one.internal", 5432},
		{"a socket", open(sqlarchive.OpenPostgres("host=/var/run/postgresql user=x dbname=events")), "", 0},
		{"a file", open(sqlarchive.OpenSQLite(filepath.Join(t.TempDir(), "events.db"))), "", 0},
		{"no archive", none, "", 0},
		{"the zero value", &sqlarchive.Archive{}, "", 0},
	} {
		if host, port := c.a.ServerAddress(); host != c.host || port != c.port {
			t.Errorf("%s is at %q, %d; want %q, %d", c.name, host, port, c.host, c.port)
		}
	}
}
