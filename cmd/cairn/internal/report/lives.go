package report

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"cairncx.dev/cairn/cx/event"
)

// runKey identifies a run within its journey: two independent hashes of 64 bits of the namespace and the ID. They
// cost a tenth of the trace ID, and two of a billion runs share a key with a chance of one in 10^20. A run whose
// names do not give its trace has the trace ID as its key.
type runKey [2]uint64

// life is what is known of one run. It has no pointers, so that the garbage collector does not look into a map of
// lives.
type life struct {
	stage     int32 // the number of the stage of a live run; 0 is none
	live      bool
	over      bool
	outcome   event.Outcome // of a run that is over
	back      bool          // an event came after the end
	completed bool          // a touchpoint came that would have completed the run
}

// hand holds the life of one run: that of the last event. Nearly always the next event is of the same run, because
// one row of a log is a touchpoint and the transitions that it makes.
type hand struct {
	runs            *runs // nil for an empty hand
	namespace, id   string
	root            event.SpanRef
	key             runKey
	life, was       life
	seeds           [2]maphash.Seed
	hashed          string // the namespace that hashes is of
	namespaceHashes [2]uint64
}

func newHand() hand { return hand{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}} }

// take returns the life of the event's run, which the caller may change.
func (h *hand) take(r *runs, e *event.Event) *life {
	j := &e.Journey
	if h.runs == r && h.id == j.ID && h.namespace == j.Namespace && h.root == j.Root {
		return &h.life
	}
	h.put()
	h.runs, h.namespace, h.id, h.root = r, j.Namespace, j.ID, j.Root
	h.key = h.keyOf(j)
	h.life = r.lives[h.key]
	h.was = h.life
	return &h.life
}

// put gives the life back to its journey.
func (h *hand) put() {
	if h.runs != nil && h.life != h.was {
		h.runs.lives[h.key] = h.life
		h.was = h.life
	}
}

func (h *hand) keyOf(j *event.Run) (key runKey) {
	if id := j.Root.TraceID; id.IsValid() {
		return runKey{binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])}
	}
	if h.hashed != j.Namespace {
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
