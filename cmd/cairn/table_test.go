package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// asks parses the command line of a command that has a table.
func asks(args ...string) (*tableSettings, error) {
	s, t := &tableSettings{}, &tableTexts{}
	u := newUsage("test", tableArguments)
	tableFlags(u, s, t)
	compareFlag(u, t)
	var done bool
	if s.files, _, done = parseMixed(&env{stdout: io.Discard, stderr: io.Discard}, u, args); done {
		return nil, errCondition
	}
	return s, s.completeTable(t)
}

// TestNamedPeriods: what the flags of a period mean, by the calendar of the zone.
func TestNamedPeriods(t *testing.T) {
	t.Parallel()
	const open = "-"
	for _, c := range []struct {
		name, reason string
		args         string
		want, before string
	}{
		{"none", "all runs", "", open + " " + open, ""},
		{"days", "both days are in the period", "--from 2026-03-02 --until 2026-03-08", "2026-03-02T00:00:00Z 2026-03-09T00:00:00Z", ""},
		{"from", "one end is open", "--from 2026-03-02", "2026-03-02T00:00:00Z " + open, ""},
		{"until", "the other one is", "--until 2026-03-02", open + " 2026-03-03T00:00:00Z", ""},
		{"times", "the last moment is in the period, to the microsecond", "--from 2026-03-02T10:00:00Z --until 2026-03-02T11:00:00Z --compare previous", "2026-03-02T10:00:00Z 2026-03-02T11:00:00.000001Z", "2026-03-02T08:59:59.999999Z 2026-03-02T10:00:00Z"},
		{"week", "Monday to Sunday, and the one before", "--week 2026-W10 --compare previous", "2026-03-02T00:00:00Z 2026-03-09T00:00:00Z", "2026-02-23T00:00:00Z 2026-03-02T00:00:00Z"},
		{"week by a Sunday", "it is the last day of its week", "--week 2026-03-08", "2026-03-02T00:00:00Z 2026-03-09T00:00:00Z", ""},
		{"week by a Monday", "it is the first one", "--week 2026-03-09", "2026-03-09T00:00:00Z 2026-03-16T00:00:00Z", ""},
		{"week 53", "ISO 8601: 2020 has it, and it ends in 2021", "--week 2020W53", "2020-12-28T00:00:00Z 2021-01-04T00:00:00Z", ""},
		{"week 1", "ISO 8601: week 1 of 2025 begins in 2024", "--week 2025-w1", "2024-12-30T00:00:00Z 2025-01-06T00:00:00Z", ""},
		{"week a year ago", "52 weeks ago, with the same days of the week", "--week 2026-W10 --compare year", "2026-03-02T00:00:00Z 2026-03-09T00:00:00Z", "2025-03-03T00:00:00Z 2025-03-10T00:00:00Z"},
		{"month", "the month before is shorter", "--month 2026-03 --compare previous", "2026-03-01T00:00:00Z 2026-04-01T00:00:00Z", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z"},
		{"month by its days", "the report of these days compares with February, too", "--from 2026-03-01 --until 2026-03-31 --compare previous", "2026-03-01T00:00:00Z 2026-04-01T00:00:00Z", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z"},
		{"quarter by its days", "the quarter before has two days more", "--from 2026-01-01 --until 2026-03-31 --compare previous", "2026-01-01T00:00:00Z 2026-04-01T00:00:00Z", "2025-10-01T00:00:00Z 2026-01-01T00:00:00Z"},
		{"month a year ago", "a leap year has 29 days in February", "--month 2025-02 --compare year", "2025-02-01T00:00:00Z 2025-03-01T00:00:00Z", "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z"},
		{"quarter a year ago", "28 days and more keep their dates", "--from 2026-01-01 --until 2026-03-31 --compare year", "2026-01-01T00:00:00Z 2026-04-01T00:00:00Z", "2025-01-01T00:00:00Z 2025-04-01T00:00:00Z"},
		{"summer time", "the week in which the clock goes forward has 167 hours", "--tz Europe/Amsterdam --week 2026-W13 --compare previous", "2026-03-22T23:00:00Z 2026-03-29T22:00:00Z", "2026-03-15T23:00:00Z 2026-03-22T23:00:00Z"},
		{"winter time", "so many days before, not so many hours", "--tz Europe/Amsterdam --from 2026-10-25 --until 2026-10-26 --compare previous", "2026-10-24T22:00:00Z 2026-10-26T23:00:00Z", "2026-10-22T22:00:00Z 2026-10-24T22:00:00Z"},
		{"no midnight", "in Beirut the clock went from 23:59:59 to 01:00 on 28 March 2021", "--tz Asia/Beirut --from 2021-03-28 --until 2021-03-28 --compare previous", "2021-03-27T22:00:00Z 2021-03-28T21:00:00Z", "2021-03-26T22:00:00Z 2021-03-27T22:00:00Z"},
		{"named", "any period, with both days", "--week 2026-W10 --compare 2026-01-05..2026-01-11", "2026-03-02T00:00:00Z 2026-03-09T00:00:00Z", "2026-01-05T00:00:00Z 2026-01-12T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := asks(append(strings.Fields(c.args), "archive.postgres://x/y")...)
			if err != nil && !strings.Contains(err.Error(), "the blueprint is missing") {
				t.Fatal(err)
			}
			text := func(w *insight.Which) string {
				if w == nil {
					return ""
				}
				one := func(at time.Time) string {
					if at.IsZero() {
						return open
					}
					return at.UTC().Format(time.RFC3339Nano)
				}
				return one(w.From) + " " + one(w.Until)
			}
			if got := text(&s.which); got != c.want {
				t.Errorf("the period is %s, want %s: %s", got, c.want, c.reason)
			}
			if got := text(s.before); got != c.before {
				t.Errorf("the one before is %s, want %s: %s", got, c.before, c.reason)
			}
		})
	}
}

// TestFaultyPeriods: a command line that means no period says what to write.
func TestFaultyPeriods(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--week 2026-W54":                                      "write 2026-W10",
		"--week 2026-W0":                                       "write 2026-W10",
		"--week soon":                                          "write 2026-W10",
		"--week 2026-03-04T10:00:00Z":                          "write 2026-W10",
		"--month 2026-13":                                      "write 2026-03",
		"--month 0000-01":                                      "write 2026-03",
		"--month 0001-01":                                      "write 2026-03",
		"--month 2251-01":                                      "write 2026-03",
		"--week 0001-W02":                                      "write 2026-W10",
		"--month 2026":                                         "write 2026-03",
		"--month 2026-03 --week 2026-W10":                      "the period is named twice",
		"--month 2026-03 --until 2026-03-04":                   "the period is named twice",
		"--from 2026-03-04 --until 2026-03-03":                 "is before --from",
		"--compare previous":                                   "--compare needs a period",
		"--from 2026-03-04 --compare previous":                 "--compare needs a period",
		"--month 2026-03 --compare previus":                    `did you mean "previous"?`,
		"--month 2026-03 --compare 2026-03-02..":               "2026-02-01..2026-02-28",
		"--month 2026-03 --compare 2026-03-02..2026-03-01":     "it ends before it begins",
		"--month 2026-03 --compare 2026-03-02..never":          `--compare "2026-03-02..never"`,
		"--at noon":                                            `--at "noon"`,
		"--tz Europe/Amsterdm --week 2026-W10":                 "the time zone",
		"--week 2026-W10 --tz Mars/Olympus --compare previous": "the time zone",
	} {
		if _, err := asks(append(strings.Fields(args), "b.yaml", "log.csv")...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q in it", args, err, says)
		}
	}
}

