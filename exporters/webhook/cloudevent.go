package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// typePrefix is what the type of every CloudEvent begins with.
const typePrefix = "dev.cairncx."

// message is an event as it is sent.
type message struct {
	id   string // of the CloudEvent
	json []byte // the CloudEvent
}

// encode returns the event as a CloudEvent in JSON.
func (e *Exporter) encode(ev *event.Event) (message, error) {
	own := *ev // the caller's is not to be changed, and working out its trace would
	data := own.AppendJSON(make([]byte, 0, 512))
	if own.ID.IsZero() {
		sum := sha256.Sum256(data)
		own.ID = digestID(sum[:])
		data = own.AppendJSON(data[:0])
	}
	ce := cloudevents.New(cloudevents.CloudEventsVersionV1)
	ce.SetID(own.ID.String())
	ce.SetSource(e.source(&own))
	ce.SetType(typePrefix + printable(string(own.Kind)))
	if s := subject(&own); s != "" {
		ce.SetSubject(s)
	}
	if y := own.Time.UTC().Year(); y >= 1 && y <= 9999 && !own.Time.IsZero() { // what RFC 3339 can say
		ce.SetTime(own.Time)
	}
	if sc := place(&own); sc.IsValid() {
		ce.SetExtension("traceparent", traceparent(sc))
	}
	if err := ce.SetData(cloudevents.ApplicationJSON, data); err != nil {
		return message{}, fmt.Errorf("as a CloudEvent: %w", err)
	}
	if err := ce.Validate(); err != nil {
		return message{}, fmt.Errorf("as a CloudEvent: %w", err)
	}
	json, err := ce.MarshalJSON()
	if err != nil {
		return message{}, fmt.Errorf("as a CloudEvent: %w", err)
	}
	return message{id: ce.ID(), json: json}, nil
}

// source returns the source of the event: what is configured, or the namespace.
func (e *Exporter) source(ev *event.Event) string {
	switch {
	case e.cfg.source != "":
		return e.cfg.source
	case ev.Journey.Namespace == "":
		return "cairn"
	default:
		return "cairn/" + url.PathEscape(ev.Journey.Namespace)
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

// traceparent is the header of W3C Trace Context, level 1, as the CloudEvents extension "Distributed
// Tracing" has it.
func traceparent(sc trace.SpanContext) string {
	tid, sid := sc.TraceID(), sc.SpanID()
	b := make([]byte, 0, 55)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, tid[:])
	b = append(b, '-')
	b = hex.AppendEncode(b, sid[:])
	if sc.IsSampled() {
		return string(append(b, "-01"...))
	}
	return string(append(b, "-00"...))
}
