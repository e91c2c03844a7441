package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// typePrefix is what the type of every CloudEvent begins with.
const typePrefix = "dev.cairncx."

// The content types of CloudEvents in JSON: one, or several in a batch.
const (
	contentEvent = "application/cloudevents+json"
	contentBatch = "application/cloudevents-batch+json"
)

// message is an event as it is sent.
type message struct {
	id   event.ID // of the CloudEvent
	json []byte   // the CloudEvent
}

// encode appends the event as a CloudEvent in JSON (CloudEvents 1.0, JSON Event Format). It is written
// here by appending, for it is what sending costs most; the CloudEvents SDK reads it in the tests.
func (e *Exporter) encode(b []byte, ev *event.Event) (out []byte, id event.ID) {
	own := *ev // the caller's is not to be changed, and working out its trace would
	if own.ID.IsZero() {
		sum := sha256.Sum256(own.AppendJSON(nil))
		own.ID = digestID(sum[:])
	}
	b = append(b, `{"specversion":"1.0","id":"`...)
	b = append(b, own.ID.String()...)
	b = append(b, `","source":`...)
	b = e.appendSource(b, own.Journey.Namespace)
	b = append(b, `,"type":`...)
	b = appendText(b, typePrefix, printable(string(own.Kind)))
	if s := subject(&own); s != "" {
		b = append(b, `,"subject":`...)
		b = appendText(b, s)
	}
	if y := own.Time.UTC().Year(); y >= 1 && y <= 9999 && !own.Time.IsZero() { // what RFC 3339 can say
		b = append(b, `,"time":"`...)
		b = own.Time.UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	if sc := place(&own); sc.IsValid() {
		b = append(b, `,"traceparent":"`...)
		b = appendTraceparent(b, sc)
		b = append(b, '"')
	}
	b = append(b, `,"datacontenttype":"application/json","data":`...)
	b = own.AppendJSON(b)
	return append(b, '}'), own.ID
}

// appendText appends the parts as one text of JSON.
func appendText(b []byte, parts ...string) []byte {
	plain := true
	for _, p := range parts {
		for i := range len(p) {
			if c := p[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
				plain = false
			}
		}
	}
	if !plain {
		quoted, err := json.Marshal(strings.Join(parts, ""))
		if err == nil { // of a string it always is
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	for _, p := range parts {
		b = append(b, p...)
	}
	return append(b, '"')
}

// appendSource appends the source of the event: what is configured, or the namespace.
func (e *Exporter) appendSource(b []byte, namespace string) []byte {
	switch {
	case e.cfg.source != "":
		return appendText(b, e.cfg.source)
	case namespace == "":
		return append(b, `"cairn"`...)
	default:
		return appendText(b, "cairn/", url.PathEscape(namespace))
	}
}

// subject names the run of the journey.
func subject(ev *event.Event) string {
	if ev.Journey.IsZero() {
		return ""
	}
	return segment(ev.Journey.Name) + "/" + segment(ev.Journey.ID)
}

// segment escapes what would be taken for something else, or what CloudEvents do not allow in an
// attribute (control characters, what is no character), and leaves other text readable.
func segment(s string) string {
	plain := func(r rune) bool { return r != '%' && r != '/' && r != utf8.RuneError && unicode.IsPrint(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if plain(r) {
			b.WriteString(s[:n])
		} else {
			for _, c := range []byte(s[:n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		s = s[n:]
	}
	return b.String()
}

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

// place returns the span that the event belongs to: the request's, or else the journey's.
func place(ev *event.Event) trace.SpanContext {
	if ev.SpanContext.IsValid() {
		return ev.SpanContext
	}
	if t := ev.Trace(); t != nil {
		return t.Parent()
	}
	return trace.SpanContext{}
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
