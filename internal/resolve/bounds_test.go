package resolve_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestAtTheBound: what is exactly as long as it may be is not too long, whatever else is wrong with it.
func TestAtTheBound(t *testing.T) {
	t.Parallel()
	of := func(n int) string { return strings.Repeat("x", n-1) + "\xff" }
	for _, c := range []struct {
		name string
		e    flight.Event
		says string
	}{
		{"a label", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: of(event.MaxName)}}, "its cause is not UTF-8: the bytes that are none are left out"},
		{"a label that is longer", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: of(event.MaxName + 1)}}, "its cause, in bytes: 65 given, and 64 at most are taken"},
		{"a text", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", ErrorType: of(event.MaxCause)}}, "its type of error is not UTF-8: the bytes that are none are left out"},
		{"a text that is longer", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", ErrorType: of(event.MaxCause + 1)}}, "its type of error, in bytes: 65 given, and 64 at most are taken"},
		{"a run's ID", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: of(event.MaxID)}}}, "the run's ID is not UTF-8"},
		{"a run's ID that is longer", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: of(event.MaxID + 1)}}}, "the bytes of the run's ID: 129 given, and 128 at most are taken"},
		{"an attribute", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.String("a", of(event.MaxText))}}}, "the text of an attribute is not UTF-8: the bytes that are none are left out"},
		{"an attribute that is longer", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.String("a", of(event.MaxText+1))}}}, "the bytes of an attribute's text: 8193 given, and 8192 at most are taken"},
		{"bytes", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.ByteSlice("a", make([]byte, event.MaxText))}}}, ""},
		{"bytes that are more", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.ByteSlice("a", make([]byte, event.MaxText+1))}}}, "the bytes of an attribute: 8193 given, and 8192 at most are taken"},
		{"no wait", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "orders"}}}}}, ""},
		{"the longest wait", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Assisted: &event.Assisted{Legs: []event.Leg{{Wait: event.Seconds(event.MaxDuration)}}}}}, ""},
		{"a wait that is longer", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Assisted: &event.Assisted{Legs: []event.Leg{{Hold: event.Seconds(event.MaxDuration + 1)}}}}}, "a duration of an assisted contact is negative, or longer than ten years"},
		{"a negative wait", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Assisted: &event.Assisted{Decisions: []event.Decision{{Waited: -1}}}}}, "a duration of an assisted contact is negative, or longer than ten years"},
		{"the longest touchpoint", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Time: time.Unix(1, 0), Duration: event.MaxDuration}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			_, found := r.Open(&c.e)
			_, more := r.Close(&c.e)
			var said []string
			for _, f := range append(found.List(), more.List()...) {
				said = append(said, f.Report().Detail)
			}
			if c.says == "" && len(said) > 0 || c.says != "" && !slices.Equal(said, []string{c.says}) {
				t.Errorf("it says %q, want %q", said, c.says)
			}
		})
	}
}

// TestJourneysAreHeardOfOnce: whoever asks hears of each journey, of those that come with the definitions and of those that
// are met, and of none that was refused.
func TestJourneysAreHeardOfOnce(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Stages("basket"))
	r, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now}, order)
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	r.OnJourney(func(d *journey.Definition) { heard = append(heard, d.Name()) })
	for _, d := range []*touchpoint.Definition{
		touchpoint.Define("return-page", touchpoint.In(journey.Define("return", journey.Stages("ask")), "ask")),
		touchpoint.Define("return-page", touchpoint.In(journey.Define("return", journey.Stages("ask")), "ask")),
		touchpoint.Define("order-page", touchpoint.In(journey.Define("order", journey.Stages("other")), "other")), // another meaning
	} {
		e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: d.Name()}}
		e.SetDefinition(d)
		r.Open(&e)
	}
	if want := []string{"order", "return"}; !slices.Equal(heard, want) {
		t.Errorf("heard of %q, want %q", heard, want)
	}
}

// TestTheBlueprintsJourneyIsItsOwn: a journey that only a touchpoint of the blueprint names is the blueprint's, too.
func TestTheBlueprintsJourneyIsItsOwn(t *testing.T) {
	t.Parallel()
	promised := touchpoint.Define("pay", touchpoint.In(journey.Define("checkout", journey.Stages("payment")), "payment"))
	_, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now, Blueprint: 1}, promised, journey.Define("checkout", journey.Stages("pay")))
	if want := `its stages are ["payment"] in the blueprint and ["pay"] in code`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %s", err, want)
	}
}
