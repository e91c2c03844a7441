package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// minSection is how many bytes of a file are worth being looked at by a goroutine of their own.
const minSection = 4 << 20

// look surveys the file: how its times are written, and, unless only that is asked for, whether its rows
// that can be read are in the order of their times. Then it reads to the end, unless an earlier row says
// that they are not. It looks at the file's parts at once, as many as there are readers. Where there is a
// quote in one of them a line's end may be inside of a field, and the file is looked at from its beginning
// to its end instead.
//
// How much of the file was looked at says nothing about how much of it there is to read.
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
			// Lines are known only to who has read all before them.
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
		return fmt.Errorf("%s: %d of its %d bytes were taken for rows: %w", in.name, src.bytes, in.size, errChanged)
	}
	return nil
}

// sections divides the file behind its header into parts that end where lines do. Each is given by
// where it begins; the last number is the file's size.
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

// lookAtOnce looks at the parts of the file at the same time.
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
			tick = l.pause // it speaks for all
		}
		wg.Go(func() {
			s := l.lookOn(&part, false, &stop, tick)
			if s.whole && part.bytes != size {
				s.err = fmt.Errorf("%s: %d bytes of a part of %d were taken for rows: %w", in.name, part.bytes, size, errChanged)
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
		found[0].clash = 1 // in which line is not known
	}
	return found[0]
}

// lookOn reads the rows of src to their end, or until more of them would say nothing new. Stop, where there
// is one, makes it give up, and says that others read too: then a quote says enough.
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
			if s.whole = err == io.EOF; !s.whole { //nolint:errorlint // an error that only wraps it is not the end
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

// section reads a part of a file, and counts for the whole.
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
