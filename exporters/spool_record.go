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
// RS and LF are those of RFC 7464 (JSON text sequences). The event's JSON contains neither, because JSON escapes control
// characters. The next RS therefore begins the next record, also behind a damaged one. The checksum is the CRC-32C of the bytes
// from the number up to LF, in 8 digits. The number is that of the record in the spool, in 16 digits. The length is that of the
// JSON in bytes, in 8 digits. All digits are hexadecimal and lower case.
const (
	recordMark = 0x1e
	recordSum  = 1             // the offset of the checksum
	recordNum  = recordSum + 9 // the offset of the number, where the bytes under the checksum begin
	recordLen  = recordNum + 17
	recordHead = recordLen + 9

	maxNumber = 1 << 62 // so that a number plus a count never overflows
)

// record is a parsed line of a segment.
type record struct {
	number uint64
	json   []byte // a part of the buffer of the scanner
}

// appendRecord appends the record of the event. It returns false, and appends nothing, if the event's JSON is longer than
// [event.MaxJSON].
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

// verdict is how parseRecord classifies bytes.
type verdict int

const (
	good  verdict = iota // a record
	short                // perhaps the beginning of a record
	bad                  // no record
)

// parseRecord parses the record at the beginning of b. n is the length of the record with its LF. If the record is bad, n is the
// number of bytes before the next possible record.
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

// parseHead parses the fixed part of a record, without the checksum.
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

// putHex fills b with the hexadecimal digits of n.
func putHex(b []byte, n uint64) {
	const lower = "0123456789abcdef"
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = lower[n&0xf]
		n >>= 4
	}
}

// parseHex parses at most 16 digits as putHex writes them.
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
