package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is the character encoding of a log. A nil Encoding is UTF-8.
type Encoding struct {
	name string
	from encoding.Encoding
}

// String returns the name as it was given.
func (e *Encoding) String() string { return e.name }

// ErrEncoding is the error of an unknown encoding.
var ErrEncoding = errors.New("unknown encoding")

// ParseEncoding parses the name of an encoding. It returns nil for utf-8 and "". It knows utf-16 (with a byte
// order mark, or little endian without one), utf-16le, utf-16be, latin1, windows-1252, and the other
// single-byte encodings of package golang.org/x/text/encoding/charmap, such as iso-8859-15, windows-1251,
// koi8-r, ibm codepage 437 and macintosh. Case, spaces and dashes do not count.
func ParseEncoding(text string) (*Encoding, error) {
	fold := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	}
	key := fold(text)
	switch key {
	case "", "utf8":
		return nil, nil //nolint:nilnil // nil is UTF-8
	case "utf16":
		return &Encoding{text, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}, nil
	case "utf16le":
		return &Encoding{text, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}, nil
	case "utf16be":
		return &Encoding{text, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, nil
	case "latin1":
		key = "iso88591"
	case "latin9":
		key = "iso885915"
	case "cp437":
		key = "ibmcodepage437"
	case "cp850":
		key = "ibmcodepage850"
	case "macroman":
		key = "macintosh"
	}
	if code, ok := strings.CutPrefix(key, "cp125"); ok {
		key = "windows125" + code
	}
	for _, e := range charmap.All {
		if cm, ok := e.(*charmap.Charmap); ok && fold(cm.String()) == key {
			return &Encoding{text, cm}, nil
		}
	}
	return nil, fmt.Errorf("%w: %.80q: write utf-8, utf-16, utf-16le, utf-16be, latin1, windows-1252 or another single-byte encoding, such as iso-8859-15 or windows-1251", ErrEncoding, text)
}

// Reader returns a reader that decodes in to UTF-8. Bytes that are invalid in the encoding become U+FFFD. A nil Encoding is UTF-8, and changes
// nothing.
func (e *Encoding) Reader(in io.Reader) io.Reader {
	if e == nil {
		return in
	}
	return e.from.NewDecoder().Reader(in)
}

// against returns an error if a file begins with the byte order mark of another encoding.
func (e *Encoding) against(start []byte) error {
	var is string
	switch _, single := e.from.(*charmap.Charmap); {
	case bytes.HasPrefix(start, []byte(byteOrderMark)):
		is = "UTF-8"
	case single && (bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff"))):
		is = "UTF-16"
	default:
		return nil
	}
	return fmt.Errorf("it begins with the byte order mark of %s, but --encoding is %s: set --encoding %s", is, e.name, strings.ToLower(is))
}
