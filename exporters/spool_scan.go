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

// scanner reads a segment's records one after the other, and goes on behind what is damaged.
type scanner struct {
	f          diskFile
	off, limit int64  // of the next record, and of what is durable
	win        []byte // the file from off on
	buf        []byte // what win is of

	// The damage that next returned last: where it began, its line breaks, and where the last of its
	// lines ended.
	from    int64
	lines   uint64
	lineEnd int64

	// salvage says that a block which the disk cannot read is zeros, so that what is around it is saved.
	salvage bool
}

const (
	readSize  = 256 << 10
	readBlock = 4096
)

// next returns the next record, whose bytes are those of the buffer until the next call, or false for a
// piece of the file that is damaged. Its error is [io.EOF] at the end, else that of the file.
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

// spoolBatch is what the reader has in its hands: events up to a record's number.
type spoolBatch struct {
	events []event.Event
	dead   []deadLetter // records whose checksum is right and that are no events
	upTo   uint64
}

// spoolReader reads batches from where the cursor is. It belongs to one goroutine.
type spoolReader struct {
	st     *spoolStore
	sc     scanner
	first  uint64 // the segment's that is open
	want   uint64 // the next record
	faults int    // of reading at one place

	bad, harmed uint64 // records of this batch that are damaged, and of them those of this process
}

const (
	maxBatchBytes = 4 << 20
	maxReadFaults = 3
)

// read fills the batch with what comes next, of one segment; upTo stays 0 when nothing waits.
func (r *spoolReader) read(b *spoolBatch, most int) error {
	for {
		err := r.readOnce(b, most)
		if r.st.take(b.upTo) || err == nil && b.upTo == 0 {
			r.st.harmed.Add(r.harmed)
			r.st.lost("damaged", r.bad)
			return err
		}
		// The batch was dropped while it was read, to make room, and was counted then.
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
			break // what was read before is delivered first
		}
		if err != nil {
			return r.fault(b, seg, end, err)
		}
		if !ok {
			_ = r.st.damaged.keep(r.sc.f, seg.name(), r.sc.from, r.sc.off)
			continue
		}
		if rec.number < r.want || rec.number >= end {
			continue // done before, or of a batch that failed and whose numbers were given again
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

// place returns the segment in which the next record is, and the number that follows its last one.
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
		_ = r.sc.f.Close() // it was read
		r.sc.f = nil
	}
}

// skip notes the records from the one that is next up to number as damaged. They are counted when the batch is
// taken.
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

// fault is called when the segment could not be read. It is tried again for as long as it takes, but for two
// cases: what another program has removed or cut off is given up, and blocks that the disk itself cannot read, a few
// times in a row, are left out.
func (r *spoolReader) fault(b *spoolBatch, seg segment, end uint64, err error) error {
	r.close()
	r.want = 0 // from the cursor
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
