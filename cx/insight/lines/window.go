package lines

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"cairncx.dev/cairn/cx/event"
)

const (
	// windowSize is how many events back an event is known again.
	windowSize = 1 << windowBits
	windowBits = 16
	// slotMask bounds the slots, which are twice as many as the IDs.
	slotMask = 2*windowSize - 1
)

// window has the IDs of the events that were read last: in a ring in the order in which they came, and in a table of places in the ring. A place is searched from the
// slot of the ID's hash on (linear probing; Knuth, "The Art of Computer Programming" 3, 6.4, algorithms L and R). A map does the same in four times the time.
type window struct {
	at    place // how far its log was read
	ring  []event.ID
	next  int
	slots []uint32 // one more than the place in the ring; 0 is free
	seeds [2]uint64
}

func newWindow() *window {
	//nolint:gosec // IDs that share a slot on purpose cost time, and no secret
	return &window{seeds: [2]uint64{rand.Uint64(), rand.Uint64()}}
}

// add reports whether the ID is new, and keeps it.
func (w *window) add(id event.ID) bool {
	if w.slots == nil {
		w.slots = make([]uint32, slotMask+1)
	}
	at := w.home(id)
	for ; w.slots[at] != 0; at = (at + 1) & slotMask {
		if w.ring[w.slots[at]-1] == id {
			return false
		}
	}
	if len(w.ring) < windowSize {
		w.ring = append(w.ring, id)
		w.slots[at] = uint32(len(w.ring)) //nolint:gosec // at most windowSize
		return true
	}
	w.forget()
	for at = w.home(id); w.slots[at] != 0; { // forget may have moved others
		at = (at + 1) & slotMask
	}
	w.ring[w.next], w.slots[at] = id, uint32(w.next)+1 //nolint:gosec // below windowSize
	w.next = (w.next + 1) % windowSize
	return true
}

// forget frees the slot of the oldest ID, and moves up those behind it that would not be found any more.
func (w *window) forget() {
	free := w.home(w.ring[w.next])
	for int(w.slots[free]) != w.next+1 {
		free = (free + 1) & slotMask
	}
	for at := (free + 1) & slotMask; w.slots[at] != 0; at = (at + 1) & slotMask {
		home := w.home(w.ring[w.slots[at]-1])
		if (at-home)&slotMask >= (at-free)&slotMask {
			w.slots[free], free = w.slots[at], at
		}
	}
	w.slots[free] = 0
}

// home returns the slot from which on the ID is searched.
func (w *window) home(id event.ID) int {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(id[:8])^w.seeds[0], binary.LittleEndian.Uint64(id[8:])^w.seeds[1])
	return int((high ^ low) & slotMask)
}
