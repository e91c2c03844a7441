package httpsink

import (
	"encoding/binary"
	"hash/maphash"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// numPlaces is how many places are remembered, at most.
const numPlaces = 1 << 12

// Places says which span an event belongs to. The place in a journey's trace costs two SHA-256, so it is
// remembered under two keyed hashes of what it follows from: up to 4,096 of them, in 160 KiB without a
// pointer. The zero value is ready, and takes none of that before it is needed. It is used by one goroutine
// at a time.
type Places struct {
	seeds [2]maphash.Seed
	known []place
	key   []byte
}

// place is where events with a hash belong. Both IDs are zero where there is none.
type place struct {
	hash  [2]uint64
	trace trace.TraceID
	span  trace.SpanID
}

// Of returns the span that the event belongs to: the request's, or else that of its stage or journey in the journey's trace. It
// is not valid for an event without a request and a journey. Of does not change the event.
func (p *Places) Of(e *event.Event) trace.SpanContext {
	if e.SpanContext.IsValid() || e.Journey.IsZero() {
		return e.SpanContext
	}
	if e.Journey.Name == event.Other { // such runs share their name and not their traces
		return e.JourneySpan()
	}
	if p == nil {
		p = &Places{}
	}
	if p.known == nil {
		p.known = make([]place, numPlaces)
		p.seeds = [...]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	}
	p.key = appendKey(p.key[:0], e)
	hash := [...]uint64{maphash.Bytes(p.seeds[0], p.key), maphash.Bytes(p.seeds[1], p.key)}
	k, other := &p.known[hash[0]%numPlaces], &p.known[hash[1]%numPlaces]
	if k.hash != hash && (other.hash == hash || !other.trace.IsValid()) {
		k = other
	}
	if k.hash != hash || !k.trace.IsValid() {
		j := event.Run{Namespace: e.Journey.Namespace, Name: e.Journey.Name, ID: e.Journey.ID}
		own := event.Event{Journey: j, Stage: e.Stage, Visit: e.Visit}
		sc := own.JourneySpan()
		*k = place{hash, sc.TraceID(), sc.SpanID()}
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: k.trace, SpanID: k.span, TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

// appendKey appends all that an event's place follows from.
func appendKey(b []byte, e *event.Event) []byte {
	b = binary.AppendVarint(b, int64(e.Visit))
	for _, part := range [...]string{e.Journey.Namespace, e.Journey.Name, e.Journey.ID, e.Stage} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}
