package sinktest

import (
	"errors"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Midway is a delivery that a receiver has answered with an error in the midst of it.
type Midway struct {
	List    []event.Event // what Export was given
	Err     error         // what it returned
	Refused int           // how many events have to be refused for good
	Waits   bool          // whether other events have to be tried again
	Reason  string
}

// Check checks how the events have failed. It then mends the receiver, exports again what has to be tried again, and checks that
// received returns all events but the refused ones, in their order.
func (m Midway) Check(t *testing.T, e event.Exporter, mend func(), received func(t *testing.T) []event.Event) {
	t.Helper()
	var p *sink.PartialError
	if m.Err != nil && !errors.As(m.Err, &p) {
		t.Fatalf("%v, want a PartialError: %s", m.Err, m.Reason)
	}
	refused, left := Split(m.List, m.Err)
	if len(refused) != m.Refused || (len(left) > 0) != m.Waits {
		t.Errorf("%d events are refused and %d wait, want %d refused: %s", len(refused), len(left), m.Refused, m.Reason)
	}
	mend()
	if err := e.Export(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	place := map[event.ID]int{}
	for i := range m.List {
		place[m.List[i].ID] = i
	}
	got := received(t)
	if len(got) != len(m.List)-m.Refused {
		t.Errorf("%d of %d events have arrived, want all but %d: %s", len(got), len(m.List), m.Refused, m.Reason)
	}
	for i := 1; i < len(got); i++ {
		if place[got[i].ID] <= place[got[i-1].ID] {
			t.Fatalf("event %d has come after %d", place[got[i].ID], place[got[i-1].ID])
		}
	}
}
