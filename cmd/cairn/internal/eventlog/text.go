package eventlog

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// texts is what is known of the encoding of a log.
type texts struct {
	utf8 bool // a text was met that is not ASCII, and is UTF-8
	// Where the first text is that is not UTF-8.
	file   string
	line   int
	column string
	bad    int64
}

// faultyText says why a text cannot be read as characters, or "".
func (l *Log) faultyText(in *input, text []byte, column, line int) string {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return "has a NUL byte in it: the file is damaged, or is not the text that it seems to be"
	case in.encoding != nil && bytes.ContainsRune(text, utf8.RuneError):
		return fmt.Sprintf("has bytes in it that are no character in %s: say another --encoding", in.encoding)
	case utf8.Valid(text):
		l.texts.utf8 = l.texts.utf8 || !ascii(text)
		return ""
	}
	if l.texts.bad++; l.texts.bad == 1 {
		l.texts.file, l.texts.line, l.texts.column = in.name, line, l.cfg.Columns.list()[column]
	}
	return "is not UTF-8: " + sayEncoding
}

const sayEncoding = "say how it is written, such as --encoding windows-1252 or latin1, or convert the log, with iconv or by saving it as UTF-8"

func ascii(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fault is the error of a log that is in another encoding: texts in it are not UTF-8, and none shows that
// it is. Without those rows, just those names would be missing that have other letters than ASCII.
func (t *texts) fault() error {
	if t.bad == 0 || t.utf8 {
		return nil
	}
	return fmt.Errorf("%s:%d: the log is not UTF-8, first in the column %q: %s", t.file, t.line, t.column, sayEncoding)
}
