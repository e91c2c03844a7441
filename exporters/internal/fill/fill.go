// Package fill makes events in which every field is set, and finds the fields of an event. It uses reflection, so that a new
// field of an event, or of a detail of one, is in it without a change: a sink that loses the field then fails its tests.
package fill

import (
	"iter"
	"reflect"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// Noon is the time in every field that has one.
func Noon() time.Time { return time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC) }

// Event returns an event in which every field is set, at any depth. The kind is one that exists.
func Event() event.Event {
	var e event.Event
	Value(reflect.ValueOf(&e).Elem(), "text")
	e.Kind = event.FeedbackReceived
	return e
}

// Value sets every exported field that v leads to: texts to the text, numbers to 1, times to [Noon]. A slice has one element.
func Value(v reflect.Value, text string) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(Noon()))
		return
	case trace.SpanContext:
		v.Set(reflect.ValueOf(trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
		})))
		return
	case attribute.KeyValue:
		v.Set(reflect.ValueOf(attribute.String(text, text)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		Value(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				Value(v.Field(i), text)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			Value(v.Index(i), text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		Value(v.Index(0), text)
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

// Leaves calls f for each field that v leads to and that is no struct of package event, with its path, such as
// "Journey.Value.Amount". It does not follow a nil pointer. It has the first one of a list of details, as in "Assisted.Legs.Queue".
func Leaves(v reflect.Value, f func(path string, v reflect.Value)) { leaves(v, "", f) }

func leaves(v reflect.Value, path string, f func(string, reflect.Value)) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		leaves(v.Elem(), path, f)
	case v.Kind() == reflect.Struct && v.Type().PkgPath() == reflect.TypeFor[event.Event]().PkgPath():
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				leaves(v.Field(i), path+"."+field.Name, f)
			}
		}
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Type().Elem().PkgPath() == reflect.TypeFor[event.Event]().PkgPath():
		leaves(v.Index(0), path, f)
	default:
		f(strings.TrimPrefix(path, "."), v)
	}
}

// Private are the fields that never leave the process.
func Private() []string {
	return []string{"Customer.ID", "Customer.AccountID", "Assisted.Legs.AgentID"}
}

// Without returns, for each field of [Event], its path and an event that has everything but that field. A sink that writes the
// same for that event as for Event loses the field.
func Without() iter.Seq2[string, event.Event] {
	return func(yield func(string, event.Event) bool) {
		for i := 0; ; i++ {
			e := Event()
			at, field := 0, ""
			Leaves(reflect.ValueOf(&e), func(path string, v reflect.Value) {
				if at == i {
					field = path
					v.SetZero()
				}
				at++
			})
			if i >= at || !yield(field, e) {
				return
			}
		}
	}
}
