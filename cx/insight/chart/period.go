package chart

import (
	"fmt"
	"time"
)

// Period is a span of time from From until before Until. Its labels are in the time zone of From.
type Period struct{ From, Until time.Time }

// grain is what a period is, in the calendar of its time zone.
type grain uint8

const (
	span grain = iota // none of the others
	hours
	day
	days
	month
	quarter
	year
)

func (p Period) grain() grain {
	from, until := p.from(), p.until()
	midnight := func(t time.Time) bool {
		return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
	}
	first := midnight(from) && from.Day() == 1
	switch {
	case !until.After(from):
		return span
	case first && from.Month() == time.January && from.AddDate(1, 0, 0).Equal(until):
		return year
	case first && from.Month()%3 == 1 && from.AddDate(0, 3, 0).Equal(until):
		return quarter
	case first && from.AddDate(0, 1, 0).Equal(until):
		return month
	case midnight(from) && from.AddDate(0, 0, 1).Equal(until):
		return day
	case midnight(from) && midnight(until):
		return days
	case until.Sub(from) < 24*time.Hour:
		return hours
	default:
		return span
	}
}

func (p Period) from() time.Time  { return p.From }
func (p Period) until() time.Time { return p.Until.In(p.From.Location()) }

// Label names the period for a reader: "14 to 20 May 2012", "May 2012", "Q2 2012", "14 May 2012 10:00 to 10:30 CEST".
func (p Period) Label() string {
	from, until := p.from(), p.until()
	switch p.grain() {
	case year:
		return from.Format("2006")
	case quarter:
		return fmt.Sprintf("Q%d %d", (from.Month()+2)/3, from.Year())
	case month:
		return from.Format("January 2006")
	case day:
		return from.Format("Mon 2 January 2006")
	case days:
		last := until.AddDate(0, 0, -1)
		switch {
		case last.Year() != from.Year():
			return from.Format("2 January 2006") + " to " + last.Format("2 January 2006")
		case last.Month() != from.Month():
			return from.Format("2 January") + " to " + last.Format("2 January 2006")
		default:
			return from.Format("2") + " to " + last.Format("2 January 2006")
		}
	case hours:
		if from.YearDay() == until.YearDay() {
			return from.Format("2 January 2006 15:04") + " to " + until.Format("15:04 MST")
		}
	default:
	}
	return from.Format("2 January 2006 15:04") + " to " + until.Format("2 January 2006 15:04 MST")
}

// short is the label of an axis in two lines. The second line, the year or the day, is there only if before is of another one.
func (p Period) short(before *Period) (first, second string) {
	from := p.from()
	next := before == nil || before.from().Year() != from.Year()
	switch p.grain() {
	case year:
		return from.Format("2006"), ""
	case quarter:
		first, second = fmt.Sprintf("Q%d", (from.Month()+2)/3), from.Format("2006")
	case month:
		first, second = from.Format("Jan"), from.Format("2006")
	case hours:
		first, second = from.Format("15:04"), from.Format("2 Jan")
		next = next || before.from().YearDay() != from.YearDay()
	default:
		first, second = from.Format("2 Jan"), from.Format("2006")
	}
	if !next {
		second = ""
	}
	return first, second
}
