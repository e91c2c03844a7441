package resolve

import (
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
)

// What an event holds is bounded here, on copies: the originals are the caller's.

func (r *Resolver) variant(v event.Variant, faults *event.Faults) *event.Variant {
	cut(&v.Release, event.MaxName, faults)
	cut(&v.Experiment, event.MaxName, faults)
	cut(&v.Arm, event.MaxName, faults)
	return &v
}

// text bounds free text, and redacts or drops it. It is cut before it is redacted, so that
// a redactor's work is bounded, and again after.
func (r *Resolver) text(s string, faults *event.Faults) string {
	if s == "" {
		return ""
	}
	cut(&s, event.MaxText, faults)
	switch {
	case r.cfg.Redact != nil:
		s = r.redact(s, faults)
	case !r.cfg.KeepText:
		return ""
	}
	cut(&s, event.MaxText, faults)
	return s
}

func (r *Resolver) redact(s string, faults *event.Faults) (out string) {
	defer func() {
		if recover() != nil {
			out = ""
			faults.Add(event.FaultPanic)
		}
	}()
	return r.cfg.Redact(s)
}

// attributes returns a copy with at most [event.MaxAttributes] keys, each once.
func attributes(kvs []attribute.KeyValue, faults *event.Faults) []attribute.KeyValue {
	var unique event.Event
	unique.Attributes = make([]attribute.KeyValue, 0, min(len(kvs), event.MaxAttributes))
	unique.SetAttributes(kvs...)
	*faults |= unique.Noticed()
	out := unique.Attributes
	for i := range out {
		room := event.MaxText
		out[i].Value = bounded(out[i].Value, maxDepth, &room, faults)
	}
	return out
}

// maxDepth bounds how deep an attribute's value is nested.
const maxDepth = 4

// bounded returns the value with everything in it bounded, and every text UTF-8. Room is how many
// bytes of text there may still be.
func bounded(v attribute.Value, depth int, room *int, faults *event.Faults) attribute.Value {
	text := func(s string) string {
		cut(&s, *room, faults)
		*room -= len(s)
		return s
	}
	switch v.Type() {
	case attribute.STRING:
		return attribute.StringValue(text(v.AsString()))
	case attribute.STRINGSLICE:
		list := few(v.AsStringSlice(), faults)
		for i := range list {
			list[i] = text(list[i])
		}
		return attribute.StringSliceValue(list)
	case attribute.BYTESLICE:
		b := v.AsByteSlice()
		if len(b) > *room {
			faults.Add(event.FaultTooLong)
			b = b[:*room]
		}
		*room -= len(b)
		return attribute.ByteSliceValue(b)
	case attribute.SLICE, attribute.MAP:
		if depth == 0 {
			faults.Add(event.FaultTooMany)
			return attribute.StringValue("")
		}
		return nested(v, depth, room, faults)
	case attribute.BOOLSLICE:
		return attribute.BoolSliceValue(few(v.AsBoolSlice(), faults))
	case attribute.INT64SLICE:
		return attribute.Int64SliceValue(few(v.AsInt64Slice(), faults))
	case attribute.FLOAT64SLICE:
		return attribute.Float64SliceValue(few(v.AsFloat64Slice(), faults))
	default: // a number or a truth value
		return v
	}
}

func nested(v attribute.Value, depth int, room *int, faults *event.Faults) attribute.Value {
	if v.Type() == attribute.SLICE {
		list := few(v.AsSlice(), faults)
		for i := range list {
			list[i] = bounded(list[i], depth-1, room, faults)
		}
		return attribute.SliceValue(list...)
	}
	kvs := few(v.AsMap(), faults)
	for i := range kvs {
		key := string(kvs[i].Key)
		cut(&key, event.MaxName, faults)
		kvs[i] = attribute.KeyValue{Key: attribute.Key(key), Value: bounded(kvs[i].Value, depth-1, room, faults)}
	}
	return attribute.MapValue(kvs...)
}

// few bounds a list.
func few[T any](list []T, faults *event.Faults) []T {
	if len(list) > event.MaxAttributes {
		faults.Add(event.FaultTooMany)
		list = list[:event.MaxAttributes]
	}
	return list
}

func label(s *string, faults *event.Faults) {
	var changed bool
	if *s, changed = event.Label(*s); changed {
		faults.Add(event.FaultTooLong)
	}
}

func cut(s *string, limit int, faults *event.Faults) bool {
	var changed bool
	if *s, changed = event.Cut(*s, limit); changed {
		faults.Add(event.FaultTooLong)
	}
	return changed
}
