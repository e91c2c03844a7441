package eventlog

import (
	"encoding/binary"
	"math"
)

// appendLen appends n, which is not negative, as a varint.
func appendLen(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(max(0, n))) }

// readLen returns the number that [appendLen] wrote at the beginning of b, and the number of bytes that it takes.
func readLen(b []byte) (n, size int) {
	u, size := binary.Uvarint(b)
	return lenOf(u), size
}

// lenOf converts a number that [appendLen] wrote back to an int.
func lenOf(u uint64) int { return int(min(u, math.MaxInt)) }
