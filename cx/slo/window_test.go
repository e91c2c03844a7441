package slo_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/slo"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// TestBoundsDated: the dates and weekdays are those of a printed calendar. London's clocks change at 01:00 UTC on 29 March and 25 October
// 2026, New York's at 02:00 local time on 8 March and 1 November 2026. The other changes are those of the IANA database.
func TestBoundsDated(t *testing.T) {
	t.Parallel()
	in := func(p slo.Period, zone string) slo.Window { return slo.Window{Period: p, Zone: zone} }
	for _, c := range []struct {
		name, reason     string
		window           slo.Window
		now, from, until string
	}{
		{"a day", "24 hours", slo.Window{Days: 1}, "2026-03-30T12:00:00Z", "2026-03-29T12:00:00Z", "2026-03-30T12:00:00Z"},
		{"7 days", "168 hours", slo.Window{Days: 7}, "2026-03-30T12:00:00Z", "2026-03-23T12:00:00Z", "2026-03-30T12:00:00Z"},
		{"28 days", "over a leap day", slo.Window{Days: 28}, "2028-03-14T00:00:00Z", "2028-02-15T00:00:00Z", "2028-03-14T00:00:00Z"},
		{"a week", "Wednesday belongs to the week of Monday", in(slo.CalendarWeek, ""), "2026-07-01T12:00:00Z", "2026-06-29T00:00:00Z", "2026-07-06T00:00:00Z"},
		{"on a Monday", "its first instant", in(slo.CalendarWeek, ""), "2026-06-29T00:00:00Z", "2026-06-29T00:00:00Z", "2026-07-06T00:00:00Z"},
		{"on a Sunday", "its last instant", in(slo.CalendarWeek, ""), "2026-07-05T23:59:59.999999999Z", "2026-06-29T00:00:00Z", "2026-07-06T00:00:00Z"},
		{"a week over a year", "ISO week 1 of 2027 begins on 4 January; 1 January 2027 is a Friday", in(slo.CalendarWeek, ""), "2027-01-01T12:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"},
		{"a week in which clocks go forward", "167 hours in London", in(slo.CalendarWeek, "Europe/London"), "2026-03-25T12:00:00Z", "2026-03-23T00:00:00Z", "2026-03-29T23:00:00Z"},
		{"a week in which clocks go back", "169 hours in London", in(slo.CalendarWeek, "Europe/London"), "2026-10-25T12:00:00Z", "2026-10-18T23:00:00Z", "2026-10-26T00:00:00Z"},
		{"the date of the zone", "Sunday 20:00 in New York is Monday in UTC", in(slo.CalendarWeek, "America/New_York"), "2026-07-06T00:00:00Z", "2026-06-29T04:00:00Z", "2026-07-06T04:00:00Z"},
		{"a month", "June has 30 days", in(slo.CalendarMonth, ""), "2026-06-30T23:59:59Z", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"February", "28 days", in(slo.CalendarMonth, ""), "2026-02-28T12:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"a leap year", "29 days", in(slo.CalendarMonth, ""), "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"December", "until the next year", in(slo.CalendarMonth, "Europe/Berlin"), "2026-12-31T22:59:59Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z"},
		{"the new year in Berlin", "an hour before UTC", in(slo.CalendarMonth, "Europe/Berlin"), "2026-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z"},
		{"March in London", "31 days less an hour", in(slo.CalendarMonth, "Europe/London"), "2026-03-29T12:00:00Z", "2026-03-01T00:00:00Z", "2026-03-31T23:00:00Z"},
		{"October in London", "31 days and an hour", in(slo.CalendarMonth, "Europe/London"), "2026-10-01T00:00:00Z", "2026-09-30T23:00:00Z", "2026-11-01T00:00:00Z"},
		{"November in New York", "clocks go back on the first day", in(slo.CalendarMonth, "America/New_York"), "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},
		{"the first quarter", "90 days less the hour in which New York's clocks go forward", in(slo.CalendarQuarter, "America/New_York"), "2026-03-31T12:00:00Z", "2026-01-01T05:00:00Z", "2026-04-01T04:00:00Z"},
		{"the second quarter", "91 days", in(slo.CalendarQuarter, ""), "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"the third quarter", "92 days", in(slo.CalendarQuarter, ""), "2026-08-15T00:00:00Z", "2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z"},
		{"the fourth quarter", "until the next year", in(slo.CalendarQuarter, ""), "2026-12-31T00:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"a month that begins twice", "Havana's clocks go back from 01:00 to 00:00 on 1 November 2026: the first midnight counts", in(slo.CalendarMonth, "America/Havana"), "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},
		{"a week that skips midnight", "Beirut's 31 March 2024, a Sunday, begins at 01:00; the week of the 25th has an hour less", in(slo.CalendarWeek, "Asia/Beirut"), "2024-03-30T22:00:00Z", "2024-03-24T22:00:00Z", "2024-03-31T21:00:00Z"},
		{"back over midnight", "St. John's clocks went from 00:01 on 1 November 2009 to 23:01 on 31 October: November has begun", in(slo.CalendarMonth, "America/St_Johns"), "2009-11-01T02:45:00Z", "2009-11-01T02:30:00Z", "2009-12-01T03:30:00Z"},
		{"before that", "October, 00:00 of November not yet shown", in(slo.CalendarMonth, "America/St_Johns"), "2009-11-01T02:29:59Z", "2009-10-01T02:30:00Z", "2009-11-01T02:30:00Z"},
		{"a skipped date", "Samoa had no 30 December 2011; the month has 30 days", in(slo.CalendarMonth, "Pacific/Apia"), "2011-12-30T12:00:00Z", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"},
		{"a zone that does not exist", "it counts as UTC; Validate names it", in(slo.CalendarMonth, "Europe/Lodnon"), "2026-06-15T00:00:00Z", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"no window", "it is empty", slo.Window{}, "2026-06-15T00:00:00Z", "2026-06-15T00:00:00Z", "2026-06-15T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, until := c.window.Bounds(at(t, c.now))
			if !from.Equal(at(t, c.from)) || !until.Equal(at(t, c.until)) {
				t.Errorf("the bounds are %v and %v, want %s and %s: %s", from.UTC(), until.UTC(), c.from, c.until, c.reason)
			}
		})
	}
}

// TestBounds: now is in its window, and the windows of the calendar follow each other without a gap.
func TestBounds(t *testing.T) {
	t.Parallel()
	zones := []string{"", "Europe/London", "America/Havana", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		w := slo.Window{Period: slo.Period(rapid.IntRange(1, 3).Draw(t, "period")), Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		now := time.Unix(rapid.Int64Range(1_230_000_000, 1_900_000_000).Draw(t, "now"), 0)
		from, until := w.Bounds(now)
		if from.After(now) || !now.Before(until) {
			t.Fatalf("%v is not between %v and %v", now, from, until)
		}
		if _, before := w.Bounds(from.Add(-1)); !before.Equal(from) {
			t.Fatalf("the window before %v ends at %v", from, before)
		}
		if after, _ := w.Bounds(until); !after.Equal(until) {
			t.Fatalf("the window after %v begins at %v", until, after)
		}
		if again, end := w.Bounds(from); !again.Equal(from) || !end.Equal(until) {
			t.Fatalf("the window of its first instant is %v to %v", again, end)
		}
	})
}

func TestWindowText(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(slo.WindowPattern)
	for text, want := range map[string]slo.Window{
		"1d": {Days: 1}, "7d": {Days: 7}, "28d": {Days: 28}, "90d": {Days: 90}, "1w": {Days: 7}, "4w": {Days: 28},
		"calendar-week": {Period: slo.CalendarWeek}, "calendar-month": {Period: slo.CalendarMonth}, "calendar-quarter": {Period: slo.CalendarQuarter},
	} {
		got, err := slo.ParseWindow(text)
		if err != nil || got != want || !pattern.MatchString(text) {
			t.Errorf("ParseWindow(%q) is %v, %v", text, got, err)
		}
		var again slo.Window
		if data, _ := got.MarshalText(); again.UnmarshalText(data) != nil || again != want {
			t.Errorf("%q is read as %v", data, again)
		}
	}
	for text, part := range map[string]string{
		"": "is no window: write days", "28": "is no window", "d": "is no window", "0d": "is no window", "07d": "is no window", "-7d": "is no window", "1.5d": "is no window", "7d ": "is no window",
		"30m": "is no window", "1y": "is no window", "99999999d": "is no window", "91d": "at most 90 days", "13w": "at most 90 days",
		"month": `did you mean "calendar-month"?`, "Calendar month": `did you mean "calendar-month"?`, "calendar_week": `did you mean "calendar-week"?`, "Quarterly": `did you mean "calendar-quarter"?`, "24h": `did you mean "1d"?`,
	} {
		if got, err := slo.ParseWindow(text); err == nil || !strings.Contains(err.Error(), part) || got != (slo.Window{}) {
			t.Errorf("ParseWindow(%q) is %v, %v; want an error with %q", text, got, err, part)
		}
	}
	w := slo.Window{Days: 3}
	if err := w.UnmarshalText([]byte("x")); err == nil || w.Days != 3 {
		t.Errorf("a faulty text changes the window to %v, %v", w, err)
	}
}

func TestWindowValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		window slo.Window
		want   string // "" is valid
		length time.Duration
	}{
		{"a day", slo.Window{Days: 1}, "", 24 * time.Hour},
		{"the longest", slo.Window{Days: slo.MaxDays}, "", 90 * 24 * time.Hour},
		{"a week", slo.Window{Period: slo.CalendarWeek}, "", 7 * 24 * time.Hour},
		{"a month", slo.Window{Period: slo.CalendarMonth, Zone: "Europe/London"}, "", 30 * 24 * time.Hour},
		{"a quarter", slo.Window{Period: slo.CalendarQuarter}, "", 90 * 24 * time.Hour},
		{"none", slo.Window{}, "the window is missing", 0},
		{"too long", slo.Window{Days: slo.MaxDays + 1}, "1 to 90 are possible", 91 * 24 * time.Hour},
		{"negative", slo.Window{Days: -1}, "1 to 90 are possible", -24 * time.Hour},
		{"both", slo.Window{Days: 1, Period: slo.CalendarWeek}, "set one of the two", 7 * 24 * time.Hour},
		{"no period", slo.Window{Period: 4}, "the period 4, which is none", 0},
		{"a zone without a calendar", slo.Window{Days: 7, Zone: "UTC"}, "need none", 7 * 24 * time.Hour},
		{"the server's zone", slo.Window{Period: slo.CalendarWeek, Zone: "Local"}, "the zone of the server", 7 * 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.window.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Validate returns %v, want %q", err, c.want)
			}
			if got := c.window.Length(); got != c.length {
				t.Errorf("the length is %v, want %v", got, c.length)
			}
		})
	}
	if s := fmt.Sprint(slo.Window{}, slo.Period(9), slo.Window{Period: slo.CalendarMonth, Zone: "UTC"}); s != "  calendar-month" {
		t.Errorf("the texts are %q", s)
	}
}
