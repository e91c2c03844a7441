package track

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// local is what an item has done to its run as far as that is known here, before the store says so.
type local struct {
	effects []effect
	begun   bool
	start   int64 // if it has begun
	known   bool  // the visits are those of the run, and not only those that this instance has seen
}

// would notes what the item has done to its run as far as that is known here.
func (i *item) would(v *view) *item {
	if v.n > 0 {
		i.local = local{slices.Clone(v.effects()), v.begun, v.start, v.begun || v.synced}
	}
	return i
}

// uncommitted returns the transitions that the item would have made, had the store taken it. They have the IDs that they
// have wherever they are delivered, so that a sink keeps one of two. A visit whose number is not known has an ID of its own,
// so that a sink does not take it for another visit. The transitions do not say which stage was left, because another
// instance may have moved the run.
func (t *tracker) uncommitted(i *item) []*flight.Event {
	var out []*flight.Event
	v := view{begun: i.local.begun, start: i.local.start}
	for _, f := range i.local.effects {
		if f.kind == event.JourneyStalled { // an instance that reads the log finds it
			continue
		}
		f.left = event.Transition{}
		e := t.transition(i.e, &v, f)
		if f.kind == event.JourneyStageEntered && !i.local.known {
			e.SetPlace(f.stage, 0)
			e.ID = event.NewID(e.Time)
		}
		e.Retell()
		out = append(out, e)
	}
	return out
}

// setAside delivers what waits for the store, without waiting any longer, and counts it as lost. The store may take it all
// the same, which is not counted again. It returns how many changes that were.
func (r *remote) setAside() (n int) {
	r.mu.Lock()
	waiting := slices.Clone(r.pending)
	r.mu.Unlock()
	waiting = slices.DeleteFunc(waiting, func(i *item) bool { return !i.taken.CompareAndSwap(false, true) })
	if len(waiting) == 0 {
		return 0
	}
	for range waiting {
		r.cfg.fault(fault.Report{Fault: fault.StoreLost})
	}
	done := make(chan struct{})
	go func() { // a processor may hang
		defer close(done)
		for _, i := range waiting {
			r.deliverUncommitted(i)
		}
	}()
	timer := time.NewTimer(asideFor)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	return len(waiting)
}

// asideFor is how long Shutdown, when it is out of time, waits for processors to take what is set aside. They need next to no
// time, unless one of them hangs.
const asideFor = 50 * time.Millisecond

// takeAll takes the items for delivery. An item that was set aside keeps only what it does to its run.
func takeAll(items [][]*item) {
	for _, of := range items {
		for k, i := range of {
			if !i.taken.CompareAndSwap(false, true) {
				of[k] = &item{id: i.id, op: i.op, lost: true}
			}
		}
	}
}

// lose counts an item that is not in the store, once, and delivers it.
func (r *remote) lose(i *item) {
	if i.lost {
		return
	}
	r.cfg.fault(fault.Report{Fault: fault.StoreLost})
	r.deliverUncommitted(i)
}

// deliverUncommitted delivers an item that is not in the store: the event itself, and the transitions that it would have made,
// which are not counted.
func (r *remote) deliverUncommitted(i *item) {
	if i.e == nil {
		return
	}
	for _, e := range r.t.uncommitted(i) {
		if r.cfg.Uncommitted != nil {
			r.cfg.Uncommitted(e)
		}
		e.Put()
	}
	if !i.e.Kind.IsTransition() {
		r.cfg.Deliver(i.e, journey.State{})
	}
}
