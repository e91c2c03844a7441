package exporters

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel"
)

// openStore opens or makes the directory, which it locks, and brings it in order.
func openStore(dir string, cfg *settings, lost func(string, uint64)) (_ *spoolStore, err error) {
	open := cfg.open
	if open == nil {
		open = madeFolder
	}
	d, err := open(dir)
	if err != nil {
		return nil, err
	}
	st := &spoolStore{
		disk: d, limit: cfg.bytes, most: min(maxSegment, cfg.bytes/8), newest: cfg.overflow == DropOldest, lost: lost,
		damaged: &sideFile{disk: d, name: damagedName, limit: cfg.bytes / 16},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.close())
		}
	}()
	if st.unlock, err = d.Lock(); err != nil {
		return nil, err
	}
	m, known, err := st.cursor.open(d)
	if err != nil {
		return nil, err
	}
	if err := st.list(); err != nil {
		return nil, err
	}
	return st, st.begin(m, known)
}

// madeFolder opens the folder, which it makes where there is none.
func madeFolder(dir string) (disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory: %w", err)
	}
	d, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	syncParent(dir)
	return d, nil
}

// syncParent makes a new directory's own name durable, where the system can.
func syncParent(dir string) {
	if parent, err := os.OpenRoot(filepath.Dir(filepath.Clean(dir))); err == nil {
		_ = syncDir(parent)
		_ = parent.Close()
	}
}

// list finds the segments, and sets aside what has the name of one and is none.
func (st *spoolStore) list() error {
	entries, err := st.disk.List()
	if err != nil {
		return fmt.Errorf("reading the directory: %w", err)
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), segmentExt)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || first > maxNumber || e.Name() != (segment{first: first}).name() {
			continue
		}
		f, err := st.disk.Open(e.Name(), os.O_RDONLY)
		if errors.Is(err, errNotOurs) {
			if err := setAside(st.disk, e.Name()); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("segment %s: %w", e.Name(), err)
		}
		info, err := f.Stat()
		if err == nil {
			st.segs = append(st.segs, segment{first, info.Size()})
			err = st.named(f, &st.segs[len(st.segs)-1])
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("segment %s: %w", e.Name(), err)
		}
	}
	slices.SortFunc(st.segs, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	for _, seg := range st.segs {
		st.used += seg.size
	}
	return nil
}

