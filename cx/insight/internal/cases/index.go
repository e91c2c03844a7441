package cases

import (
	"hash/maphash"
	"sync/atomic"
)

// index finds the row of a run. The loader alone adds rows, while questions may look for others: a slot changes once, from free to a row.
// An index that has become full is replaced, and the snapshots that have it keep it.
type index struct {
	slots []atomic.Uint32 // row+1 by hash, 0 is free; a power of two
	used  int             // slots, with those of rows that have left; only the loader reads it
	seed  maphash.Seed
}

// fewSlots is the size of the index of an empty table.
const fewSlots = 1024

func newIndex(slots int) *index {
	return &index{slots: make([]atomic.Uint32, slots), seed: maphash.MakeSeed()}
}

// find returns the row of the run in these chunks, and false if they have none. Then slot is the free one in which its row belongs.
func (x *index) find(chunks []*Chunk, journey uint16, id string) (row uint32, slot int, ok bool) {
	for slot = x.home(journey, id); ; slot = x.after(slot) {
		row = x.slots[slot].Load()
		if row == 0 {
			return 0, slot, false
		}
		row--
		if int(row/Rows) >= len(chunks) { // it came after the snapshot
			continue
		}
		if c, r := chunks[row/Rows], int(row%Rows); c != nil && r < c.N && c.Journey[r] == journey && string(c.ids[c.idAt[r]:c.idAt[r+1]]) == id {
			return row, slot, true
		}
	}
}

// home returns the slot at which the search for a run begins.
func (x *index) home(journey uint16, id string) int {
	return int((maphash.String(x.seed, id) ^ uint64(journey)*0x9e3779b97f4a7c15) & uint64(len(x.slots)-1)) //nolint:gosec // the mask keeps it in range
}

// after returns the next slot.
func (x *index) after(slot int) int { return (slot + 1) & (len(x.slots) - 1) }

// full reports whether one more row would leave too few free slots for a quick search.
func (x *index) full() bool { return 4*(x.used+1) > 3*len(x.slots) }

// put writes the row into a free slot.
func (x *index) put(slot int, row uint32) {
	x.slots[slot].Store(row + 1)
	x.used++
}

// indexOf returns an index of the rows of the chunks with room for as many more.
func indexOf(chunks []*Chunk) *index {
	rows := 0
	for _, c := range chunks {
		if c != nil {
			rows += c.N
		}
	}
	size := fewSlots
	for 3*size < 5*rows {
		size *= 2
	}
	x := newIndex(size)
	for n, c := range chunks {
		if c == nil {
			continue
		}
		for r := range c.N {
			slot := x.home(c.Journey[r], c.ID(r))
			for x.slots[slot].Load() != 0 {
				slot = x.after(slot)
			}
			x.put(slot, uint32(n*Rows+r))
		}
	}
	return x
}
