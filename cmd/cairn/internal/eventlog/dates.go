package eventlog

import (
	"bytes"
	"unicode/utf8"
)

// civil is a date with a time of day as the log writes them.
type civil struct {
	year, month, day int
	clock
}

func (c *civil) valid() bool {
	return c.year >= 1970 && c.year <= 2251 && c.month >= 1 && c.month <= 12 &&
		c.day >= 1 && c.day <= daysIn(c.year, c.month) && c.clock.valid()
}

// calendar parses the date format of nearly all logs: a four-digit year, a two-digit month and a two-digit day,
// alone or with a time of day that [timeOfDay] parses. A text that it rejects may still be a date in another
// format.
func calendar(b []byte) (c civil, ok bool) {
	if len(b) < 10 || b[7] != b[4] {
		return c, false
	}
	century, yy := two(b), two(b[2:])
	c.year, c.month, c.day = century*100+yy, two(b[5:]), two(b[8:])
	if century < 0 || yy < 0 {
		return c, false
	}
	if b = b[10:]; len(b) > 0 {
		if c.clock, ok = timeOfDay(b); !ok {
			return c, false
		}
	}
	return c, c.valid()
}

// readDate parses a date in any of the formats that people and programs write.
func (t *timeReader) readDate(text []byte) (r reading) {
	s := scanner{b: narrow(text)}
	d, ok := s.date()
	if !ok || len(s.b) > 0 {
		if s.abbreviation != "" { // only the zone could not be read
			r.why, r.zone = whyZone, s.abbreviation
		}
		return r
	}
	take := func(f form, year, month, day int) {
		c := civil{year, month, day, d.clock}
		if !c.valid() {
			return
		}
		if at, how, ok := t.instant(&c); ok {
			r.forms |= 1 << f
			r.at[f.index()], r.local[f.index()] = at, how
		}
	}
	switch {
	case d.form == formYear || d.form == formNamed || d.form == formCompact:
		take(d.form, d.first, d.second, d.third)
	case d.short:
		take(formDMY, fullYear(d.third), d.second, d.first)
		take(formMDY, fullYear(d.third), d.first, d.second)
		take(formYMD, fullYear(d.first), d.second, d.third)
	default:
		take(formDMY, d.third, d.second, d.first)
		take(formMDY, d.third, d.first, d.second)
	}
	return r
}

// fullYear returns the year of two digits by the POSIX rule for strptime: 69 is 1969 and 68 is 2068.
func fullYear(yy int) int {
	if yy < 69 {
		return 2000 + yy
	}
	return 1900 + yy
}

// written is a date as the log writes it: three numbers in their order, or year, month and day if the form is
// known.
type written struct {
	form                 form // formDMY if the order is unknown
	first, second, third int
	short                bool // the year has two digits
	timed                bool // the date has a time of day
	clock
}

// date parses a date with or without a time of day.
func (s *scanner) date() (d written, ok bool) {
	if s.name(weekdays) >= 0 {
		s.byte('.')
		s.byte(',')
		s.spaces()
	}
	switch {
	case s.digits() == 8 && len(s.b) > 8 && s.b[8] == 'T':
		return s.basic()
	case s.digits() == 4:
		d.form = formYear
		d.first = s.number(4)
		sep := s.separator()
		d.second = s.number(2)
		if sep == 0 || sep == ' ' || !s.byte(sep) {
			return d, false
		}
		d.third = s.number(2)
	case s.digits() == 0:
		return s.monthFirst()
	default:
		if ok = s.dayFirst(&d); !ok {
			return d, false
		}
	}
	if len(s.b) > 0 {
		if !s.between() {
			return d, false
		}
		d.timed = true
		d.clock, ok = s.clock()
		return d, ok
	}
	return d, true
}

// dayFirst parses a date that begins with a number of one or two digits.
func (s *scanner) dayFirst(d *written) bool {
	d.first = s.number(2)
	sep := s.separator()
	if month := s.name(months); month >= 0 {
		s.byte('.')
		again := s.separator()
		if again != sep && (sep != 0 && sep != '.') {
			return false
		}
		digits := s.digits()
		if digits != 2 && digits != 4 {
			return false
		}
		year := s.number(4)
		if digits == 2 {
			year = fullYear(year)
		}
		d.form, d.first, d.second, d.third = formNamed, year, month+1, d.first
		return true
	}
	if sep == 0 || sep == ' ' {
		return false
	}
	d.form, d.second = formDMY, s.number(2)
	if !s.byte(sep) {
		return false
	}
	s.spaces()
	digits := s.digits()
	d.third, d.short = s.number(4), digits == 2
	return digits == 2 || digits == 4
}

// monthFirst parses Jan 31, 2026 9:30 AM and Sat Jan 31 09:30:00 2026.
func (s *scanner) monthFirst() (d written, ok bool) {
	d.form = formNamed
	if d.second = s.name(months) + 1; d.second == 0 {
		return d, false
	}
	s.byte('.')
	sep := s.separator()
	if d.third = s.number(2); d.third < 0 || sep == 0 {
		return d, false
	}
	if !s.byte(sep) && !s.byte(',') {
		return d, false
	}
	s.spaces()
	if s.digits() == 4 {
		d.first = s.number(4)
		if len(s.b) == 0 {
			return d, true
		}
		if !s.between() {
			return d, false
		}
		d.timed = true
		d.clock, ok = s.clock()
		return d, ok
	}
	d.timed = true
	if d.clock, ok = s.clock(); !ok || !s.byte(' ') {
		return d, false
	}
	d.first = s.number(4)
	return d, true
}

// basic parses the basic format of ISO 8601: 20260131T093000Z.
func (s *scanner) basic() (d written, ok bool) {
	b := s.b
	d.form = formCompact
	d.first, d.second, d.third = two(b)*100+two(b[2:]), two(b[4:]), two(b[6:])
	s.b = b[9:]
	digits := s.digits()
	if digits != 4 && digits != 6 {
		return d, false
	}
	d.hour, d.minute = two(s.b), two(s.b[2:])
	if digits == 6 {
		d.clock.second = two(s.b[4:])
	}
	s.b = s.b[digits:]
	if d.frac, s.b, ok = fraction(s.b); !ok {
		return d, false
	}
	return d, s.zone(&d.clock)
}

// narrow replaces the wide spaces that some programs write before AM and PM by plain spaces.
func narrow(text []byte) []byte {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return bytes.Map(func(r rune) rune {
				switch r {
				case '\u00a0', '\u2009', '\u202f':
					return ' '
				default:
					return r
				}
			}, text)
		}
	}
	return text
}
