package httpsink_test

import (
	"strconv"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
)

// TestPlaces: it is what the event itself works out, however many there are, and whatever was remembered.
func TestPlaces(t *testing.T) {
	var places httpsink.Places
	request := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	check := func(e event.Event) {
		t.Helper()
		want := e.SpanContext
		if !want.IsValid() {
			want = e.JourneySpan()
		}
		for _, p := range []*httpsink.Places{&places, nil} {
			if got := p.Of(&e); !got.Equal(want) {
				t.Fatalf("the place of %+v is %v, want %v", e.Journey, got, want)
			}
		}
	}
	for range 2 { // the second time some are remembered
		for i := range 6000 {
			j := event.Run{Namespace: "prod", Name: "checkout", ID: strconv.Itoa(i)}
			check(event.Event{Journey: j, Stage: "pay", Visit: 1 + i%3})
			if i%10 == 0 {
				check(event.Event{Journey: j})
				check(event.Event{Journey: j, Stage: "pay"})
				check(event.Event{Journey: j, Stage: "pay", Visit: -1})
				check(event.Event{Journey: j, Stage: "ship", Visit: 1})
				check(event.Event{Journey: j, Stage: "pay", Visit: 1, SpanContext: request})
			}
		}
		// Together they read the same.
		check(event.Event{Journey: event.Run{Namespace: "a", Name: "bc", ID: "d"}})
		check(event.Event{Journey: event.Run{Namespace: "ab", Name: "c", ID: "d"}})
		check(event.Event{Journey: event.Run{Name: "abc", ID: "d"}})
		// A run with a root of its own, whatever its name is.
		for i := range byte(3) {
			root := event.SpanRef{TraceID: trace.TraceID{1 + i}, SpanID: trace.SpanID{2}}
			for _, name := range []string{event.Other, "checkout"} {
				check(event.Event{Journey: event.Run{Namespace: "prod", Name: name, ID: "1", Root: root}})
				check(event.Event{Journey: event.Run{Namespace: "prod", Name: name, ID: "1", Root: root}, Stage: "pay", Visit: 1})
			}
		}
		check(event.Event{Journey: event.Run{Namespace: "prod", Name: event.Other, ID: "1"}})
		check(event.Event{})
		check(event.Event{SpanContext: request})
	}
}

// TestPlacesRemembered: each place has two slots to be remembered in, so that a quarter of so many places as there are slots
// get on with each other: by one slot a ninth of them would push another one out. What is remembered stays where it is.
func TestPlacesRemembered(t *testing.T) {
	const n = 1000
	var places httpsink.Places
	use := func() {
		for i := range n {
			places.Of(&event.Event{Journey: event.Run{Namespace: "prod", Name: "checkout", ID: strconv.Itoa(i)}})
		}
	}
	use()
	first := places.Remembered()
	if len(first) < n*94/100 || len(first) > n {
		t.Errorf("%d of %d places are remembered, want nearly all: about 980, seldom fewer than 960", len(first), n)
	}
	use()
	moved := 0
	for slot, hash := range places.Remembered() {
		if first[slot] != hash {
			moved++
		}
	}
	if moved > n/10 {
		t.Errorf("%d slots have another place when the same places are used again", moved)
	}
}

// TestPlacesAllocs: what is remembered costs nothing.
func TestPlacesAllocs(t *testing.T) {
	var places httpsink.Places
	e := event.Event{Journey: event.Run{Namespace: "prod", Name: "checkout", ID: "1"}, Stage: "pay", Visit: 1}
	if n := testing.AllocsPerRun(100, func() { places.Of(&e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
