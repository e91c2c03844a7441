package track //nolint:testpackage // a run that is too large for a block is made by hand

import (
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// TestRunThatDoesNotFit: a run that is larger than a block of the memory folds the oldest facts of its promises until it fits, whatever has
// made it grow. The run goes on, and each of its promises is settled once. A run that is too large by itself has no state, which is told.
func TestRunThatDoesNotFit(t *testing.T) {
	t.Parallel()
	hour := int64(3600e9)
	who := func(size int) *identity {
		return &identity{journey: event.Run{Namespace: "n", Name: "claim", ID: "1"}, customer: event.Customer{Hash: strings.Repeat("h", size)}}
	}
	for _, c := range []struct {
		name string
		size int  // of the identity
		full bool // there is no room for the run
	}{
		{"an ordinary one", 64, false},
		{"one whose promises have to be folded", 14_500, false},
		{"one that has no room for all promises", 16_300, false},
		{"one that is too large", arenaChunk + 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			id := ledger.Key{1}
			made, settled, crowd := map[string]int{}, map[string]int{}, false
			count := func(effects []effect) {
				for _, e := range effects {
					switch {
					case e.promise == nil:
					case e.kind == event.PromiseMade && e.at == e.promise.Made.UnixNano():
						made[fmt.Sprint(e.promise.Name, e.promise.Number)]++
					case e.kind != event.PromiseMade && !e.late:
						settled[fmt.Sprint(e.promise.Name, e.promise.Number)]++
					}
				}
			}
			do := func(o *op) (v view) {
				m.apply(id, o, noDay, nil, &v)
				count(v.effects())
				crowd = crowd || v.crowd
				return v
			}
			if v := do(&op{kind: opStart, id: 1, at: 1, who: who(c.size)}); v.full != c.full {
				t.Fatalf("there is no room: %v", v.full)
			}
			if c.full {
				if v := m.where(id, nil); !v.absent || m.known.Load() != 0 {
					t.Errorf("the run is known: %+v, and %d are", v, m.known.Load())
				}
				return
			}
			for n := range int64(40) {
				o := op{kind: opSign, id: uint64(n + 2), at: 1 + n}
				for p := range maxPromises {
					o.pacts = append(o.pacts, pact{name: fmt.Sprintf("%016d", p), kind: pactMake, due: hour + n})
				}
				if v := do(&o); v.full || v.absent {
					t.Fatal("the run is forgotten")
				}
				s := m.shard(id)
				slot, _, _ := s.find(id)
				r := s.unpack(m.names.tab.Load(), s.slot(slot), true)
				if got := len(r.customer.Hash); got != c.size {
					t.Fatalf("the customer's hash has %d bytes, want %d", got, c.size)
				}
			}
			for _, w := range m.sweep(2*hour, noDay) {
				count(w.effects)
			}
			if n := len(made); n != maxPromises {
				t.Errorf("%d promises were made", n)
			}
			if n := len(settled); n != maxPromises && !crowd {
				t.Errorf("%d promises were settled, and nothing says that some are forgotten", n)
			}
			for name, n := range settled {
				if n != 1 {
					t.Errorf("%s was settled %d times", name, n)
				}
			}
		})
	}
}
