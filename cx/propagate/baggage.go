package propagate

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/baggage"

	"cairncx.dev/cairn/internal/flight"
)

// Member is the member of the W3C baggage header that holds a Position. Its value is the
// position's header form, its property "sig" the signature, if there is one.
const Member = "cairn"

const (
	baggageHeader     = "baggage"
	signatureProperty = "sig"
	blank             = " \t" // W3C Baggage, section 3.3.1: OWS
)

// maxEncoded bounds the member's value as it is sent: each byte of the header form and of the
// signature may have become three by percent-encoding.
const maxEncoded = 3 * (MaxHeader + len(";"+signatureProperty+"=") + maxSignature)

// AddToBaggage returns the value of a W3C baggage header with the member [Member]
// set to text, which [Sign] made, in place of those that are there already. An empty
// text takes them out. Other members stay as they are, in their order.
func AddToBaggage(header, text string) string {
	var b strings.Builder
	b.Grow(len(header) + len(Member) + len(text) + 2)
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.Trim(part, blank); part == "" || isOurs(part) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(part)
	}
	if text != "" {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(Member)
		b.WriteByte('=')
		b.WriteString(text)
	}
	return b.String()
}

// FromBaggage returns the value of the member [Member] in a W3C baggage header, without
// percent-encoding and without its properties, or "". If there are several, it is the first that is not
// empty. It is to be looked at and not to be believed: see [TextFromBaggage].
func FromBaggage(header string) string {
	for part := range strings.SplitSeq(header, ",") {
		if memberName(part) != Member {
			continue
		}
		if value, _ := memberValue(part); value != "" {
			return value
		}
	}
	return ""
}

// TextFromBaggage returns what a W3C baggage header says of the customer's position, as
// [Sign] wrote it, and whether the header has a member of that name at all: an empty
// one too, or one whose name only some of OpenTelemetry's implementations read as ours, because
// they decode percent signs in names. The text is "" where there is none, and where two members
// contradict each other: a service of ours sends one.
//
// The value is decoded once, as W3C Baggage (section 3.3.1.3) has it. A hop may have encoded
// every byte, or the property too. A value that is still encoded after that was encoded twice,
// which the specification does not have: [ParseHeader] refuses it.
func TextFromBaggage(header string) (text string, found bool) {
	var value, signature string
	for part := range strings.SplitSeq(header, ",") {
		if !isOurs(part) {
			continue
		}
		found = true
		if memberName(part) != Member {
			continue
		}
		v, s := memberValue(part)
		switch {
		case v == "":
		case value == "":
			value, signature = v, s
		case value != v:
			return "", true
		case signature == "":
			signature = s
		}
	}
	if signature != "" {
		value += ";" + signatureProperty + "=" + signature
	}
	return value, found
}

// memberName returns the name of a list-member, as W3C Baggage has it: names are compared byte by
// byte, with their case.
func memberName(part string) string {
	if i := strings.IndexAny(part, "=;"); i >= 0 {
		part = part[:i]
	}
	return strings.Trim(part, blank)
}

// isOurs reports whether some reader of the header, or of OpenTelemetry's baggage, takes the
// list-member for ours. Several of OpenTelemetry's implementations decode percent signs, and a
// plus as a space, in names too, and then trim them by their language's idea of white space: a
// member that is not ours here would be ours behind such a hop.
func isOurs(part string) bool {
	name := memberName(part)
	if len(name) <= len(Member) {
		return name == Member
	}
	if strings.IndexFunc(name, func(r rune) bool { return r == '%' || ignorable(r) }) < 0 {
		return false
	}
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		b = append(b, name[i])
		for n := len(b); n >= 3 && b[n-3] == '%'; n = len(b) { // again and again: there may be several hops
			c, ok := unhex(b[n-2], b[n-1])
			if !ok {
				break
			}
			b = append(b[:n-3], c)
		}
	}
	return strings.TrimFunc(string(b), ignorable) == Member
}

