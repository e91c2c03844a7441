package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// minSection is the minimum size in bytes of a part of a file that gets its own goroutine.
const minSection = 4 << 20

// look surveys a file. It detects the format of the times. Unless formOnly is set, it also checks whether the readable rows are
// in time order, and reads to the end of the file or to the first row that is out of order. It surveys several parts of the
// file concurrently, one for each reader. If a part contains a quote, a line end may be inside a field; look then surveys the
// file again from its beginning.
//
// look may stop early, so it does not show how much of the file there is to read.
func (l *Log) look(in *input, formOnly bool) error {
	src, err := newCSV(l, in)
	if err != nil {
		return err
	}
	begins := src.bytes + int64(src.used)
	if in.plain && !formOnly {
		parts, err := l.sections(in, begins)
		if err != nil {
			return err
		}
		if len(parts) > 2 {
			in.survey = l.lookAtOnce(in, src, parts)
			if !in.survey.quoted && in.survey.fault(l.cfg.Columns.Time) == nil {
				return in.survey.err
			}
			// Only a reader that starts at the beginning of the file knows line numbers.
			if err := in.again(); err != nil {
				return err
			}
			if src, err = newCSV(l, in); err != nil {
				return err
			}
		}
	}
	in.survey = l.lookOn(src, formOnly, nil, l.pause)
	if in.survey.err != nil {
		return fmt.Errorf("%s: %w", in.name, in.survey.err)
	}
	if in.survey.whole && in.plain && src.bytes != in.size {
		return fmt.Errorf("%s: %d of its %d bytes were read as rows: %w", in.name, src.bytes, in.size, errChanged)
	}
	return nil
}

// sections divides the file below its header into parts that end at line ends. The result has the offset of
// each part and, at its end, the size of the file.
func (l *Log) sections(in *input, begins int64) ([]int64, error) {
	count := min(int64(len(l.readers)), (in.size-begins)/minSection)
	at := []int64{begins}
	line := make([]byte, 0, maxRecord)
	for i := int64(1); i < count; i++ {
		off := begins + (in.size-begins)/count*i
		n, err := in.file.ReadAt(line[:cap(line)], off)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: reading: %w", in.name, err)
		}
		if end := bytes.IndexByte(line[:n], '\n'); end >= 0 {
			at = append(at, off+int64(end)+1)
		}
	}
	return append(at, in.size), nil
}

// lookAtOnce surveys the parts of the file concurrently.
func (l *Log) lookAtOnce(in *input, head *csvSource, ends []int64) survey {
	found := make([]survey, len(ends)-1)
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range found {
		part, tick := *head, l.stopped
		size := ends[i+1] - ends[i]
		part.records = newRecords(&section{io.NewSectionReader(in.file, ends[i], size), in}, in.comma)
		part.times = l.timeReader()
		if i == 0 {
			tick = l.pause // the first part reports progress for all
		}
		wg.Go(func() {
			s := l.lookOn(&part, false, &stop, tick)
			if s.whole && part.bytes != size {
				s.err = fmt.Errorf("%s: %d bytes of a part of %d were read as rows: %w", in.name, part.bytes, size, errChanged)
			}
			if !s.whole {
				stop.Store(true)
			}
			found[i] = s
		})
	}
	wg.Wait()
	for i := range found[1:] {
		found[0].behind(&found[i+1])
	}
	if found[0].forms == 0 {
		found[0].clash = 1 // the line is unknown
	}
	return found[0]
}

// lookOn surveys the rows of src to their end, or until further rows cannot change the result. A set stop makes
// it give up. A non-nil stop means that other parts are surveyed too; lookOn then stops at the first quote.
func (l *Log) lookOn(src *csvSource, formOnly bool, stop *atomic.Bool, tick func() error) (s survey) {
	s.forms = allForms
	for rows := 1; ; rows++ {
		fields, line, err := src.records.next()
		if stop != nil && src.quotes {
			s.quoted = true
			return s
		}
		s.records = src.count
		if err != nil {
			if bad := (recordError{}); errors.As(err, &bad) {
				continue
			}
			if s.whole = err == io.EOF; !s.whole { //nolint:errorlint // an error that wraps io.EOF is not the end
				s.err = err
			}
			return s
		}
		if rows%tickEvery == 0 {
			if s.err = tick(); s.err != nil || stop != nil && stop.Load() {
				return s
			}
		}
		if s.take(src, fields, line); s.enough(src, formOnly) {
			return s
		}
	}
}

// section reads a part of a file and adds to the byte count of the file.
type section struct {
	*io.SectionReader
	in *input
}

// Read implements [io.Reader].
func (s *section) Read(p []byte) (int, error) {
	n, err := s.SectionReader.Read(p)
	s.in.read.Add(int64(n))
	return n, err //nolint:wrapcheck // a reader returns io.EOF as it is
}
