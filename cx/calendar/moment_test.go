package calendar_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := calendar.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestParseMoment: the changes of clocks are those of the IANA database, worked out by hand.
func TestParseMoment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, reason, zone, text, want string }{
		{"winter", "GMT", "Europe/London", "2026-12-24 22:00", "2026-12-24T22:00:00Z"},
		{"summer", "BST is an hour ahead", "Europe/London", "2026-07-01 22:00", "2026-07-01T21:00:00Z"},
		{"a date", "it begins at midnight", "Europe/Berlin", "2026-12-25", "2026-12-24T23:00:00Z"},
		{"the end of a day", "it is the beginning of the next one", "UTC", "2026-12-31 24:00", "2027-01-01T00:00:00Z"},
		{"skipped", "London has no 01:30 on 29 March 2026: clocks go to 02:00 BST at 01:00Z", "Europe/London", "2026-03-29 01:30", "2026-03-29T01:00:00Z"},
		{"twice", "01:30 comes twice on 25 October 2026, first in BST", "Europe/London", "2026-10-25 01:30", "2026-10-25T00:30:00Z"},
		{"a skipped midnight", "Havana's 8 March 2026 begins at 01:00", "America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"},
		{"midnight twice", "Havana's clocks go back from 01:00 to 00:00 on 1 November 2026", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},
		{"a skipped date", "Samoa has no 30 December 2011: the 31st begins at its end", "Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"},
		{"the first year", "as package calendar has it", "UTC", "0001-01-01", "0001-01-01T00:00:00Z"},
		{"45 minutes", "Kathmandu is 5:45 ahead", "Asia/Kathmandu", "2026-01-01 00:00", "2025-12-31T18:15:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := calendar.ParseMoment(c.text, zoneOf(t, c.zone))
			if err != nil || !got.Equal(at(t, c.want)) {
				t.Errorf("ParseMoment(%q) is %v, %v; want %s: %s", c.text, got.UTC(), err, c.want, c.reason)
			}
			if !regexp.MustCompile(calendar.MomentPattern).MatchString(c.text) {
				t.Errorf("MomentPattern does not match %q", c.text)
			}
		})
	}
}

func TestParseMomentRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "22:00", "2026-12-24T22:00", "2026-12-24 22:00:00", "2026-12-24  22:00", "2026-12-24 ", "2026-12-24 24:01", "2026-12-24 7:00",
		"2026-02-30 10:00", "2026-13-01", "0000-01-01", "24-12-2026 10:00", "2026-12-24 22:00 ", "2026-12-24 22:00Z",
	} {
		if got, err := calendar.ParseMoment(text, nil); err == nil || !strings.Contains(err.Error(), "such as 2026-12-24 22:00") {
			t.Errorf("ParseMoment(%q) is %v, %v", text, got, err)
		}
	}
}

func TestLoadZone(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{"": "the zone is missing", "Local": "the zone of the server", "Europe/Lodnon": `"Europe/Lodnon"`} {
		if l, err := calendar.LoadZone(name); l != nil || err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("LoadZone(%q) is %v, %v; want an error with %s", name, l, err, part)
		}
	}
}

// TestDate: where clocks show a time once, Date is time.Date; and what Date returns shows the time or a later one, as the first
// instant that does.
func TestDate(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{
		zoneOf(t, "UTC"), zoneOf(t, "Europe/London"), zoneOf(t, "America/Havana"), zoneOf(t, "America/Santiago"), zoneOf(t, "Australia/Lord_Howe"), zoneOf(t, "Africa/Casablanca"),
	}
	if got := calendar.Date(2026, time.June, 30+1, 0, 0, nil); !got.Equal(at(t, "2026-07-01T00:00:00Z")) {
		t.Errorf("31 June 2026 is %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 3650).Draw(t, "day"))
		minute := rapid.IntRange(0, 24*60-1).Draw(t, "minute")
		wanted := day.Add(time.Duration(minute) * time.Minute)
		got := calendar.Date(day.Year(), day.Month(), day.Day(), 0, minute, zone)
		face := func(at time.Time) time.Time {
			l := at.In(zone)
			return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
		}
		if face(got).Before(wanted) {
			t.Fatalf("at %v clocks show %v, before %v", got.UTC(), face(got), wanted)
		}
		for step := time.Second; step < 30*time.Hour; step *= 2 {
			if before := got.Add(-step); !face(before).Before(wanted) {
				t.Fatalf("at %v clocks already show %v", before.UTC(), face(before))
			}
		}
	})
}
