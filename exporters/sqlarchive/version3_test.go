package sqlarchive_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestVersion3: an archive of version 3, whose contacts have no legs, is migrated where it is, and then has what a new archive of the
// same events has. Its events are those of internal/e2e/archive's version3.sql: contacts with a queue or none, with a wait, holds,
// transfers beyond the bound and below 0, claims, an approval, texts that JSON escapes, and events that only look like contacts.
func TestVersion3(t *testing.T) {
	t.Parallel()
	old, fresh := temp(t), temp(t)
	stored(t, "version3.db.gz", old)
	before := raw(t, old)
	for _, statement := range oldEnds() {
		do(t, before, statement)
	}
	events := kept(t, before)
	before.Close()
	ready(t, old)
	export(t, ready(t, fresh, sqlarchive.WithoutFsync()), events...)
	in, of := raw(t, old), raw(t, fresh)
	for _, table := range []string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys", "promises", "legs", "decisions", "views", "replies"} {
		// The column event of an archive never changes, and that of the new one has legs.
		columns := rows(t, of, "SELECT name FROM pragma_table_info('"+table+"') WHERE name NOT IN ('arrival', 'event') ORDER BY name")
		query := "SELECT " + strings.Join(columns, ", ") + " FROM " + table + " ORDER BY 1, 2, 3, 4"
		if diff := cmp.Diff(rows(t, of, query), rows(t, in, query)); diff != "" {
			t.Errorf("%s (-new +migrated):\n%s", table, diff)
		}
	}
	const schema = "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
	if diff := cmp.Diff(rows(t, of, schema), rows(t, in, schema)); diff != "" {
		t.Errorf("the schema (-new +migrated):\n%s", diff)
	}
	want := []string{
		"2 | orders | NULL | 1 | 1 | 0.25 | 0 | transferred",
		"2 | orders | NULL | 0 | 2 | 0 | 0 | transferred",
		"2 | orders | orders | 0 | 3 | 0 | 2 | NULL",
	}
	if got := rows(t, in, "SELECT t.transfers, t.queue, l.queue, l.queued, l.number, l.wait_seconds, l.hold_seconds, l.leg_end FROM touchpoints AS t JOIN legs AS l ON l.touchpoint_id = t.id WHERE t.queue = 'orders' ORDER BY l.number"); !slices.Equal(got, want) {
		t.Errorf("the legs are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	want = []string{"a | 2 | 1 | 3 | 4 | 5", "b | 0 | 0 | 0 | 0 | 0", "c | NULL | NULL | NULL | NULL | NULL", "d | NULL | NULL | NULL | NULL | NULL", "e | NULL | NULL | NULL | NULL | NULL"}
	for _, table := range []string{"transitions", "journeys"} {
		if got := rows(t, in, "SELECT run, friction_repeats, friction_failures_before_success, friction_loops, friction_channel_switches, friction_overdue FROM "+table+" WHERE journey = 'rough' ORDER BY run"); !slices.Equal(got, want) {
			t.Errorf("the friction in %s is %q, want %q", table, got, want)
		}
	}
	if got := rows(t, in, "SELECT approval, approval_seconds FROM decisions ORDER BY arrival"); !slices.Equal(got, []string{"0 | 0", "1 | 90"}) {
		t.Errorf("the decisions are %q", got)
	}
	if got := rows(t, in, "SELECT intent FROM touchpoints WHERE intent IS NOT NULL UNION ALL SELECT intent FROM others WHERE intent IS NOT NULL"); !slices.Equal(got, []string{"late\uFFFD \"parcel\"", "where-is-it", "invoice", "invoice", "a\uFFFDb"}) {
		t.Errorf("the intents are %q", got)
	}
}

// oldEnds returns the statements with which an archive of version 3 has kept ends of a client that counts friction.
func oldEnds() (statements []string) {
	text := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	for i, c := range []struct {
		run        string
		transition *event.Transition
		attributes []attribute.KeyValue
	}{
		{"a", &event.Transition{LastTouchpoint: "a\x00b", Friction: &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5}}, nil},
		{"b", &event.Transition{Friction: &event.Friction{}}, nil},                                                  // counted, and there was none
		{"c", &event.Transition{LastTouchpoint: "pay"}, []attribute.KeyValue{attribute.String("friction", "\x00")}}, // not counted, with a key that has the name
		{"d", &event.Transition{LastTouchpoint: `"friction":{"repeats":7}`}, nil},                                   // a text that looks like it
		{"e", nil, []attribute.KeyValue{attribute.String("transition", "friction")}},                                // without the detail
	} {
		e := event.Event{
			ID: id(500 + i), Kind: event.JourneyEnded, Time: noon, Outcome: event.Completed, Transition: c.transition, Attributes: c.attributes,
			Journey: event.Run{Namespace: "test", Name: "rough", ID: c.run},
		}
		const at = "'2026-04-17 12:00:00.123456'"
		statements = append(statements,
			"INSERT INTO transitions (arrival, id, kind, time, namespace, journey, run, partial, actor, direction, outcome, late, event) VALUES ("+
				strings.Join([]string{strconv.Itoa(10_000 + i), text(e.ID.String()), "'journey.ended'", at, "'test'", "'rough'", text(c.run), "false", "'customer'", "'inbound'", "'completed'", "false", text(string(e.AppendJSON(nil)))}, ", ")+")",
			"INSERT INTO journeys (namespace, journey, run, ended, end_id, outcome, partial, first_event, last_event, moved) VALUES ("+
				strings.Join([]string{"'test'", "'rough'", text(c.run), at, text(e.ID.String()), "'completed'", "false", at, at, "true"}, ", ")+")")
	}
	return statements
}
