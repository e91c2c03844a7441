package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// scanner reads the JSON that [Event.AppendJSON] writes, each byte once. It reads a part of JSON: no white space, no half of
// a surrogate pair, only UTF-8, and null only among attributes. A text beyond that part may still be valid: the scanner
// leaves it to encoding/json, whose errors also say what is wrong. Once a call has failed, every later call fails.
type scanner struct {
	data   []byte
	at     int
	failed bool
	name   []byte // of the field that comes next; until the next string is read
	plain  []byte // the last string in which something was escaped
	span   spanParts
	kept   strings.Builder // what strings of the event point into: a piece, not data, so that they keep little else alive
}

// alone is the length in bytes from which on a string has memory of its own.
const alone = 128

func (s *scanner) fail() { s.failed, s.at = true, len(s.data) }

// check fails the scanner if err is not nil.
func (s *scanner) check(err error) {
	if err != nil {
		s.fail()
	}
}

// peek returns the next byte, or 0 at the end. JSON has no 0 outside a string.
func (s *scanner) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		s.fail()
		return false
	}
	s.at++
	return true
}

// more reports whether the object or list has another member. It consumes the comma before that member, or the bracket that
// ends the list.
func (s *scanner) more(begin, end byte) bool {
	switch {
	case s.failed:
		return false
	case s.peek() == end:
		s.at++
		return false
	case s.data[s.at-1] == begin: // the last byte of no value
		return true
	default:
		return s.take(',')
	}
}

// field moves to the next field of an object and sets s.name. It returns false after the last field.
func (s *scanner) field() bool {
	if !s.more('{', '}') {
		return false
	}
	s.name = s.quoted()
	return s.take(':')
}

// item moves to the next value of a list. It returns false after the last value.
func (s *scanner) item() bool { return s.more('[', ']') }

