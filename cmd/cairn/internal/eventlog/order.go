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

// order is what is known of the order of some rows of a CSV file.
type order struct {
	first, last int64 // times, of rows that can be read
	any         bool  // such a row
	broken      bool  // they are not in the order of their times
	quoted      bool  // there is a quote among them
	err         error
}

// looksOrdered reports whether the rows of the file that can be read are in the order of their times,
// and how many bytes of the file were looked at. It looks at the file's parts at once, as many as there
// are readers. Where there is a quote in one of them a line's end may be inside of a field, and the file
// is looked at from its beginning to its end instead.
func (l *Log) looksOrdered(in *input) (ordered bool, size int64, err error) {
	src, err := newCSV(l, in.name, newRecords(in.text, in.comma))
	if err != nil {
		return false, 0, err
	}
	begins := src.bytes + int64(src.used)
	parts, err := l.sections(in, begins)
	if err != nil {
		return false, 0, err
	}
	if len(parts) > 1 {
		if o := l.lookAtOnce(in, src, parts); !o.quoted {
			return !o.broken, in.size, o.err
		}
		if err := in.again(in.size); err != nil {
			return false, 0, err
		}
		if src, err = newCSV(l, in.name, newRecords(in.text, in.comma)); err != nil {
			return false, 0, err
		}
	}
	o := l.look(src, nil, l.pause)
	if o.err != nil {
		return false, 0, fmt.Errorf("%s: %w", in.name, o.err)
	}
	return !o.broken, src.bytes, nil
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
func (l *Log) lookAtOnce(in *input, head *csvSource, ends []int64) order {
	found := make([]order, len(ends)-1)
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range found {
		part, tick := *head, l.stopped
		part.records = newRecords(&section{io.NewSectionReader(in.file, ends[i], ends[i+1]-ends[i]), in}, in.comma)
		if i == 0 {
			tick = l.pause // it speaks for all
		}
		wg.Go(func() {
			if found[i] = l.look(&part, &stop, tick); found[i].broken || found[i].quoted || found[i].err != nil {
				stop.Store(true)
			}
		})
	}
	wg.Wait()
	all := order{}
	for _, o := range found {
		all.broken = all.broken || o.broken || all.any && o.any && o.first < all.last
		all.quoted = all.quoted || o.quoted
		all.err = errors.Join(all.err, o.err)
		if o.any {
			all.any, all.last = true, o.last
		}
	}
	return all
}

// look reads the rows of src to their end, or to the first one that says enough. Stop, where there is
// one, makes it give up, and says that somebody else reads too: then a quote says enough.
func (l *Log) look(src *csvSource, stop *atomic.Bool, tick func() error) (o order) {
	for rows := 1; ; rows++ {
		fields, _, err := src.records.next()
		if stop != nil && src.quotes {
			o.quoted = true
			return o
		}
		if err != nil {
			if bad := (recordError{}); errors.As(err, &bad) {
				continue
			}
			if !errors.Is(err, io.EOF) {
				o.err = err
			}
			return o
		}
		if rows%tickEvery == 0 {
			if o.err = tick(); o.err != nil || stop != nil && stop.Load() {
				return o
			}
		}
		if o.take(src, fields); o.broken {
			return o
		}
	}
}

// take looks at one row, if it can be read.
func (o *order) take(src *csvSource, fields [][]byte) {
	if len(fields) != src.header {
		return
	}
	at, err := src.log.times.Parse(bytes.TrimSpace(fields[src.at[colTime]]))
	if err != nil {
		return
	}
	if !o.any {
		o.any, o.first = true, at
	}
	o.broken = at < o.last
	o.last = at
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
