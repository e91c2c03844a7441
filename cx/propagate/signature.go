package propagate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// The times for which a signed position is believed, from the time at which it was signed.
const (
	// RequestLife is the default. It suits requests whose caller waits for the answer.
	RequestLife = 5 * time.Minute
	// MessageLife suits messages, which wait in queues and may be delivered again.
	MessageLife = 30 * 24 * time.Hour
	// MaxLife is the longest life.
	MaxLife = 366 * 24 * time.Hour
	// ClockSkew is how much the clocks of two services may differ. A position is believed from ClockSkew before it was
	// signed until ClockSkew after it expires.
	ClockSkew = 30 * time.Second
)

// MinKey is the length of the shortest key in bytes: 128 random bits.
const MinKey = 16

const (
	signatureVersion = "1"
	signatureFields  = 5
	maxSignature     = 96
	maxMillis        = 1 << 53 // keeps sums of times from overflowing
	keyIDSize        = 6
)

// Keys signs positions, and verifies positions that one of its keys has signed. cx.WithPositionKeys gives a client its
// keys. Safe for concurrent use. A nil Keys signs nothing and believes nothing.
//
// The signature is an HMAC-SHA-256 (RFC 2104) over the header form, the time of signing and the time of expiry. It travels
// beside the header form, as a property of the baggage member, so a service without keys can still read the position.
//
// A signature proves which system made the position, and not which peer sends it. A peer that sees a signed position can
// send it again until it expires.
type Keys struct {
	keys []signingKey
	life time.Duration
	now  func() time.Time
}

// signingKey keeps its key in a closure, where fmt does not find it.
type signingKey struct {
	id    string // names the key without revealing it
	hmacs *sync.Pool
}

