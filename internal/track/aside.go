package track

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// local is what an item has done to its run as far as that is known here, before the store says so.
type local struct {
	effects []effect
	begun   bool
	start   int64 // if it has begun
	known   bool  // the visits are those of the run, and not only those that this instance has seen
}

// would notes what the item has done to its run as far as that is known here.
func would(i *item, v *view) *item {
	if v.n > 0 {
		i.By.local = local{slices.Clone(v.effects()), v.begun, v.start, v.begun || v.synced}
	}
	return i
}

// uncommitted returns the transitions that the item would have made, had the store taken it. They have the IDs that they
// have wherever they are delivered, so that a sink keeps one of two. A visit whose number is not known has an ID of its own,
// so that a sink does not take it for another visit. The transitions do not say which stage was left, because another
// instance may have moved the run. Promises that follow from other events are not among them, and promises by hand are.
func (t *tracker) uncommitted(i *item) []*flight.Event {
	var out []*flight.Event
	v := view{begun: i.By.local.begun, start: i.By.local.start}
	for _, f := range i.By.local.effects {
		if f.kind == event.JourneyStalled { // an instance that reads the log finds it
			continue
		}
		f.left = event.Transition{}
		e := t.transition(i.By.e, &v, f)
		if f.kind == event.JourneyStageEntered && !i.By.local.known {
			e.SetPlace(f.stage, 0)
			e.ID = event.NewID(e.Time)
		}
		e.Retell()
		out = append(out, e)
	}
	if e := i.By.e; e.ByHand() {
		out = append(out, byHand(e))
	}
	return out
}

// byHand returns the promise that e makes or keeps by hand as an event that the store has not taken. Which promise of the name it is,
// and whether it is kept in time, only the store knows: the event has no number, and an ID of its own.
func byHand(e *flight.Event) *flight.Event {
	c := e.Copy()
	p := *e.Promise
	p.Number, p.Made = 0, time.Time{}
	if e.Kind == event.PromiseKept {
		p.Due = time.Time{}
	}
	c.Promise, c.ID = &p, event.NewID(e.Time)
	c.Transition, c.Duration, c.Late = nil, 0, false
	c.Retell()
	return c
}
