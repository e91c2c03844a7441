package exporters

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// mark is what the cursor says: which record is the first that is not done, and which number follows the last
// one that was acknowledged. Without the second, a last segment that is gone would not be missed.
type mark struct{ at, next uint64 }

// cursor is the file that has the mark. It has two places: a write goes to the one that was not synced last,
// so that a torn write leaves the other. When both are damaged, everything that is still there is delivered
// again. Safe for concurrent use.
type cursor struct {
	disk disk

	mu              sync.Mutex
	f               diskFile
	turn            int64 // the place that is written to
	written, synced mark
	broken          bool // a call has failed: a new file is made
}

const (
	oldCursorLine = 8 + 1 + 16 + 1     // checksum SP at LF: of an earlier version
	cursorLine    = oldCursorLine + 17 // checksum SP at SP next LF
	cursorPlace   = 4096               // bytes apart: pages of their own
	cursorNew     = cursorName + ".new"
)

// open returns what the file says, and whether it says anything.
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
			m, known = mark{said.at, max(said.next, m.next)}, true
		}
	}
	c.written, c.synced = m, m
	c.broken = !known
	return m, known, nil
}

// parseMark reads a place of the file.
func parseMark(b []byte) (m mark, ok bool) {
	if len(b) >= cursorLine && b[cursorLine-1] == '\n' {
		sum, ok1 := parseHex(b[:8])
		at, ok2 := parseHex(b[9:25])
		next, ok3 := parseHex(b[26:42])
		if ok1 && ok2 && ok3 && uint32(sum) == checksum(b[9:42]) && at <= maxNumber && next <= maxNumber { //nolint:gosec // eight digits are 32 bits
			return mark{at, next}, true
		}
	}
	if len(b) >= oldCursorLine && b[oldCursorLine-1] == '\n' {
		sum, ok1 := parseHex(b[:8])
		at, ok2 := parseHex(b[9:25])
		if ok1 && ok2 && uint32(sum) == checksum(b[9:25]) && at <= maxNumber { //nolint:gosec // as above
			return mark{at, at}, true
		}
	}
	return mark{}, false
}

func (m mark) line() []byte {
	b := make([]byte, cursorLine)
	putHex(b[9:25], m.at)
	putHex(b[26:42], m.next)
	b[8], b[25], b[42] = ' ', ' ', '\n'
	putHex(b[:8], uint64(checksum(b[9:42])))
	return b
}

// write writes the mark down, and makes it durable if it is to be so now.
func (c *cursor) write(m mark, sync bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return c.renew(m)
	}
	// Two goroutines write: neither takes back what the other has said.
	m = mark{max(m.at, c.written.at), max(m.next, c.written.next)}
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
		// A second sync would say that it went well, without having written anything.
		c.broken = true
		return fmt.Errorf("syncing the cursor: %w", err)
	}
	c.synced, c.turn = m, 1-c.turn
	return nil
}

// reset says something else, which may be less.
func (c *cursor) reset(m mark) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.renew(m)
}

// renew makes a new file, which is durable before it has the name of the other.
func (c *cursor) renew(m mark) error {
	if info, err := c.disk.Lstat(cursorNew); err == nil && info.Mode().IsRegular() {
		_ = c.disk.Remove(cursorNew) // of a process that has ended; what is still there is set aside
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
		_ = c.f.Close() // it is not used any more
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
