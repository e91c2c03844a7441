package eventlog

import "time"

// clock is a time of day.
type clock struct {
	hour, minute, second int
	frac                 int64 // nanoseconds
	offset               int   // seconds east of UTC
	zoned                bool  // the time has an offset
}

func (c *clock) valid() bool {
	return c.hour >= 0 && c.hour <= 23 && c.minute >= 0 && c.minute <= 59 && c.second >= 0 && c.second <= 59
}

// timeOfDay parses a time of day after a date, in the form of RFC 3339 or a close variant. A text that it rejects may still be
// a time of day in another form.
func timeOfDay(b []byte) (c clock, ok bool) {
	if len(b) < 6 || (b[0] != 'T' && b[0] != 't' && b[0] != ' ') || b[3] != ':' {
		return c, false
	}
	c.hour, c.minute = two(b[1:]), two(b[4:])
	b = b[6:]
	if len(b) >= 3 && b[0] == ':' {
		c.second = two(b[1:])
		if c.frac, b, ok = fraction(b[3:]); !ok {
			return c, false
		}
	}
	if !c.valid() {
		return c, false
	}
	if len(b) > 1 && b[0] == ' ' {
		b = b[1:] // "09:30:00 +0100"
	}
	if len(b) == 0 {
		return c, true
	}
	c.zoned = true
	c.offset, ok = offset(b)
	return c, ok
}

// fraction parses a point or comma and the digits after it, if there are any.
func fraction(b []byte) (ns int64, rest []byte, ok bool) {
	if len(b) == 0 || (b[0] != '.' && b[0] != ',') {
		return 0, b, true
	}
	i, unit := 1, int64(time.Second)
	for ; i < len(b) && isDigit(b[i]); i++ {
		unit /= 10
		ns += int64(b[i]-'0') * unit
	}
	return ns, b[i:], i > 1
}

// offset parses Z, +01, +0100 or +01:00.
func offset(b []byte) (seconds int, ok bool) {
	if len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if len(b) < 3 || (b[0] != '+' && b[0] != '-') {
		return 0, false
	}
	hours, minutes := two(b[1:]), 0
	switch rest := b[3:]; {
	case len(rest) == 2:
		minutes = two(rest)
	case len(rest) == 3 && rest[0] == ':':
		minutes = two(rest[1:])
	case len(rest) != 0:
		return 0, false
	}
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	seconds = hours*3600 + minutes*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// two parses two digits, or returns -1.
func two(b []byte) int {
	if len(b) < 2 || !isDigit(b[0]) || !isDigit(b[1]) {
		return -1
	}
	return int(b[0]-'0')*10 + int(b[1]-'0')
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// daysSince1970 returns the number of days since 1970 in the Gregorian calendar. It lets years begin in March,
// so that the leap day is the last day of a year (Howard Hinnant, "chrono-Compatible Low-Level Date
// Algorithms", days_from_civil).
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(year*365 + year/4 - year/100 + year/400 + ofYear - 719468)
}
