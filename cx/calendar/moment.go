package calendar

import (
	"fmt"
	"strings"
	"time"
)

// MomentPattern is a regular expression, valid in both ECMA-262 and RE2, of the texts that [ParseMoment] reads. It also matches some
// that do not exist, such as a thirteenth month.
const MomentPattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}( ([01][0-9]|2[0-3]):[0-5][0-9]| 24:00)?$`

// LoadZone returns the time zone with that name in the IANA database, such as "Europe/London" or "UTC". It refuses "" and "Local",
// because a promise must not depend on the server that computes it. Each call reads zone data: keep the result.
func LoadZone(name string) (*time.Location, error) {
	var f faults
	l := zone(&f, name)
	if len(f) > 0 {
		return nil, fmt.Errorf("zone: %s", f[0].Message)
	}
	return l, nil
}

// Date returns the first instant at which the clocks of the zone show that date and time, or a later one. The package comment says what
// that means for a time that clocks skip or show twice. Values out of range are carried on, as [time.Date] does it: the month 13 is
// January of the next year. A nil zone is UTC. The result has the location of the zone.
func Date(year int, month time.Month, day, hour, minute int, zone *time.Location) time.Time {
	wall := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	if zone == nil {
		return wall
	}
	c := compiled{location: zone}
	return time.Unix(c.instantOf(wall.Unix()), 0).In(zone)
}

// ParseMoment returns the instant of a date and time in the zone, such as "2026-12-24 22:00", or of the beginning of a date, such as
// "2026-12-25": see [Date]. A nil zone is UTC.
func ParseMoment(text string, zone *time.Location) (time.Time, error) {
	date, clock, timed := strings.Cut(text, " ")
	day, err := time.Parse(time.DateOnly, date)
	seconds, ok := int64(0), true
	if timed {
		seconds, ok = parseTime(clock)
	}
	if err != nil || !ok || day.Year() < 1 {
		return time.Time{}, fmt.Errorf("%.40q is no date and time: write year-month-day and a time of day, such as 2026-12-24 22:00", text)
	}
	return Date(day.Year(), day.Month(), day.Day(), 0, int(seconds/minute), zone), nil
}
