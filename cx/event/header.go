package event

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// BaggageMember is the member of the W3C baggage header that holds a Position.
const BaggageMember = "cairn"

// headerVersion is the first field of the header form; headerFields is how many
// follow it.
const (
	headerVersion = "1"
	headerFields  = 11
)

// ErrHeader is what every error of [ParseHeader] wraps.
var ErrHeader = errors.New("event: not a position header")

// Header returns the position's header form: the value of the baggage member
// [BaggageMember], at most [MaxHeader] bytes, of letters, digits and "-_.~/" only. It
// is a version and the fields, divided by "/"; "~" and two hexadecimal digits are a
// byte that is not a letter, digit or "-_.", so that nobody on the way, who decodes
// and encodes percent signs, can change it. The customer is in it as a hash only.
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
	if !strings.Contains(f, "~") {
		return f, nil
	}
	b := make([]byte, 0, len(f))
	for i := 0; i < len(f); i++ {
		if f[i] != '~' {
			b = append(b, f[i])
			continue
		}
		if i+2 >= len(f) {
			return "", fmt.Errorf("%w: a cut escape at the end of %.40q", ErrHeader, f)
		}
		v, err := strconv.ParseUint(f[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%w: %.3q is not an escape", ErrHeader, f[i:])
		}
		b = append(b, byte(v))
		i += 2
	}
	return string(b), nil
}

// ParseHeader reads what [Position.Header] wrote. It refuses anything that could not
// have been written by it: a version that it does not know, a field too many or too
// few, names and IDs beyond their bounds. Who calls it has decided to believe the
// peer that sent it.
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
			return nil, err
		}
	}
	p := &Position{
		Journey:  Journey{Namespace: f[0], Name: f[1], ID: f[2], Version: f[3]},
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