// TestConditions: --where is a condition on a column, or a further value of one.
func TestConditions(t *testing.T) {
	t.Parallel()
	var c conditions
	for _, text := range []string{"team=red", "channel=email, phone", "team=blue", "team!=green", "segment=", " impact =a=b", "impact!=x"} {
		if err := c.Set(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	want := []insight.Where{
		{Column: "team", Values: []string{"red", "blue"}},
		{Column: "channel", Values: []string{"email, phone"}},
		{Column: "team", Values: []string{"green"}, Not: true},
		{Column: "segment", Values: []string{""}},
		{Column: "impact", Values: []string{"a=b"}},
		{Column: "impact", Values: []string{"x"}, Not: true},
	}
	if diff := cmp.Diff(want, c.list); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "team", "=red", "!=red", " = "} {
		if err := c.Set(text); err == nil {
			t.Errorf("%q is taken as a condition", text)
		}
	}
}

// TestOpenTable: what a table rests on, and which columns it has.
func TestOpenTable(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	replayed(t, in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key"), "--archive", in("archive.db"))
	var calls []byte
	for n := range 2 {
		e := event.Event{
			ID: event.ID{15: byte(n + 1)}, Kind: event.TouchpointEnded, Time: time.Date(2026, 3, 2, 10, n, 0, 0, time.UTC), Touchpoint: "call",
			Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true}}},
		}
		calls = append(e.AppendJSON(calls), '\n')
	}
	if err := os.WriteFile(in("calls.jsonl"), calls, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, reason string
		args         []string
		says, fault  string
	}{
		{"a log", "the attributes of log: are columns", []string{in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key"), "--by", "team"}, "rests on 4 runs", ""},
		{"an archive", "it needs no blueprint, and attributes are those that are named", []string{in("archive.db")}, "rests on 4 runs", ""},
		{"a column that is none", "an attribute that is in no event is a mistake", []string{in("archive.db"), "--by", "tem"}, "", `did you mean "team"?`},
		{"a condition on none", "the error says what there is", []string{in("archive.db"), "--where", "xyzzyx=1"}, "", "the columns are journey, version"},
		{"contacts alone", "a hotline has no journeys", []string{in("blueprint.yaml"), in("calls.jsonl")}, "rests on 2 events, which belong to no run, the latest of 2026-03-02 10:01 UTC", ""},
		{"a built-in column", "it needs no attribute", []string{in("archive.db"), "--where", "outcome=completed"}, "rests on 4 runs", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := asks(c.args...)
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			o, err := openTable(t.Context(), &env{stdout: io.Discard, stderr: &said}, s, "test")
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Fatalf("the error is %v, want %q in it: %s", err, c.fault, c.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			if n := strings.Count(said.String(), "\n"); n != 1 || !strings.Contains(said.String(), c.says) {
				t.Errorf("it says %q, want one line with %q: %s", said.String(), c.says, c.reason)
			}
			if o.At.IsZero() || o.View == nil || o.Zone == nil {
				t.Errorf("the table has no moment, view or zone: %+v", o)
			}
		})
	}
}

// TestAttributeNamedLikeAColumn: it is no column, and the user hears why.
func TestAttributeNamedLikeAColumn(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	s, err := asks(in("blueprint.yaml"), in("log.csv"), "--map", "attr.outcome=team,attr.team=who")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	o, err := openTable(t.Context(), &env{stdout: io.Discard, stderr: &said}, s, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if !strings.Contains(said.String(), `the attribute "outcome" is no column`) || strings.Contains(said.String(), `"team"`) {
		t.Errorf("it says %q", said.String())
	}
}

// TestInsideOneAnother: a log may be read inside the function that another reading calls, and by several callers at a time.
func TestInsideOneAnother(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	o := opened(t, nil, in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key"))
	all := asked(t, o, event.Query{})
	var inside []string
	if _, err := o.Scan(t.Context(), event.Scan{}, func(*event.Event) error {
		if inside != nil {
			return nil
		}
		return o.Events(t.Context(), event.Query{}, func(e *event.Event) error {
			inside = append(inside, fmt.Sprint(e.Kind, e.Journey.ID, e.Touchpoint))
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range all {
		want = append(want, fmt.Sprint(all[i].Kind, all[i].Journey.ID, all[i].Touchpoint))
	}
	slices.Sort(want)
	slices.Sort(inside)
	if diff := cmp.Diff(want, inside); diff != "" || len(want) < 12 {
		t.Errorf("inside a scan (-alone +inside)\n%s", diff)
	}
}
