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
)

// openStore opens the directory, or makes it, locks it, and repairs what an earlier process left half done.
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
		name: cfg.name, disk: d, limit: cfg.bytes, most: min(maxSegment, cfg.bytes/8), newest: cfg.overflow == DropOldest, lost: lost,
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

// madeFolder opens the folder dir, and makes it first if it is missing.
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

// syncParent makes the name of a new directory durable, if the operating system can.
func syncParent(dir string) {
	if parent, err := os.OpenRoot(filepath.Dir(filepath.Clean(dir))); err == nil {
		_ = syncDir(parent)
		_ = parent.Close()
	}
}

// list finds the segments. It sets aside an entry that has the name of a segment and is not a regular file of this user.
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

// named renames a segment back that another program has renamed: under the wrong name the reader would take its records for
// records that are done. If a file with the right name exists, named sets the segment aside instead.
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
			return nil // the name is right; the reader checks the other records
		}
		was, is := seg.name(), segment{first: r.number}
		if _, err := st.disk.Lstat(is.name()); err == nil {
			st.segs = st.segs[:len(st.segs)-1]
			return setAside(st.disk, was)
		}
		reportAs(st.name, fmt.Errorf("%s begins with record %d: it is %s now", was, r.number, is.name())) //nolint:err113 // a report, no caller branches on it
		seg.first = r.number
		return st.disk.Rename(was, is.name())
	}
}

// begin finds the end of the records, compares it with the cursor, and opens the last segment for appending, or begins a new
// one.
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
		// Either the end of the records is missing, or the cursor belongs to another directory and none of these records is
		// done.
		st.at, again = first, true
		st.noFrom, st.noUpTo = end, m.at
		reportAs(st.name, fmt.Errorf("the cursor is at record %d and the records end before %d: those are delivered again", m.at, end)) //nolint:err113 // as above
	}
	if st.next <= end {
		st.next = end + st.unread // the cursor does not know how many records the unreadable part has
	}
	if st.next > end {
		appendable = false                                                                                             // so that the reader notices the gap
		reportAs(st.name, fmt.Errorf("records %d up to %d were acknowledged and are gone", max(end, m.at), st.next-1)) //nolint:err113 // as above
	}
	return st.start(m, known && !again, appendable)
}

// start writes the cursor, and begins a segment if the last one cannot be appended to. If records are missing, the cursor stays
// before them until they are counted: opening may still fail, and the next process then counts them.
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

// openLast opens the last segment and cuts its torn end off. It returns the number after its last record, and whether records may
// be appended to it.
func (st *spoolStore) openLast() (next uint64, appendable bool, err error) {
	last := &st.segs[len(st.segs)-1]
	f, err := st.disk.Open(last.name(), os.O_RDWR)
	appendable = err == nil
	if errors.Is(err, errNotOurs) { // such as a file with a second name, which is not written to
		f, err = st.disk.Open(last.name(), os.O_RDONLY)
	}
	if err != nil {
		return 0, false, fmt.Errorf("opening the last segment: %w", err)
	}
	end, next, err := st.scan(f, *last)
	if medium(err) {
		// The reader delivers the records that it can read.
		reportAs(st.name, fmt.Errorf("segment %s: %w", last.name(), err))
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

// unknown estimates how many records a segment of the given size has behind the offset end, where the disk cannot read it. It
// uses the average size of the known records before end. New records must not get the numbers of these records, because the
// reader would then not notice that these are missing.
func unknown(end, size int64, known uint64) uint64 {
	const least = recordHead + int64(len("{}\n"))
	each := least
	if known > 0 {
		each = max(least, end/int64(known))
	}
	return uint64((size - end + each - 1) / each)
}

// scan returns the offset at which the complete lines of the segment end, and the number after the last of them. A damaged line
// counts as a record, because the reader will count it. scan skips blocks that the disk cannot read, and returns their error at
// the end.
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
