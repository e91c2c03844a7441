package eventlog_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// readTimes reads one log for each list, with one row for each time. It returns the times of the rows in UTC in
// the order of the lists, "" for a row that was skipped, and the notes.
func readTimes(t testing.TB, cfg eventlog.Config, files ...[]string) (got []string, notes []eventlog.Note, err error) {
	t.Helper()
	cfg.Columns, cfg.Dir = columns, t.TempDir()
	cfg.Bad = func(string, int, error) error { return nil }
	var names []string
	n := 0
	for _, times := range files {
		var b strings.Builder
		w := csv.NewWriter(&b)
		_ = w.Write([]string{"case", "what", "when"})
		for _, at := range times {
			_ = w.Write([]string{fmt.Sprint(n), "x", at})
			n++
		}
		w.Flush()
		names = append(names, write(t.(*testing.T), "log.csv", b.String()))
	}
	l, err := eventlog.Open(t.Context(), cfg, names, nil)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = l.Close() }()
	got = make([]string, n)
	for {
		row, err := l.Next(0)
		if errors.Is(err, io.EOF) {
			return got, l.Notes(), nil
		}
		if err != nil {
			return nil, nil, err
		}
		var i int
		_, _ = fmt.Sscan(string(row.Case), &i)
		got[i] = time.Unix(0, row.Time).UTC().Format(time.RFC3339Nano)
	}
}

