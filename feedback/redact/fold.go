package redact

import (
	"unicode"
	"unicode/utf8"
)

// A text is scanned in a folded form with one byte for each character, so that a number is found whatever digits, dashes and
// spaces it is written with:
//
//	digits of any script, full-width forms   their ASCII form
//	Latin letters with marks                 the letter without the mark
//	dashes, spaces, line breaks, currencies  '-', ' ', '\n', '$'
//	characters that are not seen, marks      left out
//	other letters                            letter
//	everything else, and bytes that are none other
//	marks of this package                    barrier
const (
	letter  = 0x80
	other   = 0x81
	barrier = 0x82
)

// folded is a text in the folded form.
type folded struct {
	f []byte
	// at[i] is where character i begins in the text, and at[len(f)] where the text ends. It is nil for a text of ASCII, whose
	// characters are where they are.
	at []int32
}

// start returns where character i begins. It is also where the character before it ends, with what is not seen behind that.
func (t *folded) start(i int) int {
	if t.at == nil {
		return i
	}
	return int(t.at[i])
}

// fold returns the folded form of the text. It uses buf where the text is short ASCII.
func fold(text string, buf []byte) folded {
	t := folded{f: append(buf[:0], text...)}
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			t = foldRunes(text)
			break
		}
	}
	for i, b := range t.f {
		switch b {
		case '\r', '\v', '\f':
			t.f[i] = '\n'
		case '\t':
			t.f[i] = ' '
		case '[':
			n := markAt(t.f, i)
			for j := range n {
				t.f[i+j] = barrier
			}
		}
	}
	return t
}

func foldRunes(text string) folded {
	t := folded{f: make([]byte, 0, len(text)), at: make([]int32, 0, len(text)+1)}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if b := foldRune(r, n); b != 0 || r == 0 {
			t.f = append(t.f, b)
			t.at = append(t.at, int32(i))
		}
		i += n
	}
	t.at = append(t.at, int32(len(text))) //nolint:gosec // a text is shorter than 2 GiB
	return t
}

// foldRune returns the folded form of a character of n bytes, or 0 for one that is not seen.
func foldRune(r rune, n int) byte {
	switch {
	case r < utf8.RuneSelf:
		return byte(r) //nolint:gosec // ASCII
	case r == utf8.RuneError && n <= 1:
		return other
	case r >= 0xC0 && r <= 0x17F && latin[r-0xC0] != '.':
		return latin[r-0xC0]
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms of ASCII
		return byte(r - 0xFF01 + '!')
	case unseen(r):
		return 0
	case unicode.Is(unicode.Nd, r):
		return digitOf(r)
	case unicode.Is(unicode.Zs, r):
		return ' '
	case r == 0x2028, r == 0x2029, r == 0x85:
		return '\n'
	case unicode.Is(unicode.Pd, r), r == 0x2212, r == 0x30FC, r == 0x2043, r == 0x00B7: // minus, prolonged sound mark, hyphen bullet, middle dot
		return '-'
	case unicode.Is(unicode.Sc, r):
		return '$'
	case r == 0x3002, r == 0xFF61, r == 0x2024: // full stops
		return '.'
	case r == 0x2044, r == 0x2215: // slashes
		return '/'
	case unicode.IsLetter(r), unicode.Is(unicode.Mc, r):
		return letter
	default:
		return other
	}
}

// unseen reports whether a reader sees no character of its own between two digits: format characters such as the soft hyphen, marks
// on the character before such as the frame of a keycap, variation selectors, and the fillers of Hangul.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me) || r == 0x115F || r == 0x1160 || r == 0x3164
}

// digitOf returns the ASCII form of a decimal digit. Unicode encodes the ten digits of a script one after the other, from zero.
func digitOf(r rune) byte {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte('0' + (r-rune(t.Lo))%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) { //nolint:gosec // the table has code points
			return byte('0' + (r-rune(t.Lo))%10) //nolint:gosec // the table has code points
		}
	}
	return other
}

// latin has the base letters of U+00C0 to U+017F. A full stop stands for none.
const latin = "AAAAAAACEEEEIIIIDNOOOOO.OUUUUYTsaaaaaaaceeeeiiiidnooooo.ouuuuyty" +
	"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlN" +
	"nNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs"
