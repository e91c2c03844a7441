package cases

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestWindow: the window knows what two maps know of which the older one is forgotten when the newer one is full.
func TestWindow(t *testing.T) {
	t.Parallel()
	const size = 5000 // more than the slots that a set begins with
	rng := rand.New(rand.NewPCG(16, 4))
	w := window{size: size}
	now, before, forgets := map[uint64]bool{}, map[uint64]bool(nil), false
	for n := range 60_000 {
		key := uint64(rng.IntN(4 * size)) // with 0
		var id event.ID
		high := rng.Uint64()
		binary.BigEndian.PutUint64(id[:8], high)
		binary.BigEndian.PutUint64(id[8:], high^key)
		known := now[key] || before[key]
		if w.seen(id) != known {
			t.Fatalf("event %d: key %d is known: %v, want %v", n, key, !known, known)
		}
		if !known {
			if len(now) == size {
				forgets = forgets || before != nil
				now, before = map[uint64]bool{}, now
			}
			now[key] = true
		}
		if w.forgets != forgets {
			t.Fatalf("event %d: it has forgotten IDs: %v, want %v", n, w.forgets, forgets)
		}
	}
	if !forgets {
		t.Error("nothing was ever forgotten")
	}
}
