package otlplog

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/protobuf/encoding/protowire"
)

// The tags of opentelemetry.proto.{collector.logs,logs,common,resource}.v1. A tag is a field's number and its wire type in one
// byte.
const (
	tagResourceLogs = 1<<3 | byte(protowire.BytesType) // ExportLogsServiceRequest

	tagResource     = 1<<3 | byte(protowire.BytesType) // ResourceLogs
	tagScopeLogs    = 2<<3 | byte(protowire.BytesType)
	tagResourceURL  = 3<<3 | byte(protowire.BytesType)
	tagResourceAttr = 1<<3 | byte(protowire.BytesType) // Resource

	tagScope     = 1<<3 | byte(protowire.BytesType) // ScopeLogs
	tagRecord    = 2<<3 | byte(protowire.BytesType)
	tagScopeName = 1<<3 | byte(protowire.BytesType) // InstrumentationScope

	tagTime      = 1<<3 | byte(protowire.Fixed64Type) // LogRecord
	tagSeverity  = 2<<3 | byte(protowire.VarintType)
	tagBody      = 5<<3 | byte(protowire.BytesType)
	tagAttribute = 6<<3 | byte(protowire.BytesType)
	tagFlags     = 8<<3 | byte(protowire.Fixed32Type)
	tagTraceID   = 9<<3 | byte(protowire.BytesType)
	tagSpanID    = 10<<3 | byte(protowire.BytesType)
	tagObserved  = 11<<3 | byte(protowire.Fixed64Type)
	tagEventName = 12<<3 | byte(protowire.BytesType)

	tagString = 1<<3 | byte(protowire.BytesType) // AnyValue
	tagBool   = 2<<3 | byte(protowire.VarintType)
	tagInt    = 3<<3 | byte(protowire.VarintType)
	tagDouble = 4<<3 | byte(protowire.Fixed64Type)
	tagArray  = 5<<3 | byte(protowire.BytesType)
	tagMap    = 6<<3 | byte(protowire.BytesType)
	tagBytes  = 7<<3 | byte(protowire.BytesType)

	tagValues = 1<<3 | byte(protowire.BytesType) // ArrayValue, KeyValueList

	tagKey   = 1<<3 | byte(protowire.BytesType) // KeyValue
	tagValue = 2<<3 | byte(protowire.BytesType)
)

// maxDepth bounds the nesting of lists, as the SDK's default does.
const maxDepth = 64

// open begins a message of unknown length and leaves width bytes free for the length. It returns the index at which the
// message begins.
func open(b []byte, tag byte, width int) (extended []byte, at int) {
	b = append(b, tag)
	for range width {
		b = append(b, 0)
	}
	return b, len(b)
}

// shut writes the length of the message that begins at index at. If the length does not take exactly width bytes, shut moves
// the message.
func shut(b []byte, at, width int) []byte {
	n := len(b) - at
	size := protowire.SizeVarint(uint64(n))
	if size > width {
		var more [10]byte
		b = append(b, more[:size-width]...)
	}
	if size != width {
		copy(b[at-width+size:], b[at:at+n])
		b = b[:at-width+size+n]
	}
	protowire.AppendVarint(b[:at-width], uint64(n))
	return b
}

// appendText appends a text field. It repairs text that is not UTF-8, because no receiver would take it.
func appendText(b []byte, tag byte, s string) []byte {
	b = append(b, tag)
	return protowire.AppendString(b, repair(s))
}

