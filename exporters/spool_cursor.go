package exporters

import (
	"fmt"
	"io"
	"os"
)

// cursor is the file that says which record is the first that is not done. It has two places: a write goes
// to the one that was not synced last, so that a torn write leaves the other. When both are damaged,
// everything that is still there is delivered again.
type cursor struct {
	f               *os.File
	turn            int64 // the place that is written to
	written, synced uint64
}

const (
	cursorLine  = 8 + 1 + 16 + 1 // checksum SP number LF
	cursorPlace = 4096           // bytes apart: pages of their own
)

// open returns the number that the file says, 0 for a new one.
func (c *cursor) open(root *os.Root) (at uint64, err error) {
	if c.f, err = root.OpenFile(cursorName, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return 0, fmt.Errorf("opening the cursor: %w", err)
	}
	for turn := range int64(2) {
		b := make([]byte, cursorLine)
		if _, err := c.f.ReadAt(b, turn*cursorPlace); err != nil {
			if err == io.EOF {
				continue
			}
			return 0, fmt.Errorf("reading the cursor: %w", err)
		}
		sum, ok1 := parseHex(b[:8])
		n, ok2 := parseHex(b[9:25])
		if ok1 && ok2 && uint32(sum) == checksum(b[9:25]) && n >= at && n <= maxNumber { //nolint:gosec // eight digits are 32 bits
			at, c.turn = n, 1-turn
		}
	}
	c.written, c.synced = at, at
	return at, syncDir(root)
}

// write writes the number down, and makes it durable if it is to be so now.
func (c *cursor) write(at uint64, sync bool) error {
	if at != c.written {
		b := make([]byte, cursorLine)
		putHex(b[9:25], at)
		putHex(b[:8], uint64(checksum(b[9:25])))
		b[8], b[25] = ' ', '\n'
		if _, err := c.f.WriteAt(b, c.turn*cursorPlace); err != nil {
			return fmt.Errorf("writing the cursor: %w", err)
		}
		c.written = at
	}
	if !sync || c.synced == at {
		return nil
	}
	if err := c.f.Sync(); err != nil {
		return fmt.Errorf("syncing the cursor: %w", err)
	}
	c.synced, c.turn = at, 1-c.turn
	return nil
}
