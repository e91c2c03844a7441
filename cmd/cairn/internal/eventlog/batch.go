package eventlog

import (
	"context"
	"errors"
	"io"
)

// How rows are handed over from the goroutine that reads to the one that calls Next.
const (
	queued     = 4
	batchRows  = 1024
	batchBytes = 64 << 10
)

// batch is some rows, and the memory that they point to.
type batch struct {
	rows []Row
	data []byte
	at   int
	err  error // behind the last row
}

// keep appends a copy of the row.
func (b *batch) keep(row *Row) {
	r := *row
	r.Case, r.Customer, r.JSON = b.copy(r.Case), b.copy(r.Customer), b.copy(r.JSON)
	b.rows = append(b.rows, r)
}

func (b *batch) copy(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	at := len(b.data)
	b.data = append(b.data, text...)
	return b.data[at:len(b.data):len(b.data)]
}

// pump reads all rows and hands them over.
func (l *Log) pump(src source) {
	defer close(l.batches)
	last := int64(0)
	for {
		b := l.empty()
		for b.err == nil && len(b.rows) < batchRows && len(b.data) < batchBytes {
			var row Row
			if b.err = src.next(&row); b.err != nil {
				break
			}
			if row.Time < last {
				b.err = errors.New("the log has been changed while it was read: read it again")
				break
			}
			last = row.Time
			b.keep(&row)
		}
		end := b.err != nil
		select {
		case l.batches <- b:
		case <-l.ctx.Done():
			return
		}
		if end {
			return
		}
	}
}

// empty returns a batch to be filled.
func (l *Log) empty() *batch {
	select {
	case b := <-l.free:
		*b = batch{rows: b.rows[:0], data: b.data[:0]}
		return b
	default:
		return &batch{rows: make([]Row, 0, batchRows), data: make([]byte, 0, batchBytes)}
	}
}

// Next returns the next row, in the order of their times, those of one time in the order in which
// they are in the files. It is good until the next call. The error is io.EOF behind the last row.
func (l *Log) Next() (*Row, error) {
	for l.current == nil || l.current.at == len(l.current.rows) {
		if b := l.current; b != nil {
			if b.err != nil {
				return nil, b.err
			}
			l.current = nil
			select {
			case l.free <- b:
			default:
			}
		}
		b, ok := <-l.batches
		if !ok {
			if err := context.Cause(l.ctx); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		l.current = b
	}
	row := &l.current.rows[l.current.at]
	l.current.at++
	l.given++
	return row, nil
}

// Close stops reading, closes the files and removes what is on disk. It may be called again.
func (l *Log) Close() error {
	l.stop()
	l.ended.Wait()
	var errs []error
	for _, in := range l.inputs {
		errs = append(errs, in.close())
	}
	l.inputs = nil
	if l.sorter != nil {
		errs = append(errs, l.sorter.close())
	}
	return errors.Join(errs...)
}
