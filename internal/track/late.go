package track

import (
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/journey"
)

// late counts what came after the end of its run. An event that is no transition is delivered all the same, and says that it
// is late; only touchpoints are counted, because feedback and surveys mostly come after the end.
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
	case i.e.ID.IsZero() || i.e.ID != transitionID(i.e):
		r.cfg.late(i.e)
	}
}

// touchpointCounts reports whether the touchpoint in whose course a late transition was recorded is counted instead of it: it
// is, unless the touchpoint began before an end that was made here.
func (r *remote) touchpointCounts(id ledger.Key, m Manner) bool {
	return !m.Within.IsZero() && !r.ends.made(id, m.Within)
}

// endsKept is how many of the ends that were made here are known.
const endsKept = 1 << 13

// ends knows the latest ends that were made here, so that a touchpoint which began before the end and is over after it does
// not count as late. Safe for concurrent use; the zero value is ready.
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
