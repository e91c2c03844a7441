package cxkafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/propagation"
)

// headers are those of a record. A change gives the record a new list, because records may share one, and because another goroutine may
// read the old one.
type headers kgo.Record

var (
	_ propagation.TextMapCarrier = (*headers)(nil)
	_ propagation.ValuesGetter   = (*headers)(nil)
)

// Get implements [propagation.TextMapCarrier].
func (h *headers) Get(key string) string {
	for i := range h.Headers {
		if h.Headers[i].Key == key {
			return string(h.Headers[i].Value)
		}
	}
	return ""
}

// Values implements [propagation.ValuesGetter].
func (h *headers) Values(key string) (all []string) {
	for i := range h.Headers {
		if h.Headers[i].Key == key {
			all = append(all, string(h.Headers[i].Value))
		}
	}
	return all
}

// Keys implements [propagation.TextMapCarrier]. A key may be there more than once.
func (h *headers) Keys() []string {
	keys := make([]string, len(h.Headers))
	for i := range h.Headers {
		keys[i] = h.Headers[i].Key
	}
	return keys
}

// Set implements [propagation.TextMapCarrier]: the header has this value alone, in the place of the first one.
func (h *headers) Set(key, value string) {
	list := make([]kgo.RecordHeader, 0, len(h.Headers)+1)
	set := false
	for _, was := range h.Headers {
		switch {
		case was.Key != key:
			list = append(list, was)
		case !set:
			list, set = append(list, kgo.RecordHeader{Key: key, Value: []byte(value)}), true
		}
	}
	if !set {
		list = append(list, kgo.RecordHeader{Key: key, Value: []byte(value)})
	}
	h.Headers = list
}

// Del removes a header with all of its values.
func (h *headers) Del(key string) {
	h.Headers = slices.DeleteFunc(slices.Clone(h.Headers), func(was kgo.RecordHeader) bool { return was.Key == key })
}
