package eventlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"cairncx.dev/cairn/cx/event"
)

// jsonSource reads the rows of one file of events, one in a line.
type jsonSource struct {
	in    *bufio.Reader
	log   *Log
	file  string
	line  int
	bytes int64
	buf   []byte
}

func newJSON(l *Log, file string, in io.Reader) *jsonSource {
	return &jsonSource{in: bufio.NewReaderSize(in, maxPartBuffer), log: l, file: file}
}

// next reads the next row into row. It reports bad rows to the log and goes on behind them.
func (s *jsonSource) next(row *Row) error {
	for {
		line, err := s.readLine()
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
		if err = s.fill(row, line); err == nil {
			err = s.log.check(row)
		}
		if err == nil {
			return nil
		}
		if err := s.log.bad(s.file, s.line, err); err != nil {
			return err
		}
	}
}

// fill makes a row of the line. The error says why it cannot.
func (s *jsonSource) fill(row *Row, line []byte) error {
	e, err := event.ParseJSON(line)
	if err != nil {
		return err
	}
	at, ok := within(e.Time.Unix(), int64(e.Time.Nanosecond()))
	if !ok {
		return fmt.Errorf("%w between 1970 and 2261", errTime)
	}
	*row = Row{Time: at, Case: []byte(e.Journey.ID), JSON: line}
	return s.log.cut(at)
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
			return nil, fmt.Errorf("%s: reading: %w", s.file, err)
		}
	}
}