// named gives a segment that another program has renamed its own name again: its records would be taken for others,
// that are done. Where there is a file of that name already, it is set aside.
func (st *spoolStore) named(f diskFile, seg *segment) error {
	sc := &scanner{f: f, limit: seg.size}
	for {
		r, ok, err := sc.next()
		if errors.Is(err, io.EOF) || medium(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if r.number >= seg.first {
			return nil // the rest is the reader's
		}
		was, is := seg.name(), segment{first: r.number}
		if _, err := st.disk.Lstat(is.name()); err == nil {
			st.segs = st.segs[:len(st.segs)-1]
			return setAside(st.disk, was)
		}
		otel.Handle(fmt.Errorf("cairn: spool: %s begins with record %d: it is %s now", was, r.number, is.name())) //nolint:err113 // a report, no caller branches on it
		seg.first = r.number
		return st.disk.Rename(was, is.name())
	}
}

// begin finds out where the records end, whether what the cursor speaks of is there, and opens the last
// segment to append to, or begins one.
func (st *spoolStore) begin(m mark, known bool) error {
	st.at, st.next, st.untold = max(1, m.at), max(1, m.at, m.next), m.at-m.told
	if len(st.segs) == 0 {
		st.missing = st.next - st.at
		st.at = st.next
		return st.start(m, known, false)
	}
	end, appendable, err := st.openLast()
	if err != nil {
		return err
	}
	first := st.segs[0].first
	again := false
	switch {
	case !known:
		st.at, again = first, true
	case m.at < first:
		st.missing = first - st.at
		st.at = first
	case m.at > end:
		// Either the end of the records is gone, or the cursor is of another directory, and nothing of
		// this is done.
		st.at, again = first, true
		st.noFrom, st.noUpTo = end, m.at
		otel.Handle(fmt.Errorf("cairn: spool: the cursor is at record %d and the records end before %d: those are delivered again", m.at, end)) //nolint:err113 // as above
	}
	if st.next <= end {
		st.next = end + st.unread // the cursor does not say how many there are
	}
	if st.next > end {
		appendable = false                                                                                                     // so that the reader misses what is between
		otel.Handle(fmt.Errorf("cairn: spool: records %d up to %d were acknowledged and are gone", max(end, m.at), st.next-1)) //nolint:err113 // as above
	}
	return st.start(m, known && !again, appendable)
}

// start writes down where the cursor is, and begins a segment where the last one is not to be added to. Where
// records are missing the cursor stays before them until they are counted: opening may still fail, and the next one
// misses them as well.
func (st *spoolStore) start(m mark, known, appendable bool) error {
	st.began = st.next
	now := st.mark()
	var err error
	switch {
	case st.missing > 0:
	case known && now.at >= m.at:
		err = st.cursor.write(now, true)
	default:
		err = st.cursor.reset(now)
	}
	if err != nil {
		return err
	}
	if st.missing == 0 {
		st.passed = st.at
	}
	if !appendable {
		if st.active != nil {
			st.abandon()
		}
		return st.rotate()
	}
	st.sweep()
	return nil
}

// openLast opens the last segment, cuts its torn end, and says where the records end and whether more may
// be added.
func (st *spoolStore) openLast() (next uint64, appendable bool, err error) {
	last := &st.segs[len(st.segs)-1]
	f, err := st.disk.Open(last.name(), os.O_RDWR)
	appendable = err == nil
	if errors.Is(err, errNotOurs) { // it has a second name, and is read only
		f, err = st.disk.Open(last.name(), os.O_RDONLY)
	}
	if err != nil {
		return 0, false, fmt.Errorf("opening the last segment: %w", err)
	}
	end, next, err := st.scan(f, *last)
	if medium(err) {
		// The reader saves what it can of it.
		otel.Handle(fmt.Errorf("cairn: spool: segment %s: %w", last.name(), err))
		st.unread = unknown(end, last.size, next-last.first)
		return next, false, f.Close() //nolint:wrapcheck // it was only read
	}
	if err == nil && appendable && end < last.size {
		_ = st.damaged.keep(f, last.name(), end, last.size)
		if err = f.Truncate(end); err == nil {
			err = f.Sync()
		}
	}
	if err != nil {
		return 0, false, errors.Join(fmt.Errorf("segment %s: cutting its torn end: %w", last.name(), err), f.Close())
	}
	st.used -= last.size - end
	last.size = end
	if !appendable {
		return next, false, f.Close() //nolint:wrapcheck // it was only read
	}
	st.active = f
	return next, true, nil
}

// unknown says how many records there may be in a segment of that size behind the place end, which are not known
// since the disk cannot read them: as many as so many bytes have on the average of the known ones, which are before
// it. Their numbers must not be given again, for then nothing would miss them.
func unknown(end, size int64, known uint64) uint64 {
	const least = recordHead + int64(len("{}\n"))
	each := least
	if known > 0 {
		each = max(least, end/int64(known))
	}
	return uint64((size - end + each - 1) / each)
}

// scan returns where the segment's whole lines end, and the number that follows theirs. A line that is
// damaged has a number too: the reader will come across it. Blocks that the disk cannot read are left out, and
// are the error at the end.
func (st *spoolStore) scan(f diskFile, seg segment) (end int64, next uint64, err error) {
	sc := &scanner{f: f, limit: seg.size}
	next = seg.first
	var unread error
	for {
		r, ok, err := sc.next()
		switch {
		case errors.Is(err, io.EOF):
			return end, next, unread
		case medium(err) && !sc.salvage:
			sc.salvage, unread = true, err
		case err != nil:
			return end, next, err
		case ok:
			next, end = max(next, r.number+1), sc.off
		case sc.lines > 0:
			next += sc.lines
			end = sc.lineEnd
		}
	}
}
