package processortest

import (
	"encoding/binary"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// fill sets every field that v leads to: texts to the text, numbers to 1. New fields of an event are filled by themselves.
func fill(v reflect.Value, text string) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon()))
		return
	case trace.SpanContext:
		v.Set(reflect.ValueOf(trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
		})))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), text)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(0.5)
	default: // an event has none of the others
	}
}

func noon() time.Time { return time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC) }

func seconds(i int) time.Duration { return time.Duration(i) * time.Second }

// id returns the ID of event i, a UUID of version 8.
func id(i int) (id event.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(i))
	id[6], id[8] = 0x80, 0x80
	return id
}

func attributes(i int) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.Int("n", i), attribute.StringSlice("list", []string{"a", "b"})}
}
