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
			return Kind(k), nil //nolint:gosec // one of five
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
func (k Kind) Current(at time.Time) Period {
	y, m, d := at.Date()
	midnight := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, at.Location()) }
	switch k {
	case Week:
		d -= (int(at.Weekday()) + 6) % 7
		return Period{midnight(y, m, d), midnight(y, m, d+7)}
	case Month:
		return Period{midnight(y, m, 1), midnight(y, m+1, 1)}
	case Quarter:
		m -= (m - 1) % 3
		return Period{midnight(y, m, 1), midnight(y, m+3, 1)}
	case Year:
		return Period{midnight(y, 1, 1), midnight(y+1, 1, 1)}
	default:
		return Period{midnight(y, m, d), midnight(y, m, d+1)}
	}
}

// Last returns the last whole period of the kind that has ended by the moment.
func (k Kind) Last(at time.Time) Period {
	p := k.Current(at)
	if p.Until.Equal(at) {
		return p
	}
	return k.Before(p, 1)
}

// Before returns the period that is so many periods earlier. A Span that begins and ends at midnight moves by its number of days.
func (k Kind) Before(p Period, n int) Period {
	move := func(years, months, days int) Period {
		return Period{p.From.AddDate(-years*n, -months*n, -days*n), p.Until.AddDate(-years*n, -months*n, -days*n)}
	}
	switch k {
	case Day:
		return move(0, 0, 1)
	case Week:
		return move(0, 0, 7)
	case Month:
		return move(0, 1, 0)
	case Quarter:
		return move(0, 3, 0)
	case Year:
		return move(1, 0, 0)
	default:
		if days, ok := p.days(); ok {
			return move(0, 0, days)
		}
		by := time.Duration(n) * p.Until.Sub(p.From)
		return Period{p.From.Add(-by), p.Until.Add(-by)}
	}
}

// yearAgo returns the same period a year ago: of days and weeks, 52 weeks earlier, so that the days of the week are the same.
func (k Kind) yearAgo(p Period) Period {
	switch k {
	case Month, Quarter, Year:
		return Period{p.From.AddDate(-1, 0, 0), p.Until.AddDate(-1, 0, 0)}
	default:
		return Period{p.From.AddDate(0, 0, -364), p.Until.AddDate(0, 0, -364)}
	}
}

// days returns the number of days of a period from midnight to midnight.
func (p Period) days() (int, bool) {
	if !midnight(p.From) || !midnight(p.Until) {
		return 0, false
	}
	y, m, d := p.From.Date()
	u, v, w := p.Until.Date()
	from, until := time.Date(y, m, d, 0, 0, 0, 0, time.UTC), time.Date(u, v, w, 0, 0, 0, 0, time.UTC)
	return int(until.Sub(from) / (24 * time.Hour)), true
}

func midnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0
}

// kindOf returns what the period is in the calendar.
func kindOf(p Period) Kind {
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
	return time.Date(y, m, d+(int(time.Friday)-int(at.Weekday())+7)%7+1, 0, 0, 0, 0, at.Location())
}