// quoted returns the text of the next string. The slice is valid until the next string is read.
func (s *scanner) quoted() []byte {
	if !s.take('"') {
		return nil
	}
	from, ascii := s.at, true
	begins := from + plainLen(s.data[from:])
	for i, c := range s.data[begins:] {
		switch {
		case c == '"':
			b := s.data[from : begins+i]
			if !ascii && !utf8.Valid(b) {
				s.fail()
				return nil
			}
			s.at = begins + i + 1
			return b
		case c == '\\':
			return s.escaped(from, begins+i)
		case c < ' ':
			s.fail()
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	s.fail()
	return nil
}

// plainLen returns how many bytes at the beginning of b certainly stand for themselves in a string: printable ASCII, neither
// a quote nor a backslash. It looks at eight bytes at once. In a word w, the high bit of a byte of (w - n*ones) &^ w is set for
// the first byte below n, and may be set for bytes behind it (Sean Anderson, "Bit Twiddling Hacks", hasless).
func plainLen(b []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, backslash := w^ones*'"', w^ones*'\\' // whose zero bytes are those characters
		stop := (w | (w-ones*' ')&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & high
		if stop != 0 {
			return n + bits.TrailingZeros64(stop)/8
		}
	}
	return n
}

// escaped reads a string that begins at from and has its first backslash at at.
func (s *scanner) escaped(from, at int) []byte {
	if s.plain == nil {
		s.plain = make([]byte, 0, 2*alone)
	}
	s.plain = append(s.plain[:0], s.data[from:at]...)
	for s.at = at; s.at < len(s.data); {
		c := s.data[s.at]
		s.at++
		switch {
		case c == '"':
			if !utf8.Valid(s.plain) {
				s.fail()
			}
			return s.plain
		case c == '\\':
			s.plain = s.escape(s.plain)
		case c < ' ':
			s.fail()
		default:
			s.plain = append(s.plain, c)
		}
	}
	s.fail()
	return nil
}

// escape appends the character of an escape, after its backslash.
func (s *scanner) escape(b []byte) []byte {
	c := s.peek()
	s.at++
	switch c {
	case '"', '\\', '/':
		return append(b, c)
	case 'b':
		return append(b, '\b')
	case 'f':
		return append(b, '\f')
	case 'n':
		return append(b, '\n')
	case 'r':
		return append(b, '\r')
	case 't':
		return append(b, '\t')
	case 'u':
		if len(s.data)-s.at < 4 {
			break
		}
		n, err := strconv.ParseUint(string(s.data[s.at:s.at+4]), 16, 16)
		if r := rune(n); err == nil && utf8.ValidRune(r) {
			s.at += 4
			return utf8.AppendRune(b, r)
		}
	}
	s.fail()
	return b
}

// word returns the next string, which may have no escapes.
func (s *scanner) word() []byte {
	from := s.at
	b := s.quoted()
	if s.at-from != len(b)+len(`""`) { // every escape is longer than what it stands for
		s.fail()
		return nil
	}
	return b
}

// time reads the next string into t.
func (s *scanner) time(t *time.Time) {
	b := s.word()
	if u, ok := utc(b); ok {
		*t = u
		return
	}
	s.check(t.UnmarshalText(b))
}

// utc reads the form in which most times are written: RFC 3339 in UTC, such as 2026-01-31T09:30:00.5Z. It leaves the last days
// of a month, and every other form, to the caller.
func utc(b []byte) (t time.Time, ok bool) {
	const shortest = len("2026-01-31T09:30:00Z")
	if len(b) < shortest || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[len(b)-1] != 'Z' {
		return t, false
	}
	century, year := pair(b), pair(b[2:])
	month, day, hour, minute, second := pair(b[5:]), pair(b[8:]), pair(b[11:]), pair(b[14:]), pair(b[17:])
	if century|year|month|day|hour|minute|second < 0 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	ns := 0
	if f := b[shortest-1 : len(b)-1]; len(f) > 0 {
		if f[0] != '.' || len(f) < 2 || len(f) > 10 {
			return t, false
		}
		unit := int(time.Second)
		for _, c := range f[1:] {
			if c < '0' || c > '9' {
				return t, false
			}
			unit /= 10
			ns += int(c-'0') * unit
		}
	}
	return time.Date(100*century+year, time.Month(month), day, hour, minute, second, ns, time.UTC), true
}

// pair returns the number of two digits, or -1.
func pair(b []byte) int {
	tens, one := b[0]-'0', b[1]-'0'
	if tens > 9 || one > 9 {
		return -1
	}
	return 10*int(tens) + int(one)
}

// text returns a copy of the next string.
func (s *scanner) text() string { return s.keep(s.quoted()) }

// keep returns a copy of b. Short copies share one piece of memory, whose length follows from the rest of the data.
func (s *scanner) keep(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case len(b) >= alone:
		return string(b)
	case s.kept.Cap()-s.kept.Len() < len(b):
		s.kept.Reset() // which leaves the piece to the strings in it
		s.kept.Grow(max(len(b), min((len(s.data)-s.at)/3, 2*alone)))
	}
	from := s.kept.Len()
	s.kept.Write(b)
	return s.kept.String()[from:]
}

// number returns the text of the next number, and whether it has neither a point nor an exponent.
func (s *scanner) number() (text []byte, whole bool) {
	from := s.at
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else {
		s.digits()
	}
	whole = true
	if s.peek() == '.' {
		s.at++
		s.digits()
		whole = false
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		s.digits()
		whole = false
	}
	if s.failed {
		return nil, false
	}
	return s.data[from:s.at], whole
}

// digits consumes one digit or more.
func (s *scanner) digits() {
	from := s.at
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.at++
	}
	if s.at == from {
		s.fail()
	}
}

// integer returns the next number, which has to be an integer.
func (s *scanner) integer() int64 {
	text, whole := s.number()
	n, err := strconv.ParseInt(string(text), 10, 64)
	if !whole || err != nil {
		s.fail()
	}
	return n
}

// int returns the next number, which has to be an integer that fits into an int.
func (s *scanner) int() int {
	n := s.integer()
	if int64(int(n)) != n {
		s.fail()
	}
	return int(n)
}

// seconds returns the next number of seconds. It takes no exponent and at most nine digits after the point, so it is exact
// without the big numbers of [parseSeconds].
func (s *scanner) seconds() time.Duration {
	text, _ := s.number()
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	whole, fraction, _ := bytes.Cut(digits, []byte("."))
	if len(whole) > 10 || len(fraction) > 9 {
		s.fail()
		return 0
	}
	var ns uint64 // 19 digits fit
	for i := range len(whole) + 9 {
		c := byte('0')
		if i < len(whole) {
			c = whole[i]
		} else if i -= len(whole); i < len(fraction) {
			c = fraction[i]
		}
		if c < '0' || c > '9' { // an exponent's
			s.fail()
			return 0
		}
		ns = ns*10 + uint64(c-'0')
	}
	d := time.Duration(ns) // what does not fit has the wrong sign
	if negative {
		d = -d
	}
	if d < 0 != negative {
		s.fail()
	}
	return d
}

// bool returns the next value, which is true or false.
func (s *scanner) bool() bool {
	if s.peek() == 't' {
		s.literal("true")
		return true
	}
	s.literal("false")
	return false
}

func (s *scanner) literal(word string) {
	if rest := s.data[s.at:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
		s.fail()
		return
	}
	s.at += len(word)
}
