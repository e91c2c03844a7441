package track //nolint:testpackage // what is tested is how runs are found, which nobody outside can see

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"cairncx.dev/cairn/cx/ledger"
)

// TestIndex compares the index of a shard with a map, for IDs that collide in where they belong, in the
// bits that stand in the index, in both, and in nothing.
func TestIndex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		mask   uint32 // of the bits in which IDs differ there
		reason string
	}{
		{"all bits", 0xffffffff, "as good as random"},
		{"the same place", 0xfffff000, "all stand in one row, and are told apart by the bits in the index"},
		{"the same bits", 0x00000fff, "they are told apart by their slots, once the index is small"},
		{"a few places", 0x00000007, "both"},
		{"nothing", 0, "they are told apart by their slots only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(5, 6))
			s := &memoryShard{}
			want := map[ledger.Key]uint32{}
			var ids []ledger.Key
			for step := range 6000 {
				if len(ids) > 0 && rng.IntN(3) == 0 {
					k := rng.IntN(len(ids))
					s.remove(ids[k])
					delete(want, ids[k])
					ids[k] = ids[len(ids)-1]
					ids = ids[:len(ids)-1]
				} else if len(ids) < 700 {
					var id ledger.Key
					binary.LittleEndian.PutUint32(id[:], uint32(step)) //nolint:gosec // small
					binary.LittleEndian.PutUint32(id[8:], rng.Uint32()&c.mask)
					ids = append(ids, id)
					want[id] = s.insert(id)
				}
				if step%100 != 0 {
					continue
				}
				for _, id := range ids {
					if n, at, ok := s.find(id); !ok || n != want[id] || s.slotAt(s.index[at]) != n || s.slot(n).id != id {
						t.Fatalf("after %d steps run %v is in slot %d (%v), want %d: %s", step, id, n, ok, want[id], c.reason)
					}
				}
				if _, _, ok := s.find(ledger.Key{0xff, 0xff, 0xff}); ok {
					t.Fatalf("after %d steps a run is found that is not there: %s", step, c.reason)
				}
				if s.live != len(want) {
					t.Fatalf("after %d steps %d runs live, want %d", step, s.live, len(want))
				}
			}
		})
	}
}
