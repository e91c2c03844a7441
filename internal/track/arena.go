package track

import "encoding/binary"

// arena holds byte strings of up to arenaChunk bytes without a pointer to any of them. A block is
// known by its offset; what is freed is used again for one of the same size.
type arena struct {
	chunks [][]byte
	used   int      // of the last chunk
	free   []uint32 // by size: the offset + 1 of a free block, which holds that of the next
}

const (
	arenaChunk = 17 << 10
	arenaUnit  = 16
)

func sizeClass(n int) int { return (n + arenaUnit - 1) / arenaUnit }

// alloc returns the offset of a block of n bytes, 1 to arenaChunk.
func (a *arena) alloc(n int) uint32 {
	class := sizeClass(n)
	if class < len(a.free) && a.free[class] != 0 {
		at := a.free[class] - 1
		a.free[class] = binary.NativeEndian.Uint32(a.block(at, 4))
		return at
	}
	size := class * arenaUnit
	if len(a.chunks) == 0 || a.used+size > arenaChunk {
		if k := len(a.chunks); k > 0 {
			a.spare(k-1, a.used)
		}
		a.chunks = append(a.chunks, make([]byte, arenaChunk))
		a.used = 0
	}
	at := uint32((len(a.chunks)-1)*arenaChunk + a.used)
	a.used += size
	return at
}

// spare makes the rest of a chunk a free block.
func (a *arena) spare(chunk, used int) {
	if left := arenaChunk - used; left >= arenaUnit {
		a.release(uint32(chunk*arenaChunk+used), left)
	}
}

// release frees the block of n bytes at the offset.
func (a *arena) release(at uint32, n int) {
	class := sizeClass(n)
	for class >= len(a.free) {
		a.free = append(a.free, 0)
	}
	binary.NativeEndian.PutUint32(a.block(at, 4), a.free[class])
	a.free[class] = at + 1
}

// block returns the n bytes at the offset, and room for as many as their block has.
func (a *arena) block(at uint32, n int) []byte {
	c, off := at/arenaChunk, int(at%arenaChunk)
	return a.chunks[c][off : off+n : off+sizeClass(n)*arenaUnit]
}
