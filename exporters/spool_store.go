package exporters

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	root        *os.Root
	lock        *os.File
	limit, most int64 // bytes of all segments, and of one
	newest      bool  // what is kept when it is full
	damaged     *sideFile
	lost        func(why string, events uint64)

	// active is the last segment's file, nil when a new one is to be begun. It is the writer's.
	active *os.File
	cursor cursor // the reader's

	mu      sync.Mutex
	segs    []segment // the oldest first; never empty
	used    int64
	next    uint64 // the number of the next record
	at      uint64 // where the cursor is: the number of the first record that is not done
	reading uint64 // from here on the reader reads
	sending uint64 // up to here the exporter has the events in its hands
	settled uint64 // of those behind the cursor, delivered or dead letters: counted when they are dropped
}

// openStore opens or makes the directory, which it locks, and brings it in order.
func openStore(dir string, cfg *settings, lost func(string, uint64)) (_ *spoolStore, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	st := &spoolStore{
		root: root, limit: cfg.bytes, most: min(maxSegment, cfg.bytes/8), newest: cfg.newest, lost: lost,
		damaged: &sideFile{root: root, name: damagedName, limit: cfg.bytes / 16},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.close())
		}
	}()
	if st.lock, err = lockDir(root); err != nil {
		return nil, err
	}
	syncParent(dir)
	if st.at, err = st.cursor.open(root); err != nil {
		return nil, err
	}
	if err := st.list(); err != nil {
		return nil, err
	}
	return st, st.begin()
}

// syncParent makes a new directory's own name durable, where the system can.
func syncParent(dir string) {
	if parent, err := os.OpenRoot(filepath.Dir(filepath.Clean(dir))); err == nil {
		_ = syncDir(parent)
		_ = parent.Close()
	}
}

// list finds the segments.
func (st *spoolStore) list() error {
	entries, err := fs.ReadDir(st.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("reading the directory: %w", err)
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), segmentExt)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || first > maxNumber || !e.Type().IsRegular() || e.Name() != (segment{first: first}).name() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return fmt.Errorf("segment %s: %w", e.Name(), err)
		}
		st.segs = append(st.segs, segment{first, info.Size()})
		st.used += info.Size()
	}
	slices.SortFunc(st.segs, func(a, b segment) int {
		if a.first < b.first {
			return -1
		}
		return 1 // names differ
	})
	return nil
}

// begin finds out where the records end, and opens the last segment to append to.
func (st *spoolStore) begin() error {
	if len(st.segs) == 0 {
		st.at = max(1, st.at)
		st.next = st.at
		return st.rotate()
	}
	last := &st.segs[len(st.segs)-1]
	f, err := st.root.OpenFile(last.name(), os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("opening the last segment: %w", err)
	}
	end, next, err := st.scan(f, *last)
	if err == nil && end < last.size {
		_ = st.damaged.keep(f, last.name(), end, last.size)
		if err = f.Truncate(end); err == nil {
			err = f.Sync()
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("segment %s: cutting its torn end: %w", last.name(), err), f.Close())
	}
	st.used -= last.size - end
	last.size = end
	st.active = f
	st.at = max(st.at, st.segs[0].first)
	st.next = max(next, st.at)
	st.sweep()
	return nil
}

// scan returns where the segment's whole lines end, and the number that follows theirs. A line that is
// damaged has a number too: the reader will come across it.
func (st *spoolStore) scan(f *os.File, seg segment) (end int64, next uint64, err error) {
	sc := &scanner{f: f, limit: seg.size}
	next = seg.first
	for {
		r, ok, err := sc.next()
		switch {
		case errors.Is(err, io.EOF):
			return end, next, nil
		case err != nil:
			return 0, 0, err
		case ok:
			next, end = max(next, r.number+1), sc.off
		case sc.lines > 0:
			next += sc.lines
			end = sc.lineEnd
		}
	}
}

