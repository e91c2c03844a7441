package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
)

// typePrefix is what the type of every CloudEvent begins with.
const typePrefix = "dev.cairncx."

// The content types of CloudEvents in JSON: one, or several in a batch.
const (
	contentEvent = "application/cloudevents+json"
	contentBatch = "application/cloudevents-batch+json"
)

// encoder writes CloudEvents. It is used by one goroutine at a time.
type encoder struct {
	own    string // the source that is configured
	single bool
	places httpsink.Places
	ids    []byte // of the message's events

	// The source and the type that were written last, and what they were written of: most are the same
	// again.
	namespace, kind string
	source, typ     []byte
}

// request writes a request of as many of the events as may be in one, at least one. It returns how many
// these are and the message's ID: that of its event, or what follows from those of its events, so that the same
// batch has the same ID when it is tried again.
func (c *encoder) request(body *httpsink.Body, events []event.Event, maxBytes int) (n int, id event.ID) {
	if c.single {
		body.Bytes, id = c.append(body.Bytes, &events[0])
		return 1, id
	}
	b := body.Bytes
	b = append(b, '[')
	c.ids = c.ids[:0]
	for ; n < len(events); n++ {
		before := len(b)
		if n > 0 {
			b = append(b, ',')
		}
		b, id = c.append(b, &events[n])
		if len(b)+1 > maxBytes && n > 0 {
			b = b[:before]
			break
		}
		c.ids = append(c.ids, id[:]...)
	}
	b = append(b, ']')
	body.Bytes = b
	if n == 1 {
		copy(id[:], c.ids)
		return n, id
	}
	sum := sha256.Sum256(c.ids)
	return n, digestID(sum[:])
}

// append appends the event as a CloudEvent in JSON (CloudEvents 1.0, JSON Event Format), and returns its ID. It
// is written here by appending, for it is what sending costs most; the CloudEvents SDK reads it in the tests.
func (c *encoder) append(b []byte, ev *event.Event) (out []byte, id event.ID) {
	if ev.ID.IsZero() {
		own := *ev // the caller's is not to be changed
		sum := sha256.Sum256(own.AppendJSON(nil))
		own.ID = digestID(sum[:])
		ev = &own
	}
	b = append(b, `{"specversion":"1.0","id":"`...)
	b = appendID(b, ev.ID)
	b = append(b, `","source":`...)
	b = append(b, c.sourceOf(ev.Journey.Namespace)...)
	b = append(b, `,"type":`...)
	b = append(b, c.typeOf(string(ev.Kind))...)
	if !ev.Journey.IsZero() { // the subject is the run of the journey
		b = append(b, `,"subject":"`...)
		b = append(appendSegment(b, ev.Journey.Name), '/')
		b = append(appendSegment(b, ev.Journey.ID), '"')
	}
	if at := ev.Time.UTC(); !at.IsZero() && at.Unix() >= year1 && at.Unix() < year10000 {
		b = append(b, `,"time":"`...)
		b = at.AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	if sc := c.places.Of(ev); sc.IsValid() {
		b = append(b, `,"traceparent":"`...)
		b = appendTraceparent(b, sc)
		b = append(b, '"')
	}
	b = append(b, `,"datacontenttype":"application/json","data":`...)
	b = ev.AppendJSON(b)
	return append(b, '}'), ev.ID
}

// The first second of the year 1 and that of the year 10000, since 1970: RFC 3339 can say what is between.
const (
	year1     = -62135596800
	year10000 = 253402300800
)

// appendID appends the ID as [event.ID.String] has it.
func appendID(b []byte, id event.ID) []byte {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}

// sourceOf returns the source of an event as a text of JSON: what is configured, or the namespace.
func (c *encoder) sourceOf(namespace string) []byte {
	if c.source != nil && (namespace == c.namespace || c.own != "") {
		return c.source
	}
	source := c.own
	if source == "" {
		if source = "cairn"; namespace != "" {
			source += "/" + url.PathEscape(namespace)
		}
	}
	c.namespace, c.source = namespace, quoted(source)
	return c.source
}

// typeOf returns the type of an event as a text of JSON.
func (c *encoder) typeOf(kind string) []byte {
	if c.typ == nil || kind != c.kind {
		c.kind, c.typ = kind, quoted(typePrefix+printable(kind))
	}
	return c.typ
}

// quoted returns a text of JSON.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // of a string there is none
		return []byte(`""`)
	}
	return b
}

// appendSegment appends a part of the subject, within a text of JSON. It escapes what would be taken for
// something else, or what CloudEvents do not allow in an attribute (control characters, what is no
// character), and leaves other text readable.
func appendSegment(b []byte, s string) []byte {
	for len(s) > 0 {
		r, n := rune(s[0]), 1
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', s[0])
			s = s[1:]
			continue
		case r >= utf8.RuneSelf:
			r, n = utf8.DecodeRuneInString(s)
		}
		if r != '%' && r != '/' && r != utf8.RuneError && unicode.IsPrint(r) {
			b = append(b, s[:n]...)
		} else {
			for _, c := range []byte(s[:n]) {
				b = append(b, '%', upper[c>>4], upper[c&0xf])
			}
		}
		s = s[n:]
	}
	return b
}

const upper = "0123456789ABCDEF"

// printable returns s without what CloudEvents do not allow in an attribute.
func printable(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) < 0 {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return event.Other
	}
	return s
}

// appendTraceparent appends the header of W3C Trace Context, level 1, as the CloudEvents extension
// "Distributed Tracing" has it.
func appendTraceparent(b []byte, sc trace.SpanContext) []byte {
	tid, sid := sc.TraceID(), sc.SpanID()
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, tid[:])
	b = append(b, '-')
	b = hex.AppendEncode(b, sid[:])
	if sc.IsSampled() {
		return append(b, "-01"...)
	}
	return append(b, "-00"...)
}
