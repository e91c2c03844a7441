package track

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// visited returns a run that is in the cart from the first second on, pays from the tenth, is in the cart again from the
// twentieth, pays again from the thirtieth, and ends in the sixtieth.
func visited(t *testing.T) *run {
	t.Helper()
	r := &run{cur: -1}
	who := &identity{journey: event.Run{Name: "checkout", ID: "1"}, customer: event.Customer{Hash: "hash", Segment: "new"}}
	for _, o := range []op{
		{kind: opStart, begin: true, who: who},
		{kind: opEnter, stage: "cart", at: second(1)},
		{kind: opEnter, stage: "payment", at: second(10)},
		{kind: opEnter, stage: "cart", at: second(20)},
		{kind: opEnter, stage: "payment", at: second(30)},
		{kind: opEnd, at: second(60), outcome: event.Completed},
	} {
		r.apply(&o, new(done))
	}
	return r
}

func second(n int64) int64 { return n * int64(time.Second) }

// TestLocate: an event that is no transition is in the visit that lasted when it happened, unless it says where it is.
func TestLocate(t *testing.T) {
	t.Parallel()
	hinted := func(stage string) func(*flight.Event) { return func(e *flight.Event) { e.SetHint(stage) } }
	declared := func(stage string, visit int) func(*flight.Event) {
		return func(e *flight.Event) { e.SetPlace(stage, visit) }
	}
	joined := func(took int64) func(*flight.Event) {
		return func(e *flight.Event) {
			e.Join((&flight.Event{Event: event.Event{Journey: e.Journey}}).Position())
			e.Duration = time.Duration(second(took))
		}
	}
	for _, c := range []struct {
		name   string
		at     int64
		change func(*flight.Event)
		late   bool
		stage  string
		visit  int
	}{
		{"before the first stage", 0, nil, false, "", 0},
		{"at an entry", 1, nil, false, "cart", 1},
		{"in the first visit", 15, nil, false, "payment", 1},
		{"in the second visit", 59, nil, false, "payment", 2},
		{"at the end", 60, nil, false, "payment", 2},
		{"at the end, and recorded after it", 60, nil, true, "", 0},
		{"after the end", 61, nil, false, "", 0},
		{"at a moment whose order the instance knew", 20, hinted("payment"), false, "payment", 1},
		{"at that moment, after the entry", 20, hinted("cart"), false, "cart", 2},
		{"with a hint at another moment", 21, hinted("payment"), false, "cart", 2},
		{"declared, in its stage", 15, declared("payment", 0), false, "payment", 1},
		{"declared, in the second visit", 31, declared("payment", 0), false, "payment", 2},
		{"declared, while the run is elsewhere", 25, declared("payment", 0), false, "payment", 1},
		{"declared, with its visit", 15, declared("cart", 2), false, "cart", 2},
		{"met in its course", 0, joined(15), false, "payment", 1},
		{"met in its course, and over after the end", 0, joined(90), false, "payment", 2},
	} {
		e := &flight.Event{Event: event.Event{
			Kind: event.TouchpointEnded, Time: at(second(c.at)), Journey: event.Run{Name: "checkout", ID: "1"},
		}}
		if c.change != nil {
			c.change(e)
		}
		visited(t).locate(e, c.late)
		if e.Stage != c.stage || e.Visit != c.visit {
			t.Errorf("%s: the event is in %q/%d, want %q/%d", c.name, e.Stage, e.Visit, c.stage, c.visit)
		}
	}
}

// TestComplete: an event gets the start and the customer of its run, unless it names them itself. An event of a run that
// no instance has started gets no start.
func TestComplete(t *testing.T) {
	t.Parallel()
	other := at(second(7))
	for _, c := range []struct {
		name          string
		says          event.Event
		begun         bool
		started       time.Time
		hash, segment string
	}{
		{"nothing", event.Event{}, true, at(0), "hash", "new"},
		{"its start", event.Event{Journey: event.Run{Started: other}}, true, other, "hash", "new"},
		{"its customer", event.Event{Customer: event.Customer{Hash: "another"}}, true, at(0), "another", "new"},
		{"its segment", event.Event{Customer: event.Customer{Segment: "gold"}}, true, at(0), "hash", "gold"},
		{"nothing, of a run without a start", event.Event{}, false, time.Time{}, "hash", "new"},
	} {
		r := visited(t)
		r.begun = c.begun
		e := &flight.Event{Event: c.says}
		e.Kind, e.Time = event.TouchpointEnded, at(second(15))
		r.complete(e)
		if !e.Journey.Started.Equal(c.started) || e.Customer.Hash != c.hash || e.Customer.Segment != c.segment || e.Stage != "payment" {
			t.Errorf("an event that says %s: it started at %v, is of %+v, in %q", c.name, e.Journey.Started, e.Customer, e.Stage)
		}
	}
}
