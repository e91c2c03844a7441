package sqlarchive

import (
	"bytes"
	"testing"
)

// TestClearUnused: of a page only what no row uses is overwritten, and what is no page of rows stays as it is.
func TestClearUnused(t *testing.T) {
	t.Parallel()
	page := func(from int, header ...byte) []byte {
		p := bytes.Repeat([]byte{'x'}, 200)
		copy(p[from:], header)
		return p
	}
	cases := []struct {
		reason        string
		page          []byte
		first         bool
		cleared, from int // how many bytes, from where
	}{
		{"a leaf of two rows whose rows begin at 150", page(0, 13, 0, 0, 0, 2, 0, 150, 0), false, 150 - 8 - 4, 12},
		{"an inner page has a header of 12 bytes", page(0, 5, 0, 0, 0, 2, 0, 150, 0), false, 150 - 12 - 4, 16},
		{"the header of the first page follows that of the file", page(100, 13, 0, 0, 0, 0, 0, 150, 0), true, 150 - 108, 108},
		{"the rows begin where the list of rows ends", page(0, 10, 0, 0, 0, 2, 0, 12, 0), false, 0, 0},
		{"an overflow page begins with a page number", page(0, 0, 0, 0, 7), false, 0, 0},
		{"the rows begin before the list of rows ends: damaged", page(0, 13, 0, 0, 0, 2, 0, 11, 0), false, 0, 0},
		{"the rows begin behind the page: damaged", page(0, 13, 0, 0, 0, 2, 0, 201, 0), false, 0, 0},
		{"the rows begin at 65536, which is written as 0: this page is shorter", page(0, 13, 0, 0, 0, 0, 0, 0, 0), false, 0, 0},
		{"too short for a header", []byte{13, 0, 0}, false, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			want := bytes.Clone(c.page)
			clear(want[c.from : c.from+c.cleared])
			if changed := clearUnused(c.page, c.first); changed != (c.cleared > 0) || !bytes.Equal(c.page, want) {
				t.Errorf("changed: %v; the page is\n%q\nwant\n%q", changed, c.page, want)
			}
			if clearUnused(c.page, c.first) {
				t.Error("the page changes again")
			}
		})
	}
}

// TestClearFreeBlocks: the blocks keep their headers, and a chain that is damaged ends.
func TestClearFreeBlocks(t *testing.T) {
	t.Parallel()
	block := func(p []byte, at, next, size int) { copy(p[at:], []byte{0, byte(next), 0, byte(size)}) }
	for _, next := range []int{0, 60, 20, 198} { // the end, this block again, one before it, one that is cut off
		p := bytes.Repeat([]byte{'x'}, 200)
		copy(p, []byte{13, 0, 30, 0, 0, 0, 8, 0})
		block(p, 30, 60, 10)
		block(p, 60, next, 20)
		want := bytes.Clone(p)
		clear(want[34:40])
		clear(want[64:80])
		if !clearUnused(p, false) || !bytes.Equal(p, want) {
			t.Errorf("next block at %d: the page is\n%q\nwant\n%q", next, p, want)
		}
	}
}
