package eventlog

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// texts is the knowledge about the encoding of a log.
type texts struct {
	utf8 bool // the log has a text that is UTF-8 and not ASCII
	// The place of the first text that is not UTF-8, and the number of such texts.
	file   string
	line   int
	column string
	bad    int64
}

// faultyText returns the reason why a text cannot be read as characters, or "".
func (l *Log) faultyText(in *input, text []byte, column, line int) string {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return "has a NUL byte: the file is damaged or is not text"
	case in.encoding != nil && bytes.ContainsRune(text, utf8.RuneError):
		return fmt.Sprintf("has bytes that are not a character in %s: set another --encoding", in.encoding)
	case utf8.Valid(text):
		l.texts.utf8 = l.texts.utf8 || !ascii(text)
		return ""
	}
	if l.texts.bad++; l.texts.bad == 1 {
		_, name := l.cfg.Columns.role(column)
		l.texts.file, l.texts.line, l.texts.column = in.name, line, name
	}
	return "is not UTF-8: " + sayEncoding
}

const sayEncoding = "set its encoding, such as --encoding windows-1252 or latin1, or convert the log to UTF-8, with iconv or by saving it again"

func ascii(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fault returns an error if the log is in another encoding: some texts are not UTF-8 and no text shows that the
// log is. Without this error, a report would lack exactly the names with non-ASCII letters.
func (t *texts) fault() error {
	if t.bad == 0 || t.utf8 {
		return nil
	}
	return fmt.Errorf("%s:%d: the log is not UTF-8; the first such text is in the column %q: %s", t.file, t.line, t.column, sayEncoding)
}
