package report

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
)

// Kind is what a period is in the calendar.
type Kind uint8

// The kinds of periods.
const (
	Week Kind = iota // from Monday
	Day
	Month
	Quarter
	Year
	Span // between two moments of the caller
)

var kindNames = [...]string{Week: "week", Day: "day", Month: "month", Quarter: "quarter", Year: "year", Span: "period"}

// String returns the word for it, such as "week".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Span]
}

// MarshalText returns what String does.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ParseKind returns the kind with the word: day, week, month, quarter or year.
func ParseKind(word string) (Kind, error) {
	for k, name := range kindNames[:Span] {
		if name == word {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("report: %.64q is no period: write day, week, month, quarter or year", word)
}

// Period is a span of time from From until before Until, in the time zone of the report.
type Period struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Label names the period for a reader, such as "14 to 20 May 2012".
func (p Period) Label() string { return chart.Period(p).Label() }

// IsZero reports whether there is no period.
func (p Period) IsZero() bool { return p.From.IsZero() && p.Until.IsZero() }

// Current returns the period of the kind that the moment lies in, in its time zone. Of Span it returns the day.
//
// A day ends where the next one begins. Where clocks are set back over midnight, an hour of the old date follows, and belongs to the new day.
func (k Kind) Current(at time.Time) Period {
	y, m, d := at.Date()
	p := k.of(y, m, d, at.Location())
	if !at.Before(p.Until) {
		p = k.of(y, m, d+1, at.Location())
	}
	return p
}

// of returns the period of the kind that has the date.
func (k Kind) of(y int, m time.Month, d int, zone *time.Location) Period {
	noon := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	y, m, d = noon.Date()
	begin := func(y int, m time.Month, d int) time.Time { return startOf(y, m, d, zone) }
	switch k {
	case Week:
		d -= (int(noon.Weekday()) + 6) % 7
		return Period{begin(y, m, d), begin(y, m, d+7)}
	case Month:
		return Period{begin(y, m, 1), begin(y, m+1, 1)}
	case Quarter:
		m -= (m - 1) % 3
		return Period{begin(y, m, 1), begin(y, m+3, 1)}
	case Year:
		return Period{begin(y, 1, 1), begin(y+1, 1, 1)}
	default:
		return Period{begin(y, m, d), begin(y, m, d+1)}
	}
}

// startOf returns the first moment of a day, which is no midnight where the clocks go forward then, and the first one of two where they are set back over it.
func startOf(y int, m time.Month, d int, zone *time.Location) time.Time {
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	y, m, d = noon.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if t.Day() != d { // the hour before the gap
		_, t = t.ZoneBounds()
	}
	if from, _ := t.ZoneBounds(); !from.IsZero() {
		_, now := t.Zone()
		_, before := from.Add(-time.Nanosecond).Zone()
		if first := t.Add(-time.Duration(before-now) * time.Second); before > now && first.Before(from) && first.Day() == d {
			return first
		}
	}
	return t
}

// Last returns the last whole period of the kind that has ended by the moment.
func (k Kind) Last(at time.Time) Period {
	p := k.Current(at)
	if p.Until.Equal(at) {
		return p
	}
	return k.Before(p, 1)
}

// Before returns the period that is so many periods earlier. A Span of whole days moves by its number of days.
func (k Kind) Before(p Period, n int) Period {
	switch k {
	case Day:
		return p.move(0, 0, -n)
	case Week:
		return p.move(0, 0, -7*n)
	case Month:
		return p.move(0, -n, 0)
	case Quarter:
		return p.move(0, -3*n, 0)
	case Year:
		return p.move(-n, 0, 0)
	default:
		if days, ok := p.days(); ok {
			return p.move(0, 0, -n*days)
		}
		by := time.Duration(n) * p.Until.Sub(p.From)
		return Period{p.From.Add(-by), p.Until.Add(-by)}
	}
}

// YearAgo returns the same period a year ago: of what is shorter than four weeks, 52 weeks earlier, so that the days of the week are the same.
func (p Period) YearAgo() Period {
	if p.Until.Sub(p.From) < 28*24*time.Hour-2*time.Hour { // clocks may change meanwhile
		return p.move(0, 0, -364)
	}
	return p.move(-1, 0, 0)
}

// move moves the period in the calendar. The beginning of a day stays the beginning of a day.
func (p Period) move(years, months, days int) Period {
	one := func(t time.Time) time.Time {
		y, m, d := t.Date()
		if begins(t) {
			return startOf(y+years, m+time.Month(months), d+days, t.Location())
		}
		return t.AddDate(years, months, days)
	}
	return Period{one(p.From), one(p.Until)}
}

// days returns the number of days of a period of whole days.
func (p Period) days() (int, bool) {
	if !begins(p.From) || !begins(p.Until) {
		return 0, false
	}
	y, m, d := p.From.Date()
	u, v, w := p.Until.Date()
	from, until := time.Date(y, m, d, 0, 0, 0, 0, time.UTC), time.Date(u, v, w, 0, 0, 0, 0, time.UTC)
	return int(until.Sub(from) / (24 * time.Hour)), true
}

// begins reports whether a day begins at the moment.
func begins(t time.Time) bool {
	y, m, d := t.Date()
	return t.Equal(startOf(y, m, d, t.Location()))
}

// Kind returns what the period is in the calendar of its time zone: [Span] if it is no day, week, month, quarter or year.
func (p Period) Kind() Kind {
	for _, k := range []Kind{Day, Week, Month, Quarter, Year} {
		if c := k.Current(p.From); c.From.Equal(p.From) && c.Until.Equal(p.Until) {
			return k
		}
	}
	return Span
}

// friday returns the end of the next Friday, which may be that of the moment itself.
func friday(at time.Time) time.Time {
	y, m, d := at.Date()
	return startOf(y, m, d+(int(time.Friday)-int(at.Weekday())+7)%7+1, at.Location())
}
