package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// teller is an instance, and what it tells.
type teller struct {
	*Book

	store *lossy
	mu    sync.Mutex
	told  []Effort
	lost  []Loss
	safe  error
	on    func() // called when something is told
}

func newTeller(t *testing.T, shelf ledger.Store) *teller {
	t.Helper()
	i := &teller{store: &lossy{Store: shelf}}
	i.Book = New(Config{
		Store: i.store, Now: time.Now, Namespace: "test",
		Tell: func(e *Effort) {
			i.mu.Lock()
			i.told = append(i.told, *e)
			on := i.on
			i.mu.Unlock()
			if on != nil {
				on()
			}
		},
		Safe: func(context.Context) error { i.mu.Lock(); defer i.mu.Unlock(); return i.safe },
		Lost: func(l Loss) { i.mu.Lock(); defer i.mu.Unlock(); i.lost = append(i.lost, l) },
	})
	t.Cleanup(func() { _ = i.Close(context.Background()) })
	return i
}

// tells has on called when something is told, and returns safe to the book.
func (i *teller) tells(on func(), safe error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.on, i.safe = on, safe
}

// seen returns what was told, in a line each.
func (i *teller) seen() (lines []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, e := range i.told {
		lines = append(lines, fmt.Sprintf("%s %s contacts=%d first=%v again=%v", e.Customer, e.Intent, e.Contacts, e.FirstContact, e.Again))
	}
	return lines
}

// call returns a contact that ends now.
func call(who, intent string) *Joining {
	now := time.Now()
	return &Joining{
		Customer: who, Intent: intent, Window: 2 * time.Hour, Grace: time.Hour, ID: event.NewID(now), Start: now, End: now,
		Channel: event.Phone, Answered: true,
	}
}

// TestTelling: an effort is told by one instance and once, and again only where the first telling may be lost, under the same ID.
func TestTelling(t *testing.T) {
	t.Parallel()
	const once = "alice bill contacts=1 first=true again=false"
	for _, test := range []struct {
		name, reason string
		run          func(t *testing.T, a, b *teller)
		want         []string
	}{
		{"one of two instances", "a claim gives the record to one", func(*testing.T, *teller, *teller) {}, []string{once}},
		{"the store loses the answer to the mark", "it may be marked, and is told later", func(_ *testing.T, a, b *teller) {
			a.store.lose("lost")
			b.store.lose("lost")
		}, []string{"alice bill contacts=1 first=true again=true"}},
		{"the store has not made the mark", "nothing has happened", func(_ *testing.T, a, b *teller) {
			a.store.lose("not made")
			b.store.lose("not made")
		}, []string{once}},
		{"the process dies after the mark", "another one tells it", func(_ *testing.T, a, b *teller) {
			a.store.lose("lost by the dead")
			b.store.lose("lost by the dead")
			time.AfterFunc(10*time.Minute, func() { b.store.mu.Lock(); defer b.store.mu.Unlock(); b.store.dead = false })
		}, []string{"alice bill contacts=1 first=true again=true"}},
		{"the process dies when it has told it", "another one tells it again", func(_ *testing.T, a, b *teller) {
			var first sync.Once
			die := func(i *teller) func() {
				return func() {
					first.Do(func() { i.store.mu.Lock(); defer i.store.mu.Unlock(); i.store.dead = true })
				}
			}
			a.tells(die(a), nil)
			b.tells(die(b), nil)
		}, []string{once, "alice bill contacts=1 first=true again=true"}},
		{"it is not safe", "it is told until it is", func(_ *testing.T, a, b *teller) {
			a.tells(nil, errLost)
			b.tells(nil, errLost)
			time.AfterFunc(4*time.Minute, func() {
				a.tells(nil, nil)
				b.tells(nil, nil)
			})
		}, []string{once, "alice bill contacts=1 first=true again=true"}},
		{"another contact while it is told", "it is of another effort", func(_ *testing.T, a, b *teller) {
			var first sync.Once
			more := func(i *teller) func() {
				return func() {
					first.Do(func() {
						i.Join(call("alice", "bill"))
						time.Sleep(time.Second)
					})
				}
			}
			a.tells(more(a), nil)
			b.tells(more(b), nil)
		}, []string{once, once}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shelf := new(memory.Store).Shelf(Shelf)
				a, b := newTeller(t, shelf), newTeller(t, shelf)
				a.Join(call("alice", "bill"))
				b.Start()
				synctest.Wait()
				if _, err := b.now(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Hour) // the log is folded meanwhile
				synctest.Wait()
				if got := append(a.seen(), b.seen()...); len(got) != 0 {
					t.Fatalf("in the window it is told: %q", got)
				}
				time.Sleep(59 * time.Minute)
				test.run(t, a, b)
				time.Sleep(8 * time.Hour)
				synctest.Wait()
				got := append(a.seen(), b.seen()...)
				slices.Sort(got)
				if !slices.Equal(got, test.want) {
					t.Errorf("told %q, want %q, because %s", got, test.want, test.reason)
				}
				if len(got) == 2 && strings.Contains(got[1], "again=true") && append(a.told, b.told...)[0].ID != append(a.told, b.told...)[1].ID {
					t.Error("the second telling has another ID")
				}
				records, err := shelf.Write(t.Context(), []ledger.Change{reading(a.key("alice"))})
				if err != nil || len(liveLog(&records[0])) > 0 {
					t.Errorf("the record still has %d bytes, and the error is %v", len(records[0].Log), err)
				}
			})
		})
	}
}

