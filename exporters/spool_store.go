package exporters

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

// The files of a spool's directory, besides the segments.
const (
	lockName    = "lock"
	cursorName  = "cursor"
	deadName    = "dead.jsonl"
	damagedName = "damaged.jsonl"
	segmentExt  = ".events1" // the digit is the version of the records' form
)

// segment is a file of records. Its name is the number of its first record. Its last record is the one before the first record of
// the next segment.
type segment struct {
	first uint64
	size  int64 // the number of durable bytes
}

func (s segment) name() string { return fmt.Sprintf("%020d%s", s.first, segmentExt) }

// spoolStore is the directory of a spool. The writer appends records to the last segment. The reader reads from the position of
// the cursor on. The store removes the segments that the cursor has passed.
type spoolStore struct {
	name        string // of the queue, for reports
	disk        disk
	unlock      func() error
	limit, most int64 // the bounds in bytes of all segments, and of one segment
	newest      bool  // a full store drops the oldest events, and not the new ones
	damaged     *sideFile
	lost        func(why string, events uint64)

	// active is the file of the last segment, or nil if the next append begins a new one. Only the writer uses it.
	active diskFile
	cursor cursor

	// The losses that were found when the store was opened.
	missing        uint64        // records that countLosses counts as damaged
	unread         uint64        // an estimate of the records in the part of the last segment that the disk cannot read
	noFrom, noUpTo uint64        // a range of numbers without records that is no loss, because the cursor says that they are done
	began          uint64        // the number of the first record of this process
	harmed         atomic.Uint64 // damaged records of this process that no Flush has reported yet

	mu      sync.Mutex
	segs    []segment // the oldest first; never empty
	used    int64
	next    uint64 // the number of the next record
	at      uint64 // the position of the cursor: the number of the first record that is not done
	passed  uint64 // the durable position of the cursor: segments before it may be removed
	reading uint64 // the number at which the reader began its batch
	sending uint64 // the exporter has the records from at up to this number, exclusive
	hand    uint64 // how many of these are neither delivered, nor dead letters, nor counted
	settled uint64 // how many records from at on are delivered or dead letters: they are not counted if they are dropped
	untold  uint64 // how many records before at are not counted yet, because they were dropped while the exporter had them
}

// mark returns the content for the cursor file. The caller holds the lock.
func (st *spoolStore) mark() mark { return mark{st.at, st.next, st.at - min(st.at, st.untold)} }

// append writes the records of one batch and syncs them, with one write and one sync. Only the writer calls it.
func (st *spoolStore) append(b []byte, events int) error {
	if err := st.disk.Present(); err != nil {
		return err
	}
	if err := st.makeRoom(int64(len(b))); err != nil {
		return err
	}
	last, waiting := st.last()
	if st.active != nil && !st.there(last) {
		st.abandon() // another program has removed it or cut it off: records appended to it would be lost, or would hide the cut
	}
	if st.active == nil || last.size > 0 && last.size+int64(len(b)) > st.most {
		if err := st.rotate(); err != nil {
			return err
		}
		last.size = 0
	}
	err := st.write(b, last.size)
	if err != nil && waiting == 0 && last.size > 0 {
		// The disk may be full. All records of the segment are delivered, so that removing it makes room.
		if err = st.pass(); err == nil {
			err = st.rotate()
		}
		if err == nil {
			err = st.write(b, 0)
		}
	}
	if err != nil {
		return err
	}
	st.mu.Lock()
	st.segs[len(st.segs)-1].size += int64(len(b))
	st.used += int64(len(b))
	st.next += uint64(events)
	m := st.mark()
	st.mu.Unlock()
	// Without a sync this write survives the end of the process. A power cut may undo it. Then opening cannot tell how many
	// records the power cut took.
	if err := st.cursor.write(m, false); err != nil {
		reportAs(st.name, err)
	}
	return nil
}

// there reports whether the active segment still has its name and all bytes that were written to it.
func (st *spoolStore) there(seg segment) bool {
	own, err := st.active.Stat()
	if err != nil || own.Size() < seg.size {
		return false
	}
	now, err := st.disk.Lstat(seg.name())
	return err == nil && st.disk.Same(now, own)
}

