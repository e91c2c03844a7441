package eventlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
)

// jsonSource reads the rows of one file of events in JSON, one on each line.
type jsonSource struct {
	in    *bufio.Reader
	log   *Log
	from  *input
	line  int
	bytes int64
	buf   []byte
}

func newJSON(l *Log, in *input) *jsonSource {
	return &jsonSource{in: bufio.NewReaderSize(in.text, maxPartBuffer), log: l, from: in}
}

// next reads the next row into row. It reports rows that cannot be read to the log, and continues after them.
func (s *jsonSource) next(row *Row) error {
	for {
		line, err := s.readLine()
		if err == io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end
			if err := s.from.finish(); err != nil {
				return err
			}
			return io.EOF
		}
		if err != nil {
			return err
		}
		s.line++
		if s.line == 1 {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		s.from.records++
		if err = s.fill(row, line); err == nil {
			err = s.log.check(row)
		}
		if err == nil {
			s.from.rows++
			s.log.place(row, s.from, s.line)
			return nil
		}
		if manyLines(line) {
			return fmt.Errorf("%s:%d: %w", s.from.name, s.line, errCR)
		}
		if err := s.log.bad(s.from.name, s.line, err); err != nil {
			return err
		}
	}
}

// manyLines reports whether the text is really several lines that end in CR alone.
func manyLines(line []byte) bool {
	for rest := line; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			return false
		}
		if rest = rest[i+1:]; firstOf(rest) == '{' {
			return true
		}
	}
}

// fill parses the line into row. The error gives the reason for a failure.
func (s *jsonSource) fill(row *Row, line []byte) error {
	// encoding/json would silently replace invalid bytes by U+FFFD.
	if !utf8.Valid(line) {
		return errors.New("it is not UTF-8: " + sayEncoding)
	}
	if s.from.encoding != nil && bytes.ContainsRune(line, utf8.RuneError) {
		return fmt.Errorf("it has bytes that are not a character in %s: set another --encoding", s.from.encoding)
	}
	e, err := event.ParseJSON(line)
	if err != nil {
		return err
	}
	at, ok := within(e.Time.Unix(), int64(e.Time.Nanosecond()))
	if !ok {
		return fmt.Errorf("%w between 1970 and 2251", errTime)
	}
	*row = Row{Time: at, Case: []byte(e.Journey.ID), JSON: line}
	return nil
}

// readLine returns the next line. It cuts a line that is too long for an event; the remaining part is still too
// long.
func (s *jsonSource) readLine() ([]byte, error) {
	s.buf = s.buf[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		s.bytes += int64(len(part))
		if err == nil && len(s.buf) == 0 {
			return part, nil
		}
		if len(s.buf) <= event.MaxJSON {
			s.buf = append(s.buf, part...)
		}
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(s.buf) > 0:
			return s.buf, nil
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%s: reading: %w", s.from.name, err)
		}
	}
}
