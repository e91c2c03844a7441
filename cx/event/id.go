package event

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"
)

// ID identifies an event: a UUID (RFC 9562), the deduplication key everywhere.
//
// An event that only one process can report has a random ID of version 7. A change of a run's state has an ID of version 8,
// derived from the run and the change, so that two instances that report the same change report the same ID.
type ID [16]byte

// NewID returns a new version 7 ID for an event at t: 48 bits of Unix milliseconds, and 74 bits of the runtime's ChaCha8
// generator. The ID is unique, and it is no secret. NewID does not allocate. Safe for concurrent use.
func NewID(t time.Time) ID {
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(t.UnixMilli())<<16|rand.Uint64()&0xfff) //nolint:gosec // unique, not secret; the sign bit of a time before 1970 is kept as is
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())                                 //nolint:gosec // unique, not secret
	id[6] |= 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// IsZero reports whether this is the zero ID, which identifies no event.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the UUID in its usual form of 36 characters.
func (id ID) String() string { return string(id.append(make([]byte, 0, 36))) }

func (id ID) append(b []byte) []byte {
	for i, group := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, group)
	}
	return b
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) { return id.append(nil), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It reads the form that String returns; any other form is an error,
// and leaves the ID as it was.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return fmt.Errorf("event: %.40q is not a UUID of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", b)
	}
	var digits [32]byte
	n := 0
	for _, part := range [...][]byte{b[:8], b[9:13], b[14:18], b[19:23], b[24:]} {
		n += copy(digits[n:], part)
	}
	var out ID
	if _, err := hex.Decode(out[:], digits[:]); err != nil {
		return fmt.Errorf("event: %.40q is not a UUID: %w", b, err)
	}
	*id = out
	return nil
}
