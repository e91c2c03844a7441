package track

import (
	"encoding/binary"
	"slices"
)

// Memory keeps the name that was over last in the slot, and each other name of a run as ten bytes in front of the facts: when it was over
// last, and its number with a bit for missed. The counts of the names that were unsuccessful are with the causes.

const (
	triedSize   = factSize
	triedMissed = 1 << 15 // numbers are below maxNumbers
	_           = uint16(triedMissed - maxNumbers)
)

// packMisses appends the counts that only runs have that went wrong.
func (r *run) packMisses(b []byte, n *names) []byte {
	b = appendUint(b, int(r.overdue))
	k := len(b)
	b = append(b, 0)
	for i := range r.touched.tried {
		x := &r.touched.tried[i]
		if x.misses == 0 {
			continue
		}
		if number := n.touchpointOf(x.name); number != 0 {
			b = appendUint(appendUint(appendUint(b, int(number)), int(x.misses)), int(x.failures))
			b[k]++ // maxTried at most
		}
	}
	return b
}

// unpackMisses reads what packMisses wrote.
func (r *run) unpackMisses(in *reader, tab *nameTable) {
	r.overdue = uint32(in.uint())
	for range in.byte() {
		name := tab.touchpoints[in.uint()]
		misses, failures := uint32(in.uint()), uint32(in.uint())
		for i := range r.touched.tried {
			if x := &r.touched.tried[i]; x.name == name {
				x.misses, x.failures = misses, failures
			}
		}
	}
}

// packTried appends the names but the one that the slot has.
func (r *run) packTried(b []byte, n *names) []byte {
	count := uint8(0)
	for i := range r.touched.tried {
		x := &r.touched.tried[i]
		number := n.touchpointOf(x.name)
		if number == 0 || x.name == r.touched.last {
			continue
		}
		if x.missed {
			number |= triedMissed
		}
		b = binary.NativeEndian.AppendUint64(b, uint64(x.at))
		b = binary.NativeEndian.AppendUint16(b, number)
		count++
	}
	b[blobTried] = count
	return b
}

// unpackTried reads what packTried wrote, and the name that the slot has.
func (r *run) unpackTried(tab *nameTable, sl *slot, b []byte) {
	for ; len(b) > 0; b = b[triedSize:] {
		number := binary.NativeEndian.Uint16(b[8:])
		r.touched.addTried(tried{
			name: tab.touchpoints[number&^triedMissed], at: int64(binary.NativeEndian.Uint64(b)), missed: number&triedMissed != 0,
		})
	}
	if r.touched.last != "" {
		r.touched.addTried(tried{name: r.touched.last, at: sl.touched, missed: sl.flags&slotMissed != 0})
	}
}

// hasMissed reports whether the last touchpoint of the run was unsuccessful.
func (t *touched) hasMissed() bool {
	for i := range t.tried {
		if t.tried[i].name == t.last {
			return t.tried[i].missed
		}
	}
	return false
}

// missedAny reports whether any touchpoint was unsuccessful.
func (t *touched) missedAny() bool {
	return slices.ContainsFunc(t.tried, func(x tried) bool { return x.misses > 0 })
}

// triedOf returns the names in front of the facts of a blob.
func triedOf(b []byte) []byte {
	end := len(b) - factSize*int(binary.NativeEndian.Uint16(b[blobFacts:]))
	return b[end-triedSize*int(b[blobTried]) : end]
}

// Where in place the name of a touchpoint is, beside an index in triedOf.
const (
	triedHere  = -1 // in the slot, or nowhere and the slot is free
	triedFresh = -2 // nowhere: the run has to be unpacked
)

// triedAt returns where the touchpoint's name is: its index in triedOf, triedHere or triedFresh. A copy of a store's run has the last name
// only.
func (m *memory) triedAt(s *memoryShard, sl *slot, touchpoint uint16) int {
	if touchpoint == 0 || sl.touchpoint == touchpoint || m.cache {
		return triedHere
	}
	b := s.arena.block(sl.blob, int(sl.size))
	switch {
	case sl.touchpoint == 0 && b[blobTried] == 0:
		return triedHere
	case sl.touchpoint == 0: // the name of the last one has no number, so that no other can take its place
		return triedFresh
	}
	for k, t := 0, triedOf(b); len(t) > 0; k, t = k+1, t[triedSize:] {
		if binary.NativeEndian.Uint16(t[8:])&^triedMissed == touchpoint {
			return k
		}
	}
	return triedFresh
}

// succeed notes that a successful touchpoint was over at that time, whose name is there.
func (sl *slot) succeed(b []byte, there int, touchpoint uint16, over int64) {
	switch {
	case touchpoint == 0:
		return
	case there == triedHere:
		if sl.touchpoint == 0 || over >= sl.touched {
			sl.touchpoint, sl.touched = touchpoint, over
			sl.flags &^= slotMissed
		}
		return
	}
	ne, t := binary.NativeEndian, triedOf(b)[triedSize*there:]
	switch {
	case over >= sl.touched: // the names change places
		number := sl.touchpoint
		if sl.flags&slotMissed != 0 {
			number |= triedMissed
		}
		ne.PutUint64(t, uint64(sl.touched))
		ne.PutUint16(t[8:], number)
		sl.touchpoint, sl.touched = touchpoint, over
		sl.flags &^= slotMissed
	case over >= int64(ne.Uint64(t)):
		ne.PutUint64(t, uint64(over))
		ne.PutUint16(t[8:], touchpoint)
	}
}

// loops returns how often the packed run came back to a stage. None of its visits are folded.
func loops(b []byte) (n int) {
	facts := factsOf(b)
	for k := 0; k < len(facts); k += factSize {
		stage := binary.NativeEndian.Uint16(facts[k+8:])
		if k > 0 && binary.NativeEndian.Uint16(facts[k-factSize+8:]) == stage {
			continue
		}
		for j := 0; j < k; j += factSize {
			if binary.NativeEndian.Uint16(facts[j+8:]) == stage {
				n++
				break
			}
		}
	}
	return n
}
