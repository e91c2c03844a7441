package eventlog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

func TestTimeFormat(t *testing.T) {
	t.Parallel()
	const at = "2015-02-24T11:15:00Z"
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		format, text, want string // "" for a row that is skipped
		in                 *time.Location
		reason             string
	}{
		{"unix", "1424776500", at, nil, "seconds"},
		{"unix", "0", "1970-01-01T00:00:00Z", nil, "with a --time-format, a number need not be plausible"},
		{"unix", "1424776500.5", "2015-02-24T11:15:00.5Z", nil, "with a fraction"},
		{"UNIX-ms", "1424776500000", at, nil, "in any case"},
		{"unix-us", "1424776500000001", "2015-02-24T11:15:00.000001Z", nil, "to the microsecond"},
		{"unix-ns", "1424776500000000001", "2015-02-24T11:15:00.000000001Z", nil, "to the nanosecond"},
		{"unix", "-1", "", nil, "before 1970"},
		{"unix", "2015-02-24", "", nil, "another format"},
		{"unix-ms", "99999999999999", "", nil, "beyond 2261"},
		{"excel", "42059.46875", at, nil, "a day is 1"},
		{"excel", "42059,46875", at, nil, "a comma"},
		{"excel", "42059.4687615741", "2015-02-24T11:15:01Z", nil, "to the millisecond: 1 s is 0.0000115740740740…"},
		{"excel", "42059.999999999", "2015-02-25T00:00:00Z", nil, "rounded into the next day"},
		{"excel", "25569", "1970-01-01T00:00:00Z", nil, "the first that an event can have"},
		{"excel", "25568", "", nil, "before 1970"},
		{"excel-1904", "40597.46875", at, nil, "1462 less"},
		{"dmy", "03/04/2015", "2015-04-03T00:00:00Z", nil, "the order of the flag"},
		{"mdy", "03/04/2015", "2015-03-04T00:00:00Z", nil, "the order of the flag"},
		{"dmy", "24.02.15 11:15", at, nil, "two digits of the year"},
		{"ymd", "15-02-24 11:15", at, nil, "two digits of the year"},
		{"mdy", "24/02/2015", "", nil, "no month 24"},
		{"iso8601", "2015-02-24 11:15", at, nil, "a variant of RFC 3339"},
		{"rfc3339", "2015-02-24T11:15:00Z", at, nil, "another name of iso8601"},
		{"iso8601", "1424776500", "", nil, "another format"},
		{"named-month", "24/Feb/15 11:15 AM", at, nil, "the format of Jira"},
		{"compact", "201502241115", at, nil, "without seconds"},

		{"%Y-%m-%d %H:%M:%S", "2015-02-24 11:15:00", at, nil, "strptime"},
		{"%Y-%m-%d %H:%M:%S.%f", "2015-02-24 11:15:00.123456", "2015-02-24T11:15:00.123456Z", nil, "microseconds"},
		{"%Y-%m-%d %H:%M:%S.%f", "2015-02-24 11:15:00.5", "2015-02-24T11:15:00.5Z", nil, "any number of digits"},
		{"%Y-%m-%d %H:%M:%S,%f", "2015-02-24 11:15:00,123", "2015-02-24T11:15:00.123Z", nil, "a comma"},
		{"%d.%m.%Y %H:%M", "3.4.2015 9:05", "2015-04-03T09:05:00Z", nil, "strptime accepts one digit, too"},
		{"%m/%d/%y %I:%M %p", "02/24/15 01:15 PM", "2015-02-24T13:15:00Z", nil, "12 hours"},
		{"%m/%d/%y %I:%M %p", "02/24/15 01:15 pm", "2015-02-24T13:15:00Z", nil, "in any case"},
		{"%d %b %Y", "24 Feb 2015", "2015-02-24T00:00:00Z", nil, "a name"},
		{"%d %B %Y", "24 February 2015", "2015-02-24T00:00:00Z", nil, "a whole name"},
		{"%a %b %e %T %Y", "Tue Feb 24 11:15:00 2015", at, nil, "ctime"},
		{"%FT%T%z", "2015-02-24T11:15:00+0100", "2015-02-24T10:15:00Z", nil, "an offset"},
		{"%FT%T%z", "2015-02-24T11:15:00+01:00", "2015-02-24T10:15:00Z", nil, "with a colon, which Python accepts"},
		{"%FT%T%z", "2015-02-24T11:15:00Z", at, nil, "Z, which Python accepts"},
		{"%Y%m%d%H%M%S", "20150224111500", at, nil, "no separators"},
		{"%Y%j", "2015055", "2015-02-24T00:00:00Z", nil, "the day of the year"},
		{"%Y_%m_%d", "2015_02_24", "2015-02-24T00:00:00Z", nil, "package time reads _2 as another directive"},
		{"%FT%TZ", "2015-02-24T11:15:00Z", at, berlinOf(t), "a literal Z means UTC"},
		{"%F %T UTC", "2015-02-24 11:15:00 UTC", at, berlinOf(t), "a literal UTC means UTC"},
		{"%F %T CET", "2015-02-24 11:15:00 CET", "2015-02-24T10:15:00Z", berlinOf(t), "other letters are text, and --tz applies"},
		{"%F %T", "2015-02-24 11:15:00", "2015-02-24T10:15:00Z", berlinOf(t), "--tz applies"},
		{"%F %T", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z", berlinOf(t), "the first of two instants"},
		{"%F %T", "2015-02-31 11:15:00", "", nil, "February has no day 31"},
		{"%F %T %Z", "2015-02-24 11:15:00 CET", "2015-02-24T10:15:00Z", berlinOf(t), "a name of the zone of --tz"},
		{"%F %T %Z", "2015-07-24 11:15:00 CEST", "2015-07-24T09:15:00Z", berlinOf(t), "the summer name of the zone of --tz"},
		{"%F %T %Z", "2015-02-24 11:15:00 EST", "", berlinOf(t), "a name of another zone"},
		{"%F %T %Z", "2015-02-24 11:15:00 EST", "", nil, "package time would invent a zone"},
		{"%F %T %Z", "2015-02-24 11:15:00 UTC", at, berlinOf(t), "the name has one meaning"},
		{"%F %T %Z", "2015-02-24 11:15:00 GMT", at, berlinOf(t), "the name has one meaning"},
		{"%F %T %Z", "2015-02-24 11:15:00 GMT", at, london, "the name has one meaning"},

		{"2006-01-02 15:04:05", "2015-02-24 11:15:00", at, nil, "a layout of Go"},
		{"2006-01-02 15:04:05", "2015-02-24 11:15:00.25", "2015-02-24T11:15:00.25Z", nil, "package time accepts a fraction"},
		{"02.01.2006 15:04", "24.02.2015 11:15", "2015-02-24T10:15:00Z", berlinOf(t), "in the zone of --tz"},
		{"Jan _2 2006 3:04PM", "Feb 24 2015 11:15AM", at, nil, "12 hours"},
		{"2006-01-02T15:04:05Z07:00", "2015-02-24T11:15:00+01:00", "2015-02-24T10:15:00Z", nil, "an offset"},
		{"2006-01-02 15:04:05 MST", "2015-02-24 11:15:00 CET", "2015-02-24T10:15:00Z", berlinOf(t), "the remedy of the error about abbreviations"},
		{"2006-01-02", "24.02.2015", "", nil, "another format"},
	} {
		t.Run(fmt.Sprintf("%s of %s in %v", tt.text, tt.format, tt.in), func(t *testing.T) {
			t.Parallel()
			f, err := eventlog.ParseTimeFormat(tt.format)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := readTimes(t, eventlog.Config{TimeFormat: f, Location: tt.in}, []string{tt.text})
			if err != nil || got[0] != tt.want {
				t.Errorf("%q, %v; want %q: %s", got, err, tt.want, tt.reason)
			}
		})
	}
}

