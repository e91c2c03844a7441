package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// textWidth returns the width of a text for w in characters. It is the environment's COLUMNS if that is a positive number, then
// the width of the terminal if w is one, and otherwise 80.
func textWidth(w io.Writer, columns string) int {
	if n, err := strconv.Atoi(columns); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return report.DefaultWidth
}
