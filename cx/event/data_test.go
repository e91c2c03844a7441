package event_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// deepCopy returns a copy of v that shares no memory with it: what pointers and slices lead to is copied too. Values with
// unexported fields are copied as they are.
func deepCopy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(deepCopy(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(deepCopy(v.Index(i)))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(deepCopy(v.Field(i)))
			}
		}
	}
	return out
}

// TestDeepCopy: a change of the original, behind its pointers too, does not show in the copy.
func TestDeepCopy(t *testing.T) {
	t.Parallel()
	e := event.Event{Variant: &event.Variant{Arm: "a"}, Feedback: &event.Feedback{Causes: []string{"a"}}, Journey: event.Run{Value: &event.Money{Amount: 1}}}
	c, ok := deepCopy(reflect.ValueOf(e)).Interface().(event.Event)
	e.Variant.Arm, e.Feedback.Causes[0], e.Journey.Value.Amount = "b", "b", 2
	if !ok || c.Variant.Arm != "a" || c.Feedback.Causes[0] != "a" || c.Journey.Value.Amount != 1 {
		t.Errorf("the copy changes with the original: %+v", c)
	}
}

// TestNoMethodChangesAnEvent: an event is data. Every exported method leaves it, and what it points to, as it was. Only
// UnmarshalJSON fills one: that is how encoding/json reads.
func TestNoMethodChangesAnEvent(t *testing.T) {
	t.Parallel()
	called := 0
	rapid.Check(t, func(t *rapid.T) {
		e := events(validText()).Draw(t, "event")
		before := deepCopy(reflect.ValueOf(e))
		if !reflect.DeepEqual(before.Interface(), deepCopy(before).Interface()) {
			t.Skip("it has a NaN, which is not even equal to itself")
		}
		of := reflect.ValueOf(&e)
		for i := range of.NumMethod() {
			name, m := of.Type().Method(i).Name, of.Method(i)
			if name == "UnmarshalJSON" {
				continue
			}
			args := make([]reflect.Value, m.Type().NumIn())
			for n := range args {
				args[n] = reflect.Zero(m.Type().In(n))
			}
			m.Call(args)
			called++
			if !reflect.DeepEqual(before.Interface(), e) {
				t.Fatalf("%s changes the event from %+v to %+v", name, before.Interface(), e)
			}
		}
	})
	if called == 0 {
		t.Error("no method was called")
	}
}