// TestExports: the package detects the formats of ticket systems, warehouses, process-mining tools and
// programming languages. All texts are 24 February 2015, 11:15, in their zone.
func TestExports(t *testing.T) {
	t.Parallel()
	const at = "2015-02-24T11:15:00Z"
	for _, tt := range []struct{ name, text, want string }{
		{"Jira", "24/Feb/15 11:15 AM", at},
		{"Jira, afternoon", "24/Feb/15 1:15 PM", "2015-02-24T13:15:00Z"},
		{"Jira Cloud", "Feb 24, 2015, 11:15 AM", at},
		{"Zendesk", "2015-02-24T11:15:00Z", at},
		{"Zendesk Explore", "2015-02-24 11:15:00", at},
		{"Zendesk, with the offset", "2015-02-24 11:15:00 +0000", at},
		{"ServiceNow", "2015-02-24 11:15:00", at},
		{"Salesforce, API", "2015-02-24T11:15:00.000+0000", at},
		{"Salesforce, Data Loader", "2015-02-24T11:15:00.000Z", at},
		{"Salesforce, report", "2/24/2015 11:15 AM", at},
		{"GitHub", "2015-02-24T11:15:00Z", at},
		{"GitLab", "2015-02-24 11:15:00 UTC", at},
		{"HubSpot", "2015-02-24 11:15", at},
		{"BigQuery", "2015-02-24 11:15:00 UTC", at},
		{"BigQuery, microseconds", "2015-02-24 11:15:00.123456 UTC", "2015-02-24T11:15:00.123456Z"},
		{"BigQuery, DATETIME", "2015-02-24T11:15:00", at},
		{"Snowflake", "2015-02-24 11:15:00.000 +0100", "2015-02-24T10:15:00Z"},
		{"Snowflake, TIMESTAMP_TZ", "2015-02-24 11:15:00.000000000 -0800", "2015-02-24T19:15:00Z"},
		{"Redshift", "2015-02-24 11:15:00+00", at},
		{"PostgreSQL", "2015-02-24 11:15:00+01", "2015-02-24T10:15:00Z"},
		{"PostgreSQL, India", "2015-02-24 11:15:00.5+05:30", "2015-02-24T05:45:00.5Z"},
		{"PostgreSQL, an offset with seconds", "2015-02-24 11:15:00+00:19:32", "2015-02-24T10:55:28Z"},
		{"MySQL", "2015-02-24 11:15:00.000000", at},
		{"SQL Server, datetime2", "2015-02-24 11:15:00.1234567", "2015-02-24T11:15:00.1234567Z"},
		{"SQL Server, datetimeoffset", "2015-02-24 11:15:00.1234567 +01:00", "2015-02-24T10:15:00.1234567Z"},
		{"SQL Server, style 0", "Feb 24 2015 11:15AM", at},
		{"Oracle", "24-FEB-15 11.15.00.000000 AM", at},
		{"Oracle, NLS_DATE_FORMAT", "24-FEB-2015 11:15:00", at},
		{"SAS", "24FEB2015:11:15:00", at},
		{"SAP", "20150224111500", at},
		{"SAP, a date", "20150224", "2015-02-24T00:00:00Z"},
		{"Disco", "2015/02/24 11:15:00.000", at},
		{"Celonis", "2015-02-24 11:15:00.000", at},
		{"pm4py", "2015-02-24 11:15:00+01:00", "2015-02-24T10:15:00Z"},
		{"ProM, XES", "2015-02-24T11:15:00.000+01:00", "2015-02-24T10:15:00Z"},
		{"ISO 8601, basic", "20150224T111500Z", at},
		{"ISO 8601, basic, with an offset", "20150224T111500+0100", "2015-02-24T10:15:00Z"},
		{"HTTP and mail", "Tue, 24 Feb 2015 11:15:00 GMT", at},
		{"mail, with the offset", "Tue, 24 Feb 2015 11:15:00 +0100", "2015-02-24T10:15:00Z"},
		{"Apache", "24/Feb/2015:11:15:00 +0100", "2015-02-24T10:15:00Z"},
		{"date", "Tue Feb 24 11:15:00 UTC 2015", at},
		{"ctime", "Tue Feb 24 11:15:00 2015", at},
		{"Go, time.Time", "2015-02-24 11:15:00 +0100 CET", "2015-02-24T10:15:00Z"},
		{"Java, ZonedDateTime", "2015-02-24T11:15:00+01:00[Europe/Berlin]", "2015-02-24T10:15:00Z"},
		{"JavaScript, Date", "Tue Feb 24 2015 11:15:00 GMT+0100 (Central European Standard Time)", "2015-02-24T10:15:00Z"},
		{"JavaScript, en-US", "2/24/2015, 11:15:00\u202fAM", at},
		{"JavaScript, en-GB", "24/02/2015, 11:15:00", at},
		{"Slack", "February 24, 2015 at 11:15 AM", at},
		{"Excel, German", "24.02.2015 11:15", at},
		{"Excel, one digit", "24.2.2015 9:05", "2015-02-24T09:05:00Z"},
		{"Excel, American", "2/24/15 11:15", at},
		{"Excel, Dutch", "24-02-2015 11:15", at},
		{"Excel, a number", "42059.46875", at},
		{"Excel, a number in much of Europe", "42059,46875", at},
		{"Excel, a whole number", "42059", "2015-02-24T00:00:00Z"},
		{"midnight", "24/Feb/15 12:00 AM", "2015-02-24T00:00:00Z"},
		{"noon", "24/Feb/15 12:00 PM", "2015-02-24T12:00:00Z"},
		{"a.m.", "24 Feb 2015 11:15 a.m.", at},
		{"Z behind a space", "2015-02-24 11:15:00 Z", at},
		{"GMT behind a space", "2015-02-24 11:15:00 GMT", at},
		{"UTC+1", "2015-02-24 11:15:00 UTC+1", "2015-02-24T10:15:00Z"},
		{"Unix seconds", "1424776500", at},
		{"Unix milliseconds", "1424776500000", at},
		{"Unix microseconds", "1424776500000000", at},
		{"Unix nanoseconds", "1424776500000000000", at},
		{"Python", "1424776500.25", "2015-02-24T11:15:00.25Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readTimes(t, eventlog.Config{}, []string{tt.text})
			if err != nil || got[0] != tt.want {
				t.Errorf("%q is %q, %v; want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

// TestColumns: the whole column decides the format of its times. Otherwise Open rejects the log and names the
// remedy.
func TestColumns(t *testing.T) {
	t.Parallel()
	const third = "2015-04-03T00:00:00Z"
	for _, tt := range []struct {
		name   string
		files  [][]string
		want   []string
		err    []string
		reason string
	}{
		{"day first", [][]string{{"03/04/2015", "13/04/2015"}}, []string{third, "2015-04-13T00:00:00Z"}, nil, "there is no month 13"},
		{"day first, decided later", [][]string{{"03/04/2015", "04/04/2015", "13/04/2015", "05/04/2015"}}, []string{third, "2015-04-04T00:00:00Z", "2015-04-13T00:00:00Z", "2015-04-05T00:00:00Z"}, nil, "one row decides"},
		{"month first", [][]string{{"04/03/2015", "04/13/2015"}}, []string{third, "2015-04-13T00:00:00Z"}, nil, "there is no month 13"},
		{"undecided", [][]string{{"03/04/2015", "04/04/2015"}}, nil, []string{"log.csv:2:", "the day first or the month first", "--time-format dmy or mdy"}, "it may be April or March"},
		{"undecided with dots", [][]string{{"03.04.2015"}}, nil, []string{"--time-format dmy or mdy"}, "the separator does not matter"},
		{"both", [][]string{{"13/04/2015", "04/13/2015"}}, nil, []string{"log.csv:3:", "on line 2 with the day first, on line 3 with the month first", "--time-format"}, "no format fits both"},
		{"two digits", [][]string{{"24/02/15"}}, nil, []string{"the day first or two digits of the year first", "dmy or ymd"}, "it may be 2015 or 2024"},
		{"two digits, the month first", [][]string{{"2/24/15"}}, []string{"2015-02-24T00:00:00Z"}, nil, "no month 24"},
		{"decided by another file", [][]string{{"03/04/2015"}, {"13/04/2015"}}, []string{third, "2015-04-13T00:00:00Z"}, nil, "the files of a log are decided together"},
		{"files that disagree", [][]string{{"13/04/2015"}, {"04/13/2015"}}, nil, []string{"the day first", "the month first", "replay the files separately"}, "the rule for one file"},
		{"files of two systems", [][]string{{"2015-04-03"}, {"42097"}}, []string{third, third}, nil, "each file has one possible format"},
		{"units", [][]string{{"1424776500", "1424776500000"}}, nil, []string{"log.csv:3:", "on line 2 with Unix seconds, on line 3 with Unix milliseconds"}, "a column has one unit"},
		{"units in two files", [][]string{{"1424776500"}, {"1424776500000"}}, nil, []string{"Unix milliseconds", "Unix seconds", "replay the files separately"}, "the rule for one file"},
		{"Unix time and dates", [][]string{{"1424776500", "2015-04-03"}}, nil, []string{"Unix seconds", "the year first"}, "all rows have one format"},
		{"dates and a day of a spreadsheet", [][]string{{"13/04/2015", "42097"}}, nil, []string{"the day first", "days of a spreadsheet"}, "a spreadsheet has converted half of the column by the wrong rule"},
		{"a zero in Unix time", [][]string{{"1424776500", "0"}}, nil, []string{"log.csv:3:", "not a plausible time", "--time-format unix"}, "every number must be plausible"},
		{"a zero before Unix time", [][]string{{"0", "1424776500"}}, nil, []string{"log.csv:2:", "not a plausible time"}, "the order does not matter"},
		{"a negative number", [][]string{{"1424776500", "-1"}}, nil, []string{"not a plausible time"}, "not plausible"},
		{"numbers", [][]string{{"1", "2", "3"}}, nil, []string{"log.csv:2:", "not a plausible time"}, "a counter, not a time"},
		{"a number that a spreadsheet has cut", [][]string{{"1424776500000", "1.42478E+12"}}, nil, []string{"log.csv:3:", "not a plausible time", "1.4E+12"}, "its digits are lost"},
		{"many digits", [][]string{{"99999999999999999999999"}}, nil, []string{"not a plausible time"}, "an ID"},
		{"an invalid compact date", [][]string{{"20150224", "20151324"}}, nil, []string{"log.csv:3:", "not a plausible time"}, "no month 13"},
		{"a number among dates", [][]string{{"2015-04-03", "17", "2015-04-04"}}, []string{third, "", "2015-04-04T00:00:00Z"}, nil, "no format fits, so the row is skipped"},
		{"a text among numbers", [][]string{{"1424776500", "unknown", ""}}, []string{"2015-02-24T11:15:00Z", "", ""}, nil, "the rows are skipped"},
		{"rows with an impossible date", [][]string{{"13/04/2015", "31/02/2015", "32/01/2015"}}, []string{"2015-04-13T00:00:00Z", "", ""}, nil, "no month has such days, so the rows are skipped"},
		{"variants of one format", [][]string{{"2015-04-03", "2015-04-03T00:00", "2015-04-03 00:00:00.000 +0000", "2015/04/03 00:00:00 UTC"}}, []string{third, third, third, third}, nil, "they are all year first"},
		{"out of order", [][]string{{"42098", "42097"}}, []string{"2015-04-04T00:00:00Z", third}, nil, "sorted by time"},
		{"no time at all", [][]string{{"soon", "later"}}, []string{"", ""}, nil, "all rows are skipped"},
		{"no row", [][]string{nil, {"2015-04-03"}}, []string{third}, nil, "a file without rows decides nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check := func(got []string, err error, want []string) {
				t.Helper()
				for _, part := range tt.err {
					if err == nil || !strings.Contains(err.Error(), part) {
						t.Errorf("the error is %v, want %q: %s", err, part, tt.reason)
					}
				}
				if tt.err == nil && (err != nil || !slices.Equal(got, want)) {
					t.Errorf("%q, %v; want %q: %s", got, err, want, tt.reason)
				}
			}
			got, _, err := readTimes(t, eventlog.Config{}, tt.files...)
			check(got, err, tt.want)
			if len(tt.files) == 1 { // a pipe can be read only once
				var b strings.Builder
				b.WriteString("case,what,when\n")
				for i, at := range tt.files[0] {
					fmt.Fprintf(&b, "%d,x,%s\n", i, at)
				}
				rows, _, err := byCase(t, eventlog.Config{Columns: columns, Dir: t.TempDir()}, b.String(), "-")
				for _, part := range tt.err {
					if part = strings.Replace(part, "log.csv:", "standard input:", 1); err == nil || !strings.Contains(err.Error(), part) {
						t.Errorf("on the standard input the error is %v, want %q: %s", err, part, tt.reason)
					}
				}
				if good := len(slices.DeleteFunc(slices.Clone(tt.want), func(s string) bool { return s == "" })); tt.err == nil && (err != nil || len(rows) != good) {
					t.Errorf("on the standard input there are rows of %d cases, %v; want %d", len(rows), err, good)
				}
			}
		})
	}
}

// TestUndecidedForLong: the row that decides the format may come late. It may also come late in a pipe, which
// the package then keeps on disk, and in a part of the file that another goroutine surveys.
func TestUndecidedForLong(t *testing.T) {
	t.Parallel()
	const rows = 90_000
	var log strings.Builder
	log.WriteString("case,what,when\n")
	for i := range rows {
		fmt.Fprintf(&log, "c,"+strings.Repeat("x", 80)+",%02d/%02d/2015 10:00\n", 1+i%12, 1+i%11)
	}
	undecided := log.String()
	files := []string{"log.csv", "log.csv.gz", "-"}
	if testing.Short() { // this one is read by two at the same time
		files = files[:1]
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			for _, tt := range []struct{ last, want string }{
				{"c,x,31/01/2015 10:00\n", ""},
				{"c,x,01/31/2015 10:00\n", ""},
				{"", "dmy or mdy"},
				{"c,x,13/01/2015 10:00\nc,x,01/13/2015 10:00\n", fmt.Sprintf(":%d: the times", rows+3)},
			} {
				content, name := undecided+tt.last, file
				switch file {
				case "log.csv":
					name = write(t, file, content)
				case "log.csv.gz":
					name = write(t, file, zipped(content))
				}
				dir := t.TempDir()
				got, total, err := byCase(t, eventlog.Config{Columns: columns, Readers: 2, Dir: dir}, content, name)
				if tt.want != "" {
					if err == nil || !strings.Contains(err.Error(), tt.want) {
						t.Errorf("the error is %v, want %q", err, tt.want)
					}
					continue
				}
				// In both orders, the first time is 1 January.
				if err != nil || total != rows+1 || !strings.HasPrefix(got["c"][0], "1420106400 ") {
					t.Errorf("%d rows, %v", total, err)
				}
			}
		})
	}
}

// TestZoneAbbreviations: Parse rejects abbreviations such as CET and EST, which stand for several zones, and
// names the remedy.
func TestZoneAbbreviations(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"CET", "CEST", "EST", "IST", "BST", "A"} {
		for _, at := range []string{"2015-02-24 11:15:00 " + zone, "Tue Feb 24 11:15:00 " + zone + " 2015", "24/Feb/15 11:15 AM " + zone} {
			_, err := eventlog.Times{}.Parse([]byte(at))
			if err == nil || !strings.Contains(err.Error(), `"`+zone+`" is the name of several zones`) || !strings.Contains(err.Error(), "--tz") {
				t.Errorf("%q: the error is %v, want one with the remedy", at, err)
			}
		}
	}
}