func berlinOf(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestTimeFormatRefused: ParseTimeFormat rejects a format that cannot be right.
func TestTimeFormatRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, want, reason string }{
		{"yyyy-MM-dd HH:mm:ss", "has no part of a date or time", "the notation of Java"},
		{"YYYY-MM-DD", "has no part of a date or time", "the notation of SQL"},
		{"unixms", "unix-ms", "the error lists the names"},
		{"iso", "iso8601", "the error lists the names"},
		{"%d.%m. %H:%M", "has no year", "the format of syslog"},
		{"%H:%M:%S", "has no year and no month and no day", "an hour without a date"},
		{"%Y-%m", "has no day", "a month without a day"},
		{"%Y-%m-%d %I:%M", "neither AM nor PM", "the half of the day is unknown"},
		{"15:04", "has no year and no month and no day", "an hour without a date"},
		{"2006-01-02 03:04", "neither AM nor PM", "the half of the day is unknown"},
		{"%Y-%m-%d %Q", "%Q is not supported", "not a directive"},
		{"%Y-%m-%d %U", "%U is not supported", "an unsupported directive"},
		{"%Y-%m-%d %f", "%f", "a fraction needs seconds"},
		{"%s", "write unix", "the format has a name"},
		{"%Y-%m-%d %", "ends in a lone %", "an incomplete directive"},
		{"%Y-%m-%d at 12", "digit", "package time would read it as the month"},
		{"%Y-%m-%d Mon", "as a part of the time", "package time would read it as the day"},
	} {
		t.Run(tt.format, func(t *testing.T) {
			t.Parallel()
			f, err := eventlog.ParseTimeFormat(tt.format)
			if want := tt.want; !errors.Is(err, eventlog.ErrTimeFormat) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %v; want an error that contains %q: %s", f, err, want, tt.reason)
			}
		})
	}
	for _, text := range []string{"", "auto"} {
		if f, err := eventlog.ParseTimeFormat(text); f != nil || err != nil {
			t.Errorf("%q is %v, %v", text, f, err)
		}
	}
}

