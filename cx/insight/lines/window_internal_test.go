package lines

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestWindow: the window knows the last 65,536 different IDs, as a list of them does, also where many IDs share a slot.
func TestWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		share        bool
		ids, adds    int
	}{
		{"many", "most IDs are forgotten before they come again", false, 2 * windowSize, 5 * windowSize},
		{"few", "no ID is ever forgotten", false, 100, 1000},
		{"crowded", "IDs of which hundreds have one slot are moved when one is forgotten", true, windowSize + 300, 3 * windowSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(16, 3))
			ids := make([]event.ID, c.ids)
			for i := range ids {
				ids[i] = event.ID{byte(i), byte(i >> 8), byte(i >> 16), 6: 0x70, 15: byte(i)}
			}
			w := newWindow()
			if c.share {
				for i := range 300 { // a product with zero is zero, whatever the other factor is
					ids[i] = event.ID{8: byte(i), 9: byte(i >> 8), 15: 1}
					binary.LittleEndian.PutUint64(ids[i][:], w.seeds[0])
				}
			}
			last := map[event.ID]int{} // when it was added, counted in new ones
			added := 0
			for range c.adds {
				id := ids[rng.IntN(len(ids))]
				at, known := last[id]
				known = known && added-at < windowSize
				if got := w.add(id); got == known {
					t.Fatalf("after %d new ones, ID %v is new: %v; it came %d new ones ago: %s", added, id, got, added-at, c.reason)
				}
				if !known {
					added++
					last[id] = added
				}
			}
		})
	}
}
