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

// typePrefix begins the type of every CloudEvent.
const typePrefix = "dev.cairncx."

// The content types of CloudEvents in JSON, for one event and for a batch.
const (
	contentEvent = "application/cloudevents+json"
	contentBatch = "application/cloudevents-batch+json"
)

// encoder writes CloudEvents. One goroutine at a time uses it.
type encoder struct {
	own    string // the source of WithSource, or ""
	single bool
	places httpsink.Places
	ids    []byte // the IDs of the message's events

	// The last source and type, and the namespace and kind that they were made from. Most events have the same ones again.
	namespace, kind string
	source, typ     []byte
}

// request writes a request of as many of the events as fit in maxBytes, at least one. It returns their number and the
// message's ID. The ID of a single event is the event's ID. The ID of a batch is derived from the IDs of its events, so that a
// repeated batch has the same one.
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

// append appends the event as a CloudEvent in JSON (CloudEvents 1.0, JSON Event Format), and returns its ID. It appends by
// hand, because encoding is the largest cost of sending. The tests read the result with the CloudEvents SDK.
func (c *encoder) append(b []byte, ev *event.Event) (out []byte, id event.ID) {
	if ev.ID.IsZero() {
		own := *ev // the caller's event must not change
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

// The first seconds of the years 1 and 10000, in seconds since 1970. RFC 3339 can express the times between them.
const (
	year1     = -62135596800
	year10000 = 253402300800
)

// appendID appends the ID in the form of [event.ID.String].
func appendID(b []byte, id event.ID) []byte {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}

// sourceOf returns the source of an event as a JSON string: that of WithSource, or one made from the namespace.
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

// typeOf returns the type of an event as a JSON string.
func (c *encoder) typeOf(kind string) []byte {
	if c.typ == nil || kind != c.kind {
		c.kind, c.typ = kind, quoted(typePrefix+printable(kind))
	}
	return c.typ
}

// quoted returns s as a JSON string.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string never fails
		return []byte(`""`)
	}
	return b
}

// appendSegment appends a part of the subject, inside a JSON string. It percent-encodes the separators "%" and "/", and the
// characters that CloudEvents does not allow in an attribute: unprintable characters and invalid UTF-8. Other text stays
// readable.
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

// printable returns s without the characters that CloudEvents does not allow in an attribute, or [event.Other] if nothing is
// left.
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

// appendTraceparent appends a traceparent of W3C Trace Context, level 1, as the CloudEvents extension "Distributed Tracing"
// defines it.
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
