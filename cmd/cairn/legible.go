package main

import (
	"io"
	"strings"
	"unicode"
)

// legible is a writer of messages. It replaces what a terminal would obey, and what turns text around: names of files, and errors that others
// have made, may have such characters. The progress bar writes to the terminal itself ([terminalOf]).
type legible struct{ w io.Writer }

// Write implements [io.Writer].
func (l legible) Write(p []byte) (int, error) {
	if _, err := io.WriteString(l.w, legibly(string(p))); err != nil {
		return 0, err //nolint:wrapcheck // a writer returns the error of the one below as it is
	}
	return len(p), nil
}

// legibly returns the text with U+FFFD in the place of each character that is not printed, apart from line breaks and tabs.
func legibly(text string) string {
	const joiner = '\u200d' // part of emoji such as families
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) || c == joiner || c == '\n' || c == '\t' {
			return c
		}
		return unicode.ReplacementChar
	}, text)
}

// terminalOf returns the writer below.
func terminalOf(w io.Writer) io.Writer {
	if l, ok := w.(legible); ok {
		return l.w
	}
	return w
}
