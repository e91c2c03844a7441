package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// textWidth returns how many characters wide a text for w may be: what the environment's COLUMNS
// says, else the width of the terminal, else 80.
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
