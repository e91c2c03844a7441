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

// Encoding says how the characters of a log are written. A nil one is UTF-8.
type Encoding struct {
	name string
	from encoding.Encoding
}

// String returns its name.
func (e *Encoding) String() string { return e.name }

// ErrEncoding is the error of an encoding that is not known.
var ErrEncoding = errors.New("no encoding")

// ParseEncoding understands the name of an encoding: utf-8, for which it returns nil, as for ""; utf-16
// (by its byte order mark, little endian without one), utf-16le, utf-16be; latin1, windows-1252 and the
// other encodings of one byte that package charmap of golang.org/x/text has, such as iso-8859-15,
// windows-1251, koi8-r, ibm codepage 437 and macintosh. Case, spaces and dashes do not count.
func ParseEncoding(text string) (*Encoding, error) {
	fold := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	}
	key := fold(text)
	switch key {
	case "", "utf8":
		return nil, nil //nolint:nilnil // UTF-8 needs none
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
	return nil, fmt.Errorf("%w: %.80q: want utf-8, utf-16, utf-16le, utf-16be, latin1, windows-1252, or another of one byte, such as iso-8859-15 or windows-1251", ErrEncoding, text)
}

// reader returns the text of in as UTF-8. What is none in the encoding becomes U+FFFD.
func (e *Encoding) reader(in io.Reader) io.Reader {
	if e == nil {
		return in
	}
	return e.from.NewDecoder().Reader(in)
}

// against says what the beginning of a file has against the encoding: a byte order mark of another one.
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
	return fmt.Errorf("it begins with the byte order mark of %s, and --encoding says %s: say --encoding %s", is, e.name, strings.ToLower(is))
}
