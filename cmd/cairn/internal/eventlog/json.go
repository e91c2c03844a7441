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

// jsonSource reads the rows of one file of events, one in a line.
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

// next reads the next row into row. It reports bad rows to the log and goes on behind them.
func (s *jsonSource) next(row *Row) error {
	for {
		line, err := s.readLine()
		if err == io.EOF { //nolint:errorlint // an error that only wraps it is not the end
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

// manyLines reports whether the line is rather several, which end in CR alone.
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

// fill makes a row of the line. The error says why it cannot.
func (s *jsonSource) fill(row *Row, line []byte) error {
	// encoding/json would put another character in the place of what is none.
	if !utf8.Valid(line) {
		return errors.New("it is not UTF-8: " + sayEncoding)
	}
	if s.from.encoding != nil && bytes.ContainsRune(line, utf8.RuneError) {
		return fmt.Errorf("there are bytes in it that are no character in %s: say another --encoding", s.from.encoding)
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

// readLine returns the next line. Of one that is too long for an event it returns a part that is
// too long, too.
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
