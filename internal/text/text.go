package text

import (
	"strings"
	"unicode/utf8"
)

// Cut returns s as valid UTF-8 of at most limit bytes, and whether that differs from s. It never splits a rune. It
// allocates only where s is not valid UTF-8.
func Cut(s string, limit int) (string, bool) {
	changed := false
	if len(s) > limit {
		// A rune is at most four bytes: step back to its start.
		end := limit
		for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s, changed = s[:end], true
	}
	if !utf8.ValidString(s) {
		s, changed = strings.ToValidUTF8(s, ""), true
	}
	return s, changed
}

// Label returns s as a label that is safe to show anywhere, and whether that differs from s. A label is valid UTF-8 of
// at most limit bytes, in normal form C, without characters that people do not see.
func Label(s string, limit int) (string, bool) {
	if len(s) <= limit && Printable(s) && (isASCII(s) || seen(s) && toNormal(s) == s) {
		return s, false
	}
	s, _ = Cut(s, 4*limit) // bounds the work
	s = strings.Map(func(r rune) rune {
		if Unseen(r) {
			return -1
		}
		return r
	}, s)
	s, _ = Cut(toNormal(s), limit)
	return s, true
}

// Printable reports whether s is valid UTF-8 without control characters.
func Printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == 0x7f {
			return false
		}
		if s[i] >= utf8.RuneSelf {
			return utf8.ValidString(s) && strings.IndexFunc(s, isControl) < 0
		}
	}
	return true
}

// Distinct reports whether s is printable, in normal form C, and without characters that people do not see: two such
// texts that look the same are the same.
func Distinct(s string) bool {
	return Printable(s) && (isASCII(s) || seen(s) && normal(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// seen reports whether people see every character of s.
func seen(s string) bool { return strings.IndexFunc(s, Unseen) < 0 }

func isControl(r rune) bool { return r < 0x20 || (r >= 0x7f && r < 0xa0) }
