package httpsink

import (
	"encoding/binary"
	"hash/maphash"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// numPlaces bounds the number of places in the cache.
const numPlaces = 1 << 12

// Places finds the span that an event belongs to. The place in a journey's trace costs two SHA-256 hashes, so Places caches up
// to 4,096 places, each under two keyed hashes of the fields that determine it. The cache takes 160 KiB, has no pointers, and
// is allocated at the first use. The zero value is ready to use. Places is not safe for concurrent use.
type Places struct {
	seeds [2]maphash.Seed
	known []place
	key   []byte
}

// place is the place of the events with a hash. Both IDs are zero in an empty entry.
type place struct {
	hash  [2]uint64
	trace trace.TraceID
	span  trace.SpanID
}

// Of returns the span that the event belongs to. This is the request's span if the event has one, and otherwise the span of
// its stage or journey in the journey's trace. The span is not valid for an event without a request and a journey. Of does not
// change the event. A nil Places works and caches nothing.
func (p *Places) Of(e *event.Event) trace.SpanContext {
	if e.SpanContext.IsValid() || e.Journey.IsZero() {
		return e.SpanContext
	}
	if e.Journey.Root != (event.SpanRef{}) { // it is not among the fields of the cache's key
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

// appendKey appends all fields that determine an event's place.
func appendKey(b []byte, e *event.Event) []byte {
	b = binary.AppendVarint(b, int64(e.Visit))
	for _, part := range [...]string{e.Journey.Namespace, e.Journey.Name, e.Journey.ID, e.Stage} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}