// whole returns an error if a file with records that are not delivered was removed or cut off.
func (st *spoolStore) whole() error {
	if err := st.disk.Present(); err != nil {
		return err
	}
	st.mu.Lock()
	segs, at, next := slices.Clone(st.segs), st.at, st.next
	st.mu.Unlock()
	for i, seg := range segs {
		end := next
		if i+1 < len(segs) {
			end = segs[i+1].first
		}
		if end <= at || seg.size == 0 {
			continue
		}
		info, err := st.disk.Lstat(seg.name())
		if err == nil && info.Size() >= seg.size {
			continue
		}
		st.mu.Lock()
		at = st.at // the records may have been delivered meanwhile
		st.mu.Unlock()
		if end > at {
			return fmt.Errorf("segment %s, with events that are not delivered, was removed or made shorter: they are lost, but for what was read already", seg.name()) //nolint:err113 // read by people
		}
	}
	return nil
}

// last returns the last segment, and the number of events that are not done.
func (st *spoolStore) last() (last segment, waiting uint64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.segs[len(st.segs)-1], st.next - st.at
}

// write writes b at the end of the active segment, and syncs it.
func (st *spoolStore) write(b []byte, end int64) error {
	if _, err := st.active.WriteAt(b, end); err != nil {
		// A part of b may be written. It must not be read as records behind a shorter next batch.
		if st.active.Truncate(end) != nil {
			st.abandon()
		}
		return fmt.Errorf("writing %d bytes: %w", len(b), err)
	}
	if err := st.active.Sync(); err != nil {
		// After a failed sync the content of the file on the disk is unknown, and a second sync may succeed without writing
		// anything. The writer therefore appends no more records to this file.
		_ = st.active.Truncate(end)
		st.abandon()
		return fmt.Errorf("syncing %d bytes: %w", len(b), err)
	}
	return nil
}

func (st *spoolStore) abandon() {
	_ = st.active.Close() // all acknowledged records are synced
	st.active = nil
}

// rotate begins a new segment. If the last segment is empty, the new one gets its name.
func (st *spoolStore) rotate() error {
	st.mu.Lock()
	seg := segment{first: st.next}
	empty := len(st.segs) > 0 && st.segs[len(st.segs)-1] == seg // sweep never removes the last segment
	st.mu.Unlock()
	if empty {
		// A sync of the empty file may have failed. A new file does not have that fault.
		if err := st.disk.Remove(seg.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("beginning a segment: %w", err)
		}
	}
	f, err := create(st.disk, seg.name())
	if err != nil {
		return fmt.Errorf("beginning a segment: %w", err)
	}
	if err := st.disk.SyncFolder(); err != nil {
		return errors.Join(fmt.Errorf("beginning a segment: %w", err), f.Close(), st.disk.Remove(seg.name()))
	}
	if st.active != nil {
		st.abandon()
	}
	st.active = f
	st.mu.Lock()
	if n := len(st.segs); n == 0 || st.segs[n-1].first != seg.first {
		st.segs = append(st.segs, seg)
	}
	st.mu.Unlock()
	st.sweep()
	return nil
}

// makeRoom makes room for need more bytes within the bound, or returns an error that wraps [ErrSpoolFull].
func (st *spoolStore) makeRoom(need int64) error {
	if need > st.limit {
		return fmt.Errorf("%w: %d bytes, and all of it is %d", errTooMuch, need, st.limit)
	}
	for {
		st.mu.Lock()
		fits, one := st.used+need <= st.limit, len(st.segs) == 1
		waiting := st.next - st.at
		st.mu.Unlock()
		switch {
		case fits:
			return nil
		case one && (waiting == 0 || st.newest):
			if err := st.pass(); err != nil {
				return err
			}
			if err := st.rotate(); err != nil {
				return err
			}
		case !st.newest:
			return fmt.Errorf("%w: %d events wait in %d bytes: is the sink away for long?", ErrSpoolFull, waiting, st.limit)
		}
		if st.newest {
			if err := st.dropOldest(); err != nil {
				return err
			}
		}
	}
}

// dropOldest drops the oldest segment, if it is not the last one. It counts the dropped records before it moves the cursor. If
// the process is killed between the two, the next process delivers or counts them again, so that no loss is uncounted. The
// records that the exporter has at that moment are counted when the result of the call is known. Until then the cursor has
// them as not counted.
func (st *spoolStore) dropOldest() error {
	st.mu.Lock()
	var dropped uint64
	if len(st.segs) > 1 && st.at < st.segs[1].first {
		upTo := st.segs[1].first
		if st.sending > st.at {
			st.untold += st.hand
		}
		dropped = upTo - max(st.at, st.sending)
		dropped -= min(dropped, st.settled)
		st.settled = 0
		st.at = upTo
	}
	st.mu.Unlock()
	st.lost("queue_full", dropped)
	return st.pass()
}