// TestJoiningNeverWaits: while the store is away contacts wait up to a bound, and what does not fit, or is left at the end, is counted.
func TestJoiningNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newTeller(t, new(memory.Store).Shelf(Shelf))
		i.store.dead = true
		began := time.Now()
		for n := range maxJoinings + 7 {
			i.Join(call(fmt.Sprint("customer ", n%500), "bill"))
		}
		if time.Since(began) != 0 || len(i.lost) != 7 || i.lost[0] != LossQueue {
			t.Errorf("after %v %d contacts are lost: %v", time.Since(began), len(i.lost), i.lost[:min(len(i.lost), 8)])
		}
		time.Sleep(time.Minute)
		i.store.mu.Lock()
		i.store.dead = false
		i.store.mu.Unlock()
		time.Sleep(time.Minute)
		if n := i.joins.waiting(); n != 0 || len(i.lost) != 7 {
			t.Errorf("with the store %d wait, and %d are lost", n, len(i.lost))
		}
		i.store.mu.Lock()
		i.store.dead = true
		i.store.mu.Unlock()
		i.Join(call("alice", "bill"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := i.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returns %v", err)
		}
		synctest.Wait()
		i.Join(call("alice", "bill"))
		if len(i.lost) != 9 || i.lost[7] != LossStore || i.lost[8] != LossQueue {
			t.Errorf("at the end %v are lost", i.lost[7:])
		}
		i.store.mu.Lock()
		i.store.dead = false
		i.store.mu.Unlock()
	})
}

// TestForgetReachesEfforts: neither what the record has nor what is on its way to it outlives Forget.
func TestForgetReachesEfforts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shelf := new(memory.Store).Shelf(Shelf)
		i := newTeller(t, shelf)
		i.Join(call("alice", "bill"))
		time.Sleep(time.Second)
		if so := i.SoFar(call("alice", "bill")); so == nil || so.Contacts != 2 {
			t.Fatalf("the effort so far is %+v", so)
		}
		i.Join(call("alice", "bill"))
		if err := i.Forget(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if so := i.SoFar(call("alice", "bill")); so != nil {
			t.Errorf("the effort so far is %+v", so)
		}
		time.Sleep(24 * time.Hour)
		if got := i.seen(); len(got) != 0 {
			t.Errorf("it is told: %q", got)
		}
	})
}

// forgetful forgets a customer while the answer to a mark is on its way.
type forgetful struct {
	ledger.Store

	forget func()
	once   sync.Once
}

func (f *forgetful) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := f.Store.Write(ctx, changes)
	for i := range changes {
		if r, _, _, _, readErr := readLog(changes[i].Replace); readErr == nil && slices.ContainsFunc(r.efforts, func(f effort) bool { return f.told }) {
			f.once.Do(func() {
				go f.forget()
				time.Sleep(time.Second)
			})
		}
	}
	return records, err //nolint:wrapcheck // as the store returns it
}

// TestNothingIsToldOfTheForgotten: when Forget has returned, the instance tells no effort of the customer. Exporters that the client asks to
// forget after the Book would have the customer again.
func TestNothingIsToldOfTheForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &forgetful{Store: new(memory.Store).Shelf(Shelf)}
		var forgotten atomic.Bool
		i := New(Config{Store: store, Now: time.Now, Namespace: "test", Tell: func(*Effort) {
			if forgotten.Load() {
				t.Error("an effort is told of a customer who is forgotten")
			}
		}})
		t.Cleanup(func() { _ = i.Close(context.Background()) })
		store.forget = func() {
			if err := i.Forget(context.Background(), "alice"); err != nil {
				t.Error(err)
			}
			forgotten.Store(true)
		}
		i.Join(call("alice", "bill"))
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if !forgotten.Load() {
			t.Error("Forget has not returned")
		}
	})
}
