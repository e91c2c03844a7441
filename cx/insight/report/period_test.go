package report_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
)

// TestPeriods: periods are those of the calendar of their zone.
func TestPeriods(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	for _, c := range []struct {
		name, reason string
		kind         report.Kind
		at           time.Time
		last, before [2]string
	}{
		{
			"a week in which the clocks change", "from Monday to Monday, though it has 167 hours", report.Week, time.Date(2026, 3, 30, 0, 0, 0, 0, berlin),
			[2]string{"2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
			[2]string{"2026-03-16T00:00:00+01:00", "2026-03-23T00:00:00+01:00"},
		},
		{
			"the last whole week", "the one in hand has not ended", report.Week, time.Date(2026, 3, 29, 23, 59, 59, 0, berlin),
			[2]string{"2026-03-16T00:00:00+01:00", "2026-03-23T00:00:00+01:00"},
			[2]string{"2026-03-09T00:00:00+01:00", "2026-03-16T00:00:00+01:00"},
		},
		{
			"a day without a midnight", "the clocks of Santiago go from 24:00 of Saturday to 1:00", report.Day, time.Date(2023, 9, 4, 0, 0, 0, 0, zone("America/Santiago")),
			[2]string{"2023-09-03T01:00:00-03:00", "2023-09-04T00:00:00-03:00"},
			[2]string{"2023-09-02T00:00:00-04:00", "2023-09-03T01:00:00-03:00"},
		},
		{
			"a quarter", "three months, of different lengths", report.Quarter, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
			[2]string{"2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"},
			[2]string{"2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		},
		{
			"a month after a longer one", "March ends on the 31st, and the month before on the 28th", report.Month, time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC),
			[2]string{"2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"},
			[2]string{"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		},
		{
			"a year", "from January to January", report.Year, time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC),
			[2]string{"2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
			[2]string{"2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"},
		},
	} {
		written := func(p report.Period) [2]string {
			return [2]string{p.From.Format(time.RFC3339), p.Until.Format(time.RFC3339)}
		}
		p := c.kind.Last(c.at)
		if written(p) != c.last || written(c.kind.Before(p, 1)) != c.before {
			t.Errorf("%s: %v after %v, want %v after %v: %s", c.name, written(p), written(c.kind.Before(p, 1)), c.last, c.before, c.reason)
		}
	}
}

// TestComparedPeriods: what a report compares with is the period before, and the same one a year ago.
func TestComparedPeriods(t *testing.T) {
	t.Parallel()
	table := tableOf(t, desk(), &newCrowd().memory)
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, berlin) }
	for _, c := range []struct {
		from, until         time.Time
		kind                report.Kind
		before, ago, reason string
	}{
		{day(3, 23), day(3, 30), report.Week, "16 to 22 March 2026", "24 to 30 March 2025", "52 weeks ago are the same days of the week"},
		{day(3, 1), day(4, 1), report.Month, "February 2026", "March 2025", "a month"},
		{day(3, 24), day(3, 26), report.Span, "22 to 23 March 2026", "25 to 26 March 2025", "two days are before two days"},
		{day(3, 26).Add(9 * time.Hour), day(3, 26).Add(12 * time.Hour), report.Span, "26 March 2026 06:00 to 09:00 CET", "27 March 2025 09:00 to 12:00 CET", "three hours"},
	} {
		r := made(t, table, report.Settings{From: c.from, Until: c.until, Zone: berlin})
		if r.Kind != c.kind || r.Before.Label() != c.before || r.YearAgo.Label() != c.ago {
			t.Errorf("%s: %s, before %s, a year ago %s: %s", r.Now.Label(), r.Kind, r.Before.Label(), r.YearAgo.Label(), c.reason)
		}
	}
}

// TestClocksSetBackOverMidnight: every moment is in the period of its kind, and periods follow each other, also where midnight comes twice: in St. John's of 2006 clocks were
// set back at 00:01 to 23:01, and in Havana they are at 01:00 to 00:00.
func TestClocksSetBackOverMidnight(t *testing.T) {
	t.Parallel()
	for zone, around := range map[string]time.Time{
		"America/St_Johns": time.Date(2006, 10, 29, 2, 31, 0, 0, time.UTC), "America/Havana": time.Date(2025, 11, 2, 5, 0, 0, 0, time.UTC),
		"America/Sao_Paulo": time.Date(2018, 2, 18, 2, 0, 0, 0, time.UTC), "Europe/Amsterdam": time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC),
	} {
		in, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []report.Kind{report.Day, report.Week, report.Month, report.Quarter, report.Year} {
			var last report.Period
			for at := around.Add(-30 * time.Hour); at.Before(around.Add(30 * time.Hour)); at = at.Add(30 * time.Second) {
				p := kind.Current(at.In(in))
				if at.Before(p.From) || !at.Before(p.Until) {
					t.Fatalf("%s, %v: %s is not in %s to %s", zone, kind, at.In(in), p.From, p.Until)
				}
				if p != last && !last.IsZero() && !p.From.Equal(last.Until) {
					t.Fatalf("%s, %v: %s to %s follows %s to %s", zone, kind, p.From, p.Until, last.From, last.Until)
				}
				last = p
			}
		}
	}
	in, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		t.Fatal(err)
	}
	// Sunday begins at the first midnight, at 02:30 UTC, and has 25 hours.
	if p := report.Day.Current(time.Date(2006, 10, 29, 12, 0, 0, 0, in)); !p.From.Equal(time.Date(2006, 10, 29, 2, 30, 0, 0, time.UTC)) || p.Until.Sub(p.From) != 25*time.Hour {
		t.Errorf("the day is %s to %s", p.From.UTC(), p.Until.UTC())
	}
}
