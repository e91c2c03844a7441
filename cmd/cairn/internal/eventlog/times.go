package eventlog

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// errTime is a text that is no time.
var errTime = errors.New("not a time")

// The times that are read: Unix time has a beginning, and 64 bits of nanoseconds an end.
const (
	minUnix = 0
	maxUnix = math.MaxInt64/int64(time.Second) - 1 // in the year 2262
	// milliAt is where a number is milliseconds: as seconds it would be the year 5138.
	milliAt = 100_000_000_000
)

// Times reads the times of a log. The zero value takes a time without an offset as UTC.
type Times struct {
	// Location of times that have no offset.
	Location *time.Location
}

// Parse reads one time and returns it in nanoseconds since 1970, to the nanosecond; further
// digits are cut off. It reads
//
//   - RFC 3339, also with a space for the T, with a comma for the point, with an offset as +01:00,
//     +0100 or +01, or none, without seconds, and a date alone, which is its midnight;
//   - Unix seconds, also with a fraction, and Unix milliseconds: a number from 100,000,000,000 on.
//
// Years are 1970 to 2261. The error says what form the text has, not the text itself.
func (t Times) Parse(text []byte) (int64, error) {
	if len(text) > 4 && text[4] == '-' {
		if ns, ok := t.calendar(text); ok {
			return ns, nil
		}
		return 0, formError(text)
	}
	if ns, ok := unix(text); ok {
		return ns, nil
	}
	return 0, formError(text)
}

// formError describes a text by its form: digits as 9, letters as a.
func formError(text []byte) error {
	const most = 40
	form := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '9'
		case strings.ContainsRune(" -:.,/+", r):
			return r
		default:
			return 'a'
		}
	}, string(text[:min(len(text), most)]))
	return fmt.Errorf("%w between 1970 and 2261: its form is %q (9 a digit, a any letter); want RFC 3339, such as 2026-01-31T09:30:00+01:00, or Unix seconds or milliseconds", errTime, form)
}

// unix reads a number of seconds or milliseconds.
func unix(text []byte) (int64, bool) {
	var n int64
	i := 0
	for ; i < len(text) && isDigit(text[i]); i++ {
		if i == 15 {
			return 0, false
		}
		n = n*10 + int64(text[i]-'0')
	}
	if i == 0 || compactDate(text[:i]) {
		return 0, false
	}
	frac, rest, ok := fraction(text[i:])
	if !ok || len(rest) > 0 {
		return 0, false
	}
	if n >= milliAt {
		if n/1000 > maxUnix {
			return 0, false
		}
		return n*int64(time.Millisecond) + frac/1000, true
	}
	if n > maxUnix {
		return 0, false
	}
	return n*int64(time.Second) + frac, true
}

// compactDate reports whether the digits are rather a date without dashes: 20260131, and with
// hours and minutes behind it. As Unix time they would be some day in 1970 or 1976.
func compactDate(digits []byte) bool {
	if len(digits) != 8 && len(digits) != 12 {
		return false
	}
	century, month, day := two(digits), two(digits[4:]), two(digits[6:])
	return (century == 19 || century == 20) && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// calendar reads a date with or without a time of day.
func (t Times) calendar(b []byte) (int64, bool) {
	if len(b) < 10 || b[7] != '-' {
		return 0, false
	}
	century, yy, month, day := two(b), two(b[2:]), two(b[5:]), two(b[8:])
	year := century*100 + yy
	if century < 0 || yy < 0 || year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	c := clock{}
	if b = b[10:]; len(b) > 0 {
		var ok bool
		if c, ok = timeOfDay(b); !ok {
			return 0, false
		}
	}
	if !c.zoned && t.Location != nil && t.Location != time.UTC {
		at := time.Date(year, time.Month(month), day, c.hour, c.minute, c.second, int(c.frac), t.Location)
		return within(at.Unix(), c.frac)
	}
	return within(daysSince1970(year, month, day)*86400+int64(c.hour*3600+c.minute*60+c.second-c.offset), c.frac)
}

func within(seconds, frac int64) (int64, bool) {
	if seconds < minUnix || seconds > maxUnix {
		return 0, false
	}
	return seconds*int64(time.Second) + frac, true
}

// clock is a time of day.
type clock struct {
	hour, minute, second int
	frac                 int64 // nanoseconds
	offset               int   // seconds east of UTC
	zoned                bool  // has an offset
}

// timeOfDay reads what is behind the date.
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
	if c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 59 {
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

// fraction reads a point or comma and digits, if they are there.
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

// offset reads Z, +01, +0100 or +01:00.
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

// two reads two digits, or returns -1.
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

// daysSince1970 counts days of the Gregorian calendar. It counts years from March, so that the
// leap day is the last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
// days_from_civil).
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(year*365 + year/4 - year/100 + year/400 + ofYear - 719468)
}
