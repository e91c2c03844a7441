package blueprint

import (
	"strings"
	"unicode"
)

// Printable returns the text with a space for each white space, such as the end of a line, and without what is no printable character.
// Such characters have no place in a file that is made from a blueprint: some are not allowed there, and some show a reader another order
// than the one that a machine reads.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return -1
		default:
			return r
		}
	}, text)
}

// OneLine returns the [Printable] text with single spaces and none at its ends. Files that are made from a blueprint have descriptions and
// names in this form, where they are on one line.
func OneLine(text string) string { return strings.Join(strings.Fields(Printable(text)), " ") }
