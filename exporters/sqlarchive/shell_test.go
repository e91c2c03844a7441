package sqlarchive_test

import (
	"os"
	"os/exec"
	"testing"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestQueriesInSQLite3: the program sqlite3 of the machine answers each query of README.md, as that page says. It is often years older than
// the SQLite in this package.
func TestQueriesInSQLite3(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		sinktest.Skip(t, "there is no sqlite3 here")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	path := temp(t)
	if err := open(t, path, sqlarchive.WithoutFsync()).Ping(background); err != nil {
		t.Fatal(err)
	}
	queries := query.FindAllSubmatch(readme, -1)
	if len(queries) < 20 {
		t.Fatalf("README.md has %d queries, want all of them", len(queries))
	}
	for _, q := range queries {
		if said, err := exec.CommandContext(t.Context(), program, "-readonly", path, string(q[1])).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s\n%s", err, said, q[1])
		}
	}
}
