package track

import (
	"encoding/binary"
	"math"

	"cairncx.dev/cairn/cx/ledger"
)

// find returns the number of the run's slot, and where in the index it is.
func (s *memoryShard) find(id ledger.Key) (slot uint32, at int, ok bool) {
	if len(s.index) == 0 {
		return 0, 0, false
	}
	home, tag, mask := s.home(id)
	for at = int(home); ; at = (at + 1) & int(mask) {
		n := s.index[at]
		if n == 0 {
			return 0, at, false
		}
		if (n^tag)&^mask != 0 {
			continue // another run's: its slot need not be looked at
		}
		if n = n&mask - 1; s.slot(n).id == id {
			return n, at, true
		}
	}
}

// home returns where in the index the ID belongs, and what of it stands there above the number of its
// slot, which mask leaves: there are fewer slots than places in the index.
func (s *memoryShard) home(id ledger.Key) (home, tag, mask uint32) {
	mask = uint32(len(s.index) - 1)
	h := binary.LittleEndian.Uint32(id[8:])
	return h & mask, h &^ mask, mask
}

// slotAt returns the number of the slot in an entry of the index.
func (s *memoryShard) slotAt(entry uint32) uint32 {
	return entry&uint32(len(s.index)-1) - 1
}

// put enters the slot into the index, where it is not yet.
func (s *memoryShard) put(id ledger.Key, slot uint32) {
	_, at, _ := s.find(id)
	_, tag, _ := s.home(id)
	s.index[at] = tag | (slot + 1)
}

// insert gives the run a slot; it has none yet.
func (s *memoryShard) insert(id ledger.Key) uint32 {
	if 4*(s.live+1) > 3*len(s.index) {
		s.rehash(max(16, 2*len(s.index)))
	}
	var n uint32
	if k := len(s.free); k > 0 {
		n = s.free[k-1]
		s.free = s.free[:k-1]
	} else {
		n = uint32(s.used)
		s.used++
		if int(n/slabSize) == len(s.slabs) {
			s.slabs = append(s.slabs, new([slabSize]slot))
		}
	}
	*s.slot(n) = slot{id: id}
	s.put(id, n)
	s.live++
	return n
}

func (s *memoryShard) rehash(size int) {
	old, was := s.index, uint32(max(1, len(s.index))-1)
	s.index = make([]uint32, size)
	for _, n := range old {
		if n != 0 {
			n = n&was - 1
			s.put(s.slot(n).id, n)
		}
	}
}

// remove frees the run's slot and its blob.
func (s *memoryShard) remove(id ledger.Key) {
	n, at, ok := s.find(id)
	if !ok {
		return
	}
	sl := s.slot(n)
	s.count(sl, -1)
	if sl.size > 0 {
		s.arena.release(sl.blob, int(sl.size))
	}
	*sl = slot{}
	s.free = append(s.free, n)
	s.live--
	s.tidy()
	// The entries behind it move up, so that each is found without a gap.
	mask := len(s.index) - 1
	hole := at
	for next := (at + 1) & mask; s.index[next] != 0; next = (next + 1) & mask {
		home, _, _ := s.home(s.slot(s.slotAt(s.index[next])).id)
		if (next-int(home))&mask >= (next-hole)&mask {
			s.index[hole] = s.index[next]
			hole = next
		}
	}
	s.index[hole] = 0
}

// tidy rebuilds the heap when most of it is of runs that have ended.
func (s *memoryShard) tidy() {
	if len(s.heap) <= 2*s.live+64 {
		return
	}
	old := s.heap
	s.heap = make(dueHeap, 0, s.live+s.live/4)
	for _, d := range old {
		if sl := s.slot(d.slot); sl.due == d.at && d.at != 0 {
			s.heap.push(d)
		}
	}
	s.next.Store(math.MaxInt64)
	if len(s.heap) > 0 {
		s.next.Store(s.heap[0].at)
	}
}
