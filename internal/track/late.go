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
	if i.Op.kind == opEnd {
		r.ends.reject(i)
	}
	switch {
	case i.By.e == nil:
	case i.Op.kind == opSign && i.By.e.Kind.IsTransition(): // its touchpoint is still to come
	case !i.By.e.Kind.IsTransition():
		touchpoint := i.By.e.Kind == event.TouchpointEnded
		switch {
		case touchpoint && i.By.e.Late: // it has been counted when it began
		case touchpoint && i.By.manner.Begun && r.ends.made(i.Key, i.By.e.Time): // it ended its run itself, or saw it end
		default:
			i.By.e.Late = true
			if touchpoint {
				r.cfg.late(i.By.e)
			}
		}
		r.cfg.Deliver(i.By.e, journey.State{})
	case i.By.manner.Implied || r.touchpointCounts(i.Key, i.By.manner):
	case i.By.e.ID.IsZero() || i.By.e.ID != transitionID(i.By.e):
		r.cfg.late(i.By.e)
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
	if _, ok := x.of[i.Key]; ok {
		return
	}
	if x.of == nil {
		x.of = map[ledger.Key]madeEnd{}
	}
	x.of[i.Key] = madeEnd{i.Op.at, i.Op.key}
	if len(x.ring) < endsKept {
		x.ring = append(x.ring, i.Key)
		return
	}
	delete(x.of, x.ring[x.next])
	x.ring[x.next] = i.Key
	x.next = (x.next + 1) % endsKept
}

// reject notes that it was not this item that ended its run.
func (x *ends) reject(i *item) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of[i.Key].key == i.Op.key {
		delete(x.of, i.Key)
	}
}

// made reports whether an end of the run was made here at since or later.
func (x *ends) made(id ledger.Key, since time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	end, ok := x.of[id]
	return ok && end.at >= since.UnixNano()
}
