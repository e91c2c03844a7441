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

// The headers of a record. A header without a value is left out.
const (
	headerType    = "content-type"         // application/json, or application/x-protobuf
	headerSchema  = "cairn-schema-version" // the version of the value, a decimal number
	headerID      = "cairn-event-id"       // a UUID, the same for all duplicates of an event
	headerKind    = "cairn-event-kind"     // such as touchpoint.ended
	headerParent  = "traceparent"          // W3C Trace Context: the request span in which the event happened
	headerState   = "tracestate"
	headersAtMost = 6
)

const (
	// overhead bounds the bytes of a record in its batch besides the key, the value and the headers' values.
	overhead = 160
	// batchOverhead bounds the bytes of a record batch besides its records.
	batchOverhead = 128
	// keep is the largest buffer that is kept from one batch to the next, in bytes.
	keep = 4 << 20
)

// AppendKey appends the key of the journey's records and returns the extended slice. The key is the namespace, the journey's
// name and its ID, joined by "/". In namespace and name "~" is written as "~7E" and "/" as "~2F"; the ID is last and is
// unchanged. Different journeys therefore have different keys, and all events of a journey are in one partition. AppendKey
// appends nothing if there is no journey; the client spreads such records over the partitions.
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

// scratch holds the records of one wave. The records point into one buffer and one list of headers.
type scratch struct {
	buf     []byte
	spans   []spans
	headers []kgo.RecordHeader
	records []kgo.Record
	indexes []int
	wave    *wave
}

// spans holds the end offsets of a record's parts in the buffer, in their order there.
type spans struct {
	start, key, value, id, kind, parent, state int
}

func (s *scratch) reset() {
	s.buf, s.spans, s.headers, s.records, s.indexes = s.buf[:0], s.spans[:0], s.headers[:0], s.records[:0], s.indexes[:0]
}

// shrink releases buffers that have grown beyond keep.
func (s *scratch) shrink() {
	if cap(s.buf) > keep {
		*s = scratch{}
	}
}

// encode appends an event and returns an upper bound of its record's size in bytes.
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

// drop removes the last record that encode appended.
func (s *scratch) drop() {
	last := len(s.spans) - 1
	s.buf, s.spans = s.buf[:s.spans[last].start], s.spans[:last]
}

// seal creates the records when the buffer no longer grows, and returns their indexes. All records get the same timestamp,
// because the client would otherwise read the clock for each.
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

// headers returns the headers that describe the value.
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
