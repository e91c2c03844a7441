package report

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"cairncx.dev/cairn/cx/event"
)

// runKey identifies a run within its journey by two independent 64-bit hashes of the namespace and the ID. They cost a tenth of
// the trace ID. The chance that two of a billion runs share a key is one in 10^20. If the trace ID does not follow from the
// run's names, the trace ID is the key.
type runKey [2]uint64

// life is the state of one run, in eight bytes.
type life struct {
	stage   int32 // the number of the stage of a live run, or 0 for no stage
	live    bool
	over    bool
	outcome event.Outcome // the outcome if the run is over
	after   after
}

// after is the most important event after the end of a run.
type after uint8

const (
	afterNothing after = iota
	afterAny           // an event
	afterEnd           // a touchpoint that would have completed the run
)

// lives is a hash table of the lives of the runs of a journey. A lookup reads one place in memory, while a map reads three. The
// table has no pointers, so the garbage collector does not scan it. The zero value is ready.
type lives struct {
	slots []slot // their number is a power of two
	n     int
}

type slot struct {
	key  runKey // zeros for a free slot
	life life
}

// of returns a pointer to the life of the run, and adds the run if it is new. The result is valid until the next call.
func (s *lives) of(key runKey) *life {
	key[0] = max(key[0], 1) // a key of zeros marks a free slot
	if 4*(s.n+1) > 3*len(s.slots) {
		s.grow()
	}
	at := s.find(key)
	if at.key != key {
		at.key = key
		s.n++
	}
	return &at.life
}

// find returns the slot of the run, or the free slot for it.
func (s *lives) find(key runKey) *slot {
	mask := uint64(len(s.slots) - 1) //nolint:gosec // there is at least one slot
	for i := key[1]; ; i++ {
		if at := &s.slots[i&mask]; at.key == key || at.key == (runKey{}) {
			return at
		}
	}
}

func (s *lives) grow() {
	const first = 64
	old := s.slots
	s.slots = make([]slot, max(first, 2*len(old)))
	for i := range old {
		if old[i].key != (runKey{}) {
			*s.find(old[i].key) = old[i]
		}
	}
}

// hand caches the life of the last event's run. The next event is nearly always of the same run, because one row of a log
// becomes a touchpoint and its transitions.
type hand struct {
	runs            *runs // nil for an empty hand
	namespace, id   string
	root            event.SpanRef
	key             runKey
	life            *life
	seeds           [2]maphash.Seed
	hashed          string // the namespace of namespaceHashes
	namespaceHashes [2]uint64
}

func newHand() hand { return hand{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}} }

// take returns the life of the event's run, which the caller may change. It is valid until the next call.
func (h *hand) take(r *runs, e *event.Event) *life {
	j := &e.Journey
	if h.runs == r && h.id == j.ID && h.namespace == j.Namespace && h.root == j.Root {
		return h.life
	}
	h.runs, h.namespace, h.id, h.root = r, j.Namespace, j.ID, j.Root
	h.key = h.keyOf(j)
	h.life = r.lives.of(h.key)
	return h.life
}

func (h *hand) keyOf(j *event.Run) (key runKey) {
	if id := j.Root.TraceID; id.IsValid() {
		return runKey{binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])}
	}
	if h.hashed != j.Namespace || h.namespaceHashes == [2]uint64{} {
		h.hashed = j.Namespace
		for i, seed := range h.seeds {
			h.namespaceHashes[i] = bits.RotateLeft64(maphash.String(seed, j.Namespace), 1)
		}
	}
	for i, seed := range h.seeds {
		key[i] = maphash.String(seed, j.ID) ^ h.namespaceHashes[i]
	}
	return key
}
