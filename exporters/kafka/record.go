package kafka

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/kafka/eventpb"
)

// The headers of a record. What an event does not have is left out.
const (
	headerType    = "content-type"         // application/json, or application/x-protobuf
	headerSchema  = "cairn-schema-version" // of the value, a decimal number
	headerID      = "cairn-event-id"       // a UUID; what duplicates have in common
	headerKind    = "cairn-event-kind"     // such as touchpoint.ended
	headerParent  = "traceparent"          // W3C Trace Context: the request span that the event happened in
	headerState   = "tracestate"
	headersAtMost = 6
)

const (
	// overhead bounds what a record takes in its batch besides key, value and the headers' values.
	overhead = 160
	// batchOverhead bounds what a record batch has besides its records, in bytes.
	batchOverhead = 128
	// keep is how much of a buffer is kept from one batch to the next, in bytes.
	keep = 4 << 20
)

// AppendKey appends the key of the journey's records: the namespace, the journey's name and its ID,
// divided by "/", and returns the extended slice. In namespace and name "~" is written as "~7E" and "/" as
// "~2F"; the ID, which is the rest, is as it is. So no two journeys have the same key, and all that happens
// in one is in one partition. Nothing is appended for no journey, whose records are spread.
func AppendKey(b []byte, j *event.Run) []byte {
	if j == nil || j.IsZero() {
		return b
	}
	b = append(appendEscaped(b, j.Namespace), '/')
	b = append(appendEscaped(b, j.Name), '/')
	return append(b, j.ID...)
}

func appendEscaped(b []byte, s string) []byte {
	for {
		i := strings.IndexAny(s, "~/")
		if i < 0 {
			return append(b, s...)
		}
		b = append(b, s[:i]...)
		b = append(b, '~')
		b = append(b, strings.ToUpper(strconv.FormatUint(uint64(s[i]), 16))...)
		s = s[i+1:]
	}
}

// scratch holds the records of one wave. What they point to is in one buffer and one list of headers.
type scratch struct {
	buf     []byte
	spans   []spans
	headers []kgo.RecordHeader
	records []kgo.Record
	indexes []int
	wave    *wave
}

// spans says where the parts of a record end in the buffer, in the order in which they are there.
type spans struct {
	start, key, value, id, kind, parent, state int
}

func (s *scratch) reset() {
	s.buf, s.spans, s.headers, s.records, s.indexes = s.buf[:0], s.spans[:0], s.headers[:0], s.records[:0], s.indexes[:0]
}

// shrink lets go of buffers that were needed once.
func (s *scratch) shrink() {
	if cap(s.buf) > keep {
		*s = scratch{}
	}
}

// encode appends an event, and returns how many bytes its record has at most.
func (s *scratch) encode(e *event.Event, encoding Encoding) int {
	p := spans{start: len(s.buf)}
	b := AppendKey(s.buf, &e.Journey)
	p.key = len(b)
	if encoding == Protobuf {
		b = eventpb.Append(b, e)
	} else {
		b = e.AppendJSON(b)
	}
	p.value = len(b)
	if !e.ID.IsZero() {
		b = appendID(b, e.ID)
	}
	p.id = len(b)
	b = append(b, e.Kind...)
	p.kind = len(b)
	if sc := e.SpanContext; sc.IsValid() {
		tid, sid, flags := sc.TraceID(), sc.SpanID(), sc.TraceFlags()
		b = hex.AppendEncode(append(b, "00-"...), tid[:])
		b = hex.AppendEncode(append(b, '-'), sid[:])
		b = hex.AppendEncode(append(b, '-'), []byte{byte(flags)})
		p.parent = len(b)
		b = append(b, sc.TraceState().String()...)
	} else {
		p.parent = len(b)
	}
	p.state = len(b)
	s.buf, s.spans = b, append(s.spans, p)
	return len(b) - p.start + overhead
}

// drop takes back what encode has appended last.
func (s *scratch) drop() {
	last := len(s.spans) - 1
	s.buf, s.spans = s.buf[:s.spans[last].start], s.spans[:last]
}

// seal makes the records, now that the buffer does not grow any more, and returns their places. They have one
// timestamp, for the client would ask the clock for each.
func (s *scratch) seal(topic string, fixed []kgo.RecordHeader) []int {
	now := time.Now()
	s.headers = slices.Grow(s.headers, headersAtMost*len(s.spans))
	for i, p := range s.spans {
		r := kgo.Record{Topic: topic, Timestamp: now, Value: s.buf[p.key:p.value:p.value]}
		if p.key > p.start {
			r.Key = s.buf[p.start:p.key:p.key]
		}
		first := len(s.headers)
		s.headers = append(s.headers, fixed...)
		s.header(headerID, p.value, p.id)
		s.header(headerKind, p.id, p.kind)
		s.header(headerParent, p.kind, p.parent)
		s.header(headerState, p.parent, p.state)
		end := len(s.headers)
		r.Headers = s.headers[first:end:end]
		s.records, s.indexes = append(s.records, r), append(s.indexes, i)
	}
	return s.indexes
}

func (s *scratch) header(key string, from, to int) {
	if from < to {
		s.headers = append(s.headers, kgo.RecordHeader{Key: key, Value: s.buf[from:to:to]})
	}
}

// headers returns those that say what the value is.
func (e Encoding) headers() []kgo.RecordHeader {
	if e == Protobuf {
		return []kgo.RecordHeader{
			{Key: headerType, Value: []byte("application/x-protobuf")},
			{Key: headerSchema, Value: []byte(strconv.Itoa(eventpb.Version))},
		}
	}
	return []kgo.RecordHeader{
		{Key: headerType, Value: []byte("application/json")},
		{Key: headerSchema, Value: []byte(strconv.Itoa(event.JSONVersion))},
	}
}

// appendID appends the UUID in its usual form, as [event.ID.String] does, without allocating.
func appendID(b []byte, id event.ID) []byte {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}