func TestNotesOfTimes(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		in     *time.Location
		times  []string
		want   []string
		kind   eventlog.NoteKind // "" for no note
		rows   int64
		reason string
	}{
		{"put back", berlin, []string{"2026-10-25 02:30:00", "2026-10-25 03:30:00"}, []string{"2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"}, eventlog.NoteRepeated, 1, "the first of two instants"},
		{"the ends of the hour", berlin, []string{"2026-10-25 01:59:59", "2026-10-25 02:00:00", "2026-10-25 02:59:59.9", "2026-10-25 03:00:00"}, []string{"2026-10-24T23:59:59Z", "2026-10-25T00:00:00Z", "2026-10-25T00:59:59.9Z", "2026-10-25T02:00:00Z"}, eventlog.NoteRepeated, 2, "from 2:00 on, before 3:00"},
		{"put forward", berlin, []string{"2026-03-29 01:59:59", "2026-03-29 02:30:00", "2026-03-29 03:00:00"}, []string{"2026-03-29T00:59:59Z", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z"}, eventlog.NoteSkipped, 1, "read as if the clocks had not been put forward"},
		{"with offsets", berlin, []string{"2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00"}, []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}, "", 0, "nothing is uncertain"},
		{"days of a spreadsheet", berlin, []string{"46320.1041666667"}, []string{"2026-10-25T00:30:00Z"}, eventlog.NoteRepeated, 1, "they are local times, too"},
		{"Unix time", berlin, []string{"1792888200"}, []string{"2026-10-25T00:30:00Z"}, "", 0, "Unix time is not local"},
		{"UTC", nil, []string{"2026-10-25 02:30:00"}, []string{"2026-10-25T02:30:00Z"}, "", 0, "UTC has no clock changes"},
		{"a spreadsheet", nil, []string{"42059.46875"}, []string{"2015-02-24T11:15:00Z"}, eventlog.NoteForm, 0, "the 1904 date system differs"},
		{"day first", nil, []string{"24/02/2015"}, []string{"2015-02-24T00:00:00Z"}, eventlog.NoteForm, 0, "the note states the detected order"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, notes, err := readTimes(t, eventlog.Config{Location: tt.in}, tt.times)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v; want %q: %s", got, err, tt.want, tt.reason)
			}
			found := false
			for _, n := range notes {
				found = found || n.Kind == tt.kind && n.Rows == tt.rows && n.Column == "when"
			}
			if found != (tt.kind != "") || tt.kind == "" && len(notes) > 0 {
				t.Errorf("the notes are %+v, want one of %q with %d rows: %s", notes, tt.kind, tt.rows, tt.reason)
			}
		})
	}
}