// pass syncs the cursor and removes the segments before it, in this order: if a power cut undid the move of the cursor, removed
// segments would count as damage.
func (st *spoolStore) pass() error {
	st.mu.Lock()
	m := st.mark()
	st.mu.Unlock()
	if err := st.cursor.write(m, true); err != nil {
		return err
	}
	st.mu.Lock()
	st.passed = max(st.passed, m.at)
	st.mu.Unlock()
	st.sweep()
	return nil
}

// sweep removes the segments that the durable cursor has passed.
func (st *spoolStore) sweep() {
	st.mu.Lock()
	var passed []segment
	for len(st.segs) > 1 && st.segs[1].first <= st.passed {
		passed = append(passed, st.segs[0])
		st.used -= st.segs[0].size
		st.segs = slices.Delete(st.segs, 0, 1)
	}
	st.mu.Unlock()
	for _, seg := range passed {
		// The file is emptied first, because removing alone does not free the disk while the reader has the file open.
		if f, err := st.disk.Open(seg.name(), os.O_RDWR); err == nil {
			_ = f.Truncate(0)
			_ = f.Close()
		}
		if err := st.disk.Remove(seg.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			// The segment is before the cursor. The next opening of the spool removes it.
			reportAs(st.name, fmt.Errorf("removing the delivered segment %s: %w", seg.name(), err))
		}
	}
}

// ack moves the cursor: the records before upTo are done. With sync, the move is durable when ack returns. Without it, the move
// survives the end of the process, and a power cut before the next sync makes duplicates. Only the reader calls it.
func (st *spoolStore) ack(upTo uint64, sync bool) error {
	st.mu.Lock()
	at := max(st.at, upTo)
	passes := len(st.segs) > 1 && st.segs[1].first <= at
	st.hand, st.untold = 0, 0 // each record that the exporter had is delivered, a dead letter, or counted
	m := mark{at, st.next, at}
	st.mu.Unlock()
	// The cursor is durable before sweep removes a segment. A cursor that still points into a removed segment would be read as
	// damage.
	sync = sync || passes
	err := st.cursor.write(m, sync)
	st.mu.Lock()
	st.at = max(st.at, at)
	st.sending, st.settled = 0, 0
	if err == nil && sync {
		st.passed = max(st.passed, at)
	}
	st.mu.Unlock()
	st.sweep()
	return err
}

// take marks the records before upTo as being exported. It returns false if some of them were dropped while the reader read
// them.
func (st *spoolStore) take(upTo uint64) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at > st.reading {
		return false
	}
	st.sending, st.hand = upTo, upTo-min(upTo, st.at)
	return true
}

// hold marks left of the records before upTo as waiting again: until resume they may be dropped like others. It returns false if
// they were dropped while the exporter had them. The caller then counts them.
func (st *spoolStore) hold(upTo uint64, left int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at >= upTo {
		return false
	}
	st.sending, st.hand, st.settled = 0, 0, upTo-st.at-uint64(left)
	return true
}

// resume marks left of the records before upTo as being exported again. It returns false if they were dropped since hold.
func (st *spoolStore) resume(upTo uint64, left int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at >= upTo {
		return false
	}
	st.sending, st.hand, st.settled = upTo, uint64(left), 0
	return true
}

// done returns the number of the first record that is not done. It returns 0 while records before it that were dropped are not
// counted yet.
func (st *spoolStore) done() uint64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.untold > 0 {
		return 0
	}
	return st.at
}

// countLosses counts the losses that were found when the store was opened, and moves the cursor past them after that. If the
// process is killed before the move, the next process counts them.
func (st *spoolStore) countLosses() {
	if st.missing == 0 && st.untold == 0 {
		return
	}
	st.lost("damaged", st.missing)
	st.lost("queue_full", st.untold)
	st.mu.Lock()
	st.untold = 0
	st.mu.Unlock()
	if err := st.pass(); err != nil {
		reportAs(st.name, err)
	}
}

// load returns the number of events that wait, the number of events that are being exported, the number of the next record, and
// the size of all segments in bytes.
func (st *spoolStore) load() (waiting, sending, next uint64, used int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.sending > st.at {
		sending = st.sending - st.at
	}
	return st.next - st.at - sending, sending, st.next, st.used
}

// close closes the files and the directory. It releases the lock after the files.
func (st *spoolStore) close() error {
	var errs []error
	if st.active != nil {
		errs = append(errs, st.active.Close())
	}
	errs = append(errs, st.cursor.close())
	if st.unlock != nil {
		errs = append(errs, st.unlock())
	}
	return errors.Join(append(errs, st.disk.Close())...)
}
