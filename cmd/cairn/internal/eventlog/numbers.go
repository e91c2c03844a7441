package eventlog

import (
	"bytes"
	"time"
)

// Without a --time-format, a number counts as a time only if that time is in the years 2000 to 2099. In this range a number is
// valid in one form only: in one unit of Unix time, as spreadsheet days, or as a date without dashes.
const (
	plausibleFrom  = 946_684_800   // 2000-01-01, in seconds
	plausibleUntil = 4_102_444_800 // 2100-01-01
	// Spreadsheet days count from 1899-12-30, which is right for all dates from March 1900 on. In the 1904 date
	// system they count from 1904-01-01.
	excelEpoch     = -25_569 // days since 1970
	excel1904Epoch = -24_107
)

// number is a number as the log writes it.
type number struct {
	whole  int64 // at most 19 digits
	frac   int64 // billionths
	digits int   // of whole, with leading zeros
	point  bool
	far    bool // whole overflows, or the number has an exponent
	minus  bool
}

// parseNumber parses digits with an optional fraction after a point or comma. It accepts an exponent, which a spreadsheet
// writes when it cuts digits; such a number is not a time.
func parseNumber(text []byte) (n number, ok bool) {
	if len(text) > 1 && text[0] == '-' {
		n.minus, text = true, text[1:]
	}
	i := 0
	for ; i < len(text) && isDigit(text[i]); i++ {
		digit := int64(text[i] - '0')
		if n.whole > (1<<63-1-digit)/10 {
			n.far = true
			continue
		}
		n.whole = n.whole*10 + digit
	}
	if n.digits = i; i == 0 {
		return n, false
	}
	frac, rest, ok := fraction(text[i:])
	n.frac, n.point = frac, i < len(text)
	if len(rest) > 1 && rest[0]|0x20 == 'e' {
		exponent := bytes.TrimLeft(rest[1:], "+-")
		if s := (scanner{b: exponent}); len(exponent) > 0 && s.digits() == len(exponent) {
			n.far, rest = true, nil
		}
	}
	return n, ok && len(rest) == 0
}

// unit returns how many of the form's units make a second, or 0 if the form does not count units of a second.
func (f form) unit() int64 {
	switch f {
	case formSeconds:
		return 1
	case formMillis:
		return 1e3
	case formMicros:
		return 1e6
	case formNanos:
		return 1e9
	default:
		return 0
	}
}

// number returns the reading of a number without a --time-format: at most one form.
func (t *timeReader) number(n number) reading {
	r := reading{why: whyNumber}
	if n.minus || n.far {
		return r
	}
	if c, ok := compact(n); ok {
		return t.reading(formCompact, &c)
	}
	for f := formSeconds; f <= formNanos; f++ {
		if unit := f.unit(); n.whole/unit >= plausibleFrom && n.whole/unit < plausibleUntil {
			r.forms = 1 << f
			r.at[0], _, _ = t.numberAs(f, n) // Unix time is local to no zone
			return r
		}
	}
	if days := n.whole + excelEpoch; days >= plausibleFrom/day && days < plausibleUntil/day {
		var ok bool
		if r.at[0], r.local[0], ok = t.numberAs(formExcel, n); ok {
			r.forms = 1 << formExcel
		}
	}
	return r
}

// numberAs reads the number in the form, for all supported years.
func (t *timeReader) numberAs(f form, n number) (at int64, how local, ok bool) {
	if n.minus || n.far {
		return 0, 0, false
	}
	if unit := f.unit(); unit > 0 {
		at, ok = within(n.whole/unit, n.whole%unit*(int64(time.Second)/unit)+n.frac/unit)
		return at, 0, ok
	}
	days := n.whole + excelEpoch
	if f == formExcel1904 {
		days = n.whole + excel1904Epoch
	}
	if days < 0 || days > maxUnix/day {
		return 0, 0, false
	}
	// A spreadsheet stores a time to the millisecond and writes it as a fraction that is slightly too small or
	// too large.
	const millis = day * 1000
	ms := (n.frac*millis + 500_000_000) / 1_000_000_000
	seconds, how := t.zone.instant(days*day + ms/1000)
	at, ok = within(seconds, ms%1000*int64(time.Millisecond))
	return at, how, ok
}

// compact reads a date of the years 2000 to 2099 without dashes: 20260131, optionally with hours and minutes,
// seconds, and milliseconds.
func compact(n number) (c civil, ok bool) {
	w := n.whole
	switch n.digits {
	case 17:
		c.frac = w % 1000 * int64(time.Millisecond)
		w /= 1000
	case 14:
		c.frac = n.frac
	case 12:
		w *= 100
	case 8:
		w *= 1_000_000
	default:
		return c, false
	}
	if n.point && n.digits != 14 {
		return c, false
	}
	next := func() int { v := w % 100; w /= 100; return int(v) }
	c.second, c.minute, c.hour, c.day, c.month, c.year = next(), next(), next(), next(), next(), int(w)
	return c, c.year >= 2000 && c.year < 2100 && c.valid()
}
