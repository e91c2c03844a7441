package propagate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// MaxHeader is the length of the longest header form of a position, in bytes.
const MaxHeader = 512

// The header form is the version and this number of fields.
const (
	headerVersion = "1"
	headerFields  = 11
)

// ErrHeader marks a text that is not the header form of a position. Every error of [ParseHeader] and [Read] wraps it.
var ErrHeader = errors.New("propagate: not a position header")

var (
	errByte      = errors.New("it has a byte that the form escapes")
	errEscape    = errors.New("it has an escape that is not ~ and two hexadecimal digits")
	errCutEscape = errors.New("it ends within an escape")
)

// fieldNames name the fields in errors.
var fieldNames = [headerFields]string{
	"namespace", "journey's name", "journey's ID", "version", "start", "stage", "visit",
	"customer's hash", "segment", "channel", "actor",
}

// Header returns the header form of the position: at most [MaxHeader] bytes of letters, digits and "-_.~/". The form is not
// signed: use [Sign] to send a position.
//
// The form is a version and eleven fields, separated by "/". "~" and two hexadecimal digits stand for a byte that is not a
// letter, a digit or one of "-_.". A percent sign is not used, because proxies decode and encode it. The form has the hash
// of the customer and never the customer's ID.
//
// A form that is too long loses the segment, then the version of the blueprint, then the customer. Header returns false for
// a position that is too long even then, and for a position without a journey.
func Header(p *event.Position) (string, bool) {
	if p == nil || p.Journey.IsZero() {
		return "", false
	}
	q := *p
	for _, drop := range []func(){
		func() {},
		func() { q.Customer.Segment = "" },
		func() { q.Journey.Version = "" },
		func() { q.Customer.Hash = "" },
	} {
		drop()
		if h := header(&q); len(h) <= MaxHeader {
			return h, true
		}
	}
	return "", false
}

func header(p *event.Position) string {
	var visit, started, actor string
	if p.Visit > 0 {
		visit = strconv.Itoa(p.Visit)
	}
	if t := p.Journey.Started; !t.IsZero() {
		started = strconv.FormatInt(t.UnixMicro(), 36)
	}
	if p.Actor != event.ActorCustomer {
		actor = p.Actor.String()
	}
	b := make([]byte, 0, 160)
	b = append(b, headerVersion...)
	for _, f := range [headerFields]string{
		p.Journey.Namespace, p.Journey.Name, p.Journey.ID, p.Journey.Version, started,
		p.Stage, visit, p.Customer.Hash, p.Customer.Segment, p.Channel.String(), actor,
	} {
		b = append(b, '/')
		b = appendField(b, f)
	}
	return string(b)
}

const upperHex = "0123456789ABCDEF"

func appendField(b []byte, f string) []byte {
	for i := range len(f) {
		if c := f[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, '~', upperHex[c>>4], upperHex[c&0xf])
		}
	}
	return b
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '_' || c == '.'
}

func parseField(f string) (string, error) {
	b := make([]byte, 0, len(f))
	for i := 0; i < len(f); i++ {
		switch {
		case plain(f[i]):
			b = append(b, f[i])
			continue
		case f[i] != '~':
			// A hop may have left a percent sign. With it the ID would not be the sender's.
			return "", fmt.Errorf("%w: %q", errByte, f[i])
		case i+2 >= len(f):
			return "", fmt.Errorf("%w at the end of %.40q", errCutEscape, f)
		}
		v, ok := unhex(f[i+1], f[i+2])
		if !ok {
			return "", fmt.Errorf("%w: %.3q", errEscape, f[i:])
		}
		b = append(b, v)
		i += 2
	}
	return string(b), nil
}

// ParseHeader returns the position that [Header] wrote. It returns an error for every text that Header cannot have written:
// an unknown version, another number of fields, a byte that must be escaped, a name or an ID that is too long. It does not
// check a signature: call [Verify], or [Read] if the peer is trusted. Every error wraps [ErrHeader].
func ParseHeader(h string) (*event.Position, error) {
	if len(h) > MaxHeader {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrHeader, len(h), MaxHeader)
	}
	version, rest, _ := strings.Cut(h, "/")
	if version != headerVersion {
		return nil, fmt.Errorf("%w: version %.10q, this is version %s", ErrHeader, version, headerVersion)
	}
	if n := strings.Count(rest, "/") + 1; n != headerFields {
		return nil, fmt.Errorf("%w: %d fields, want %d", ErrHeader, n, headerFields)
	}
	var f [headerFields]string
	for i := range f {
		var field string
		var err error
		field, rest, _ = strings.Cut(rest, "/")
		if f[i], err = parseField(field); err != nil {
			return nil, fmt.Errorf("%w: the %s: %w", ErrHeader, fieldNames[i], err)
		}
	}
	p := &event.Position{
		Journey:  event.Run{Namespace: f[0], Name: f[1], ID: f[2], Version: f[3]},
		Stage:    f[5],
		Customer: event.Customer{Hash: f[7], Segment: f[8]},
	}
	if err := parseRest(p, f[4], f[6], f[9], f[10]); err != nil {
		return nil, err
	}
	if err := checkHeader(p); err != nil {
		return nil, err
	}
	return p, nil
}

func parseRest(p *event.Position, started, visit, channel, actor string) error {
	if started != "" {
		us, err := strconv.ParseInt(started, 36, 64)
		if err != nil {
			return fmt.Errorf("%w: the start %.20q is not a number", ErrHeader, started)
		}
		p.Journey.Started = time.UnixMicro(us)
	}
	if visit != "" {
		n, err := strconv.ParseUint(visit, 10, 31)
		if err != nil || n == 0 {
			return fmt.Errorf("%w: the visit %.20q is not a positive number", ErrHeader, visit)
		}
		p.Visit = int(n)
	}
	if err := p.Channel.UnmarshalText([]byte(channel)); err != nil {
		return fmt.Errorf("%w: %w", ErrHeader, err)
	}
	if actor != "" {
		if err := p.Actor.UnmarshalText([]byte(actor)); err != nil {
			return fmt.Errorf("%w: %w", ErrHeader, err)
		}
	}
	return nil
}

func checkHeader(p *event.Position) error {
	name := func(s string) bool { return s == "" || s == event.Other || event.ValidName(s) }
	label := func(s string) bool { return len(s) <= event.MaxName && text.Printable(s) }
	id := func(s string) bool { return s == "" || event.ValidID(s) }
	switch {
	case !event.ValidName(p.Journey.Name) && p.Journey.Name != event.Other, !event.ValidID(p.Journey.ID):
		return fmt.Errorf("%w: journey %.70q with ID %.140q", ErrHeader, p.Journey.Name, p.Journey.ID)
	case !name(p.Journey.Namespace), !name(p.Stage), !label(p.Journey.Version), !label(p.Customer.Segment):
		return fmt.Errorf("%w: namespace, version, stage or segment is not a name", ErrHeader)
	case !id(p.Customer.Hash):
		return fmt.Errorf("%w: the customer's hash is not an ID", ErrHeader)
	case p.Stage == "" && p.Visit != 0:
		return fmt.Errorf("%w: a visit to no stage", ErrHeader)
	}
	return nil
}
