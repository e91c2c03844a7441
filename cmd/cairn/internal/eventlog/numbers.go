package eventlog

import (
	"bytes"
	"time"
)

// The numbers that are taken for times without being told: those of the years 2000 to 2099. In this
// range no number of seconds is one of milliseconds, and so on, and none is a day of a spreadsheet or
// a date without dashes.
const (
	plausibleFrom  = 946_684_800   // 2000-01-01, in seconds
	plausibleUntil = 4_102_444_800 // 2100-01-01
	// Days of spreadsheets are counted from 1899-12-30, so that all from March 1900 on are right, and
	// in the system of 1904 from 1904-01-01.
	excelEpoch     = -25_569 // days since 1970
	excel1904Epoch = -24_107
)

// number is a number as it is written.
type number struct {
	whole  int64 // at most 19 digits
	frac   int64 // billionths
	digits int   // of whole, with leading zeros
	point  bool
	far    bool // whole does not fit, or there is an exponent
	minus  bool
}

// parseNumber reads digits, and a point or a comma and more of them. A number with an exponent is one,
// and no time: a spreadsheet has cut its digits.
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

// unit is how many of the form's units are a second, and 0 where it does not count them.
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

// number says what a number without further words may mean: at most one thing.
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

// numberAs reads the number as the form says, in all years that can be.
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
	// A spreadsheet knows the time to the millisecond, and writes it as a fraction that is a little
	// less or more.
	const millis = day * 1000
	ms := (n.frac*millis + 500_000_000) / 1_000_000_000
	seconds, how := t.zone.instant(days*day + ms/1000)
	at, ok = within(seconds, ms%1000*int64(time.Millisecond))
	return at, how, ok
}

// compact reads a date without dashes, of 2000 to 2099: 20260131, also with hours and minutes, seconds,
// and milliseconds behind it.
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
