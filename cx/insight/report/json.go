package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

// JSON writes the report with all its numbers. Names are as they came. HTML characters in them, and characters that are not printed, are escaped.
func (r *Report) JSON(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var out bytes.Buffer
	for _, c := range b.String() {
		switch high, low := utf16.EncodeRune(c); {
		case c == '\n' || unicode.IsPrint(c):
			out.WriteRune(c)
		case high != unicode.ReplacementChar:
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, c)
		}
	}
	_, err := w.Write(out.Bytes())
	return err //nolint:wrapcheck // the writer's own
}
