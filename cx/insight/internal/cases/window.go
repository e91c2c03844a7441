package cases

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"cairncx.dev/cairn/cx/event"
)

// Window is the number of the latest events whose IDs a table knows, so that it does not count a repeated one. It knows up to twice as many.
const Window = 1 << 19

// window knows the IDs of the latest events, by eight of their bytes.
type window struct {
	now, before keySet
	forgets     bool // it has forgotten IDs
	size        int  // 0 is Window
}

// seen reports whether the ID is known, and makes it known.
func (w *window) seen(id event.ID) bool {
	key := binary.BigEndian.Uint64(id[8:]) ^ binary.BigEndian.Uint64(id[:8])
	if w.before.has(key) || w.now.has(key) {
		return true
	}
	if w.now.n == cmp.Or(w.size, Window) {
		w.forgets = w.forgets || w.before.n > 0
		w.before, w.now = w.now, keySet{}
	}
	w.now.add(key)
	return false
}

// keySet is a set of numbers (linear probing). A map takes four times as long.
type keySet struct {
	slots []uint64 // 0 is free
	n     int
	zero  bool // has 0
	seed  uint64
}

// has reports whether the set has the key.
func (s *keySet) has(key uint64) bool {
	if len(s.slots) == 0 {
		return false
	}
	if key == 0 {
		return s.zero
	}
	return s.slots[s.slot(key)] == key
}

// slot returns the slot of the key, and a free one if the set does not have it.
func (s *keySet) slot(key uint64) int {
	const odd = 0x9e3779b97f4a7c15
	mixed, low := bits.Mul64(key^s.seed, odd)
	high, _ := bits.Mul64(mixed^low, uint64(len(s.slots)))
	at := int(high) //nolint:gosec // below the number of slots
	for s.slots[at] != 0 && s.slots[at] != key {
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	return at
}

// add adds a key that the set does not have.
func (s *keySet) add(key uint64) {
	s.n++
	if key == 0 {
		s.zero = true
	}
	if 3*s.n > 2*len(s.slots) { // a window of full size has slots for half as many more
		old := s.slots
		if s.seed == 0 {
			s.seed = rand.Uint64() //nolint:gosec // keys that share a slot on purpose cost time, and no secret
		}
		s.slots = make([]uint64, max(1536, 2*len(old)))
		for _, k := range old {
			if k != 0 {
				s.slots[s.slot(k)] = k
			}
		}
	}
	if key != 0 {
		s.slots[s.slot(key)] = key
	}
}
