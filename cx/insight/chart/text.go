package chart

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText  = 400 // runes of a text; what is longer is cut
	maxMarks = 3   // combining marks in a row; more would draw over the lines above
)

// clean makes a text safe to show: valid UTF-8 on one line, without control characters and those that change the direction of what follows.
func clean(s string) string {
	var b strings.Builder
	runes, marks := 0, 0
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			r = '�'
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			r = ' '
		case unicode.IsControl(r), turns(r), r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
			continue
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > maxMarks {
			continue
		}
		if runes++; runes > maxText {
			return strings.TrimSpace(b.String()) + "…"
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// turns reports whether the character changes the direction of the text after it (Unicode Standard Annex #9), or begins a tag.
func turns(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
		r == '\ufeff' || r >= '\ufff9' && r <= '\ufffb' || r >= '\U000e0000' && r <= '\U000e007f'
}

// ems returns about how wide a character is in a sans-serif font, in parts of the font's size. Fonts differ, so that it is rather too wide.
func ems(r rune) float64 {
	switch {
	case unicode.Is(unicode.M, r) || r == '\u200d' || r == '\u200c':
		return 0
	case strings.ContainsRune("ijlI.,:;'|!()[]·`", r) || r == ' ':
		return 0.34
	case strings.ContainsRune("ftr-/\\\"", r):
		return 0.42
	case strings.ContainsRune("mwMW%@…–−→", r):
		return 0.96
	case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f ||
		r >= 0xff00 && r <= 0xff60 || r >= 0x1f000):
		return 1.1
	case r == '﷽':
		return 10
	case r >= '0' && r <= '9':
		return 0.64
	case unicode.IsUpper(r):
		return 0.74
	case r < 0x80:
		return 0.615
	default:
		return 0.66
	}
}

// measure returns about how wide a text is at a font size, in pixels.
func measure(s string, size float64) float64 {
	sum := 0.0
	for _, r := range s {
		sum += ems(r)
	}
	return sum * size
}

// fit cuts a text to a width in pixels, with an ellipsis in the place of what is cut.
func fit(s string, size, width float64) string {
	if measure(s, size) <= width {
		return s
	}
	room := width/size - ems('…')
	for i, r := range s {
		if room -= ems(r); room < 0 {
			head := strings.TrimRight(s[:i], " \u200d")
			return head + "…"
		}
	}
	return s
}

// lines breaks a text at its spaces into at most two lines of a width.
func lines(s string, size, width float64) []string {
	var out []string
	words := strings.Fields(s)
	for len(words) > 0 {
		line, k := words[0], 1
		for k < len(words) && measure(line+" "+words[k], size) <= width {
			line += " " + words[k]
			k++
		}
		if len(out) == 1 {
			line, k = strings.Join(words, " "), len(words)
		}
		out = append(out, fit(line, size, width))
		words = words[k:]
	}
	return out
}
