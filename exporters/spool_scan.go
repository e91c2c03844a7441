package exporters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"cairncx.dev/cairn/cx/event"
)

// scanner reads the records of a segment one after the other, and continues behind damaged bytes.
type scanner struct {
	f          diskFile
	off, limit int64  // the offset of the next record, and the end of the durable bytes
	win        []byte // the bytes of the file from off on that were read
	buf        []byte // the buffer that win is a part of

	// The damaged bytes that next returned last: their offset, the number of their line breaks, and the offset behind the
	// last line break.
	from    int64
	lines   uint64
	lineEnd int64

	// salvage reads a block that the disk cannot read as zeros, so that the scanner reaches the records around it.
	salvage bool
}

const (
	readSize  = 256 << 10
	readBlock = 4096
)

// next returns the next record, or false for damaged bytes. The bytes of the record are valid until the next call. The error is
// [io.EOF] at the end, or else the error of the file.
func (s *scanner) next() (r record, ok bool, err error) {
	for {
		r, n, v := parseRecord(s.win)
		if v == short && s.off+int64(len(s.win)) < s.limit {
			if err := s.fill(); err != nil {
				return record{}, false, err
			}
			continue
		}
		if n == 0 {
			return record{}, false, io.EOF
		}
		s.from, s.lines = s.off, 0
		if v != good {
			s.lines = uint64(bytes.Count(s.win[:n], []byte{'\n'}))
			s.lineEnd = s.off + int64(bytes.LastIndexByte(s.win[:n], '\n')) + 1
		}
		s.off += int64(n)
		s.win = s.win[n:]
		return r, v == good, nil
	}
}

// fill reads more of the file.
func (s *scanner) fill() error {
	if len(s.buf) < len(s.win)+readSize {
		s.buf = make([]byte, max(readSize, 2*len(s.win))+readSize)
	}
	n := copy(s.buf, s.win)
	more := min(int64(len(s.buf)-n), s.limit-s.off-int64(n))
	at := s.off + int64(n)
	if s.salvage {
		more = min(more, readBlock-at%readBlock)
	}
	got, err := s.f.ReadAt(s.buf[n:n+int(more)], at)
	if got == 0 && s.salvage && medium(err) {
		got = int(more)
		clear(s.buf[n : n+got])
	}
	s.win = s.buf[:n+got]
	if got > 0 {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // another program made it shorter
	}
	return fmt.Errorf("reading at byte %d: %w", at, err)
}

// spoolBatch is a batch that the reader has read: the events of the records before the number upTo.
type spoolBatch struct {
	events []event.Event
	dead   []deadLetter // records with a valid checksum that cannot be parsed as events
	upTo   uint64
}

// spoolReader reads batches from the position of the cursor on. Only one goroutine uses it.
type spoolReader struct {
	st     *spoolStore
	sc     scanner
	first  uint64 // the number of the first record of the open segment
	want   uint64 // the number of the next record
	faults int    // read errors in a row at one offset

	bad, harmed uint64 // damaged records of this batch, and how many of these this process wrote
}

const (
	maxBatchBytes = 4 << 20
	maxReadFaults = 3
)

// read fills the batch with the next records of one segment. upTo is 0 if no record waits.
func (r *spoolReader) read(b *spoolBatch, most int) error {
	for {
		err := r.readOnce(b, most)
		if r.st.take(b.upTo) || err == nil && b.upTo == 0 {
			r.st.harmed.Add(r.harmed)
			r.st.lost("damaged", r.bad)
			return err
		}
		// The writer dropped the batch to make room while it was read, and counted it.
	}
}

func (r *spoolReader) readOnce(b *spoolBatch, most int) error {
	clear(b.events)
	*b = spoolBatch{events: b.events[:0]}
	r.bad, r.harmed = 0, 0
	seg, end, ok := r.place()
	if !ok {
		return nil
	}
	if err := r.open(seg); err != nil {
		return r.fault(b, seg, end, err)
	}
	for size := 0; len(b.events) < most && size < maxBatchBytes && r.want < end; {
		rec, ok, err := r.sc.next()
		if errors.Is(err, io.EOF) {
			r.skip(end) // damaged records at the end
			break
		}
		if err != nil && (len(b.events) > 0 || len(b.dead) > 0) {
			break // the records that were read before are delivered first
		}
		if err != nil {
			return r.fault(b, seg, end, err)
		}
		if !ok {
			_ = r.st.damaged.keep(r.sc.f, seg.name(), r.sc.from, r.sc.off)
			continue
		}
		if rec.number < r.want || rec.number >= end {
			continue // it is done, or it belongs to a failed batch whose numbers a later batch got
		}
		r.skip(rec.number)
		r.want++
		size += len(rec.json)
		b.add(rec)
	}
	r.faults = 0
	b.upTo = r.want
	return nil
}

func (b *spoolBatch) add(rec record) {
	b.events = append(b.events, event.Event{})
	last := len(b.events) - 1
	var err error
	if b.events[last], err = event.ParseJSON(rec.json); err != nil { // an event is too large to be copied twice
		b.events = b.events[:last]
		b.dead = append(b.dead, deadLetter{json: bytes.Clone(rec.json), err: err})
	}
}

// place returns the segment of the next record, and the number after the last record of that segment.
func (r *spoolReader) place() (seg segment, end uint64, ok bool) {
	st := r.st
	st.mu.Lock()
	defer st.mu.Unlock()
	r.want = max(r.want, st.at)
	st.reading = r.want
	end = st.next
	for i := len(st.segs) - 1; i >= 0; i-- {
		if st.segs[i].first <= r.want {
			return st.segs[i], end, r.want < end
		}
		end = st.segs[i].first
	}
	return segment{}, 0, false
}

func (r *spoolReader) open(seg segment) error {
	if r.sc.f != nil && r.first == seg.first {
		r.sc.limit = seg.size
		return nil
	}
	r.close()
	f, err := r.st.disk.Open(seg.name(), os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("opening it: %w", err)
	}
	r.sc = scanner{f: f, limit: seg.size, buf: r.sc.buf, salvage: r.faults >= maxReadFaults}
	r.first = seg.first
	return nil
}

func (r *spoolReader) close() {
	if r.sc.f != nil {
		_ = r.sc.f.Close() // it was only read
		r.sc.f = nil
	}
}

// skip marks the records from the next one up to number, exclusive, as damaged. The reader counts them when the batch is taken.
func (r *spoolReader) skip(number uint64) {
	if from := max(r.want, r.st.noFrom); from < min(number, r.st.noUpTo) {
		r.skip(from)
		r.want = min(number, r.st.noUpTo)
	}
	if number > r.want {
		if from := max(r.want, r.st.began); number > from {
			r.harmed += number - from
		}
		r.bad += number - r.want
		r.want = number
	}
}

// fault handles an error of reading the segment. The reader tries again for as long as it takes, with two exceptions: it gives up
// a segment that another program has removed or cut off, and it skips a block that the disk could not read maxReadFaults times
// in a row.
func (r *spoolReader) fault(b *spoolBatch, seg segment, end uint64, err error) error {
	r.close()
	r.want = 0 // the next read begins at the cursor
	gone := errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotOurs) || errors.Is(err, io.ErrUnexpectedEOF)
	if medium(err) {
		r.faults++
	}
	err = fmt.Errorf("segment %s: %w", seg.name(), err)
	if !gone {
		return err
	}
	r.place()
	before := r.want
	r.skip(end)
	clear(b.events)
	*b = spoolBatch{events: b.events[:0], upTo: end}
	return fmt.Errorf("%w: records %d up to %d are lost", err, before, end-1)
}
