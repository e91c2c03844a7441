package flight_test

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// TestSetAttributes holds it against a map: the last value of a key holds, the first 32 keys are kept.
func TestSetAttributes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var e flight.Event
		want := map[string]int64{}
		tooMany := false
		for range rapid.IntRange(0, 20).Draw(t, "calls") {
			var kvs []attribute.KeyValue
			for range rapid.IntRange(0, 10).Draw(t, "n") {
				key, v := fmt.Sprint("k", rapid.IntRange(0, 50).Draw(t, "key")), rapid.Int64().Draw(t, "v")
				kvs = append(kvs, attribute.Int64(key, v))
				if _, ok := want[key]; ok || len(want) < event.MaxAttributes {
					want[key] = v
				} else {
					tooMany = true
				}
			}
			e.SetAttributes(kvs...)
		}
		if len(e.Attributes) != len(want) {
			t.Fatalf("%d attributes, want %d", len(e.Attributes), len(want))
		}
		for _, kv := range e.Attributes {
			if v, ok := want[string(kv.Key)]; !ok || v != kv.Value.AsInt64() {
				t.Fatalf("%s is %d, want %d", kv.Key, kv.Value.AsInt64(), v)
			}
		}
		if got := e.Noticed(); got.Has(fault.TooMany) != tooMany {
			t.Fatalf("too many: %v, want %v", got.Has(fault.TooMany), tooMany)
		}
		if !e.Noticed().IsEmpty() {
			t.Fatal("a fault is noticed twice")
		}
	})
}

// TestOddAttributes: what cannot be one is left out, and keys that are equal once they are cut are one.
func TestOddAttributes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", event.MaxName)
	for _, c := range []struct {
		name, reason string
		kvs          []attribute.KeyValue
		want         string
		faults       []fault.Fault
	}{
		{"none", "nothing", nil, "", nil},
		{"one key twice", "the last value holds, in the place of the first", []attribute.KeyValue{attribute.Int("a", 1), attribute.Int("b", 2), attribute.Int("a", 3)}, "a=3 b=2", nil},
		{"another type", "it holds too", []attribute.KeyValue{attribute.Int("a", 1), attribute.String("a", "x")}, "a=x", nil},
		{"no key", "left out", []attribute.KeyValue{attribute.Int("", 1)}, "", []fault.Fault{fault.Attribute}},
		{"keys that are cut", "they are one", []attribute.KeyValue{attribute.Int(long+"1", 1), attribute.Int(long+"2", 2)}, long + "=2", []fault.Fault{fault.TooLong}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var e flight.Event
			e.SetAttributes(c.kvs...)
			var got []string
			for _, kv := range e.Attributes {
				got = append(got, string(kv.Key)+"="+kv.Value.String())
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, want %s: %s", s, c.want, c.reason)
			}
			var want fault.Set
			for _, f := range c.faults {
				want.Add(f)
			}
			if f := e.Noticed(); f != want {
				t.Errorf("the faults are %b, want %b: %s", f, want, c.reason)
			}
		})
	}
}

// TestAttributesDoNotGrow: a loop that sets one key over and over keeps one attribute.
func TestAttributesDoNotGrow(t *testing.T) {
	t.Parallel()
	var e flight.Event
	for i := range 100_000 {
		e.SetAttributes(attribute.Int(fmt.Sprint("k", i%40), i))
	}
	if len(e.Attributes) != event.MaxAttributes || cap(e.Attributes) > 2*event.MaxAttributes {
		t.Errorf("%d attributes in %d places", len(e.Attributes), cap(e.Attributes))
	}
}
