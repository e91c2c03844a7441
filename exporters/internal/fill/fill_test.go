package fill_test

import (
	"reflect"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/fill"
)

// TestEvent: no field is left out, whatever fields an event has.
func TestEvent(t *testing.T) {
	t.Parallel()
	e := fill.Event()
	fill.Leaves(reflect.ValueOf(e), func(path string, v reflect.Value) {
		if v.IsZero() {
			t.Errorf("%s is not set", path)
		}
	})
}

// TestWithout: each event lacks one field, and no two the same one. The paths are spot-checked at every depth.
func TestWithout(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for path, e := range fill.Without() {
		if seen[path] {
			t.Errorf("%s comes twice", path)
		}
		seen[path] = true
		zero := 0
		fill.Leaves(reflect.ValueOf(e), func(_ string, v reflect.Value) {
			if v.IsZero() {
				zero++
			}
		})
		if zero != 1 {
			t.Errorf("the event without %s lacks %d fields", path, zero)
		}
	}
	for _, path := range []string{"ID", "Kind", "Late", "Journey.Root.TraceID", "Journey.Value.Currency", "Feedback.Causes", "Assisted.Legs.Warm", "Attributes", "SpanContext"} {
		if !seen[path] {
			t.Errorf("there is no event without %s", path)
		}
	}
}

// TestJSON: the JSON form, which most sinks write, has every field that may leave the process, and reads it back.
func TestJSON(t *testing.T) {
	t.Parallel()
	full := fill.Event()
	form := string(full.AppendJSON(nil))
	back, err := event.ParseJSON([]byte(form))
	if err != nil {
		t.Fatal(err)
	}
	if again := string(back.AppendJSON(nil)); again != form {
		t.Errorf("the JSON form is read as\n%s, want\n%s", again, form)
	}
	for path, e := range fill.Without() {
		if lost := string(e.AppendJSON(nil)) == form; lost != slices.Contains(fill.Private(), path) {
			t.Errorf("%s: the JSON form loses it: %v", path, lost)
		}
	}
}
