package calendar

import (
	"slices"
	"sort"
	"time"
)

// This file computes with wall-clock time: seconds that a clock which is never put forward or back would show since 1 January
// 1970, 00:00. A day has 86,400 of them.

const fullWeek = 7 * fullDay

// firstSunday is 4 January 1970.
const firstSunday = 3 * fullDay

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// weekdayOf returns the weekday of a day since 1 January 1970, which was a Thursday.
func weekdayOf(day int64) time.Weekday {
	d := (day + int64(time.Thursday)) % 7
	if d < 0 {
		d += 7
	}
	return time.Weekday(d)
}

// holidayFrom returns the index of the first holiday on the day or later.
func (c *compiled) holidayFrom(day int64) int {
	return sort.Search(len(c.holidays), func(i int) bool { return c.holidays[i].day >= day })
}

func (c *compiled) isHoliday(day int64) bool {
	i := c.holidayFrom(day)
	return i < len(c.holidays) && c.holidays[i].day == day
}

// on returns the openings that begin on the day.
func (c *compiled) on(day int64) []opening {
	if i := c.holidayFrom(day); i < len(c.holidays) && c.holidays[i].day == day {
		return c.holidays[i].openings
	}
	return c.week[weekdayOf(day)]
}

// opened returns the opened time up to the wall-clock time, counted from some fixed moment: the difference of two results is
// the opened time between them. It takes time logarithmic in the number of holidays.
func (c *compiled) opened(wall int64) int64 {
	weeks := floorDiv(wall-firstSunday, fullWeek)
	sum := weeks*c.weekly + c.ofWeek(wall-firstSunday-weeks*fullWeek)
	if len(c.holidays) == 0 {
		return sum
	}
	today := floorDiv(wall, fullDay)
	i := c.holidayFrom(today - 1) // no opening of an earlier date is still open
	if i == len(c.holidays) {
		last := &c.holidays[i-1]
		return sum + last.before + length(last.openings) - length(c.week[weekdayOf(last.day)])
	}
	sum += c.holidays[i].before
	for ; i < len(c.holidays) && c.holidays[i].day <= today; i++ {
		d := &c.holidays[i]
		since := wall - d.day*fullDay
		sum += passed(d.openings, since) - passed(c.week[weekdayOf(d.day)], since)
	}
	return sum
}

// ofWeek returns the opened time in the first seconds of a week without holidays.
func (c *compiled) ofWeek(seconds int64) int64 {
	i := sort.Search(len(c.pattern), func(i int) bool { return c.pattern[i].from >= seconds }) - 1
	if i < 0 {
		return 0
	}
	p := &c.pattern[i]
	return p.before + min(seconds, p.to) - p.from
}

// passed returns how much of the openings lies before the second of their date.
func passed(list []opening, second int64) (sum int64) {
	for _, o := range list {
		sum += min(max(second-o.from, 0), o.to-o.from)
	}
	return sum
}

// openAt reports whether the second that begins at the wall-clock time is in an opening.
func (c *compiled) openAt(wall int64) bool { return c.opened(wall+1) > c.opened(wall) }

// date returns the date of the opening that the second at the wall-clock time is in. In closed time it is the date itself.
func (c *compiled) date(wall int64) int64 {
	today := floorDiv(wall, fullDay)
	since := wall - (today-1)*fullDay
	if slices.ContainsFunc(c.on(today-1), func(o opening) bool { return o.from <= since && since < o.to }) {
		return today - 1 // an opening that has run into today
	}
	return today
}
