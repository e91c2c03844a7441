package track

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// TestHeardBeforeTheStore: the customer of whom a touchpoint has told stays known while that is on its way to the store, which answers to what
// came before it. A start with another customer is then told apart, and later events are the first customer's.
func TestHeardBeforeTheStore(t *testing.T) {
	t.Parallel()
	m, key := newMemory(), ledger.Key{1}
	m.beCache()
	who := func(c event.Customer) *identity {
		return &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: "c1"}, customer: c}
	}
	apply := func(kind opKind, at int64, c event.Customer) (v view) {
		m.apply(key, &op{kind: kind, at: at, who: who(c), begin: kind == opStart}, noDay, func([]byte) {}, &v)
		return v
	}
	known := func() (c event.Customer, synced bool) {
		v := m.where(key, func(b []byte) {
			var run identity
			run.read(&reader{b: b}, false)
			c = run.customer
		})
		return c, v.synced
	}
	stored := func(c event.Customer) {
		r := newLogged()
		r.apply(&op{kind: opStart, id: 1, at: 1, who: who(c)}, &done{})
		m.sync(key, r, noDay)
		if r.customer != c {
			t.Errorf("the store's run has the customer %+v now, want %+v", r.customer, c)
		}
	}
	a := event.Customer{Hash: "a", Segment: "gold", Account: "acme"}
	apply(opStart, 1, event.Customer{})
	apply(opTouch, 2, a)
	stored(event.Customer{})
	if c, synced := known(); c != a || synced {
		t.Errorf("the run is of %+v, as the store has it: %v; want %+v, and that the store is still told", c, synced, a)
	}
	if v := apply(opStart, 3, event.Customer{Hash: "b"}); !v.other {
		t.Error("another customer's start is not told apart")
	}
	stored(event.Customer{Hash: "c"}) // another instance was the first one
	if c, synced := known(); c != (event.Customer{Hash: "c"}) || !synced {
		t.Errorf("the run is of %+v, as the store has it: %v; want the store's customer, who has no segment", c, synced)
	}
	stored(a)
	if c, synced := known(); c != a || !synced {
		t.Errorf("the run is of %+v, as the store has it: %v", c, synced)
	}
}
