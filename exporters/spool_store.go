package exporters

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
)

// The files of a spool's directory, besides the segments.
const (
	lockName    = "lock"
	cursorName  = "cursor"
	deadName    = "dead.jsonl"
	damagedName = "damaged.jsonl"
	segmentExt  = ".events1" // the digit is the version of the records' form
)

// segment is a file of records. Its name is the number of the first one, and it ends where the next
// segment begins.
type segment struct {
	first uint64
	size  int64 // bytes that are durable
}

func (s segment) name() string { return fmt.Sprintf("%020d%s", s.first, segmentExt) }

// spoolStore is the spool's directory: records are appended to the last segment, and read from where
// the cursor is. Segments that the cursor has passed are removed.
type spoolStore struct {
	disk        disk
	unlock      func() error
	limit, most int64 // bytes of all segments, and of one
	newest      bool  // what is kept when it is full
	damaged     *sideFile
	lost        func(why string, events uint64)

	// active is the last segment's file, nil when a new one is to be begun. It is the writer's.
	active diskFile
	cursor cursor

	// Losses that opening has found.
	missing        uint64        // records, which are to be counted as damaged
	unread         uint64        // records that the last segment may have besides, where the disk cannot read it
	noFrom, noUpTo uint64        // numbers without records that are missed: the cursor says that they are done
	began          uint64        // the number of the first record of this process
	harmed         atomic.Uint64 // records of this process that were damaged, and of which no Flush has told

	mu      sync.Mutex
	segs    []segment // the oldest first; never empty
	used    int64
	next    uint64 // the number of the next record
	at      uint64 // where the cursor is: the number of the first record that is not done
	passed  uint64 // as far as the cursor is durable: segments before it may go
	reading uint64 // from here on the reader reads
	sending uint64 // up to here the exporter has the events in its hands
	hand    uint64 // how many of them are neither delivered, nor dead letters, nor counted
	settled uint64 // of those behind the cursor, delivered or dead letters: not counted when they are dropped
	untold  uint64 // events before the cursor that are not counted: they were dropped while the exporter had them
}

// mark returns what the cursor is to say. The caller has the lock.
func (st *spoolStore) mark() mark { return mark{st.at, st.next, st.at - min(st.at, st.untold)} }

// append makes the records of one batch durable: one write, one sync. Only the writer calls it.
func (st *spoolStore) append(b []byte, events int) error {
	if err := st.disk.Present(); err != nil {
		return err
	}
	if err := st.makeRoom(int64(len(b))); err != nil {
		return err
	}
	last, waiting := st.last()
	if st.active != nil && !st.there(last) {
		st.abandon() // another program has removed it, or cut it: records added to it would be lost, or hide that
	}
	if st.active == nil || last.size > 0 && last.size+int64(len(b)) > st.most {
		if err := st.rotate(); err != nil {
			return err
		}
		last.size = 0
	}
	err := st.write(b, last.size)
	if err != nil && waiting == 0 && last.size > 0 {
		// Where the disk is full, what the segment has is delivered, and makes room.
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
	// It outlives the process. A power cut may take it, and then only the count of what it took besides.
	if err := st.cursor.write(m, false); err != nil {
		otel.Handle(fmt.Errorf("cairn: spool: %w", err))
	}
	return nil
}

// there reports whether the active segment still has its name, and all that was written to it.
func (st *spoolStore) there(seg segment) bool {
	own, err := st.active.Stat()
	if err != nil || own.Size() < seg.size {
		return false
	}
	now, err := st.disk.Lstat(seg.name())
	return err == nil && st.disk.Same(now, own)
}

// whole returns an error where files are gone that have what is not delivered.
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
		at = st.at // it may have been delivered meanwhile
		st.mu.Unlock()
		if end > at {
			return fmt.Errorf("segment %s, with events that are not delivered, was removed or made shorter: they are lost, but for what was read already", seg.name()) //nolint:err113 // read by people
		}
	}
	return nil
}

// last returns the last segment, and how many events are not done.
func (st *spoolStore) last() (last segment, waiting uint64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.segs[len(st.segs)-1], st.next - st.at
}