// ignorable reports whether some reader drops the rune at the ends of a name. A byte that is no UTF-8
// is one: a reader of Latin-1, as servers for Python are, takes 0xA0 and 0x85 for white space. So is
// what is not seen: JavaScript trims U+FEFF.
func ignorable(r rune) bool {
	return r == '+' || r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// memberValue returns the decoded value of a list-member of ours and its signature, "" for none.
// Two signatures that differ are "?", which is none that can be read.
func memberValue(part string) (value, signature string) {
	i := strings.IndexAny(part, "=;")
	if i < 0 || part[i] == ';' {
		return "", ""
	}
	value, properties, _ := strings.Cut(part[i+1:], ";")
	value = strings.Trim(value, blank)
	if len(value) > maxEncoded {
		return value, "" // too long whatever it says
	}
	// A hop that knows nothing of properties has encoded them with the value.
	value, encoded, _ := strings.Cut(percentDecode(value), ";")
	take := func(properties string, decode func(string) string) {
		for p := range strings.SplitSeq(properties, ";") {
			name, v, _ := strings.Cut(p, "=")
			if strings.Trim(name, blank) != signatureProperty {
				continue
			}
			if v = strings.Trim(v, blank); len(v) > 3*maxSignature {
				v = "?"
			}
			if v = decode(v); signature != "" && signature != v {
				v = "?"
			}
			signature = v
		}
	}
	take(properties, percentDecode)
	take(encoded, func(s string) string { return s })
	return strings.Trim(value, blank), signature
}

// percentDecode decodes percent-encoding (RFC 3986, section 2.1). A percent sign that begins no
// escape stays.
func percentDecode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := unhex(s[i+1], s[i+2]); ok {
				b = append(b, c)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
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

// StripBaggage returns ctx without the member [Member] in OpenTelemetry's own baggage,
// which instrumentation sends on to every host, and whether it was there.
func StripBaggage(ctx context.Context) (context.Context, bool) {
	b := baggage.FromContext(ctx)
	if b.Len() == 0 {
		return ctx, false
	}
	found := false
	for _, m := range b.Members() {
		if isOurs(m.Key()) {
			b, found = b.DeleteMember(m.Key()), true
		}
	}
	if !found {
		return ctx, false
	}
	return baggage.ContextWithBaggage(ctx, b), true
}

// outgoing is the text that a request carries, whatever asks for it.
type outgoing struct{}

// Outgoing returns ctx as the context of one outgoing request that carries text, which
// [Sign] made, as the customer's position, or none where it is "". It is for clients'
// interceptors: instrumentation below them propagates OpenTelemetry's baggage, and asks
// [Propagator] if the application has set it up, and must not send anything else. False means that
// ctx is the caller's own.
func Outgoing(ctx context.Context, text string) (context.Context, bool) {
	ctx, changed := StripBaggage(ctx)
	if text != "" {
		ctx = withText(ctx, text)
	} else if p := flight.PositionFromContext(ctx); p == nil || p.Journey.IsZero() {
		return ctx, changed // a Propagator has nothing to send
	}
	return context.WithValue(ctx, outgoing{}, text), true
}

// withText adds text to OpenTelemetry's baggage, if there is any: a transport below that propagates
// it writes the header anew. Without any it leaves the header alone.
func withText(ctx context.Context, text string) context.Context {
	b := baggage.FromContext(ctx)
	if b.Len() == 0 {
		return ctx
	}
	value, signature := memberValue("=" + text)
	var properties []baggage.Property
	if signature != "" {
		p, err := baggage.NewKeyValuePropertyRaw(signatureProperty, signature)
		if err != nil {
			return ctx // not of our making; without a propagator below the header still has it
		}
		properties = append(properties, p)
	}
	m, err := baggage.NewMemberRaw(Member, value, properties...)
	if err != nil {
		return ctx
	}
	if b, err = b.SetMember(m); err != nil {
		return ctx // it is full
	}
	return baggage.ContextWithBaggage(ctx, b)
}
