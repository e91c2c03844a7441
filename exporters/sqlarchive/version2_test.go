package sqlarchive_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestVersion2: an archive of version 2 is migrated where it is, and then has what a new archive of the same events has. Its events
// are those of internal/e2e/archive's version2.sql: contacts that were made, refused and against the policy, with a grant and
// without, with texts that JSON escapes, and events that only look like them.
func TestVersion2(t *testing.T) {
	t.Parallel()
	old, fresh := temp(t), temp(t)
	stored(t, "version2.db.gz", old)
	before := raw(t, old)
	events := kept(t, before)
	before.Close()
	ready(t, old)
	export(t, ready(t, fresh, sqlarchive.WithoutFsync()), events...)
	in, of := raw(t, old), raw(t, fresh)
	for _, table := range []string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys", "promises"} {
		columns := rows(t, of, "SELECT name FROM pragma_table_info('"+table+"') WHERE name <> 'arrival' ORDER BY name")
		query := "SELECT " + strings.Join(columns, ", ") + " FROM " + table + " ORDER BY 1, 2, 3"
		if diff := cmp.Diff(rows(t, of, query), rows(t, in, query)); diff != "" {
			t.Errorf("%s (-new +migrated):\n%s", table, diff)
		}
	}
	const schema = "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
	if diff := cmp.Diff(rows(t, of, schema), rows(t, in, schema)); diff != "" {
		t.Errorf("the schema (-new +migrated):\n%s", diff)
	}
	grant := func(n string) string { return "00000000-0000-7000-8000-00000000010" + n }
	want := []string{
		"survey-mail | NULL | NULL",
		"survey-mail | survey | " + grant("1"),
		"survey-mail | offer | NULL",
		"survey-mail | NULL | NULL",
		"survey-mail | a\uFFFDb \"quoted\" \\ ü | " + grant("2"),
		"survey-mail | letter | " + grant("3"),
	}
	if got := rows(t, in, "SELECT touchpoint, purpose, grant_id FROM touchpoints ORDER BY arrival"); !slices.Equal(got, want) {
		t.Errorf("the touchpoints are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	want = []string{
		"contact.suppressed | survey | cap | NULL",
		"contact.suppressed | offer | hold | " + grant("4"),
		"contact.violated | offer | no_grant | NULL",
		"contact.violated | a\uFFFDb | used | " + grant("2"),
		"action.taken | survey | cap | " + grant("5"),
		"promise.made | NULL | NULL | NULL",
	}
	if got := rows(t, in, "SELECT kind, purpose, rule, grant_id FROM others ORDER BY arrival"); !slices.Equal(got, want) {
		t.Errorf("the others are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
