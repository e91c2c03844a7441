package text

import (
	"fmt"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// firstMark is the first combining mark: a text of smaller characters is in normal form C.
const firstMark = 0x300

// Unseen reports whether people do not see the character: a format or control character, among them zero-width and bidirectional
// ones, a filler, a selector, or a separator of lines. Names and labels have no such character. Spaces are seen.
func Unseen(r rune) bool {
	if r < firstMark {
		return isControl(r) || r == 0xad // the soft hyphen
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// normal reports whether the text is in normal form C (UAX #15). The text has to be UTF-8.
func normal(s string) bool {
	plain := true
	for _, r := range s {
		if r >= firstMark {
			plain = false
			if never(r) {
				return false
			}
		}
	}
	return plain || toNormal(s) == s
}

// toNormal returns the text in normal form C, except that a character of [neverNormal], which stands for another one, stays.
func toNormal(s string) string {
	var all []rune
	for _, r := range s {
		all = decompose(all, r)
	}
	from := 0 // the first mark after a starter
	for i, r := range all {
		if class(r) == 0 {
			order(all[from:i])
			from = i + 1
		}
	}
	order(all[from:])
	return string(compose(all))
}

// order sorts marks by their classes. Marks of one class keep their order.
func order(marks []rune) {
	slices.SortStableFunc(marks, func(a, b rune) int { return class(a) - class(b) })
}

// NameHint returns the end of an error about a name that looks right: it names the character that cannot be seen, or the name's normal
// form C. It returns "" for a name with another fault, and for one without a fault.
func NameHint(name string) string {
	if !utf8.ValidString(name) {
		return ""
	}
	for i, r := range name {
		if !isControl(r) && Unseen(r) {
			return fmt.Sprintf(": byte %d is %U, which cannot be seen: take it out", i+1, r)
		}
		if never(r) {
			return fmt.Sprintf(": byte %d is %U, which stands for another character that looks the same: write that", i+1, r)
		}
	}
	if is := toNormal(name); is != name {
		return fmt.Sprintf(": it is not in Unicode's normal form C, which is %+q", is)
	}
	return ""
}

// Hangul syllables follow a rule in place of a table (The Unicode Standard, section 3.12).
const (
	hangulL, hangulV, hangulT, hangulS = 0x1100, 0x1161, 0x11a7, 0xac00
	hangulLs, hangulVs, hangulTs       = 19, 21, 28
)

// decompose appends the characters that the character is composed of. A Hangul syllable stays: no mark goes between
// its parts, so compose would put the same parts together again.
func decompose(to []rune, r rune) []rune {
	if r < 0xc0 { // smaller than each composed character
		return append(to, r)
	}
	i := sort.Search(len(compositions), func(i int) bool { return compositions[i][0] >= r })
	if i < len(compositions) && compositions[i][0] == r {
		return append(decompose(to, compositions[i][1]), compositions[i][2])
	}
	return append(to, r)
}

// compose composes decomposed characters in canonical order, in place.
func compose(all []rune) []rune {
	out, starter, before := all[:0], -1, 0 // the index of the last starter, the class of the last character
	for _, r := range all {
		c := class(r)
		if starter >= 0 && (before < c || starter == len(out)-1) {
			if whole, ok := pair(out[starter], r); ok {
				out[starter] = whole
				continue
			}
		}
		if c == 0 {
			starter = len(out)
		}
		out, before = append(out, r), c
	}
	return out
}

// pair returns the character that the two compose to, and whether there is one.
func pair(base, mark rune) (rune, bool) {
	if l, v := base-hangulL, mark-hangulV; l >= 0 && l < hangulLs && v >= 0 && v < hangulVs {
		return hangulS + (l*hangulVs+v)*hangulTs, true
	}
	if s, t := base-hangulS, mark-hangulT; s >= 0 && s < hangulLs*hangulVs*hangulTs && s%hangulTs == 0 && t > 0 && t < hangulTs {
		return base + t, true
	}
	for i := range compositions {
		if c := &compositions[i]; c[1] == base && c[2] == mark {
			return c[0], true
		}
	}
	return 0, false
}

// class returns the canonical combining class of the character.
func class(r rune) int {
	if r < firstMark {
		return 0
	}
	i := sort.Search(len(marks), func(i int) bool { return marks[i][1] >= r })
	if i < len(marks) && marks[i][0] <= r {
		return int(marks[i][2])
	}
	return 0
}

// never reports whether no text in normal form C has the character.
func never(r rune) bool {
	i := sort.Search(len(neverNormal), func(i int) bool { return neverNormal[i][1] >= r })
	return i < len(neverNormal) && neverNormal[i][0] <= r
}
