package eventlog

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// errTime is a text that is no time.
var errTime = errors.New("not a time")

// The times that are read: Unix time has a beginning, and what an event can have an end ([event.ValidTime]).
const (
	minUnix = 0
	maxUnix = 8899027199 // the last second of 2251
)

// Times reads single times, such as those of a flag. The zero value takes a time without an offset
// as UTC.
type Times struct {
	// Location of times that have no offset.
	Location *time.Location
}

// Parse reads one time and returns it in nanoseconds since 1970, to the nanosecond; further
// digits are cut off. It reads
//
//   - a date that begins with its year, with or without a time of day: RFC 3339, also with a space
//     for the T, with a comma for the point, with an offset as +01:00, +0100 or +01, with Z, UTC or
//     GMT, or none, without seconds, and a date alone, which is its midnight;
//   - a date with an English name of the month, such as 31 Jan 2026 09:30 or Jan 31, 2026 9:30 AM;
//   - Unix time in seconds, milliseconds, microseconds or nanoseconds, from 2000 to 2099.
//
// A local time that a change of the clocks repeats is the first of the two, and one that it leaves
// out is read with the offset from before the change, as java.time does.
//
// Years are 1970 to 2251. The error says what form the text has, not the text itself.
func (t Times) Parse(text []byte) (int64, error) {
	const single = 1<<formYear | 1<<formNamed | unixForms
	r := (&timeReader{zone: zone{loc: t.Location}}).read(text)
	if r.forms&single == 0 {
		return 0, r.fault(text)
	}
	return r.at[0], nil
}

// Day reads a date without a time of day, in the forms of [Times.Parse], and returns when that day begins
// and when the next one does, in nanoseconds since 1970. A day whose midnight the clocks leave out begins
// when they are put forward. It reports false for any other text.
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

// form is a way in which the times of a column are written.
type form uint8

// The forms that a column shows by itself.
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
	// Those that have to be said.
	formExcel1904 = numForms // days since 1904-01-01
	formLayout    = numForms + 1
)

// forms is a set of them.
type forms uint16

const (
	allForms    forms = 1<<numForms - 1
	unixForms   forms = 1<<formSeconds | 1<<formMillis | 1<<formMicros | 1<<formNanos
	numberForms       = unixForms | 1<<formExcel | 1<<formCompact
	orderForms  forms = 1<<formDMY | 1<<formMDY | 1<<formYMD
)

func (f forms) has(one form) bool { return f&(1<<one) != 0 }

// one returns the form, if there is exactly one.
func (f forms) one() (form, bool) {
	return form(bits.TrailingZeros16(uint16(f))), bits.OnesCount16(uint16(f)) == 1 //nolint:gosec // below 16
}

// local says how a time without an offset lies in its zone.
type local uint8

const (
	localOnce  local = iota // it has an offset, or its zone has it once
	localTwice              // the clocks were put back over it
	localNever              // the clocks were put forward over it
)

// why says why a text is no time in any form.
type why uint8

const (
	whyForm   why = iota // it has none of the forms
	whyNumber            // a number that is no plausible time
	whyZone              // an abbreviation that means several zones
)

// reading is one text with what it may mean.
type reading struct {
	forms forms
	// at is the time, in nanoseconds since 1970. Where several forms are possible it has that of
	// day first, month first and two digits of a year first, in this order.
	at    [3]int64
	local [3]local
	why   why
	zone  string // for whyZone
}

// index is where in reading.at the time of the form is.
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

// timeReader reads the times of a column. It is for one goroutine.
type timeReader struct {
	zone   zone
	format *TimeFormat // nil where the form was found in the column
}

// read says what the text may mean.
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

// reading of a date that has one form.
func (t *timeReader) reading(f form, c *civil) (r reading) {
	var ok bool
	if r.at[0], r.local[0], ok = t.instant(c); ok {
		r.forms = 1 << f
	}
	return r
}

// as reads the text in the form. A number has to be plausible, unless the form was said.
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

// instant is the time of the date on the wall.
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

// fault describes a text by its form: digits as 9, letters as a.
func (r *reading) fault(text []byte) error {
	return r.faultIn(text, "a date, such as 2026-01-31, or a time as RFC 3339 has it, such as 2026-01-31T09:30:00+01:00")
}

// faultIn is fault with what was wanted instead.
func (r *reading) faultIn(text []byte, want string) error {
	if r.why == whyZone {
		return fmt.Errorf("%w that can only mean one: %q is the name of several zones, or of one that is not known: write an offset such as +01:00, or leave it out and say --tz; "+
			"with --tz Europe/Berlin, --time-format '2006-01-02 15:04:05 MST' reads the names of that zone", errTime, r.zone)
	}
	return fmt.Errorf("%w between 1970 and 2251: its form is %q (9 a digit, a any letter); want %s", errTime, shape(text), want)
}

// shape is a text with its digits as 9 and its letters as a: what it says stays with its owner.
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
