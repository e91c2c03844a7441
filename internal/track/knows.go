package track

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// Knows reports whether the event's run is known here to have begun, and to be live.
func (t *tracker) Knows(e *flight.Event) bool {
	v := t.memory.where(ledger.Key(e.TraceID()), nil)
	return !v.absent && !v.over && (v.begun || v.synced)
}

// Ended reports whether the event's run is known here to be over.
func (t *tracker) Ended(e *flight.Event) bool {
	return t.memory.where(ledger.Key(e.TraceID()), nil).over
}

// holdCustomer gives the event, which starts a live run with another customer, the customer of the run: the one
// of the earliest start. What follows in the context of the second start is that customer's too.
func (t *tracker) holdCustomer(e *flight.Event, id ledger.Key) {
	t.memory.where(id, func(who []byte) {
		in := reader{b: who}
		in.bytes() // the run's ID
		e.Customer = event.Customer{Hash: string(in.bytes()), Segment: string(in.bytes())}
	})
}
