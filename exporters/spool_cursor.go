package exporters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// mark is the content of the cursor file:
//
//   - at is the number of the first record that is not done.
//   - next is the number after the last acknowledged record. With it, opening notices that the last segment is missing.
//   - told is at minus the number of events that were dropped while the exporter had them and that are not counted yet. If the
//     process is killed, the next process counts them.
//
// None of the three decreases while a process runs.
type mark struct{ at, next, told uint64 }

// merge returns the later of two marks of one process, number by number.
func (m mark) merge(other mark) mark {
	return mark{max(m.at, other.at), max(m.next, other.next), max(m.told, other.told)}
}

// cursor is the file with the mark. The file has two slots. A write goes to the slot that was not synced last, so that a torn
// write leaves the other slot intact. If both slots are damaged, the spool delivers all records that are on the disk again.
// Safe for concurrent use.
type cursor struct {
	disk disk

	mu              sync.Mutex
	f               diskFile
	turn            int64 // the slot of the next write: 0 or 1
	written, synced mark
	broken          bool // a call has failed, so that the next write makes a new file
}

const (
	cursorLine  = 8 + 3*17 + 1 // checksum SP at SP next SP told LF; earlier versions wrote at alone, or at and next
	cursorPlace = 4096         // the distance of the slots in bytes, so that each is in a page of its own
	cursorNew   = cursorName + ".new"
)

// open opens the file and returns its mark. known is false if there is no file, or if it has no valid mark.
func (c *cursor) open(d disk) (m mark, known bool, err error) {
	c.disk = d
	c.f, err = d.Open(cursorName, os.O_RDWR)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.broken = true
		return mark{}, false, nil
	case errors.Is(err, errNotOurs):
		c.broken = true
		return mark{}, false, setAside(d, cursorName)
	case err != nil:
		return mark{}, false, fmt.Errorf("opening the cursor: %w", err)
	}
	for turn := range int64(2) {
		b := make([]byte, cursorLine)
		n, err := c.f.ReadAt(b, turn*cursorPlace)
		if err != nil && !errors.Is(err, io.EOF) && !medium(err) {
			return mark{}, false, fmt.Errorf("reading the cursor: %w", err)
		}
		if said, ok := parseMark(b[:n]); ok && said.at >= m.at {
			if said.at > m.at || said.next >= m.next {
				c.turn = 1 - turn
			}
			m, known = said.merge(m), true
		}
	}
	c.written, c.synced = m, m
	c.broken = !known
	return m, known, nil
}

// parseMark parses the content of a slot.
func parseMark(b []byte) (m mark, ok bool) {
	for _, numbers := range []int{3, 2, 1} {
		said, ok := parseNumbers(b, numbers)
		if !ok {
			continue
		}
		m = mark{said[0], said[1], said[2]}
		if numbers < 2 {
			m.next = m.at
		}
		if numbers < 3 {
			m.told = m.at
		}
		return m, m.told <= m.at
	}
	return mark{}, false
}

// parseNumbers parses a line with the given number of numbers.
func parseNumbers(b []byte, numbers int) (said [3]uint64, ok bool) {
	end := 8 + 17*numbers
	if len(b) <= end || b[end] != '\n' {
		return said, false
	}
	sum, ok := parseHex(b[:8])
	if !ok || uint32(sum) != checksum(b[9:end]) {
		return said, false
	}
	for i := range numbers {
		from := 9 + 17*i
		if said[i], ok = parseHex(b[from : from+16]); !ok || said[i] > maxNumber {
			return said, false
		}
	}
	return said, true
}

func (m mark) line() []byte {
	b := bytes.Repeat([]byte{' '}, cursorLine)
	putHex(b[9:25], m.at)
	putHex(b[26:42], m.next)
	putHex(b[43:59], m.told)
	b[cursorLine-1] = '\n'
	putHex(b[:8], uint64(checksum(b[9:cursorLine-1])))
	return b
}

// write writes the mark to the file, and syncs the file if sync is set.
func (c *cursor) write(m mark, sync bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Two goroutines write. With the later of both marks, neither undoes the write of the other.
	m = m.merge(c.written)
	if c.broken {
		return c.renew(m)
	}
	if m != c.written {
		if _, err := c.f.WriteAt(m.line(), c.turn*cursorPlace); err != nil {
			c.broken = true
			return fmt.Errorf("writing the cursor: %w", err)
		}
		c.written = m
	}
	if !sync || c.synced == m {
		return nil
	}
	if err := c.f.Sync(); err != nil {
		// A second sync of the file may succeed although the disk has not written anything.
		c.broken = true
		return fmt.Errorf("syncing the cursor: %w", err)
	}
	c.synced, c.turn = m, 1-c.turn
	return nil
}

// reset replaces the mark by m, whose numbers may be smaller.
func (c *cursor) reset(m mark) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.renew(m)
}

// renew makes a new file with the mark. The new file is durable before it gets the name of the old one. The caller holds the lock.
func (c *cursor) renew(m mark) error {
	if info, err := c.disk.Lstat(cursorNew); err == nil && info.Mode().IsRegular() {
		_ = c.disk.Remove(cursorNew) // a process that has ended left it; if the removal fails, create sets the file aside
	}
	f, err := create(c.disk, cursorNew)
	if err != nil {
		return fmt.Errorf("making a cursor: %w", err)
	}
	for turn := range int64(2) {
		_, writeErr := f.WriteAt(m.line(), turn*cursorPlace)
		err = errors.Join(err, writeErr)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = c.disk.Rename(cursorNew, cursorName)
	}
	if err == nil {
		err = c.disk.SyncFolder()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("making a cursor: %w", err), f.Close())
	}
	if c.f != nil {
		_ = c.f.Close() // the new file replaces it
	}
	c.f, c.turn, c.written, c.synced, c.broken = f, 0, m, m, false
	return nil
}

func (c *cursor) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.f == nil {
		return nil
	}
	return c.f.Close() //nolint:wrapcheck // the caller says what it was doing
}
