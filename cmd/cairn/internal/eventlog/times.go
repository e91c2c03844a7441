package eventlog

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// errTime is the error of a text that is not a time.
var errTime = errors.New("not a time")

// The range of supported times: from the beginning of Unix time to the last time that an event can have
// ([event.ValidTime]).
const (
	minUnix = 0
	maxUnix = 8899027199 // the last second of 2251
)

// Times parses single times, such as the value of a flag. The zero value reads a time without an offset as UTC.
type Times struct {
	// Location is the zone of times without an offset.
	Location *time.Location
	// Format is the format of the times. Default: each format that Parse accepts by itself.
	Format *TimeFormat
}

// Parse parses one time and returns it in nanoseconds since 1970. It cuts off digits beyond the nanosecond. It
// accepts
//
//   - a date that begins with its year, with or without a time of day: RFC 3339, also with a space for the T,
//     with a comma for the point, with an offset as +01:00, +0100, +01, Z, UTC or GMT, or none, without
//     seconds, and a date alone, which stands for its midnight;
//   - a date with an English name of the month, such as 31 Jan 2026 09:30 or Jan 31, 2026 9:30 AM;
//   - Unix time in seconds, milliseconds, microseconds or nanoseconds, from 2000 to 2099.
//
// A local time that a clock change repeats is the first of the two. A local time that a clock change skips is
// read with the offset from before the change, as java.time does.
//
// With Format, Parse accepts that format only.
//
// Years are 1970 to 2251. The error describes the form of the text and does not contain the text itself.
func (t Times) Parse(text []byte) (int64, error) {
	const single = 1<<formYear | 1<<formNamed | unixForms
	if t.Format != nil {
		reader := &timeReader{zone: zone{loc: t.Location}, format: t.Format}
		at, _, ok := reader.as(t.Format.form, text)
		if !ok {
			return 0, fmt.Errorf("%w in the format %s: its form is %q (9 is a digit, a is a letter)", errTime, t.Format, shape(text))
		}
		return at, nil
	}
	r := (&timeReader{zone: zone{loc: t.Location}}).read(text)
	if r.forms&single == 0 {
		return 0, r.fault(text)
	}
	return r.at[0], nil
}

// Day parses a date without a time of day, in the forms of [Times.Parse]. It returns the beginning of that day
// and of the next one, in nanoseconds since 1970. A day whose midnight a clock change skips begins at the
// change. Day returns false for any other text.
func (t Times) Day(text []byte) (begins, next int64, ok bool) {
	s := scanner{b: narrow(text)}
	d, ok := s.date()
	c := civil{year: d.first, month: d.second, day: d.third}
	if !ok || len(s.b) > 0 || d.timed || (d.form != formYear && d.form != formNamed) || !c.valid() {
		return 0, 0, false
	}
	z := zone{loc: t.Location}
	midnight := daysSince1970(c.year, c.month, c.day) * day
	first, _ := z.instant(midnight)
	after, _ := z.instant(midnight + day)
	return first * int64(time.Second), after * int64(time.Second), true
}

// form is a format in which the times of a column are written.
type form int

// The forms that the package detects.
const (
	formYear    form = iota // the year first, in four digits
	formNamed               // with a month's name
	formDMY                 // day, month, year
	formMDY                 // month, day, year
	formYMD                 // year, month, day, the year in two digits
	formSeconds             // Unix time
	formMillis
	formMicros
	formNanos
	formExcel   // days since 1899-12-30
	formCompact // 20260131, 202601310930, …
	numForms
	// The forms that need a --time-format.
	formExcel1904 = numForms // days since 1904-01-01
	formLayout    = numForms + 1
)

// forms is a set of forms.
type forms uint16

const (
	allForms    forms = 1<<numForms - 1
	unixForms   forms = 1<<formSeconds | 1<<formMillis | 1<<formMicros | 1<<formNanos
	numberForms       = unixForms | 1<<formExcel | 1<<formCompact
	orderForms  forms = 1<<formDMY | 1<<formMDY | 1<<formYMD
)

func (f forms) has(one form) bool { return f&(1<<one) != 0 }

// one returns the form if the set has exactly one.
func (f forms) one() (form, bool) {
	return form(bits.TrailingZeros16(uint16(f))), bits.OnesCount16(uint16(f)) == 1
}

