package intake

import (
	"encoding/binary"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
)

const (
	ticketVersion = 1
	keyIDLen      = 4
	macLen        = 16 // of the 32 bytes of HMAC-SHA-256; RFC 2104, section 5, allows half
	maxTicket     = 1 << 10
	maxToken      = (maxTicket+macLen)*4/3 + 4
)

// ticket is what a link carries.
//
//	version   1 byte
//	key       4 bytes
//	request   16 bytes
//	expires   uvarint, Unix seconds
//	survey, version, language, and the run's name and ID: each a uvarint with the length, and the bytes.
//	          A run without a name has no ID.
//
// The 16 bytes of the signature follow. Each ticket has one form only.
type ticket struct {
	request  event.ID
	expires  int64
	survey   string
	version  string
	language string
	journey  string // the name; the run is journey and id
	id       string
}

// append returns the bytes that are signed. It returns false for texts that no client has let through.
func (t *ticket) append(key [keyIDLen]byte) (b []byte, ok bool) {
	b = append(make([]byte, 0, 96), ticketVersion)
	b = append(b, key[:]...)
	b = append(b, t.request[:]...)
	b = binary.AppendUvarint(b, uint64(t.expires)) //nolint:gosec // the signer takes no negative time
	for _, text := range t.texts() {
		if *text == "" && text == &t.journey {
			return append(b, 0), len(b) < maxTicket
		}
		b = binary.AppendUvarint(b, uint64(len(*text)))
		b = append(b, *text...)
	}
	return b, len(b) <= maxTicket
}

// texts returns the texts in their order. Nothing follows an empty name of a journey.
func (t *ticket) texts() []*string {
	return []*string{&t.survey, &t.version, &t.language, &t.journey, &t.id}
}

// readTicket is the reverse of append, and accepts nothing else.
func readTicket(b []byte) (t *ticket, key [keyIDLen]byte, ok bool) {
	if len(b) > maxTicket || len(b) < 1+keyIDLen+len(event.ID{}) || b[0] != ticketVersion {
		return nil, key, false
	}
	whole := b
	b = b[1+copy(key[:], b[1:]):]
	t = &ticket{}
	b = b[copy(t.request[:], b):]
	expires, n := binary.Uvarint(b)
	if n <= 0 || expires > 1<<40 {
		return nil, key, false
	}
	t.expires, b = int64(expires), b[n:]
	for _, text := range t.texts() {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) { //nolint:gosec // Uvarint reads no more than there is
			return nil, key, false
		}
		*text, b = string(b[n:n+int(size)]), b[n+int(size):] //nolint:gosec // it is bounded
		if !utf8.ValidString(*text) {
			return nil, key, false
		}
		if text == &t.journey && *text == "" {
			break
		}
	}
	again, fits := t.append(key)
	return t, key, fits && len(b) == 0 && string(again) == string(whole) && !t.request.IsZero()
}