// write writes b at the end of the active segment, and syncs it.
func (st *spoolStore) write(b []byte, end int64) error {
	if _, err := st.active.WriteAt(b, end); err != nil {
		// The part that was written must not be read as records when the next batch is shorter.
		if st.active.Truncate(end) != nil {
			st.abandon()
		}
		return fmt.Errorf("writing %d bytes: %w", len(b), err)
	}
	if err := st.active.Sync(); err != nil {
		// After a failed sync it is unknown what the disk has of the file, and a second sync may succeed without having
		// written it. So no more records are added to this file.
		_ = st.active.Truncate(end)
		st.abandon()
		return fmt.Errorf("syncing %d bytes: %w", len(b), err)
	}
	return nil
}

func (st *spoolStore) abandon() {
	_ = st.active.Close() // what was acknowledged has been synced
	st.active = nil
}

// rotate begins a new segment. It may have the name of the last one, when that is empty.
func (st *spoolStore) rotate() error {
	st.mu.Lock()
	seg := segment{first: st.next}
	empty := len(st.segs) > 0 && st.segs[len(st.segs)-1] == seg // the last one: no sweep removes that
	st.mu.Unlock()
	if empty {
		// Nothing was added to it, and a sync of it may have failed: a new file has nothing of that.
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

// makeRoom sees to it that so many bytes more are within the bound.
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

// dropOldest drops the oldest segment, if it is not the last one. What is dropped is counted before the cursor says
// that it is done: a process that is killed between the two has counted what the next one delivers, or counts again,
// and never less. What the exporter has is counted when it is known what became of it, so the cursor says meanwhile
// that it is not told.
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

// pass makes durable where the cursor is, and removes the segments before it: they are missed after a power
// cut if they went first.
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

// sweep removes the segments that the cursor has passed, and durably so.
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
		// Emptied first: as long as the reader has it open, removing alone would not free the disk.
		if f, err := st.disk.Open(seg.name(), os.O_RDWR); err == nil {
			_ = f.Truncate(0)
			_ = f.Close()
		}
		if err := st.disk.Remove(seg.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			// It is behind the cursor, and removed when the spool is opened again.
			otel.Handle(fmt.Errorf("cairn: spool: removing the delivered segment %s: %w", seg.name(), err))
		}
	}
}

// ack moves the cursor: what is before upTo is done. Sync makes that durable now; without it, it
// outlives the process, and a power cut before the next sync makes duplicates. Only the reader calls it.
func (st *spoolStore) ack(upTo uint64, sync bool) error {
	st.mu.Lock()
	at := max(st.at, upTo)
	passes := len(st.segs) > 1 && st.segs[1].first <= at
	st.hand, st.untold = 0, 0 // what the exporter had is delivered, a dead letter, or counted
	m := mark{at, st.next, at}
	st.mu.Unlock()
	// The cursor is durable before a segment goes: one that is gone, or was emptied, would be taken for damage
	// by a cursor that is still in it.
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

// take says that the reader has what is before upTo in its hands, or false when some of it was dropped
// while it was read.
func (st *spoolStore) take(upTo uint64) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at > st.reading {
		return false
	}
	st.sending, st.hand = upTo, upTo-min(upTo, st.at)
	return true
}

// hold says that the exporter has not taken so many of the events before upTo, and that they are dropped like
// others until resume, or false when their place was needed while it had them: then they are not counted yet.
func (st *spoolStore) hold(upTo uint64, left int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at >= upTo {
		return false
	}
	st.sending, st.hand, st.settled = 0, 0, upTo-st.at-uint64(left)
	return true
}

// resume says that the exporter gets those that are left of the events before upTo again, or false when they were
// dropped.
func (st *spoolStore) resume(upTo uint64, left int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at >= upTo {
		return false
	}
	st.sending, st.hand, st.settled = upTo, uint64(left), 0
	return true
}

// done returns the number of the first event that is not done, 0 while the exporter has some before it that were
// dropped and are not counted.
func (st *spoolStore) done() uint64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.untold > 0 {
		return 0
	}
	return st.at
}

// countLosses counts what opening has found to be lost, and has the cursor say so then: a process that is killed
// before it leaves the count to the next one.
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
		otel.Handle(fmt.Errorf("cairn: spool: %w", err))
	}
}

// load returns how many events wait and are being exported, the number of the next one, and how many
// bytes the segments are.
func (st *spoolStore) load() (waiting, sending, next uint64, used int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.sending > st.at {
		sending = st.sending - st.at
	}
	return st.next - st.at - sending, sending, st.next, st.used
}

// close gives everything back, the lock last.
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
