package sqlarchive_test

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

// version1 puts an archive that version 1 of the tables' code has made at the path. Its events are those of internal/e2e/archive's
// version1.sql: a run whose release changes, one with an experiment and texts with NUL, one that says nothing, one of which only a
// touchpoint is there, and one with 40 causes.
func version1(t *testing.T, path string) {
	t.Helper()
	stored(t, "version1.db.gz", path)
}

// stored puts an archive of testdata at the path.
func stored(t *testing.T, name, path string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestVersion1: an archive of version 1 is migrated where it is. It then has what a new archive of the same events has, and keeps
// more.
func TestVersion1(t *testing.T) {
	t.Parallel()
	old, fresh := temp(t), temp(t)
	version1(t, old)
	before := raw(t, old)
	events := kept(t, before)
	tables := []string{"transitions", "touchpoints", "feedback", "followups", "others"}
	was := map[string][]string{}
	query := map[string]string{} // the columns that there were
	for _, table := range tables {
		query[table] = "SELECT " + strings.Join(rows(t, before, "SELECT name FROM pragma_table_info('"+table+"')"), ", ") + " FROM " + table + " ORDER BY arrival"
		was[table] = rows(t, before, query[table])
	}
	before.Close()
	if len(events) < 50 {
		t.Fatalf("it has %d events, want more", len(events))
	}
	migrated := ready(t, old)
	export(t, ready(t, fresh, sqlarchive.WithoutFsync()), events...)
	in, of := raw(t, old), raw(t, fresh)
	for _, table := range tables {
		if diff := cmp.Diff(was[table], rows(t, in, query[table])); diff != "" {
			t.Errorf("%s has changed (-was +is):\n%s", table, diff)
		}
	}
	const journeys = "SELECT * FROM journeys ORDER BY run"
	if diff := cmp.Diff(rows(t, of, journeys), rows(t, in, journeys)); diff != "" {
		t.Errorf("journeys (-new +migrated):\n%s", diff)
	}
	const schema = "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
	if diff := cmp.Diff(rows(t, of, schema), rows(t, in, schema)); diff != "" {
		t.Errorf("the schema (-new +migrated):\n%s", diff)
	}
	want := []string{
		`order-1 | 1 | 2026.5 | one-page | a | ["card_declined","gave_up","slow","timeout","unclear \"form\""]`,
		"order-2 | 1 | 2026.4-\uFFFD | one-page | b | [\"wait\"]",
		"order-3 | 1 | NULL | NULL | NULL | NULL",
		`order-4 | 0 | 2026.3 | NULL | NULL | ["fraud"]`,
	}
	if got := rows(t, in, "SELECT run, moved, release, experiment, arm, causes FROM journeys WHERE run <> 'order-5' ORDER BY run"); !slices.Equal(got, want) {
		t.Errorf("the runs are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	export(t, migrated, promised("order-1", "")...)
	if got := rows(t, in, "SELECT run, number, outcome FROM promises ORDER BY number"); !slices.Equal(got, []string{"order-1 | 1 | kept", "order-1 | 2 | NULL"}) {
		t.Errorf("the promises are %q", got)
	}
}

// TestVersion1Again: several processes that find an archive of version 1 migrate it once.
func TestVersion1Again(t *testing.T) {
	t.Parallel()
	path := temp(t)
	version1(t, path)
	done := make(chan error, 4)
	for range cap(done) {
		go func() {
			a, err := sqlarchive.OpenSQLite(path)
			if err == nil {
				err = errors.Join(a.Ping(background), a.Shutdown(background)) // OpenSQLite does not wait for a slow disk
			}
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := rows(t, raw(t, path), "SELECT count(*), sum(is_applied) FROM cairn_archive_version"); !slices.Equal(got, []string{"8 | 8"}) {
		t.Errorf("the versions are %q, want the first one and seven migrations", got)
	}
}
