package track

import (
	"encoding/binary"

	"cairncx.dev/cairn/cx/event"
)

// reader reads the fields of an entry or of a packed run. After a field that is not whole it sets fail and returns zeros.
type reader struct {
	b    []byte
	fail bool
}

func (r *reader) uint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		v := uint64(r.b[0])
		r.b = r.b[1:]
		return v
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.fail = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.b, r.fail = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.b, r.fail = nil, true
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.b, r.fail = nil, true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) string() string { return string(r.bytes()) }

// count reads how many items of at least size bytes follow.
func (r *reader) count(size int) int {
	n := r.uint()
	if n > uint64(len(r.b)/size) {
		r.b, r.fail = nil, true
		return 0
	}
	return int(n)
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendUint(b []byte, v int) []byte { return binary.AppendUvarint(b, uint64(v)) }

// appendRoot appends the root span of a run that is rooted. It stands at the end of an entry, so that a version which
// does not know it finds bytes left over and refuses the log.
func appendRoot(b []byte, root event.SpanRef) []byte {
	return append(append(b, root.TraceID[:]...), root.SpanID[:]...)
}

func (r *reader) root() (root event.SpanRef) {
	r.copyTo(root.TraceID[:])
	r.copyTo(root.SpanID[:])
	r.fail = r.fail || !root.TraceID.IsValid() || !root.SpanID.IsValid()
	return root
}

func (r *reader) copyTo(b []byte) {
	if len(r.b) < len(b) {
		r.b, r.fail = nil, true
		return
	}
	r.b = r.b[copy(b, r.b):]
}
