package eventlog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

func TestTimesParse(t *testing.T) {
	t.Parallel()
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		in         *time.Location
		want       string // RFC 3339 in UTC, or "" if Parse must fail
		reason     string
	}{
		{"RFC 3339", "2011-10-11T13:45:40+02:00", nil, "2011-10-11T11:45:40Z", "the standard format"},
		{"UTC", "2011-10-11T13:45:40Z", nil, "2011-10-11T13:45:40Z", "Z is an offset"},
		{"lower case", "2011-10-11t13:45:40z", nil, "2011-10-11T13:45:40Z", "RFC 3339, 5.6: T and Z may be lower case"},
		{"space", "2011-10-11 13:45:40.276000+02:00", nil, "2011-10-11T11:45:40.276Z", "Python and pandas write it"},
		{"space before the offset", "2011-10-11 13:45:40 +0200", nil, "2011-10-11T11:45:40Z", "Ruby writes it"},
		{"comma", "2011-10-11 13:45:40,276", nil, "2011-10-11T13:45:40.276Z", "log4j writes it; ISO 8601 prefers it"},
		{"short offset", "2011-10-11 13:45:40.5+02", nil, "2011-10-11T11:45:40.5Z", "PostgreSQL writes it"},
		{"negative offset", "2011-10-11T13:45:40-03:30", nil, "2011-10-11T17:15:40Z", "Newfoundland"},
		{"nanoseconds", "2011-10-11T13:45:40.123456789Z", nil, "2011-10-11T13:45:40.123456789Z", "all digits count"},
		{"more than nanoseconds", "2011-10-11T13:45:40.1234567899Z", nil, "2011-10-11T13:45:40.123456789Z", "further digits are cut off"},
		{"no seconds", "2011-10-11 13:45", nil, "2011-10-11T13:45:00Z", "spreadsheets write it"},
		{"no seconds and an offset", "2011-10-11T13:45+02:00", nil, "2011-10-11T11:45:00Z", "ISO 8601 allows it"},
		{"a date", "2011-10-11", nil, "2011-10-11T00:00:00Z", "a date stands for its midnight"},
		{"summer in a zone", "2011-07-01 12:00:00", amsterdam, "2011-07-01T10:00:00Z", "--tz, with summer time"},
		{"winter in a zone", "2011-12-01 12:00:00", amsterdam, "2011-12-01T11:00:00Z", "--tz, without summer time"},
		{"an offset in a zone", "2011-12-01 12:00:00+05:00", amsterdam, "2011-12-01T07:00:00Z", "an offset in the text wins"},
		{"leap day", "2012-02-29T00:00:00Z", nil, "2012-02-29T00:00:00Z", "2012 had one"},
		{"leap day of 2000", "2000-02-29T00:00:00Z", nil, "2000-02-29T00:00:00Z", "every 400 years"},
		{"Unix seconds", "1318333540", nil, "2011-10-11T11:45:40Z", "date +%s"},
		{"Unix seconds with a fraction", "1318333540.276", nil, "2011-10-11T11:45:40.276Z", "time.time() of Python"},
		{"Unix milliseconds", "1318333540276", nil, "2011-10-11T11:45:40.276Z", "Date.now() of JavaScript"},
		{"Unix milliseconds with a fraction", "1318333540276.5", nil, "2011-10-11T11:45:40.2765Z", "performance.now() of JavaScript"},
		{"Unix microseconds", "1318333540276543", nil, "2011-10-11T11:45:40.276543Z", "BigQuery's UNIX_MICROS"},
		{"Unix nanoseconds", "1318333540276543210", nil, "2011-10-11T11:45:40.27654321Z", "date +%s%N"},
		{"the beginning of 2000", "946684800", nil, "2000-01-01T00:00:00Z", "the first second that counts as Unix time"},
		{"before 2000", "946684799", nil, "", "the number is probably not a time"},
		{"the end of 2099", "4102444799", nil, "2099-12-31T23:59:59Z", "the last second that counts as Unix time"},
		{"the beginning of 2100", "4102444800", nil, "", "the number is probably not a time"},
		{"the beginning", "0", nil, "", "0 often stands for an unknown time"},
		{"the last second", "99999999999", nil, "", "the year 5138 is beyond nanoseconds in 64 bits"},

		{"empty", "", nil, "", "there is no text"},
		{"no leap day", "2011-02-29T00:00:00Z", nil, "", "2011 had none"},
		{"no leap day of 2100", "2100-02-29T00:00:00Z", nil, "", "not every 100 years"},
		{"31st of April", "2011-04-31", nil, "", "April has 30 days"},
		{"month 13", "2011-13-01", nil, "", "the month and the day are mixed up"},
		{"hour 24", "2011-10-11T24:00:00Z", nil, "", "time.Parse rejects it, too"},
		{"second 60", "2011-10-11T23:59:60Z", nil, "", "Unix time has no leap seconds"},
		{"offset of a day", "2011-10-11T23:59:59+24:00", nil, "", "every offset is less than a day"},
		{"no digits of the fraction", "2011-10-11T13:45:40.Z", nil, "", "the fraction is cut off"},
		{"letters", "2011-10-11T13:45:40 CEST", nil, "", "the name stands for several zones"},
		{"American", "10/11/2011 13:45", nil, "", "it may be October or November"},
		{"German", "11.10.2011", nil, "", "it may be October or November"},
		{"a date without dashes", "20111011", nil, "", "it would be a day in 1970"},
		{"a date and time without dashes", "201110111345", nil, "", "it would be a day in 1976"},
		{"before Unix time", "1969-12-31T23:59:59Z", nil, "", "events have no such times"},
		{"before Unix time by the offset", "1970-01-01T00:00:00+01:00", nil, "", "events have no such times"},
		{"far away", "2252-01-01", nil, "", "an event cannot have a later time"},
		{"negative", "-5", nil, "", "before 1970"},
		{"exponent", "1.3e9", nil, "", "a spreadsheet has cut the digits"},
		{"many digits", strings.Repeat("9", 300), nil, "", "must not overflow"},
		{"other digits", "２０11-10-11", nil, "", "not ASCII"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ns, err := eventlog.Times{Location: tt.in}.Parse([]byte(tt.text))
			got := ""
			if err == nil {
				got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
			}
			if got != tt.want {
				t.Errorf("Parse(%q) = %q, %v; want %q: %s", tt.text, got, err, tt.want, tt.reason)
			}
			if err != nil && strings.Trim(tt.text, "9") != "" && len(tt.text) > 1 && strings.Contains(err.Error(), tt.text) {
				t.Errorf("the error repeats the text, which may be a customer's data: %v", err)
			}
		})
	}
}

