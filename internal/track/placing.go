package track

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// elsewhere reports whether another process may have moved the customer since this one last placed them: the run's position
// was sent to it, or the event's position names a stage that it has declared.
func (v *view) elsewhere(e *flight.Event) bool {
	return v.sent || e.Hearsay() && e.Visit == 0 && e.Stage != v.stage
}

// foreign places an event of a run that is over, or whose state is not here, in the stage that the event declares. The visit is
// the position's, where the position says the same stage. A stage that only a position says is left out: the run may have moved
// on since, and after its end it is in no stage. After the end every event says that it is late, but only a touchpoint counts:
// feedback and surveys mostly come afterwards.
func foreign(e *flight.Event, stage string, over bool) Result {
	switch {
	case stage != "" && stage != e.Stage:
		e.SetPlace(stage, 0)
	case stage == "" && e.Kind != event.JourneyStarted:
		unsure(e)
	}
	e.Late = over && !e.Kind.IsTransition()
	return Result{Late: e.Late && e.Kind == event.TouchpointEnded}
}

// unsure removes a stage that only a position says.
func unsure(e *flight.Event) {
	if e.Hearsay() {
		e.SetPlace("", 0)
	}
}

// traceSlots is how many places in traces the tracker keeps. Deriving one costs more than the rest of a touchpoint.
const traceSlots = 1 << 10

type placed struct {
	id    ledger.Key
	stage string
	visit int
	trace *flight.Trace
}

// place puts e where its run is.
func (t *tracker) place(e *flight.Event, id ledger.Key, v *view, stage string, visit int) {
	if v.begun {
		e.Journey.Started = at(v.start)
	}
	if e.Stage == stage && e.Visit == visit {
		return
	}
	k := (int(id[14])<<8 | int(id[13])) % traceSlots
	mark := uint32(id[12]) | uint32(id[11])<<8 | uint32(id[10])<<16 | uint32(visit)<<24
	if t.marks[k].Load() == mark {
		if p := t.traces[k].Load(); p != nil && p.id == id && p.visit == visit && p.stage == stage {
			e.SetTrace(p.trace, stage, visit)
			return
		}
	}
	e.SetPlace(stage, visit)
	// A place that is asked for a second time is asked for often.
	if t.seen[k].Load() != mark {
		t.seen[k].Store(mark)
		return
	}
	t.traces[k].Store(&placed{id, stage, visit, e.Trace()})
	t.marks[k].Store(mark)
}

// filler returns a function that fills in what the event does not say itself, from the packed identity of its run.
func filler(e *flight.Event) func(who []byte) {
	return func(who []byte) {
		in := reader{b: who}
		in.bytes() // the ID, which the event has
		hash, segment := in.bytes(), in.bytes()
		channel := event.Channel(in.byte())
		actor, accounted := in.actor()
		if e.Channel == 0 {
			e.Channel = channel
		}
		if e.Actor == event.ActorCustomer {
			e.Actor = actor
		}
		if currency := in.bytes(); len(currency) > 0 {
			amount := in.int()
			in.int() // when the value was said
			if e.Journey.Value == nil || e.ValueHeard() {
				hearValue(e, currency, amount)
			}
		}
		var account []byte
		if accounted {
			account = in.bytes()
		}
		e.HearCustomer(hash, segment, account)
	}
}

// hearValue gives the event the value of its run, if the event has another one.
func hearValue(e *flight.Event, currency []byte, amount int64) {
	if v := e.Journey.Value; v == nil || v.Amount != amount || v.Currency != string(currency) {
		e.HearValue(event.Money{Currency: string(currency), Amount: amount})
	}
}

// holdCustomer gives an event that starts a live run with another customer the customer of the run, which is that of the
// earliest start. Whatever follows in the context of the second start is that customer's too.
func (t *tracker) holdCustomer(e *flight.Event, id ledger.Key) {
	t.memory.where(id, func(who []byte) {
		var run identity
		run.read(&reader{b: who}, false)
		e.Customer = run.customer
	})
}
