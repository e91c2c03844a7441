package eventlog

import "bytes"

// scanner parses the parts of a date that people or programs wrote. Each method consumes the text that it parses.
type scanner struct {
	b []byte
	// abbreviation is the word that stands in place of a zone.
	abbreviation string
}

// Names are compared by their first three letters and then as a whole.
//
//nolint:gochecknoglobals // constant tables
var (
	months = []string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	}
	weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)

// name parses a name of the list in any case: the whole name or its first three letters (also Sept, Tues and
// Thurs). It returns the name's index, or -1.
func (s *scanner) name(list []string) int {
	n := s.letters()
	if n < 3 {
		return -1
	}
	word := string(bytes.ToLower(s.b[:n]))
	for i, name := range list {
		if word == name || len(word) <= 5 && len(word) < len(name) && name[:len(word)] == word {
			s.b = s.b[n:]
			return i
		}
	}
	return -1
}

// letters counts the ASCII letters at the current position.
func (s *scanner) letters() int {
	n := 0
	for n < len(s.b) && (s.b[n]|0x20) >= 'a' && (s.b[n]|0x20) <= 'z' {
		n++
	}
	return n
}

// digits counts the digits at the current position.
func (s *scanner) digits() int {
	n := 0
	for n < len(s.b) && isDigit(s.b[n]) {
		n++
	}
	return n
}

// number parses all digits at the current position and returns -1 if there are none or more than most.
func (s *scanner) number(most int) int {
	n := s.digits()
	if n == 0 || n > most {
		return -1
	}
	v := 0
	for _, c := range s.b[:n] {
		v = v*10 + int(c-'0')
	}
	s.b = s.b[n:]
	return v
}

// byte parses the byte c.
func (s *scanner) byte(c byte) bool {
	if len(s.b) == 0 || s.b[0] != c {
		return false
	}
	s.b = s.b[1:]
	return true
}

// spaces parses spaces, and reports whether there were any.
func (s *scanner) spaces() bool {
	n := len(s.b)
	for s.byte(' ') {
	}
	return len(s.b) < n
}

// separator parses the separator between the parts of a date and the spaces after it. It returns the separator, or 0.
func (s *scanner) separator() byte {
	if len(s.b) == 0 {
		return 0
	}
	switch c := s.b[0]; c {
	case '/', '-', '.', ' ':
		s.b = s.b[1:]
		s.spaces()
		return c
	default:
		return 0
	}
}

// between parses the separator between a date and its time of day.
func (s *scanner) between() bool {
	comma := s.byte(',')
	if s.spaces() || comma {
		if bytes.HasPrefix(s.b, []byte("at ")) {
			s.b = s.b[3:]
		}
		return true
	}
	return s.byte('T') || s.byte('t') || s.byte(':')
}

// clock parses a time of day: 9:30, 09:30:00.5 PM, 09.30.00, each with or without a zone.
func (s *scanner) clock() (c clock, ok bool) {
	c.hour = s.number(2)
	sep := byte(':')
	if !s.byte(sep) {
		if sep = '.'; !s.byte(sep) {
			return c, false
		}
	}
	if s.digits() != 2 {
		return c, false
	}
	c.minute = s.number(2)
	if s.byte(sep) {
		if s.digits() != 2 {
			return c, false
		}
		c.second = s.number(2)
		if c.frac, s.b, ok = fraction(s.b); !ok {
			return c, false
		}
	}
	if !c.valid() || !s.half(&c) {
		return c, false
	}
	return c, s.zone(&c)
}

// half parses AM or PM, if there is one.
func (s *scanner) half(c *clock) bool {
	before := s.b
	s.spaces()
	first := byte(0)
	if len(s.b) > 0 {
		first = s.b[0] | 0x20
	}
	rest := bytes.ToLower(s.b[min(1, len(s.b)):min(4, len(s.b))])
	switch {
	case first != 'a' && first != 'p':
	case bytes.HasPrefix(rest, []byte(".m.")):
		s.b = s.b[4:]
		return c.take(first)
	case s.letters() == 2 && rest[0] == 'm':
		s.b = s.b[2:]
		return c.take(first)
	}
	s.b = before
	return true
}

// take converts an hour from 1 to 12 to one from 0 to 23.
func (c *clock) take(half byte) bool {
	if c.hour < 1 || c.hour > 12 {
		return false
	}
	c.hour %= 12
	if half == 'p' {
		c.hour += 12
	}
	return true
}

// zone parses an offset or a name of UTC, if there is one. It skips a repetition of the zone after it.
func (s *scanner) zone(c *clock) bool {
	before := s.b
	s.spaces()
	named := s.utc()
	switch {
	case len(s.b) > 0 && (s.b[0] == '+' || s.b[0] == '-'):
		if !s.offset(c, named) {
			return false
		}
	case named:
	case s.letters() > 0:
		const longest = 6
		if n := s.letters(); n <= longest && (n == len(s.b) || s.b[n] == ' ') {
			s.abbreviation = string(s.b[:n])
		}
		return false
	default:
		s.b = before // the spaces stand before a year or before nothing
		return true
	}
	c.zoned = true
	s.again()
	return true
}

// utc parses a name of UTC.
func (s *scanner) utc() bool {
	n := s.letters()
	switch string(bytes.ToUpper(s.b[:min(n, 4)])) {
	case "Z", "UT", "UTC", "GMT":
		s.b = s.b[n:]
		return true
	default:
		return false
	}
}

// offset parses +01, +0100, +01:00 and +01:00:00. After the name of UTC it also parses +1.
func (s *scanner) offset(c *clock, named bool) bool {
	sign := 1
	if s.b[0] == '-' {
		sign = -1
	}
	s.b = s.b[1:]
	var hours, minutes, seconds int
	switch n := s.digits(); {
	case n == 4:
		hours, minutes = two(s.b), two(s.b[2:])
		s.b = s.b[4:]
	case n == 2 || n == 1 && named:
		hours = s.number(2)
		if s.byte(':') {
			if s.digits() != 2 {
				return false
			}
			minutes = s.number(2)
			if s.byte(':') {
				if s.digits() != 2 {
					return false
				}
				seconds = s.number(2)
			}
		}
	default:
		return false
	}
	if hours > 23 || minutes > 59 || seconds > 59 {
		return false
	}
	c.offset = sign * (hours*3600 + minutes*60 + seconds)
	return true
}

// again skips a second name of the zone after its offset: CET, (Central European Time) or [Europe/Berlin].
func (s *scanner) again() {
	before := s.b
	spaces := s.spaces()
	closing := map[byte]byte{'(': ')', '[': ']'}
	if len(s.b) > 0 && closing[s.b[0]] != 0 {
		if end := bytes.IndexByte(s.b, closing[s.b[0]]); end > 0 {
			s.b = s.b[end+1:]
			return
		}
	}
	if n := s.letters(); spaces && n > 1 && (n == len(s.b) || s.b[n] == ' ') {
		s.b = s.b[n:]
		return
	}
	s.b = before
}
