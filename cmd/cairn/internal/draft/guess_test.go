package draft_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestGuess: the role of a column follows from its name and its values. A more certain name wins. Among equally
// certain columns, the first one wins.
func TestGuess(t *testing.T) {
	t.Parallel()
	// Two cases of two rows each.
	const (
		day1, day2, day3, day4 = "2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03"
		none                   = "-"
	)
	days := []string{day1, day2, day3, day4}
	ids := []string{"o-1", "o-2", "o-1", "o-2"}
	steps := []string{"cart", "cart", "pay", "pay"}
	texts := []string{"a", "b", "c", "d"}
	type col struct {
		name   string
		values []string
	}
	for _, c := range []struct {
		name    string
		cols    []col
		said    eventlog.Columns
		want    string // case, activity, time, channel, customer, outcome
		missing []string
		reason  string
	}{
		{"by their names", []col{{"order", ids}, {"step", steps}, {"at", days}}, eventlog.Columns{}, "order step at - - -", nil, "the plain case"},
		{"in another order", []col{{"at", days}, {"step", steps}, {"order", ids}}, eventlog.Columns{}, "order step at - - -", nil, "the position does not matter"},
		{"the names of XES", []col{{"case:concept:name", ids}, {"concept:name", steps}, {"time:timestamp", days}}, eventlog.Columns{}, "case:concept:name concept:name time:timestamp - - -", nil, "capitals and signs do not count"},
		{"capitals", []col{{"Case ID", ids}, {"ACTIVITY", steps}, {"Timestamp", days}}, eventlog.Columns{}, "Case ID ACTIVITY Timestamp - - -", nil, "capitals and signs do not count"},
		{"in German", []col{{"Fall-ID", ids}, {"Aktivität", steps}, {"Zeitstempel", days}, {"Kanal", steps}, {"Kunde", ids}}, eventlog.Columns{}, "Fall-ID Aktivität Zeitstempel Kanal Kunde -", nil, "names of another language"},
		{"all roles", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"channel", []string{"web", "app", "web", "app"}}, {"customer", texts}, {"outcome", []string{"ok", "failed", "ok", "degraded"}}}, eventlog.Columns{}, "case activity time channel customer outcome", nil, "each has its column"},
		{"by their values", []col{{"a", ids}, {"b", steps}, {"c", days}}, eventlog.Columns{Case: "a"}, "a b c - - -", nil, "values that are all times decide"},
		{"part of a name", []col{{"the case no", ids}, {"the activity", steps}, {"our timestamp", days}}, eventlog.Columns{}, "the case no the activity our timestamp - - -", nil, "a name may have the word in it"},
		{"two that may be the time", []col{{"case", ids}, {"activity", steps}, {"start", days}, {"end", days}}, eventlog.Columns{}, "case activity end - - -", nil, "an event happens when it is over"},
		{"two of one role", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"user", ids}, {"account", ids}}, eventlog.Columns{}, "case activity time - user -", nil, "the more certain name"},
		{"equally good", []col{{"x", steps}, {"y", steps}, {"case", ids}, {"time", days}}, eventlog.Columns{}, "case x time - - -", nil, "the first column wins"},
		{"a status that is not an outcome", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"status", []string{"ok", "failed", "pending", "ok"}}}, eventlog.Columns{}, "case activity time - - -", nil, "one value that is none rules it out"},
		{"an outcome by its values only", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"how", []string{"ok", "ok", "failed", "ok"}}}, eventlog.Columns{}, "case activity time - - -", nil, "only a name says so"},
		{"a status that is the activity", []col{{"case", ids}, {"status", steps}, {"time", days}}, eventlog.Columns{}, "case status time - - -", nil, "no other column fits better"},
		{"a time column without times", []col{{"case", ids}, {"activity", steps}, {"time", texts}}, eventlog.Columns{}, "case activity - - - -", []string{"time"}, "the values rule it out"},
		{"a few broken times", []col{{"case", append(slices.Repeat(ids, 4), "o-1")}, {"activity", append(slices.Repeat(steps, 4), "pay")}, {"time", append(slices.Repeat(days, 4), "soon")}}, eventlog.Columns{}, "case activity time - - -", nil, "nine of ten are enough"},
		{"many broken times", []col{{"case", slices.Repeat(ids, 2)}, {"activity", slices.Repeat(steps, 2)}, {"time", append(slices.Repeat(days, 1), "soon", "soon", day1, day2)}}, eventlog.Columns{}, "case activity - - - -", []string{"time"}, "nine of ten are needed"},
		{"seconds since 1970", []col{{"case", ids}, {"activity", steps}, {"ts", []string{"1769850000", "1769850060", "1769850120", "1769850180"}}}, eventlog.Columns{}, "case activity ts - - -", nil, "numbers, with a name that says so"},
		{"IDs that are numbers", []col{{"number", []string{"1769850000", "1769850060", "1769850000", "1769850060"}}, {"activity", steps}, {"time", days}}, eventlog.Columns{}, "number activity time - - -", nil, "they could be times, and the time has its own column"},
		{"an ID that is too long", []col{{"case", []string{strings.Repeat("x", 129), "o-2", "o-1", "o-2"}}, {"order", ids}, {"activity", steps}, {"time", days}}, eventlog.Columns{}, "order activity time - - -", nil, "128 bytes at most"},
		{"a long ID", []col{{"case", []string{strings.Repeat("x", 128), "o-2", "o-1", "o-2"}}, {"activity", steps}, {"time", days}}, eventlog.Columns{}, "case activity time - - -", nil, "128 bytes at most"},
		{"too many channels", []col{{"case", slices.Repeat(ids, 11)}, {"activity", slices.Repeat(steps, 11)}, {"time", slices.Repeat(days, 11)}, {"channel", numbered(44, 41)}}, eventlog.Columns{}, "case activity time - - -", nil, "40 at most"},
		{"many channels", []col{{"case", slices.Repeat(ids, 11)}, {"activity", slices.Repeat(steps, 11)}, {"time", slices.Repeat(days, 11)}, {"channel", numbered(44, 40)}}, eventlog.Columns{}, "case activity time channel - -", nil, "40 at most"},
		{"an empty column", []col{{"case", []string{"", "", "", ""}}, {"order", ids}, {"activity", steps}, {"time", days}}, eventlog.Columns{}, "order activity time - - -", nil, "it has no value to go by"},
		{"a name twice", []col{{"case", ids}, {"case", ids}, {"order", ids}, {"activity", steps}, {"time", days}}, eventlog.Columns{}, "order activity time - - -", nil, "a name that two columns have names neither"},
		{"set by the user", []col{{"case", ids}, {"other", ids}, {"activity", steps}, {"time", days}}, eventlog.Columns{Case: "other"}, "other activity time - - -", nil, "the user's choice wins"},
		{"set for another role", []col{{"case", ids}, {"id", ids}, {"activity", steps}, {"time", days}}, eventlog.Columns{Customer: "case"}, "id activity time - case -", nil, "a column has one role"},
		{"a ticket system in German", []col{{"Ticket-Nr.", ids}, {"Vorgang", steps}, {"Geändert am", days}, {"Eingangskanal", []string{"E-Mail", "Telefon", "Internet", "E-Mail"}}}, eventlog.Columns{}, "Ticket-Nr. Vorgang Geändert am Eingangskanal - -", nil, "the number is the case, and not the word for both"},
		{"a ticket system in English", []col{{"Number", ids}, {"State", steps}, {"Updated", days}, {"Created", days}, {"Contact type", []string{"phone", "walk-in", "phone", "virtual agent"}}}, eventlog.Columns{}, "Number State Updated Contact type - -", nil, "a step happened when the ticket was changed"},
		{"a source that is a channel", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"Source", []string{"web", "E-Mail", "web", "Intern"}}}, eventlog.Columns{}, "case activity time Source - -", nil, "most of its values are channels"},
		{"a source that is none", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"source", []string{"newsletter", "spring", "web", "spring"}}}, eventlog.Columns{}, "case activity time - - -", nil, "customers came from there"},
		{"a channel of unknown values", []col{{"case", ids}, {"activity", steps}, {"time", days}, {"channel", []string{"north", "south", "north", "south"}}}, eventlog.Columns{}, "case activity time channel - -", nil, "the name says so"},
		{"nothing", nil, eventlog.Columns{}, "- - - - - -", []string{"time", "case", "activity"}, "the error names every missing role"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &eventlog.Peeked{}
			for i, column := range c.cols {
				p.Names = append(p.Names, column.name)
				for r, v := range column.values {
					if i == 0 {
						p.Rows = append(p.Rows, nil)
					}
					p.Rows[r] = append(p.Rows[r], v)
				}
			}
			got, err := draft.Guess(p, c.said)
			var parts []string
			for _, v := range []string{got.Case, got.Activity, got.Time, got.Channel, got.Customer, got.Outcome} {
				if v == "" {
					v = none
				}
				parts = append(parts, v)
			}
			if line := strings.Join(parts, " "); line != c.want {
				t.Errorf("the columns are %q, want %q: %s", line, c.want, c.reason)
			}
			var e *draft.MissingError
			switch {
			case c.missing == nil && err != nil:
				t.Errorf("%v, and no error is expected: %s", err, c.reason)
			case c.missing != nil && (!errors.As(err, &e) || !slices.Equal(e.Missing, c.missing)):
				t.Errorf("the error is %v, want the missing roles %q: %s", err, c.missing, c.reason)
			}
		})
	}
}

// numbered returns n values with the given number of different ones.
func numbered(n, different int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("c", i%different))
	}
	return list
}
