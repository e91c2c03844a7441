package exporters

import (
	"bytes"
	"hash/crc32"

	"cairncx.dev/cairn/cx/event"
)

// A record of a segment is a line of text, so that a segment can be read, and saved, by hand:
//
//	RS checksum SP number SP length SP event LF
//
// RS and LF are those of RFC 7464 (JSON text sequences). The event's JSON has neither of them inside,
// for control characters are escaped there: the next RS is the next record, whatever became of this
// one. The checksum is a CRC-32C, of 8 digits, of what is between it and LF; the number is that of
// the record in the spool, 16 digits, and the length that of the JSON in bytes, 8 digits, all of
// them hexadecimal and lower case.
const (
	recordMark = 0x1e
	recordSum  = 1             // where the checksum is
	recordNum  = recordSum + 9 // where the number is, and what is checked begins
	recordLen  = recordNum + 17
	recordHead = recordLen + 9

	maxNumber = 1 << 62 // so that what follows a number never overflows
)

// record is what a segment's line says.
type record struct {
	number uint64
	json   []byte // of the buffer that was read
}

// appendRecord appends the event's record. It reports false, and appends nothing, for one that is too
// long to be read again.
func appendRecord(b []byte, number uint64, e *event.Event) ([]byte, bool) {
	start := len(b)
	b = append(b, "\x1e........ ................ ........ "...)
	b = e.AppendJSON(b)
	n := len(b) - start - recordHead
	if n > event.MaxJSON {
		return b[:start], false
	}
	r := b[start:]
	putHex(r[recordNum:recordLen-1], number)
	putHex(r[recordLen:recordHead-1], uint64(n))
	putHex(r[recordSum:recordNum-1], uint64(checksum(r[recordNum:])))
	return append(b, '\n'), true
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// verdict is what parseRecord says of bytes.
type verdict int

const (
	good  verdict = iota // a record
	short                // what may be the begin of one
	bad                  // no record
)

// parseRecord reads the record that b begins with. n is its length with LF, and where it is bad, the
// number of bytes up to where the next one may begin.
func parseRecord(b []byte) (r record, n int, v verdict) {
	next := len(b)
	if len(b) > 0 {
		if i := bytes.IndexByte(b[1:], recordMark); i >= 0 {
			next = i + 1
		}
	}
	size, number, ok := parseHead(b)
	switch end := recordHead + size; {
	case ok && len(b) > end:
		sum, ok := parseHex(b[recordSum : recordNum-1])
		if ok && uint32(sum) == checksum(b[recordNum:end]) {
			return record{number, b[recordHead:end]}, end + 1, good
		}
	case next < len(b):
	case ok, len(b) == 0, len(b) < recordHead && b[0] == recordMark:
		return record{}, len(b), short
	}
	return record{}, next, bad
}

// parseHead reads the fixed part of a record but for the checksum.
func parseHead(b []byte) (size int, number uint64, ok bool) {
	if len(b) < recordHead || b[0] != recordMark || b[recordNum-1] != ' ' || b[recordLen-1] != ' ' || b[recordHead-1] != ' ' {
		return 0, 0, false
	}
	number, ok1 := parseHex(b[recordNum : recordLen-1])
	n, ok2 := parseHex(b[recordLen : recordHead-1])
	if !ok1 || !ok2 || n > event.MaxJSON || number > maxNumber {
		return 0, 0, false
	}
	return int(n), number, true
}

// putHex fills b with the number's hexadecimal digits.
func putHex(b []byte, n uint64) {
	const lower = "0123456789abcdef"
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = lower[n&0xf]
		n >>= 4
	}
}

// parseHex reads at most 16 digits as putHex writes them.
func parseHex(b []byte) (n uint64, ok bool) {
	wrong := byte(0)
	for _, c := range b {
		digit := c - '0'
		if digit > 9 {
			if digit = c - 'a' + 10; digit < 10 {
				digit = 0xff
			}
		}
		n = n<<4 | uint64(digit&0xf)
		wrong |= digit
	}
	if wrong > 0xf {
		return 0, false
	}
	return n, true
}
