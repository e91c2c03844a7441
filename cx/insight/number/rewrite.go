package number

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rewrite returns an English text with the numbers in it as the locale writes them: 1,234.5 as 1.234,5, and 12.3% as 12,3 %. A number is what this package writes, and
// stands by itself: "v1.2", "1.2.3", "1,2", "1234.5" and "12.3…" have none. Times, dates and counts below 1,000 are not changed. A number for which keep returns true, such as one that
// is part of a name, stays as it is; nil keeps none. Do not rewrite a text twice.
func (l Locale) Rewrite(text string, keep func(number string) bool) string {
	if l.of == nil {
		return text
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		end := i + span(text[i:])
		n := text[i:end]
		if before, after := text[:i], text[end:]; changes(n) && begins(before) && ends(after) && (keep == nil || !keep(n)) {
			b.WriteString(text[done:i])
			l.write(&b, n)
			done = end
		}
		i = end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// Numbers calls f with each part of a text that might be taken for a number by [Locale.Rewrite], also in a text that is cut out of it.
func Numbers(text string, f func(number string)) {
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		end := i + span(text[i:])
		run := text[i:end]
		if strings.ContainsAny(run, ".,%") {
			parts(run[:min(len(run), longestRun)], f)
		}
		i = end
	}
}

// parts calls f with each part of a run of digits and signs that has the form of a number.
func parts(run string, f func(string)) {
	for i := range len(run) {
		if !isDigit(run[i]) || i > 0 && isDigit(run[i-1]) {
			continue
		}
		for j := i + 1; j <= len(run); j++ {
			if changes(run[i:j]) {
				f(run[i:j])
			}
		}
	}
}

// span is the length of the run of digits at the beginning of a text, with the signs between them, and a percent sign at its end.
func span(text string) int {
	n := 0
	for n < len(text) && (isDigit(text[n]) || (text[n] == '.' || text[n] == ',') && n+1 < len(text) && isDigit(text[n+1])) {
		n++
	}
	if n < len(text) && text[n] == '%' {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// changes reports whether a run is a number as this package writes it that may be written otherwise: one with a group, decimals or a percent sign.
func changes(run string) bool {
	digits, percent := strings.CutSuffix(run, "%")
	first := digitsOf(digits)
	if first == 0 || first > 3 || first > 1 && digits[0] == '0' {
		return false
	}
	rest, groups := digits[first:], false
	for strings.HasPrefix(rest, ",") {
		if digitsOf(rest[1:]) != 3 || digits[0] == '0' {
			return false
		}
		rest, groups = rest[4:], true
	}
	if part, decimal := strings.CutPrefix(rest, "."); decimal {
		return part != "" && digitsOf(part) == len(part)
	}
	return rest == "" && (percent || groups)
}

// digitsOf is how many digits a text begins with.
func digitsOf(text string) (n int) {
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n
}

// begins reports whether a number may stand after a text. An HTML text may end with a reference such as "&lt;".
func begins(before string) bool {
	r, size := utf8.DecodeLastRuneInString(before)
	return size == 0 || unicode.IsSpace(r) || strings.ContainsRune("([{<>+−~≈“„‘\"';", r)
}

// ends reports whether a number may stand before a text.
func ends(after string) bool {
	r, size := utf8.DecodeRuneInString(after)
	switch {
	case size == 0 || unicode.IsSpace(r):
		return true
	case unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("…%\ufffd_/\\@#=", r):
		return false
	}
	next, size := utf8.DecodeRuneInString(after[size:])
	return size == 0 || !strings.ContainsRune(".,:-’'+", r) || !unicode.IsLetter(next) && !unicode.IsNumber(next)
}

// write writes a number that has the form.
func (l Locale) write(b *strings.Builder, n string) {
	digits, percent := strings.CutSuffix(n, "%")
	whole, part, decimal := strings.Cut(digits, ".")
	if percent {
		b.WriteString(l.of.before)
	}
	whole = strings.ReplaceAll(whole, ",", "")
	for i := range len(whole) {
		if i > 0 && l.of.groupsAt(len(whole), len(whole)-i) {
			b.WriteString(l.of.group)
		}
		b.WriteByte(whole[i])
	}
	if decimal {
		b.WriteString(l.of.decimal)
		b.WriteString(part)
	}
	if percent {
		b.WriteString(l.of.after)
	}
}

// groupsAt reports whether there is a sign before the last rest digits of so many.
func (f *form) groupsAt(digits, rest int) bool {
	switch {
	case digits < 3+f.least:
		return false
	case f.indian && rest > 3:
		return rest%2 == 1
	default:
		return rest%3 == 0
	}
}
