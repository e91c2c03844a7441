package track

import (
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
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

// would notes what the item has done to its run here.
func (i *item) would(v *view) *item {
	if v.n > 0 {
		i.local = local{slices.Clone(v.effects()), v.begun, v.start, v.begun || v.synced}
	}
	return i
}

// uncommitted returns the transitions that the item would have made, had the store taken it: with the IDs
// that they have wherever they are told, so that those that are told twice are one. A visit whose number
// is not known has an ID of its own, so that it is not taken for another one. Which stage was left they do not
// say: another instance may have moved the run.
func (t *tracker) uncommitted(i *item) []*flight.Event {
	var out []*flight.Event
	v := view{begun: i.local.begun, start: i.local.start}
	for _, f := range i.local.effects {
		if f.kind == event.JourneyStalled { // the store finds it by itself
			continue
		}
		f.left = event.Transition{}
		e := t.transition(i.e, &v, f)
		if f.kind == i.e.Kind && (f.kind != event.JourneyStageEntered || f.stage == i.e.Stage) {
			e.Cause, e.ErrorType, e.Attributes = i.e.Cause, i.e.ErrorType, i.e.Attributes
		}
		switch {
		case f.kind == event.JourneyEnded:
			e.Outcome = i.op.outcome
		case f.kind == event.JourneyStageEntered && !i.local.known:
			e.SetPlace(f.stage, 0)
			e.ID = event.NewID(e.Time)
		}
		e.Retell()
		out = append(out, e)
	}
	return out
}

// setAside gives what waits for the store to the sinks, without waiting any longer, and counts it as lost. The
// store may take it all the same, which is not counted again. It returns how many changes that were.
func (r *remote) setAside() (n int) {
	r.mu.Lock()
	waiting := slices.Clone(r.pending)
	r.mu.Unlock()
	waiting = slices.DeleteFunc(waiting, func(i *item) bool { return !i.taken.CompareAndSwap(false, true) })
	if len(waiting) == 0 {
		return 0
	}
	for range waiting {
		r.cfg.fault(fault.StoreLost)
	}
	done := make(chan struct{})
	go func() { // a processor may hang
		defer close(done)
		for _, i := range waiting {
			r.expose(i)
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

// asideFor is how long Shutdown, when it is out of time, waits for processors to take what is set aside: no time
// at all, unless one of them hangs.
const asideFor = 50 * time.Millisecond

// takeAll takes the items for being told. An item that was set aside keeps only what it does to its run.
func takeAll(items [][]*item) {
	for _, of := range items {
		for k, i := range of {
			if !i.taken.CompareAndSwap(false, true) {
				of[k] = &item{id: i.id, op: i.op, lost: true}
			}
		}
	}
}

// lose counts what is not in the store, once. The event itself is delivered, and so is the transition that it
// would have made, without being counted.
func (r *remote) lose(i *item) {
	if i.lost {
		return
	}
	r.cfg.fault(fault.StoreLost)
	r.expose(i)
}

// expose delivers what is not in the store.
func (r *remote) expose(i *item) {
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

// late counts what came after the end of its run. An event that is no transition is told all the same, and says
// that it is late; only touchpoints are counted, because feedback and surveys mostly come afterwards.
func (r *remote) late(i *item) {
	if i.op.kind == opEnd {
		r.ends.reject(i)
	}
	switch {
	case i.e == nil:
	case i.op.kind == opSign && i.e.Kind.IsTransition(): // its touchpoint is still to come
	case !i.e.Kind.IsTransition():
		touchpoint := i.e.Kind == event.TouchpointEnded
		switch {
		case touchpoint && i.e.Late: // it has been counted when it began
		case touchpoint && i.manner.Begun && r.ends.made(i.id, i.e.Time): // it ended its run itself, or saw it end
		default:
			i.e.Late = true
			if touchpoint {
				r.cfg.late(i.e)
			}
		}
		r.cfg.Deliver(i.e, journey.State{})
	case i.manner.Implied || r.touchpointCounts(i.id, i.manner):
	case i.e.ID.IsZero() || i.e.ID != transitionIDOf(i.e):
		r.cfg.late(i.e)
	}
}

// touchpointCounts reports whether a late transition is counted with the touchpoint in whose course it was
// recorded: unless that began before an end that was made here.
func (r *remote) touchpointCounts(id ledger.Key, m Manner) bool {
	return !m.Within.IsZero() && !r.ends.made(id, m.Within)
}

// endsKept is how many of the ends that were made here are known.
const endsKept = 1 << 13

// ends knows the latest ends that were made here, so that a touchpoint which began before is not taken for
// a late one when it is over. Safe for concurrent use; the zero value is ready.
type ends struct {
	mu   sync.Mutex
	of   map[ledger.Key]madeEnd
	ring []ledger.Key
	next int
}

type madeEnd struct {
	at  int64
	key uint64
}

// add notes that the item ends its run, unless another one does.
func (x *ends) add(i *item) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.of[i.id]; ok {
		return
	}
	if x.of == nil {
		x.of = map[ledger.Key]madeEnd{}
	}
	x.of[i.id] = madeEnd{i.op.at, i.op.key}
	if len(x.ring) < endsKept {
		x.ring = append(x.ring, i.id)
		return
	}
	delete(x.of, x.ring[x.next])
	x.ring[x.next] = i.id
	x.next = (x.next + 1) % endsKept
}

// reject notes that it was not this item that ended its run.
func (x *ends) reject(i *item) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of[i.id].key == i.op.key {
		delete(x.of, i.id)
	}
}

// made reports whether an end of the run was made here at since or later.
func (x *ends) made(id ledger.Key, since time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	end, ok := x.of[id]
	return ok && end.at >= since.UnixNano()
}