// local is the relation of a time without an offset to the clock changes of its zone.
type local uint8

const (
	localOnce  local = iota // the time has an offset, or occurs once in its zone
	localTwice              // the clocks were put back, and the time occurs twice
	localNever              // the clocks were put forward, and the time is skipped
	localUTC                // the zone is UTC
	numLocal
)

// why is the reason why a text is not a time in any form.
type why uint8

const (
	whyForm   why = iota // no form fits
	whyNumber            // a number that is not a plausible time
	whyZone              // an abbreviation that stands for several zones
)

// reading is the possible meaning of one text.
type reading struct {
	forms forms
	// at is the time in nanoseconds since 1970. If several forms fit, it has the times for day first, month
	// first and two-digit year first, in this order.
	at    [3]int64
	local [3]local
	why   why
	zone  string // the abbreviation, for whyZone
}

// index returns the index of the form's time in reading.at.
func (f form) index() int {
	switch f {
	case formMDY:
		return 1
	case formYMD:
		return 2
	default:
		return 0
	}
}

// timeReader parses the times of a column. It is not safe for concurrent use.
type timeReader struct {
	zone   zone
	format *TimeFormat // nil if the form was detected
}

// read returns the possible meaning of the text.
func (t *timeReader) read(text []byte) reading {
	if len(text) > 4 && isDigit(text[0]) && (text[4] == '-' || text[4] == '/' || text[4] == '.') {
		if c, ok := calendar(text); ok {
			return t.reading(formYear, &c)
		}
	}
	if n, ok := parseNumber(text); ok {
		return t.number(n)
	}
	return t.readDate(text)
}

// reading returns the reading of a date that fits one form.
func (t *timeReader) reading(f form, c *civil) (r reading) {
	var ok bool
	if r.at[0], r.local[0], ok = t.instant(c); ok {
		r.forms = 1 << f
	}
	return r
}

// as parses the text in the form. A number must be plausible unless a --time-format sets the form.
func (t *timeReader) as(f form, text []byte) (at int64, how local, ok bool) {
	switch f {
	case formYear:
		if c, ok := calendar(text); ok {
			return t.instant(&c)
		}
	case formSeconds, formMillis, formMicros, formNanos, formExcel, formExcel1904:
		if n, ok := parseNumber(text); ok && t.format != nil {
			return t.numberAs(f, n)
		}
	case formLayout:
		return t.format.read(&t.zone, text)
	default:
	}
	r := t.read(text)
	return r.at[f.index()], r.local[f.index()], r.forms.has(f)
}

// instant returns the instant of a local date and time.
func (t *timeReader) instant(c *civil) (at int64, how local, ok bool) {
	seconds := daysSince1970(c.year, c.month, c.day)*86400 + int64(c.hour*3600+c.minute*60+c.second)
	if c.zoned {
		seconds -= int64(c.offset)
	} else {
		seconds, how = t.zone.instant(seconds)
	}
	at, ok = within(seconds, c.frac)
	return at, how, ok
}

// fault returns an error that describes the text by its form: 9 for a digit, a for a letter.
func (r *reading) fault(text []byte) error {
	return r.faultIn(text, "a date, such as 2026-01-31, or a time in RFC 3339, such as 2026-01-31T09:30:00+01:00")
}

// faultIn is fault with the expected format.
func (r *reading) faultIn(text []byte, want string) error {
	if r.why == whyZone {
		return fmt.Errorf("%w with one meaning: %q is the name of several zones or of an unknown one: write an offset such as +01:00, or remove the name and set --tz; "+
			"with --tz Europe/Berlin, --time-format '2006-01-02 15:04:05 MST' reads the names of that zone", errTime, r.zone)
	}
	return fmt.Errorf("%w between 1970 and 2251: its form is %q (9 is a digit, a is a letter): write %s", errTime, shape(text), want)
}

// shape returns a text with its digits as 9 and its letters as a, so that a message does not disclose its
// content.
func shape(text []byte) string {
	const most = 40
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '9'
		case strings.ContainsRune(" -:.,/+", r):
			return r
		default:
			return 'a'
		}
	}, string(text[:min(len(text), most)]))
}

func within(seconds, frac int64) (int64, bool) {
	if seconds < minUnix || seconds > maxUnix {
		return 0, false
	}
	return seconds*int64(time.Second) + frac, true
}