// FuzzTimeFormat: an accepted format reads what package time writes with an equivalent layout, and no input
// makes it panic.
func FuzzTimeFormat(f *testing.F) {
	for _, format := range []string{"%Y-%m-%d %H:%M:%S.%f", "%d/%b/%y %I:%M %p", "2006-01-02T15:04:05Z07:00", "unix-ms", "%Y%j", "Mon Jan _2 15:04:05 MST 2006", "%%%Y_%d%m"} {
		f.Add(format, "2015-02-24 11:15:00")
		f.Add(format, time.Unix(1424776500, 0).UTC().Format(format))
	}
	f.Fuzz(func(t *testing.T, format, text string) {
		tf, err := eventlog.ParseTimeFormat(format)
		if err != nil || tf == nil || strings.ContainsAny(text, "\x00") {
			return
		}
		layout := !strings.Contains(format, "%") && tf.String() == format && strings.ContainsAny(format, "0123456789") && format != "iso8601" && format != "rfc3339" && format != "excel-1904"
		if !layout {
			_, _, _ = readTimes(t, eventlog.Config{TimeFormat: tf}, []string{text})
			return
		}
		// A text that time.Parse rejects in every zone is rejected.
		if _, want := time.Parse(format, text); want != nil && !strings.Contains(format, "Z07:00") && !strings.Contains(format, "PM") {
			if got, _, err := readTimes(t, eventlog.Config{TimeFormat: tf}, []string{text}); err == nil && got[0] != "" && strings.TrimSpace(text) == text {
				t.Errorf("%q is %q by %q, and time.Parse says %v", text, got[0], format, want)
			}
		}
	})
}

func ExampleParseTimeFormat() {
	for _, text := range []string{"unix-ms", "%d.%m.%Y %H:%M", "02.01.2006 15:04", "%d.%m. %H:%M"} {
		f, err := eventlog.ParseTimeFormat(text)
		fmt.Println(f != nil, err != nil)
	}
	// Output:
	// true false
	// true false
	// true false
	// false true
}