// layouts are layouts of package time that Times accepts.
var layouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700",
	"2006-01-02T15:04:05Z07", "2006-01-02 15:04:05Z07", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04", "2006-01-02",
	"2006-01-02T15:04:05 Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 Z07",
	"2006-01-02T15:04", "2006-01-02 15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02 15:04Z0700", "2006-01-02T15:04Z07", "2006-01-02 15:04Z07",
	"2006-01-02T15:04 Z07:00", "2006-01-02 15:04 Z07:00", "2006-01-02T15:04 Z0700", "2006-01-02 15:04 Z0700",
	"2006-01-02T15:04 Z07", "2006-01-02 15:04 Z07", "2006-01-02T15:04:05 Z0700", "2006-01-02T15:04:05 Z07",
}

// FuzzTimesAgree: Parse reads a date as time.Parse does.
func FuzzTimesAgree(f *testing.F) {
	for _, s := range []string{"2011-10-11 13:45:40.276000+02:00", "2012-02-29", "2011-10-11t13:45z", "1318333540", "2011-10-11 13:45:40,5 +0200"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ns, err := eventlog.Times{}.Parse([]byte(text))
		if err != nil || len(text) < 5 || text[4] != '-' {
			return
		}
		upper := strings.ToUpper(text)
		for _, layout := range layouts {
			if want, err := time.Parse(layout, upper); err == nil {
				if want.UnixNano() != ns {
					t.Fatalf("Parse(%q) = %v, time.Parse says %v", text, time.Unix(0, ns).UTC(), want)
				}
				return
			}
		}
	})
}

// FuzzTimesFormatted: Parse reads what package time writes.
func FuzzTimesFormatted(f *testing.F) {
	f.Add(int64(1318333540276000000), 120, 0)
	f.Add(int64(0), 0, 6)
	f.Fuzz(func(t *testing.T, ns int64, offset, layout int) {
		if ns < 0 || ns > 9_000_000_000_000_000_000 {
			return
		}
		l := layouts[uint(layout)%uint(len(layouts))]
		at := time.Unix(0, ns).In(time.FixedZone("", offset%(23*60)*60))
		text := at.Format(strings.Replace(l, "05", "05.999999999", 1))
		want, err := time.Parse(l, text)
		if err != nil || want.Before(time.Unix(0, 0)) || want.Year() < 1970 || want.Year() > 2251 {
			return
		}
		got, err := eventlog.Times{}.Parse([]byte(text))
		if err != nil || got != want.UnixNano() {
			t.Fatalf("Parse(%q) = %v, %v; want %v", text, time.Unix(0, got).UTC(), err, want)
		}
	})
}

func ExampleTimes_Parse() {
	for _, text := range []string{"2011-10-11 13:45:40.276+02:00", "1318333540276", "11.10.2011"} {
		ns, err := eventlog.Times{}.Parse([]byte(text))
		fmt.Println(time.Unix(0, ns).UTC(), err != nil)
	}
	// Output:
	// 2011-10-11 11:45:40.276 +0000 UTC false
	// 2011-10-11 11:45:40.276 +0000 UTC false
	// 1970-01-01 00:00:00 +0000 UTC true
}
