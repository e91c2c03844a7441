package resolve

import (
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// This file bounds what an event holds. It works on copies, because the originals belong to the caller.

func (r *Resolver) variant(v event.Variant, f *Findings) *event.Variant {
	cut(&v.Release, event.MaxName, "the release", f)
	cut(&v.Experiment, event.MaxName, "the experiment", f)
	cut(&v.Arm, event.MaxName, "the arm of the experiment", f)
	return &v
}

// text bounds free text, and redacts or drops it. It cuts the text before the redactor, to bound the redactor's work, and
// after it.
func (r *Resolver) text(s, what string, f *Findings) string {
	if s == "" {
		return ""
	}
	cut(&s, event.MaxText, what, f)
	switch {
	case r.cfg.Redact != nil:
		s = r.redact(s, f)
	case !r.cfg.KeepText:
		f.add(fault.TextDropped, redactorOption, what+" is dropped, because the client has no redactor")
		return ""
	}
	cut(&s, event.MaxText, what, f)
	return s
}

// redactor is the name of the redactor in the report of its panic.
const redactor = "the function of cx.WithRedactor"

func (r *Resolver) redact(s string, f *Findings) (out string) {
	defer func() {
		if v := recover(); v != nil {
			out = ""
			f.report(fault.PanicReport(redactor, v))
		}
	}()
	return r.cfg.Redact(s)
}

// attributes returns a copy with at most [event.MaxAttributes] keys, each once.
func attributes(kvs []attribute.KeyValue, f *Findings) []attribute.KeyValue {
	var unique flight.Event
	unique.Attributes = make([]attribute.KeyValue, 0, min(len(kvs), event.MaxAttributes))
	unique.SetAttributes(kvs...)
	f.notice(unique.Noticed())
	out := unique.Attributes
	for i := range out {
		room := event.MaxText
		out[i].Value = bounded(out[i].Value, maxDepth, &room, string(out[i].Key), f)
	}
	return out
}

// maxDepth is the deepest nesting of an attribute's value.
const maxDepth = 4

// bounded returns the value with bounded lists, depth and texts, and every text in UTF-8. Room is how many bytes of text
// are left. Key names the attribute in findings.
func bounded(v attribute.Value, depth int, room *int, key string, f *Findings) attribute.Value {
	text := func(s string) string {
		switch n := len(s); {
		case !cutTo(&s, *room):
		case n > *room:
			f.beyond(fault.TooLong, key, "the bytes of an attribute's text", event.MaxText-*room+n, event.MaxText)
		default:
			f.add(fault.TooLong, key, "the text of an attribute"+notUTF8)
		}
		*room -= len(s)
		return s
	}
	switch v.Type() {
	case attribute.STRING:
		return attribute.StringValue(text(v.AsString()))
	case attribute.STRINGSLICE:
		list := few(v.AsStringSlice(), key, f)
		for i := range list {
			list[i] = text(list[i])
		}
		return attribute.StringSliceValue(list)
	case attribute.BYTESLICE:
		b := v.AsByteSlice()
		if len(b) > *room {
			f.beyond(fault.TooLong, key, "the bytes of an attribute", event.MaxText-*room+len(b), event.MaxText)
			b = b[:*room]
		}
		*room -= len(b)
		return attribute.ByteSliceValue(b)
	case attribute.SLICE, attribute.MAP:
		if depth == 0 {
			f.add(fault.TooMany, key, "the value of the attribute is nested deeper than 4 levels")
			return attribute.StringValue("")
		}
		return nested(v, depth, room, key, f)
	case attribute.BOOLSLICE:
		return attribute.BoolSliceValue(few(v.AsBoolSlice(), key, f))
	case attribute.INT64SLICE:
		return attribute.Int64SliceValue(few(v.AsInt64Slice(), key, f))
	case attribute.FLOAT64SLICE:
		return attribute.Float64SliceValue(few(v.AsFloat64Slice(), key, f))
	default: // a number or a boolean
		return v
	}
}

func nested(v attribute.Value, depth int, room *int, key string, f *Findings) attribute.Value {
	if v.Type() == attribute.SLICE {
		list := few(v.AsSlice(), key, f)
		for i := range list {
			list[i] = bounded(list[i], depth-1, room, key, f)
		}
		return attribute.SliceValue(list...)
	}
	kvs := few(v.AsMap(), key, f)
	for i := range kvs {
		inner := string(kvs[i].Key)
		cut(&inner, event.MaxName, "a key in an attribute", f)
		kvs[i] = attribute.KeyValue{Key: attribute.Key(inner), Value: bounded(kvs[i].Value, depth-1, room, key, f)}
	}
	return attribute.MapValue(kvs...)
}

// few bounds the length of a list.
func few[T any](list []T, key string, f *Findings) []T {
	if len(list) > event.MaxAttributes {
		f.beyond(fault.TooMany, key, "the values of an attribute", len(list), event.MaxAttributes)
		list = list[:event.MaxAttributes]
	}
	return list
}

// label makes s a label. What describes s in findings.
func label(s *string, what string, f *Findings) {
	given := *s
	var changed bool
	if *s, changed = text.Label(given, event.MaxName); !changed {
		return
	}
	switch {
	case len(given) > event.MaxName:
		f.beyond(fault.TooLong, "", what+", in bytes", len(given), event.MaxName)
	case !utf8.ValidString(given):
		f.add(fault.TooLong, "", what+notUTF8)
	case strings.ContainsFunc(given, text.Unseen):
		f.add(fault.TooLong, "", what+" has a character that cannot be seen, which is left out")
	default:
		f.add(fault.TooLong, "", what+" is not in Unicode's normal form C, and is recorded in it")
	}
}

// notUTF8 is the reason for a change of a text that is not too long.
const notUTF8 = " is not UTF-8: the bytes that are none are left out"

// invalidID notes why [event.ValidID] refuses the ID. What describes the ID in findings.
func (f *Findings) invalidID(fault fault.Fault, name, what, id string) {
	switch {
	case id == "":
		f.add(fault, name, what+" is empty")
	case len(id) > event.MaxID:
		f.beyond(fault, name, "the bytes of "+what, len(id), event.MaxID)
	case !utf8.ValidString(id):
		f.add(fault, name, what+" is not UTF-8")
	default:
		f.add(fault, name, what+" has a control character")
	}
}

// cut bounds s. What describes s in findings.
func cut(s *string, limit int, what string, f *Findings) {
	n := len(*s)
	switch {
	case !cutTo(s, limit):
	case n > limit:
		f.beyond(fault.TooLong, "", what+", in bytes", n, limit)
	default:
		f.add(fault.TooLong, "", what+notUTF8)
	}
}

func cutTo(s *string, limit int) (changed bool) {
	*s, changed = text.Cut(*s, limit)
	return changed
}