func repair(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// appendTime appends a field of nanoseconds since 1970. It appends nothing for a time outside of 1970 to 2262, as the SDK
// does.
func appendTime(b []byte, tag byte, t time.Time) []byte {
	if t.Unix() < 0 || t.Unix() > math.MaxInt64/int64(time.Second)-1 || t.UnixNano() == 0 {
		return b
	}
	b = append(b, tag)
	return protowire.AppendFixed64(b, uint64(t.UnixNano()))
}

// appendKeyText appends a KeyValue with a text as a field.
func appendKeyText(b []byte, tag byte, key, v string) []byte {
	if !utf8.ValidString(key) {
		return appendKeyValue(b, tag, attribute.String(key, v), 0)
	}
	return appendNameText(b, tag, key, v)
}

// appendNameText appends a KeyValue with a text as a field. The key must be UTF-8, as the names of this package are.
func appendNameText(b []byte, tag byte, key, v string) []byte {
	if len(key)+len(v) > 100 || !utf8.ValidString(v) {
		return appendKeyValue(b, tag, attribute.String(key, v), 0)
	}
	// Each length fits in one byte.
	b = append(b, tag, byte(len(key)+len(v)+6), tagKey, byte(len(key)))
	b = append(b, key...)
	b = append(b, tagValue, byte(len(v)+2), tagString, byte(len(v)))
	return append(b, v...)
}

// appendKeyValue appends a KeyValue as a field.
func appendKeyValue(b []byte, tag byte, kv attribute.KeyValue, depth int) []byte {
	b, at := open(b, tag, 1)
	b = appendText(b, tagKey, string(kv.Key))
	b = appendAny(b, tagValue, kv.Value, depth)
	return shut(b, at, 1)
}

// appendAny appends an AnyValue as a field.
func appendAny(b []byte, tag byte, v attribute.Value, depth int) []byte {
	b, at := open(b, tag, 1)
	switch v.Type() {
	case attribute.BOOL:
		b = append(b, tagBool, bit(v.AsBool()))
	case attribute.INT64:
		b = append(b, tagInt)
		b = protowire.AppendVarint(b, uint64(v.AsInt64()))
	case attribute.FLOAT64:
		b = append(b, tagDouble)
		b = protowire.AppendFixed64(b, math.Float64bits(v.AsFloat64()))
	case attribute.STRING:
		b = appendText(b, tagString, v.AsString())
	case attribute.BYTESLICE:
		b = append(b, tagBytes)
		b = protowire.AppendBytes(b, v.AsByteSlice())
	case attribute.EMPTY:
	default:
		if depth < maxDepth {
			b = appendComposite(b, v, depth+1)
		}
	}
	return shut(b, at, 1)
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// appendComposite appends a list or a map as a field of an AnyValue.
func appendComposite(b []byte, v attribute.Value, depth int) []byte {
	tag := tagArray
	if v.Type() == attribute.MAP {
		tag = tagMap
	}
	b, at := open(b, tag, 1)
	switch v.Type() {
	case attribute.BOOLSLICE:
		b = appendValues(b, v.AsBoolSlice(), attribute.BoolValue, depth)
	case attribute.INT64SLICE:
		b = appendValues(b, v.AsInt64Slice(), attribute.Int64Value, depth)
	case attribute.FLOAT64SLICE:
		b = appendValues(b, v.AsFloat64Slice(), attribute.Float64Value, depth)
	case attribute.STRINGSLICE:
		b = appendValues(b, v.AsStringSlice(), attribute.StringValue, depth)
	case attribute.SLICE:
		b = appendValues(b, v.AsSlice(), func(v attribute.Value) attribute.Value { return v }, depth)
	case attribute.MAP:
		kvs := v.AsMap()
		for i, kv := range kvs {
			if !shadowed(kvs, i) {
				b = appendKeyValue(b, tagValues, kv, depth)
			}
		}
	default: // an unknown type becomes an empty list
	}
	return shut(b, at, 1)
}

func appendValues[T any](b []byte, list []T, value func(T) attribute.Value, depth int) []byte {
	for _, v := range list {
		b = appendAny(b, tagValues, value(v), depth)
	}
	return b
}

// shadowed reports whether a later attribute has the same key.
func shadowed(kvs []attribute.KeyValue, i int) bool {
	key := kvs[i].Key
	for j := i + 1; j < len(kvs); j++ {
		if kvs[j].Key == key {
			return true
		}
	}
	return false
}
