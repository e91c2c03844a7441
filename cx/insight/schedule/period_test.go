package schedule_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/schedule"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason  string
		every         schedule.Every
		zone, at      string // at is in UTC
		from, until   string
		label         string
		next, earlier string
	}{
		{"day", "an ordinary day", schedule.Day, "UTC", "2012-05-14T10:00:00Z", "2012-05-14T00:00:00Z", "2012-05-15T00:00:00Z", "2012-05-14", "2012-05-15", "2012-05-13"},
		{"first moment", "From belongs to the period", schedule.Day, "UTC", "2012-05-14T00:00:00Z", "2012-05-14T00:00:00Z", "2012-05-15T00:00:00Z", "2012-05-14", "2012-05-15", "2012-05-13"},
		{"zone", "the evening in UTC is the next day in Berlin", schedule.Day, "Europe/Berlin", "2012-05-14T22:30:00Z", "2012-05-14T22:00:00Z", "2012-05-15T22:00:00Z", "2012-05-15", "2012-05-16", "2012-05-14"},
		{"short day", "clocks go forward: 23 hours", schedule.Day, "Europe/Berlin", "2024-03-31T10:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", "2024-03-31", "2024-04-01", "2024-03-30"},
		{"long day", "clocks go back: 25 hours", schedule.Day, "Europe/Berlin", "2024-10-27T10:00:00Z", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", "2024-10-27", "2024-10-28", "2024-10-26"},
		{"no midnight", "in Beirut clocks go from 0:00 to 1:00", schedule.Day, "Asia/Beirut", "2022-03-27T10:00:00Z", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z", "2022-03-27", "2022-03-28", "2022-03-26"},
		{"no day", "Apia had no 30 December 2011", schedule.Day, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-29", "2011-12-31", "2011-12-28"},
		{"week", "a Sunday is of the week that began on Monday", schedule.Week, "UTC", "2012-05-20T23:59:59Z", "2012-05-14T00:00:00Z", "2012-05-21T00:00:00Z", "2012-W20", "2012-W21", "2012-W19"},
		{"week of another year", "ISO 8601: 1 January 2021 is in 2020-W53", schedule.Week, "UTC", "2021-01-01T12:00:00Z", "2020-12-28T00:00:00Z", "2021-01-04T00:00:00Z", "2020-W53", "2021-W01", "2020-W52"},
		{"month", "a leap year", schedule.Month, "UTC", "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-02", "2024-03", "2024-01"},
		{"quarter", "the last one of a year", schedule.Quarter, "UTC", "2023-12-31T23:00:00Z", "2023-10-01T00:00:00Z", "2024-01-01T00:00:00Z", "2023-Q4", "2024-Q1", "2023-Q3"},
		{"year", "in New York", schedule.Year, "America/New_York", "2024-01-01T04:59:59Z", "2023-01-01T05:00:00Z", "2024-01-01T05:00:00Z", "2023", "2024", "2022"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			p := test.every.Of(at.In(zone(t, test.zone)))
			if from, until := p.From.UTC().Format(time.RFC3339), p.Until.UTC().Format(time.RFC3339); from != test.from || until != test.until {
				t.Errorf("%s to %s, want %s to %s: %s", from, until, test.from, test.until, test.reason)
			}
			if p.String() != test.label || p.Next().String() != test.next || p.Previous().String() != test.earlier {
				t.Errorf("%s, then %s, before %s; want %s, %s, %s", p, p.Next(), p.Previous(), test.label, test.next, test.earlier)
			}
		})
	}
}

// TestPeriodsTile: in every zone each moment is in its period, and periods follow each other without a gap.
func TestPeriodsTile(t *testing.T) {
	t.Parallel()
	names := []string{
		"UTC",
		"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "Asia/Beirut", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kwajalein",
		"Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Asia/Tehran", "Antarctica/Troll",
	}
	zones := map[string]*time.Location{}
	for _, name := range names {
		zones[name] = zone(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		every := rapid.SampledFrom([]schedule.Every{schedule.Day, schedule.Week, schedule.Month, schedule.Quarter, schedule.Year}).Draw(t, "every")
		at := time.Unix(rapid.Int64Range(0, 2524608000).Draw(t, "at"), 0).In(zones[rapid.SampledFrom(names).Draw(t, "zone")])
		if _, end := at.ZoneBounds(); !end.IsZero() && end.Before(time.Unix(2524608000, 0)) && rapid.Bool().Draw(t, "beside a change") {
			at = end.Add(time.Duration(rapid.Int64Range(-7200, 7200).Draw(t, "seconds")) * time.Second).In(at.Location())
		}
		p := every.Of(at)
		if at.Before(p.From) || !at.Before(p.Until) {
			t.Fatalf("%s is not in its %s %s to %s", at, every, p.From, p.Until)
		}
		if n := p.Next(); !n.From.Equal(p.Until) || !n.Until.After(n.From) {
			t.Fatalf("after %s to %s comes %s to %s", p.From, p.Until, n.From, n.Until)
		}
		if b := p.Previous(); !b.Until.Equal(p.From) || !b.From.Before(b.Until) {
			t.Fatalf("before %s to %s comes %s to %s", p.From, p.Until, b.From, b.Until)
		}
	})
}

func TestNoPeriod(t *testing.T) {
	t.Parallel()
	var p schedule.Period
	if p.String() != "" || p.Next() != p || schedule.Every(9).Of(time.Now()) != p || schedule.Every(9).String() != "" || schedule.Every(0).String() != "" {
		t.Error("what is no period has a name or neighbours")
	}
}
