package eventlog

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
)

// Sizes of the queues between the goroutine that reads and the goroutines that call Next.
const (
	queued     = 4
	batchRows  = 1024
	batchBytes = 64 << 10
)

// batch holds some rows and the memory that they point to.
type batch struct {
	rows []Row
	data []byte
	at   int
	err  error // the error after the last row
}

// keep appends a copy of the row.
func (b *batch) keep(row *Row) {
	r := *row
	r.Case, r.Customer, r.Purpose = b.copy(r.Case), b.copy(r.Customer), b.copy(r.Purpose)
	r.Attributes, r.JSON = b.copy(r.Attributes), b.copy(r.JSON)
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

// reader is the state of one caller of Next.
type reader struct {
	batches chan *batch
	filling *batch // belongs to the pump
	current *batch
}

// pump reads all rows and hands them to the readers. All rows of a case go to one reader.
func (l *Log) pump(src source) {
	defer func() {
		for _, r := range l.readers {
			close(r.batches)
		}
	}()
	err := l.deal(src)
	for _, r := range l.readers {
		b := r.filling
		if b == nil {
			b = l.empty()
		}
		b.err = err
		if !l.send(r, b) {
			return
		}
	}
}

// deal distributes the rows until an error, which is io.EOF after the last row.
func (l *Log) deal(src source) error {
	last := int64(0)
	rows := int64(0)
	var row Row
	for {
		if err := src.next(&row); err != nil {
			if err == io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end
				return l.end(rows)
			}
			return err
		}
		if row.Time < last {
			return fmt.Errorf("its rows were in time order and no longer are: %w", errChanged)
		}
		last = row.Time
		rows++
		r := l.readers[0]
		if n := uint64(len(l.readers)); n > 1 {
			r = l.readers[maphash.Bytes(l.seed, row.Case)%n]
		}
		if r.filling == nil {
			r.filling = l.empty()
		}
		b := r.filling
		b.keep(&row)
		if len(b.rows) == batchRows || len(b.data) >= batchBytes {
			r.filling = nil
			if !l.send(r, b) {
				return l.stopped()
			}
		}
	}
}

// end returns io.EOF if every row that was read has been distributed.
func (l *Log) end(rows int64) error {
	if l.sorter != nil && rows != l.sorter.rows {
		return fmt.Errorf("sorting: %d rows went in and %d came out: the disk with the temporary files is faulty: set --tmp to another folder", l.sorter.rows, rows)
	}
	if err := l.texts.fault(); err != nil {
		return err
	}
	return io.EOF
}

// send hands the batch to the reader. It returns false if reading has to stop.
func (l *Log) send(r *reader, b *batch) bool {
	select {
	case r.batches <- b:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// stopped returns the reason why reading has to stop, or nil.
func (l *Log) stopped() error {
	if err := context.Cause(l.ctx); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	return nil
}

// empty returns an empty batch.
func (l *Log) empty() *batch {
	select {
	case b := <-l.free:
		*b = batch{rows: b.rows[:0], data: b.data[:0]}
		return b
	default:
		return &batch{rows: make([]Row, 0, batchRows), data: make([]byte, 0, batchBytes)}
	}
}

// Next returns the next row for a reader. Readers are numbered from 0 to Config.Readers - 1. Each reader gets its rows in time
// order; rows with the same time keep their order in the files. A row is valid until the reader's next call. The error is
// io.EOF after the last row. Calls for the same reader must not be concurrent. The readers wait for each other, so the caller
// must read with all of them until they return an error, or cancel the context of Open.
func (l *Log) Next(reader int) (*Row, error) {
	r := l.readers[reader]
	for r.current == nil || r.current.at == len(r.current.rows) {
		if b := r.current; b != nil {
			if b.err != nil {
				return nil, b.err
			}
			l.given.Add(int64(len(b.rows)))
			r.current = nil
			select {
			case l.free <- b:
			default:
			}
		}
		b, ok := <-r.batches
		if !ok {
			if err := l.stopped(); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		r.current = b
	}
	row := &r.current.rows[r.current.at]
	r.current.at++
	return row, nil
}

// Close stops reading, closes the files and removes the temporary files. It may be called again. No goroutine
// may call Next during or after Close.
func (l *Log) Close() error {
	l.stop()
	l.ended.Wait()
	l.read = l.Inputs()
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
