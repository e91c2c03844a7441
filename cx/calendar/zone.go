package calendar

import (
	"math"
	"slices"
	"time"
)

// This file relates instants, in seconds since 1970 UTC, to wall-clock time. See the package comment for what holds when
// clocks change.

// lookBack is longer than the largest change of a clock and the largest difference of a zone from UTC, both of which are at
// most 26 hours. (Manila repeated a day in 1844, and Samoa skipped one in 2011.)
const lookBack = 2 * fullDay

// period is a time in which a zone's difference from UTC stays the same. Two periods in a row may have the same difference.
type period struct {
	end    int64 // exclusive
	offset int64 // wall-clock time less UTC
	// high is the largest wall-clock time that clocks had reached before the period. While the wall-clock time of the period is
	// below it, the clocks repeat what they have shown.
	high     int64
	location *time.Location
}

// periodAt returns the period of the instant.
func (c *compiled) periodAt(instant int64) period {
	p := period{location: c.location, high: math.MinInt64 / 2} // lower than each wall-clock time
	p.load(instant - lookBack)
	for p.end <= instant {
		p.next()
	}
	return p
}

// load makes the period the one of the instant. A period may be shorter than it could be: where the rule of a zone goes on for
// ever, package time also ends a period with the year. On the last day of a leap year the end that it returns has passed
// already; load then ends the period with the day.
func (p *period) load(instant int64) {
	t := time.Unix(instant, 0).In(p.location)
	_, offset := t.Zone()
	p.offset, p.end = int64(offset), math.MaxInt64
	if _, end := t.ZoneBounds(); !end.IsZero() {
		p.end = end.Unix()
	}
	if p.end <= instant {
		p.end = (floorDiv(instant, fullDay) + 1) * fullDay
	}
}

// next goes on to the next period.
func (p *period) next() {
	p.high = max(p.high, p.end+p.offset)
	p.load(p.end)
}

// repeatedUntil returns the end of the time in which clocks repeat what they have shown.
func (p *period) repeatedUntil() int64 { return p.high - p.offset }

// wallAt returns the wall-clock time of an instant in the period. While clocks repeat what they have shown, it is the last
// second before they were put back.
func (p *period) wallAt(instant int64) int64 {
	return max(instant+p.offset, p.high-1)
}

// instantOf returns the first instant at which the clocks of the zone show the wall-clock time or a later one.
func (c *compiled) instantOf(wall int64) int64 {
	begin := wall - lookBack
	for p := c.periodAt(begin); ; p.next() {
		if at := max(wall-p.offset, begin); at < p.end {
			return at
		}
		begin = p.end
	}
}

// between returns the opened seconds from a to b.
func (c *compiled) between(a, b int64) (sum int64) {
	if a >= b {
		return 0
	}
	for p := c.periodAt(a); ; p.next() {
		end := min(p.end, b)
		if until := min(p.repeatedUntil(), end); until > a {
			if c.openAt(p.high - 1) {
				sum += until - a
			}
			a = until
		}
		sum += c.opened(end+p.offset) - c.opened(a+p.offset)
		if a = end; a == b {
			return sum
		}
	}
}

// after returns the first instant at which so many opened seconds, at least 1, have passed since a. It returns false if that
// is after the limit.
func (c *compiled) after(a, seconds, limit int64) (int64, bool) {
	for p := c.periodAt(a); a < limit; p.next() {
		end := min(p.end, limit)
		if until := min(p.repeatedUntil(), end); until > a {
			if c.openAt(p.high - 1) {
				if seconds <= until-a {
					return a + seconds, true
				}
				seconds -= until - a
			}
			a = until
		}
		already := c.opened(a + p.offset)
		if sum := c.opened(end+p.offset) - already; sum < seconds {
			seconds -= sum
			a = end
			continue
		}
		low, high := a, end // the result is after low, and not after high
		for high-low > 1 {
			middle := low + (high-low)/2
			if c.opened(middle+p.offset)-already >= seconds {
				high = middle
			} else {
				low = middle
			}
		}
		return high, true
	}
	return limit, false
}

// isOpen reports whether the second that begins at the instant is opened.
func (c *compiled) isOpen(instant int64) bool {
	p := c.periodAt(instant)
	return c.openAt(p.wallAt(instant))
}

// takesPlace reports whether an opening of the day has a length: clocks may skip the whole of it.
func (c *compiled) takesPlace(day int64) bool {
	return slices.ContainsFunc(c.on(day), func(o opening) bool {
		return c.instantOf(day*fullDay+o.from) < c.instantOf(day*fullDay+o.to)
	})
}

// closeOf returns the instant at which the last opening of the n-th business day after the day ends. It returns false if that
// is after the limit.
func (c *compiled) closeOf(day int64, n int, p period, limit int64) (int64, bool) {
	last := floorDiv(limit, fullDay) + lookBack/fullDay
	for n > 0 {
		if day++; day > last {
			return limit, false
		}
		if len(c.on(day)) == 0 {
			continue
		}
		for p.end != math.MaxInt64 && p.end+p.offset < day*fullDay-lookBack {
			p.next()
		}
		// Clocks change on the day or near it: its openings may not take place.
		if p.end != math.MaxInt64 && p.end+p.offset < day*fullDay+2*lookBack && !c.takesPlace(day) {
			continue
		}
		n--
	}
	at := c.lastClose(day)
	return min(at, limit), at <= limit
}

// lastClose returns the end of the last opening of the day that has a length. The day has one.
func (c *compiled) lastClose(day int64) (at int64) {
	for _, o := range slices.Backward(c.on(day)) {
		if at = c.instantOf(day*fullDay + o.to); at > c.instantOf(day*fullDay+o.from) {
			break
		}
	}
	return at
}
