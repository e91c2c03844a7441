package cx_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// spied is a store with shelves that knows which records of its shelves were written.
type spied struct {
	*memory.Store

	mu   sync.Mutex
	keys map[ledger.Key]ledger.Store
}

func (s *spied) Shelf(name string) ledger.Store { return &spiedShelf{s.Store.Shelf(name), s} }

// logs returns the logs of all records, one after the other.
func (s *spied) logs(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for key, shelf := range s.keys {
		records, err := shelf.Write(t.Context(), []ledger.Change{{Key: key, If: []byte("no log"), Replace: []byte{}}})
		noErr(t, err)
		all.Write(records[0].Log)
	}
	return all.String()
}

type spiedShelf struct {
	ledger.Store

	s *spied
}

func (f *spiedShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	f.s.mu.Lock()
	for i := range changes {
		f.s.keys[changes[i].Key] = f.Store
	}
	f.s.mu.Unlock()
	return f.Store.Write(ctx, changes) //nolint:wrapcheck // the store's own answer
}

func (f *spiedShelf) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	return f.Store.(ledger.Forgetter).Forget(ctx, customer, keep) //nolint:wrapcheck,forcetypeassert // it is a memory.Store
}

// forgetless is a store whose shelves cannot forget.
type forgetless struct{ *memory.Store }

func (s forgetless) Shelf(name string) ledger.Store {
	return struct{ ledger.Store }{s.Store.Shelf(name)}
}

// TestForgottenRepresentative: an employee who is forgotten represents no customer, in any instance, and the store has the employee's hash
// no more. Other employees stay.
func TestForgottenRepresentative(t *testing.T) {
	t.Parallel()
	bob, cid := event.Customer{ID: "bob"}, event.Customer{ID: "cid"}
	inStore := &spied{Store: new(memory.Store), keys: map[ledger.Key]ledger.Store{}}
	for name, opts := range map[string][]cx.Option{
		"in a store": {cx.WithStore(inStore)}, "in memory": {cx.WithStore(nil), cx.WithContactsInMemory()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newContacts(t, nil, opts...)
			b := a
			if name == "in a store" {
				b = newContacts(t, nil, opts...)
			}
			represented := func(by *contacts, who event.Customer) string {
				r, err := policy.Record(by.ctx(), who)
				if err != nil { // nothing else is in the record
					return ""
				}
				return r.Representative
			}
			noErr(t, policy.Represent(a.ctx(), alice, "eve"))
			noErr(t, policy.Represent(a.ctx(), alice, "max"))
			noErr(t, policy.Represent(a.ctx(), alice, "eve"))
			noErr(t, policy.Represent(a.ctx(), bob, "eve"))
			noErr(t, policy.Represent(b.ctx(), cid, "max"))
			eve, others := represented(b, alice), represented(a, cid)
			if len(eve) != 32 || eve != represented(a, bob) || others == eve || others == "" {
				t.Fatalf("the representatives are %q, %q and %q", eve, represented(a, bob), others)
			}
			if name == "in a store" {
				if all := inStore.logs(t); strings.Count(all, eve) != 2 || strings.Count(all, others) != 1 {
					t.Errorf("the store has %d and %d employees, want 2 and 1: those of before are gone", strings.Count(all, eve), strings.Count(all, others))
				}
			}
			noErr(t, b.client.ForgetEmployee(b.ctx(), "eve"))
			noErr(t, b.client.ForgetEmployee(b.ctx(), "eve"))
			for _, who := range []event.Customer{alice, bob} {
				if got := represented(a, who); got != "" {
					t.Errorf("%s is represented by %s", who.ID, got)
				}
				if is, err := policy.RepresentedBy(a.ctx(), who, "eve"); is || err != nil {
					t.Errorf("%s is represented: %v, %v", who.ID, is, err)
				}
			}
			if got := represented(a, cid); got != others {
				t.Errorf("cid is represented by %q, want %q", got, others)
			}
			_, err := a.client.Forget(a.ctx(), cid.ID)
			noErr(t, err)
			if name == "in a store" {
				if all := inStore.logs(t); strings.Contains(all, eve) || strings.Contains(all, others) {
					t.Error("the store still has an employee who was forgotten, or that of a forgotten customer")
				}
			}
			noErr(t, policy.Represent(a.ctx(), alice, "max"))
			if got := represented(b, alice); got != others {
				t.Errorf("alice is represented by %q afterwards, want %q", got, others)
			}
		})
	}
	c := newContacts(t, forgetless{new(memory.Store)})
	noErr(t, policy.Represent(c.ctx(), alice, "eve"))
	if err := c.client.ForgetEmployee(c.ctx(), "eve"); err == nil || !strings.Contains(err.Error(), "no ledger.Forgetter") {
		t.Errorf("with a store that cannot forget the error is %v", err)
	}
}
