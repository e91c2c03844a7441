package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

func use(t *testing.T, o *ledger.Once, key, by string) bool {
	t.Helper()
	first, err := o.Use(t.Context(), key, by)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

// TestOnce: of many users of one key, the first one has it, for as long as it is remembered.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		o := ledger.NewOnce(store, "links", time.Hour)
		var users atomic.Int32
		var running sync.WaitGroup
		for i := range 200 {
			running.Go(func() {
				first, err := ledger.NewOnce(store, "links", time.Hour).Use(t.Context(), "key", fmt.Sprint("user ", i))
				if err != nil {
					t.Error(err)
				}
				if first {
					users.Add(1)
				}
			})
		}
		running.Wait()
		if n := users.Load(); n != 1 {
			t.Errorf("%d users have the key, want one", n)
		}
		switch {
		case !use(t, o, "other key", "user 1"):
			t.Error("another key is used")
		case !use(t, ledger.NewOnce(store, "reports", 0), "key", "user 1"):
			t.Error("the key is used on another shelf")
		}
		sweep := func(want int) {
			t.Helper()
			if n, err := o.Sweep(t.Context()); n != want || err != nil {
				t.Errorf("Sweep returns %d and %v, want %d", n, err, want)
			}
		}
		sweep(0)
		time.Sleep(time.Hour - 1)
		if use(t, o, "key", "a late user") {
			t.Error("the key is forgotten too early")
		}
		time.Sleep(1)
		sweep(2)
		time.Sleep(time.Hour)
		sweep(0) // which removes what was closed
		if !use(t, o, "key", "a new user") {
			t.Error("the key is remembered after its time")
		}
	})
}

// TestOnceIsBounded: a key that is used very often takes little room, and still has its first user.
func TestOnceIsBounded(t *testing.T) {
	store := &sized{Store: new(memory.Store)}
	o := ledger.NewOnce(store, "links", 0)
	use(t, o, "key", "first")
	for i := range 1000 {
		if use(t, o, "key", fmt.Sprint(i)) {
			t.Fatal("a second user has the key")
		}
	}
	if !use(t, o, "key", "first") {
		t.Error("the first user has lost the key")
	}
	if store.most > 2048 {
		t.Errorf("the log of a key had %d bytes, want it bounded", store.most)
	}
}

// sized is a store that notes the longest log of its shelves.
type sized struct {
	*memory.Store

	most int
}

func (s *sized) Shelf(name string) ledger.Store { return &sizedShelf{s.Store.Shelf(name), s} }

type sizedShelf struct {
	ledger.Store

	of *sized
}

func (s *sizedShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := s.Store.Write(ctx, changes)
	for _, r := range records {
		s.of.most = max(s.of.most, len(r.Log))
	}
	return records, err
}

// TestOnceErrors: a store without shelves, a name that is none and a call that is over are errors, and no use.
func TestOnceErrors(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		once *ledger.Once
		want error
	}{
		{"no shelves", t.Context(), ledger.NewOnce(struct{ ledger.Store }{new(memory.Store)}, "links", 0), ledger.ErrNoShelves},
		{"no name", t.Context(), ledger.NewOnce(new(memory.Store), "Links", 0), ledger.ErrShelfName},
		{"a call that is over", over, ledger.NewOnce(new(memory.Store), "links", 0), context.Canceled},
	} {
		if first, err := test.once.Use(test.ctx, "key", ""); first || !errors.Is(err, test.want) {
			t.Errorf("%s: Use returns %v and %v, want %v", test.name, first, err, test.want)
		}
		if _, err := test.once.Sweep(test.ctx); !errors.Is(err, test.want) {
			t.Errorf("%s: Sweep returns %v, want %v", test.name, err, test.want)
		}
	}
}
