package event

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// headerVersion is the first field of the header form; headerFields is how many
// follow it.
const (
	headerVersion = "1"
	headerFields  = 11
)

// ErrHeader is what every error of [ParseHeader] wraps.
var ErrHeader = errors.New("event: not a position header")

var (
	errByte      = errors.New("a byte that has to be escaped")
	errEscape    = errors.New("not an escape")
	errCutEscape = errors.New("a cut escape")
)

// fieldNames are for errors.
var fieldNames = [headerFields]string{
	"namespace", "journey's name", "journey's ID", "version", "start", "stage", "visit",
	"customer's hash", "segment", "channel", "actor",
}

// Header returns the position's header form: the value of the baggage member
// [BaggageMember], at most [MaxHeader] bytes, of letters, digits and "-_.~/" only. It
// is a version and the fields, divided by "/"; "~" and two hexadecimal digits are a
// byte that is not a letter, digit or "-_.", so that a proxy that decodes and encodes
// percent signs on the way does not change it. The customer is in it as a hash only.
//
// Where it would be too long the segment, then the blueprint's version, then the
// customer are left out. False means that it does not fit even so, or that there is
// no journey.
func (p *Position) Header() (string, bool) {
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
		if h := q.header(); len(h) <= MaxHeader {
			return h, true
		}
	}
	return "", false
}

func (p *Position) header() string {
	var visit, started, actor string
	if p.Visit > 0 {
		visit = strconv.Itoa(p.Visit)
	}
	if t := p.Journey.Started; !t.IsZero() {
		started = strconv.FormatInt(t.UnixMicro(), 36)
	}
	if p.Actor != ActorCustomer {
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
			// It would be another ID than the sender's: a percent sign is what a hop left encoded.
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

// ParseHeader reads what [Position.Header] wrote. It refuses anything that could not
// have been written by it: a version that it does not know, a field too many or too
// few, a byte that it escapes, names and IDs beyond their bounds. The caller has decided to
// believe the peer that sent it: see [VerifyPosition].
func ParseHeader(h string) (*Position, error) {
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
	p := &Position{
		Journey:  Run{Namespace: f[0], Name: f[1], ID: f[2], Version: f[3]},
		Stage:    f[5],
		Customer: Customer{Hash: f[7], Segment: f[8]},
	}
	if err := p.parseRest(f[4], f[6], f[9], f[10]); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Position) parseRest(started, visit, channel, actor string) error {
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

func (p *Position) check() error {
	name := func(s string) bool { return s == "" || s == Other || ValidName(s) }
	text := func(s string) bool { return len(s) <= MaxName && printable(s) }
	id := func(s string) bool { return s == "" || ValidID(s) }
	switch {
	case !ValidName(p.Journey.Name) && p.Journey.Name != Other, !ValidID(p.Journey.ID):
		return fmt.Errorf("%w: journey %.70q with ID %.140q", ErrHeader, p.Journey.Name, p.Journey.ID)
	case !name(p.Journey.Namespace), !name(p.Stage), !text(p.Journey.Version), !text(p.Customer.Segment):
		return fmt.Errorf("%w: namespace, version, stage or segment is not a name", ErrHeader)
	case !id(p.Customer.Hash):
		return fmt.Errorf("%w: the customer's hash is not an ID", ErrHeader)
	case p.Stage == "" && p.Visit != 0:
		return fmt.Errorf("%w: a visit to no stage", ErrHeader)
	}
	return nil
}

func unhex(hi, lo byte) (byte, bool) {
	digit := func(c byte) byte {
		switch {
		case c >= '0' && c <= '9':
			return c - '0'
		case c >= 'a' && c <= 'f':
			return c - 'a' + 10
		case c >= 'A' && c <= 'F':
			return c - 'A' + 10
		default:
			return 0xff
		}
	}
	h, l := digit(hi), digit(lo)
	return h<<4 | l, h != 0xff && l != 0xff
}
