package propagate

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/baggage"

	"cairncx.dev/cairn/internal/flight"
)

// Member is the name of the member of the W3C baggage header that holds a position. Its value is the position's header form.
// Its property "sig" is the signature, if there is one.
const Member = "cairn"

const (
	baggageHeader     = "baggage"
	signatureProperty = "sig"
	blank             = " \t" // W3C Baggage, section 3.3.1: OWS
)

// maxEncoded is the length of the longest value of the member. Percent-encoding makes three bytes of each byte of the header
// form and of the signature.
const maxEncoded = 3 * (MaxHeader + len(";"+signatureProperty+"=") + maxSignature)

// AddToBaggage returns the value of a W3C baggage header whose member [Member] is text, made by [Sign], and nothing else.
// An empty text removes the member. Other members stay as they are, in their order.
func AddToBaggage(header, text string) string {
	var b strings.Builder
	b.Grow(len(header) + len(","+Member+"=") + len(text))
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

// FromBaggage returns the value of the member [Member] in a W3C baggage header, without percent-encoding and properties, or
// "". If there are several members, it returns the first value that is not empty. Use the value for display and debugging
// only. To believe a position, read it with [TextFromBaggage] and [Verify].
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

// TextFromBaggage returns the text that [Sign] wrote into a W3C baggage header, for [Verify] or [Read]. The text is "" if
// the header has none, and if two members contradict each other, because a sender writes one member.
//
// found reports whether the header has a member of that name at all, even an empty one, or one that only some
// implementations of OpenTelemetry read as [Member].
//
// The value is decoded once, after W3C Baggage (section 3.3.1.3). A hop may have encoded every byte, and the property too.
// A value that is still encoded after that was encoded twice, against the specification: [ParseHeader] returns an error for
// it.
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

// memberName returns the name of a list-member. W3C Baggage compares names byte by byte, with their case.
func memberName(part string) string {
	if i := strings.IndexAny(part, "=;"); i >= 0 {
		part = part[:i]
	}
	return strings.Trim(part, blank)
}

// isOurs reports whether some reader of the header, or of OpenTelemetry's baggage, takes the list-member for [Member]. Several
// implementations of OpenTelemetry decode percent signs in names, and a plus as a space, and then trim the name by their
// language's idea of white space. Behind such a hop a member of another name would be [Member].
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
		for n := len(b); n >= 3 && b[n-3] == '%'; n = len(b) { // repeatedly: there may be several hops
			c, ok := unhex(b[n-2], b[n-1])
			if !ok {
				break
			}
			b = append(b[:n-3], c)
		}
	}
	return strings.TrimFunc(string(b), ignorable) == Member
}

// ignorable reports whether some reader drops the rune at the ends of a name. Servers for Python read Latin-1, so a byte that
// is not UTF-8, such as 0xA0 or 0x85, may be white space. JavaScript trims U+FEFF.
func ignorable(r rune) bool {
	return r == '+' || r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// memberValue returns the decoded value of a list-member and its signature, or "" for each that it does not have. Two
// signatures that differ become "?", which no reader accepts.
func memberValue(part string) (value, signature string) {
	i := strings.IndexAny(part, "=;")
	if i < 0 || part[i] == ';' {
		return "", ""
	}
	value, properties, _ := strings.Cut(part[i+1:], ";")
	value = strings.Trim(value, blank)
	if len(value) > maxEncoded {
		return value, "" // too long in any encoding
	}
	// A hop that does not know properties has encoded them with the value.
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

// percentDecode decodes percent-encoding (RFC 3986, section 2.1). A percent sign that begins no escape stays.
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

// StripBaggage returns ctx without the member [Member] in OpenTelemetry's own baggage, and reports whether the baggage had
// it. Instrumentation sends that baggage to every host.
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

// outgoing is the context's key of the text that one request carries.
type outgoing struct{}

// Outgoing returns the context of one outgoing request that carries text, made by [Sign], as the customer's position; ""
// carries none. Interceptors of clients call it. Instrumentation below an interceptor writes headers from the context: it
// propagates OpenTelemetry's baggage, and calls [Propagator] if the application uses it. With this context, instrumentation
// sends text and no other position. Outgoing returns false if it returns ctx itself.
func Outgoing(ctx context.Context, text string) (context.Context, bool) {
	ctx, changed := StripBaggage(ctx)
	if text != "" {
		ctx = withText(ctx, text)
	} else if p := flight.PositionFromContext(ctx); p == nil || p.Journey.IsZero() {
		return ctx, changed // a Propagator would send nothing
	}
	return context.WithValue(ctx, outgoing{}, text), true
}

// withText adds text to OpenTelemetry's baggage where the context has some: a transport below that propagates this baggage
// replaces the header. Without baggage such a transport leaves the header alone.
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
			return ctx // Sign did not make it; without a propagator below, the header still has it
		}
		properties = append(properties, p)
	}
	m, err := baggage.NewMemberRaw(Member, value, properties...)
	if err != nil {
		return ctx
	}
	if b, err = b.SetMember(m); err != nil {
		return ctx // the baggage is full
	}
	return baggage.ContextWithBaggage(ctx, b)
}
