package track //nolint:testpackage // ops are made by hand

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// TestMadeIsSettled: each promise that was reported as made is settled under its number, whichever fact is heard last.
func TestMadeIsSettled(t *testing.T) {
	t.Parallel()
	s := func(n int64) int64 { return n * int64(time.Second) }
	for _, c := range []struct {
		name  string
		heard []pact
		at    []int64
	}{
		{"a pause that is heard last", []pact{
			{name: "p", kind: pactOffer, due: s(13)}, {name: "p", kind: pactOffer, due: s(18)}, {name: "p", kind: pactPause},
		}, []int64{10, 15, 12}},
		{"a keep before a move that is heard last", []pact{
			{name: "p", kind: pactMake, due: s(20)}, {name: "p", kind: pactMake, due: s(25)}, {name: "p", kind: pactKeep},
		}, []int64{10, 15, 14}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newLogged()
			made, over, ids := map[int]int{}, map[int]int{}, map[string]int{}
			take := func(o *op) {
				d := &done{}
				r.apply(o, d)
				for _, e := range d.effects() {
					switch {
					case e.kind == event.PromiseMade:
						made[e.promise.Number]++
						made := newTransition(r.origin(), nil, e)
						id := made.ID.String()
						made.Put()
						if n, ok := ids[id]; ok && n != e.promise.Number {
							t.Errorf("the event %s is about promise %d and about promise %d", id, n, e.promise.Number)
						}
						ids[id] = e.promise.Number
					case e.promise != nil:
						over[e.promise.Number]++
					}
				}
			}
			take(&op{kind: opStart, id: 1, at: s(1), sent: s(1), begin: true, who: &identity{}})
			for i, x := range c.heard {
				take(&op{kind: opSign, id: uint64(i + 2), at: s(c.at[i]), sent: s(16), pacts: []pact{x}})
			}
			take(&op{kind: opEnd, id: 99, at: s(60), sent: s(60), outcome: event.Cancelled})
			take(&op{kind: opPass, id: 100, at: s(55), last: s(63), sent: s(65)})
			for n := range made {
				if over[n] != 1 {
					t.Errorf("promise %d was made and settled %d times", n, over[n])
				}
			}
		})
	}
}