// append makes the records of one batch durable: one write, one sync. Only the writer calls it.
func (st *spoolStore) append(b []byte, events int) error {
	if err := st.makeRoom(int64(len(b))); err != nil {
		return err
	}
	last, waiting := st.last()
	if st.active == nil || last.size > 0 && last.size+int64(len(b)) > st.most {
		if err := st.rotate(); err != nil {
			return err
		}
		last.size = 0
	}
	err := st.write(b, last.size)
	if err != nil && waiting == 0 && last.size > 0 {
		// Where the disk is full, what the segment has is delivered, and makes room.
		if err = st.rotate(); err == nil {
			err = st.write(b, 0)
		}
	}
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.segs[len(st.segs)-1].size += int64(len(b))
	st.used += int64(len(b))
	st.next += uint64(events) //nolint:gosec // a length
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
		// What was written of it must not be taken for records when the next batch is shorter.
		if st.active.Truncate(end) != nil {
			st.abandon()
		}
		return fmt.Errorf("writing %d bytes: %w", len(b), err)
	}
	if err := st.active.Sync(); err != nil {
		// After a sync that failed nobody knows what the disk has of the file, and a second one may
		// succeed without having written it: no more is added to this file.
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
	st.mu.Unlock()
	f, err := st.root.OpenFile(seg.name(), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("beginning a segment: %w", err)
	}
	if err := syncDir(st.root); err != nil {
		return errors.Join(err, f.Close())
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
			if err := st.rotate(); err != nil {
				return err
			}
		case !st.newest:
			return fmt.Errorf("%w: %d events wait in %d bytes: is the sink away for long?", ErrSpoolFull, waiting, st.limit)
		}
		if st.newest {
			st.dropOldest()
		}
	}
}

// dropOldest drops the oldest segment, if it is not the last one.
func (st *spoolStore) dropOldest() {
	st.mu.Lock()
	var dropped uint64
	if len(st.segs) > 1 {
		upTo := st.segs[1].first
		if from := max(st.at, st.sending); from < upTo {
			dropped = upTo - from
			dropped -= min(dropped, st.settled)
		}
		st.settled = 0
		st.at = max(st.at, upTo)
	}
	st.mu.Unlock()
	st.sweep()
	st.lost("queue_full", dropped)
}

// sweep removes the segments that the cursor has passed.
func (st *spoolStore) sweep() {
	st.mu.Lock()
	var passed []segment
	for len(st.segs) > 1 && st.segs[1].first <= st.at {
		passed = append(passed, st.segs[0])
		st.used -= st.segs[0].size
		st.segs = slices.Delete(st.segs, 0, 1)
	}
	st.mu.Unlock()
	for _, seg := range passed {
		// Emptied first: as long as the reader has it open, removing alone would not free the disk.
		if f, err := st.root.OpenFile(seg.name(), os.O_WRONLY|os.O_TRUNC, 0o600); err == nil {
			_ = f.Close()
		}
		if err := st.root.Remove(seg.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
	st.mu.Unlock()
	// The cursor is durable before a segment goes: one that was emptied, and not removed when the process
	// ended, would be taken for damage by a cursor that is still in it.
	err := st.cursor.write(at, sync || passes)
	st.mu.Lock()
	st.at = max(st.at, at)
	st.sending, st.settled = 0, 0
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
	st.sending = upTo
	return true
}

// hold says that the exporter has not taken so many of the events before upTo, and that they are dropped like
// others until resume, or false when their place was needed while it had them: then nobody has counted them.
func (st *spoolStore) hold(upTo uint64, left int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at >= upTo {
		return false
	}
	st.sending, st.settled = 0, upTo-st.at-uint64(left) //nolint:gosec // a length
	return true
}

// resume says that the exporter gets the events before upTo again, or false when they were dropped.
func (st *spoolStore) resume(upTo uint64) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.at >= upTo {
		return false
	}
	st.sending, st.settled = upTo, 0
	return true
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
	for _, f := range []*os.File{st.active, st.cursor.f} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if st.lock != nil {
		errs = append(errs, unlockDir(st.lock))
	}
	return errors.Join(append(errs, st.root.Close())...)
}