// NewKeys returns a Keys whose first key signs and whose keys all verify. A key has at least [MinKey] bytes, which should
// be random. NewKeys copies the keys, and its errors never contain them.
//
// life is how long a position is believed if a call gives no life: from one second to [MaxLife]; 0 means [RequestLife]. now
// is the clock; nil means [time.Now]. NewKeys returns an error for a life out of range, for a short key, and without keys.
//
// To replace a key, add the new one after the old one in every service, then put the new one first everywhere, then remove
// the old one when every position that it signed has expired.
func NewKeys(now func() time.Time, life time.Duration, keys ...[]byte) (*Keys, error) {
	if now == nil {
		now = time.Now
	}
	if life == 0 {
		life = RequestLife
	}
	var faults []error
	if len(keys) == 0 {
		faults = append(faults, errors.New("propagate: there is no key that signs positions: give at least one"))
	}
	if life < time.Second || life > MaxLife {
		faults = append(faults, fmt.Errorf("propagate: a signed position would be believed for %v: it has to be from 1s to %v", life, MaxLife))
	}
	k := &Keys{life: life, now: now}
	for i, key := range keys {
		if len(key) < MinKey {
			faults = append(faults, fmt.Errorf("propagate: key %d of %d for positions has %d bytes, at least %d are needed: use random ones", i+1, len(keys), len(key), MinKey))
		}
		k.keys = append(k.keys, newSigningKey(key))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return k, nil
}

func newSigningKey(key []byte) signingKey {
	key = append([]byte(nil), key...)
	k := signingKey{hmacs: &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
	k.id = base64.RawURLEncoding.EncodeToString(k.sum("cairn position key")[:keyIDSize])
	return k
}

// sum returns the HMAC of the texts, each with a newline after it, which no text has.
func (k *signingKey) sum(texts ...string) []byte {
	h, _ := k.hmacs.Get().(hash.Hash)
	defer k.hmacs.Put(h)
	h.Reset()
	b := make([]byte, 0, MaxHeader+2*maxSignature)
	for _, t := range texts {
		b = append(append(b, t...), '\n')
	}
	h.Write(b)
	return h.Sum(nil)
}

// signs returns the HMAC of a signature's fields and the header form, with a text that says what the HMAC is for.
func (k *signingKey) signs(fields, header string) []byte {
	return k.sum("cairn position signature", fields, header)
}

// lifeOr returns the life of a signature: life, or that of the keys for 0.
func (k *Keys) lifeOr(life time.Duration) time.Duration {
	if life <= 0 {
		return k.life
	}
	return min(life, MaxLife)
}

// Sign returns the position's header form followed by a signature that expires after life; 0 means the life of the keys.
// The text is "…;sig=…", of at most [MaxHeader] and 101 bytes, and survives percent-encoding and decoding by a hop. Sign
// returns false without keys, for a position without a journey, and for one that is too long ([Header]).
func (k *Keys) Sign(p *event.Position, life time.Duration) (string, bool) {
	header, ok := Header(p)
	if !ok || k == nil {
		return "", false
	}
	issued := k.now().UnixMilli()
	if issued < 0 || issued > maxMillis {
		return "", false // the clock is wrong
	}
	key := &k.keys[0]
	fields := signatureVersion + "." + strconv.FormatInt(issued, 36) + "." +
		strconv.FormatInt(issued+k.lifeOr(life).Milliseconds(), 36) + "." + key.id
	mac := base64.RawURLEncoding.EncodeToString(key.signs(fields, header))
	return header + ";" + signatureProperty + "=" + fields + "." + mac, true
}

// Verify returns the position of a text that [Keys.Sign] made with one of the keys. It believes the text for at most life,
// even if the signature allows longer; 0 means the life of the keys. A request can therefore not carry a position that was
// signed for a message 30 days ago. Every error is a [*SignatureError].
func (k *Keys) Verify(text string, life time.Duration) (*event.Position, error) {
	if k == nil || len(k.keys) == 0 {
		return nil, refuse(fault.NoKeys, "the client has no keys")
	}
	header, property, signed := strings.Cut(text, ";")
	if header == "" {
		return nil, refuse(fault.BadHeader, "it is empty")
	}
	if !signed {
		return nil, refuse(fault.Unsigned, "it is not signed")
	}
	signature, ok := strings.CutPrefix(property, signatureProperty+"=")
	if !ok || len(signature) > maxSignature || len(header) > MaxHeader {
		return nil, refuse(fault.BadHeader, "it is not of the form that signed positions have")
	}
	fields, issued, expires, mac, ok := parseSignature(signature)
	if !ok {
		return nil, refuse(fault.BadHeader, "its signature is not of the form that signatures have")
	}
	if f, ok := k.check(fields, header, mac); !ok {
		return nil, refuse(f, "no key of this service has signed it")
	}
	now, skew := k.now().UnixMilli(), ClockSkew.Milliseconds()
	switch last := min(expires, issued+k.lifeOr(life).Milliseconds()); {
	case now < issued-skew:
		return nil, refuse(fault.Early, "it was signed in the future: check the clocks of both services")
	case now > last+skew:
		return nil, refuse(fault.Expired, "it has expired")
	}
	p, err := ParseHeader(header)
	if err != nil {
		return nil, &SignatureError{Fault: fault.BadHeader, reason: "it was signed and cannot be read", err: err}
	}
	return p, nil
}

// check reports whether a key's HMAC matches, and which fault it is where none does. It tries every key with the ID: two keys
// may share an ID, by chance or because one was given twice.
func (k *Keys) check(fields, header string, mac []byte) (wrong fault.Fault, ok bool) {
	id := fields[strings.LastIndexByte(fields, '.')+1:]
	wrong = fault.UnknownKey
	for i := range k.keys {
		if key := &k.keys[i]; key.id == id {
			wrong = fault.Forged
			if hmac.Equal(key.signs(fields, header), mac) {
				return 0, true
			}
		}
	}
	return wrong, false
}

// parseSignature returns the parts of a signature: the fields that the HMAC covers, the two times among them in milliseconds
// since 1970, and the HMAC.
func parseSignature(s string) (fields string, issued, expires int64, mac []byte, ok bool) {
	if strings.Count(s, ".") != signatureFields-1 {
		return "", 0, 0, nil, false
	}
	last := strings.LastIndexByte(s, '.')
	fields = s[:last]
	f := strings.Split(fields, ".")
	encoded := s[last+1:]
	mac, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	// The decoder skips line ends: the length shows that there are none.
	if err != nil || len(encoded) != base64.RawURLEncoding.EncodedLen(sha256.Size) || len(mac) != sha256.Size || f[0] != signatureVersion {
		return "", 0, 0, nil, false
	}
	from, err := strconv.ParseUint(f[1], 36, 64)
	until, err2 := strconv.ParseUint(f[2], 36, 64)
	if err != nil || err2 != nil || from > maxMillis || until > maxMillis || until < from {
		return "", 0, 0, nil, false
	}
	return fields, int64(from), int64(until), mac, true // both are at most maxMillis
}

// SignatureError says why a position is not believed.
type SignatureError struct {
	// Fault is [fault.NoKeys], [fault.Unsigned], [fault.BadHeader] for a malformed text, [fault.UnknownKey],
	// [fault.Forged], [fault.Early] or [fault.Expired].
	Fault  fault.Fault
	reason string
	err    error
}

func refuse(f fault.Fault, reason string) error { return &SignatureError{Fault: f, reason: reason} }

// Error implements error. The text contains no part of the position.
func (e *SignatureError) Error() string {
	return fmt.Sprintf("propagate: the position is not believed (%v): %s", e.Fault, e.reason)
}

// Unwrap returns the error of [ParseHeader] for a malformed text, else nil.
func (e *SignatureError) Unwrap() error { return e.err }
