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
		format, text, want string // "" for a bad row
		in                 *time.Location
		reason             string
	}{
		{"unix", "1424776500", at, nil, "seconds"},
		{"unix", "0", "1970-01-01T00:00:00Z", nil, "it was said, so it need not be plausible"},
		{"unix", "1424776500.5", "2015-02-24T11:15:00.5Z", nil, "with a fraction"},
		{"UNIX-ms", "1424776500000", at, nil, "in any case"},
		{"unix-us", "1424776500000001", "2015-02-24T11:15:00.000001Z", nil, "to the microsecond"},
		{"unix-ns", "1424776500000000001", "2015-02-24T11:15:00.000000001Z", nil, "to the nanosecond"},
		{"unix", "-1", "", nil, "before 1970"},
		{"unix", "2015-02-24", "", nil, "not as said"},
		{"unix-ms", "99999999999999", "", nil, "beyond 2261"},
		{"excel", "42059.46875", at, nil, "a day is 1"},
		{"excel", "42059,46875", at, nil, "a comma"},
		{"excel", "42059.4687615741", "2015-02-24T11:15:01Z", nil, "to the millisecond: 1 s is 0.0000115740740740…"},
		{"excel", "42059.999999999", "2015-02-25T00:00:00Z", nil, "rounded into the next day"},
		{"excel", "25569", "1970-01-01T00:00:00Z", nil, "the first that an event can have"},
		{"excel", "25568", "", nil, "before 1970"},
		{"excel-1904", "40597.46875", at, nil, "1462 less"},
		{"dmy", "03/04/2015", "2015-04-03T00:00:00Z", nil, "as said"},
		{"mdy", "03/04/2015", "2015-03-04T00:00:00Z", nil, "as said"},
		{"dmy", "24.02.15 11:15", at, nil, "two digits of the year"},
		{"ymd", "15-02-24 11:15", at, nil, "two digits of the year"},
		{"mdy", "24/02/2015", "", nil, "no month 24"},
		{"iso8601", "2015-02-24 11:15", at, nil, "and its variants"},
		{"rfc3339", "2015-02-24T11:15:00Z", at, nil, "another name of it"},
		{"iso8601", "1424776500", "", nil, "not as said"},
		{"named-month", "24/Feb/15 11:15 AM", at, nil, "Jira's"},
		{"compact", "201502241115", at, nil, "without seconds"},

		{"%Y-%m-%d %H:%M:%S", "2015-02-24 11:15:00", at, nil, "strptime"},
		{"%Y-%m-%d %H:%M:%S.%f", "2015-02-24 11:15:00.123456", "2015-02-24T11:15:00.123456Z", nil, "microseconds"},
		{"%Y-%m-%d %H:%M:%S.%f", "2015-02-24 11:15:00.5", "2015-02-24T11:15:00.5Z", nil, "any number of digits"},
		{"%Y-%m-%d %H:%M:%S,%f", "2015-02-24 11:15:00,123", "2015-02-24T11:15:00.123Z", nil, "a comma"},
		{"%d.%m.%Y %H:%M", "3.4.2015 9:05", "2015-04-03T09:05:00Z", nil, "strptime reads one digit, too"},
		{"%m/%d/%y %I:%M %p", "02/24/15 01:15 PM", "2015-02-24T13:15:00Z", nil, "12 hours"},
		{"%m/%d/%y %I:%M %p", "02/24/15 01:15 pm", "2015-02-24T13:15:00Z", nil, "in any case"},
		{"%d %b %Y", "24 Feb 2015", "2015-02-24T00:00:00Z", nil, "a name"},
		{"%d %B %Y", "24 February 2015", "2015-02-24T00:00:00Z", nil, "a whole name"},
		{"%a %b %e %T %Y", "Tue Feb 24 11:15:00 2015", at, nil, "ctime"},
		{"%FT%T%z", "2015-02-24T11:15:00+0100", "2015-02-24T10:15:00Z", nil, "an offset"},
		{"%FT%T%z", "2015-02-24T11:15:00+01:00", "2015-02-24T10:15:00Z", nil, "with a colon, as Python reads it"},
		{"%FT%T%z", "2015-02-24T11:15:00Z", at, nil, "Z, as Python reads it"},
		{"%Y%m%d%H%M%S", "20150224111500", at, nil, "nothing between"},
		{"%Y%j", "2015055", "2015-02-24T00:00:00Z", nil, "the day of the year"},
		{"%Y_%m_%d", "2015_02_24", "2015-02-24T00:00:00Z", nil, "package time takes _2 for something else"},
		{"%FT%TZ", "2015-02-24T11:15:00Z", at, berlinOf(t), "a Z that stands there is UTC all the same"},
		{"%F %T UTC", "2015-02-24 11:15:00 UTC", at, berlinOf(t), "so is UTC"},
		{"%F %T CET", "2015-02-24 11:15:00 CET", "2015-02-24T10:15:00Z", berlinOf(t), "other letters are letters, and --tz counts"},
		{"%F %T", "2015-02-24 11:15:00", "2015-02-24T10:15:00Z", berlinOf(t), "--tz counts"},
		{"%F %T", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z", berlinOf(t), "the first of the two"},
		{"%F %T", "2015-02-31 11:15:00", "", nil, "no such day"},
		{"%F %T %Z", "2015-02-24 11:15:00 CET", "2015-02-24T10:15:00Z", berlinOf(t), "a name of the zone of --tz"},
		{"%F %T %Z", "2015-07-24 11:15:00 CEST", "2015-07-24T09:15:00Z", berlinOf(t), "another name of it"},
		{"%F %T %Z", "2015-02-24 11:15:00 EST", "", berlinOf(t), "a name of another zone"},
		{"%F %T %Z", "2015-02-24 11:15:00 EST", "", nil, "package time would make up a zone"},
		{"%F %T %Z", "2015-02-24 11:15:00 UTC", at, berlinOf(t), "has one meaning"},
		{"%F %T %Z", "2015-02-24 11:15:00 GMT", at, berlinOf(t), "has one meaning"},
		{"%F %T %Z", "2015-02-24 11:15:00 GMT", at, london, "has one meaning"},

		{"2006-01-02 15:04:05", "2015-02-24 11:15:00", at, nil, "a layout of Go"},
		{"2006-01-02 15:04:05", "2015-02-24 11:15:00.25", "2015-02-24T11:15:00.25Z", nil, "as package time reads it"},
		{"02.01.2006 15:04", "24.02.2015 11:15", "2015-02-24T10:15:00Z", berlinOf(t), "in the zone of --tz"},
		{"Jan _2 2006 3:04PM", "Feb 24 2015 11:15AM", at, nil, "12 hours"},
		{"2006-01-02T15:04:05Z07:00", "2015-02-24T11:15:00+01:00", "2015-02-24T10:15:00Z", nil, "an offset"},
		{"2006-01-02 15:04:05 MST", "2015-02-24 11:15:00 CET", "2015-02-24T10:15:00Z", berlinOf(t), "as the error about abbreviations says"},
		{"2006-01-02", "24.02.2015", "", nil, "not as said"},
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

// TestTimeFormatRefused: a format that cannot be right is refused before anything is read.
func TestTimeFormatRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, want, reason string }{
		{"yyyy-MM-dd HH:mm:ss", "is none", "Java's"},
		{"YYYY-MM-DD", "is none", "SQL's"},
		{"unixms", "unix-ms", "the names are told"},
		{"iso", "iso8601", "the names are told"},
		{"%d.%m. %H:%M", "has no year", "syslog's"},
		{"%H:%M:%S", "has no year and no month and no day", "an hour of no day"},
		{"%Y-%m", "has no day", "a month"},
		{"%Y-%m-%d %I:%M", "neither AM nor PM", "which half of the day?"},
		{"15:04", "has no year and no month and no day", "an hour of no day"},
		{"2006-01-02 03:04", "neither AM nor PM", "which half of the day?"},
		{"%Y-%m-%d %Q", "%Q is not read", "no directive"},
		{"%Y-%m-%d %U", "%U is not read", "one that is not read"},
		{"%Y-%m-%d %f", "%f", "a fraction of what?"},
		{"%s", "say unix", "has a name"},
		{"%Y-%m-%d %", "ends in a %", "cut off"},
		{"%Y-%m-%d at 12", "digit", "package time would take it for the month"},
		{"%Y-%m-%d Mon", "would be taken for a part of the time", "package time would take it for the day"},
	} {
		t.Run(tt.format, func(t *testing.T) {
			t.Parallel()
			f, err := eventlog.ParseTimeFormat(tt.format)
			if want := tt.want; !errors.Is(err, eventlog.ErrTimeFormat) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %v; want an error with %q: %s", f, err, want, tt.reason)
			}
		})
	}
	for _, text := range []string{"", "auto"} {
		if f, err := eventlog.ParseTimeFormat(text); f != nil || err != nil {
			t.Errorf("%q is %v, %v", text, f, err)
		}
	}
}

// FuzzTimeFormat: a format that is not refused reads what package time writes with an equal layout, and
// nothing makes it panic.
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
		// What time.Parse refuses in every zone is refused.
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
