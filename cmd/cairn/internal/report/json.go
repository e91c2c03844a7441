package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

// JSON writes v as JSON with a line end, indented by indent if that is not empty. It escapes each character that is not printed, so that a
// terminal obeys nothing of it, and no text is turned around.
func JSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("making JSON: %w", err)
	}
	if _, err := w.Write(escaped(b.Bytes())); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// escaped returns the JSON with escapes for the characters beyond ASCII, and for DEL, that are not printed. The encoder has escaped the
// control characters of ASCII.
func escaped(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range string(text) {
		const del, joiner = 0x7f, '\u200d' // the joiner is part of emoji such as families
		switch {
		case c < del || unicode.IsPrint(c) || c == joiner:
			out = append(out, string(c)...)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out
}
