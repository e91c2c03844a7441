package schedule

import (
	"fmt"
	"time"
)

// Every is how long a period is. The zero value is none.
type Every uint8

// The lengths of a period. A week is one of ISO 8601: it begins on Monday.
const (
	Day Every = iota + 1
	Week
	Month
	Quarter
	Year
)

var everyNames = [...]string{Day: "day", Week: "week", Month: "month", Quarter: "quarter", Year: "year"}

// String returns "day", "week", "month", "quarter" or "year", and "" for a value that is none of the constants.
func (e Every) String() string {
	if int(e) < len(everyNames) {
		return everyNames[e]
	}
	return ""
}

// Of returns the period that the moment is in, by the calendar of the moment's location. It is the zero Period if e is none of the constants.
func (e Every) Of(at time.Time) Period {
	year, month, day := at.Date()
	p := e.on(year, month, day, at.Location())
	// A clock that is set back over midnight shows a part of two days a second time.
	switch {
	case e.String() == "":
	case at.Before(p.From):
		p = e.on(year, month, day-1, at.Location())
	case !at.Before(p.Until):
		p = e.on(year, month, day+1, at.Location())
	}
	return p
}

// on returns the period that the date is in.
func (e Every) on(year int, month time.Month, day int, in *time.Location) Period {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // dates are added in UTC, whose days are all of one length
	y, m, d := date.Date()
	var from, until time.Time
	switch e {
	case Day:
		from, until = date, date.AddDate(0, 0, 1)
	case Week:
		from = date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
		until = from.AddDate(0, 0, 7)
	case Month:
		from = date.AddDate(0, 0, 1-d)
		until = from.AddDate(0, 1, 0)
	case Quarter:
		from = time.Date(y, m-(m-1)%3, 1, 0, 0, 0, 0, time.UTC)
		until = from.AddDate(0, 3, 0)
	case Year:
		from = time.Date(y, time.January, 1, 0, 0, 0, 0, time.UTC)
		until = from.AddDate(1, 0, 0)
	default:
		return Period{}
	}
	return Period{Every: e, From: first(from, in), Until: first(until, in)}
}

// first returns the first moment of the date in the location. Where the clock is set forward over midnight, or a day is left out, it is the
// moment of the change.
func first(date time.Time, in *time.Location) time.Time {
	y, m, d := date.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, in)
	if got := t.Day(); got != d && t.Before(time.Date(y, m, d, 12, 0, 0, 0, in)) {
		if _, end := t.ZoneBounds(); !end.IsZero() {
			return end.In(in)
		}
	}
	return t
}

// Period is a part of the calendar: From belongs to it, Until does not. Both are in the location whose calendar it is of.
type Period struct {
	Every       Every
	From, Until time.Time
}

// Next returns the period after p. The zero Period has none, and Next returns it.
func (p Period) Next() Period { return p.Every.Of(p.Until) }

// Previous returns the period before p. The zero Period has none, and Previous returns it.
func (p Period) Previous() Period { return p.Every.Of(p.From.Add(-1)) }

// String names the period: "2012-05-14", "2012-W20", "2012-05", "2012-Q2" or "2012". It is "" for the zero Period.
func (p Period) String() string {
	year, month, _ := p.From.Date()
	switch p.Every {
	case Day:
		return p.From.Format(time.DateOnly)
	case Week:
		year, week := p.From.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case Month:
		return p.From.Format("2006-01")
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", year, (month+2)/3)
	case Year:
		return fmt.Sprintf("%04d", year)
	}
	return ""
}
