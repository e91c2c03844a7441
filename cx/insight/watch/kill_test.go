package watch_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// mortal is a store whose instance is gone after so many calls: none of its calls reaches the store any more, as after a kill.
type mortal struct {
	*memory.Store

	left *atomic.Int64
}

func newMortal(o *town, calls int64) mortal {
	o.kills = true
	m := mortal{o.store.(*memory.Store), new(atomic.Int64)} //nolint:forcetypeassert // the town's own
	m.left.Store(calls)
	return m
}

func (m mortal) Shelf(name string) ledger.Store { return mortalShelf{m.Store.Shelf(name), m.left} }

func (m mortal) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	return mortalShelf{m.Store, m.left}.Write(ctx, c)
}

func (m mortal) Claim(ctx context.Context, n int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return mortalShelf{m.Store, m.left}.Claim(ctx, n, lease)
}

type mortalShelf struct {
	ledger.Store

	left *atomic.Int64
}

// Write is killed before the call, or after it and before the answer.
func (s mortalShelf) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	if s.left.Add(-1) < 0 {
		return nil, errCut
	}
	r, err := s.Store.Write(ctx, c)
	if s.left.Add(-1) < 0 {
		return nil, errCut
	}
	return r, err //nolint:wrapcheck // a store
}

func (s mortalShelf) Claim(ctx context.Context, n int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if s.left.Add(-1) < 0 {
		return time.Time{}, nil, errCut
	}
	return s.Store.Claim(ctx, n, lease) //nolint:wrapcheck // a store
}

// TestKilledAnywhere: instances come and are killed after any number of calls of the store. A person goes on with it meanwhile. One
// breakdown stays one: one run, each step once.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 19)) //nolint:gosec // a test
			o := newTown(t)
			o.pass(100 * day)
			staff, confirmed := o.client(o.store), map[string]bool{}
			confirm := func() {
				for _, is := range o.list() {
					if !confirmed[is.ID] && o.has(is.ID) {
						confirmed[is.ID] = true
						breakdowns.Confirm(o.person(staff, is.ID))
					}
				}
			}
			for range 12 {
				o.show(found(payment, 10, checkout), found(card, 30))
				o.start(newMortal(o, rng.Int64N(40)), watch.WithLease(time.Minute), watch.WithEvery(time.Minute))
				o.pass(time.Second)
				confirm()
				o.pass(time.Duration(rng.Int64N(int64(5 * time.Minute))))
			}
			o.start(o.store, watch.WithLease(time.Minute), watch.WithEvery(time.Minute))
			o.pass(10 * time.Minute)
			confirm()
			o.pass(10 * time.Minute)
			all := o.list()
			if len(all) != 2 {
				t.Fatalf("seed %d: %d breakdowns, want two: %+v", seed, len(all), all)
			}
			counts := map[string]int{}
			archive := o.seen().archive
			for i := range archive {
				if e := &archive[i]; e.Kind == event.JourneyStarted || e.Kind == event.JourneyStageEntered {
					counts[e.Journey.ID+" "+string(e.Kind)+" "+e.Stage]++
				}
			}
			if len(counts) != 6 || all[0].Stage != "confirmed" || all[1].Stage != "confirmed" {
				t.Errorf("seed %d: the archive has %v", seed, counts)
			}
			for what, n := range counts {
				if n != 1 {
					t.Errorf("seed %d: %s is there %d times", seed, what, n)
				}
			}
			ids := map[string]bool{}
			for _, n := range o.seen().news {
				ids[n.ID] = true
			}
			if len(ids) != 2 {
				t.Errorf("seed %d: the news have the IDs %v", seed, ids)
			}
		})
	}
}

// TestOneAtATime: of many instances one looks at the charts, and another follows when it is shut down.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.show(found(payment, 10))
		var list []*watch.Watch
		for range 8 {
			list = append(list, o.start(o.store))
		}
		o.pass(10*time.Hour + time.Minute)
		if o.seen().finds < 10 || o.seen().finds > 11 {
			t.Errorf("the charts are looked at %d times in 10 hours", o.seen().finds)
		}
		for _, w := range list[:7] {
			if err := w.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		o.pass(10 * time.Hour)
		if o.seen().finds < 19 {
			t.Errorf("no instance follows: %d", o.seen().finds)
		}
		o.want("found", "found")
	})
}

// stuck is a store of an instance that stands still. From some time on no renewal of its lease reaches the store until it goes on, and neither does one of its
// other calls, which goes on before: the instance does not know that its lease is over.
type stuck struct {
	*memory.Store

	*stop
}

type stop struct {
	mu          sync.Mutex
	lease       ledger.Key // the first record that is read
	at          int        // the call of the book, from 1 on, that stands still
	calls       int
	taken       int
	begun, goes chan struct{}
	renews      chan struct{}
}

func newStuck(o *town, at int) stuck {
	return stuck{o.store.(*memory.Store), &stop{at: at, begun: make(chan struct{}), goes: make(chan struct{}), renews: make(chan struct{})}} //nolint:forcetypeassert // the town's own
}

func (s stuck) Shelf(name string) ledger.Store { return stuckShelf{s.Store.Shelf(name), s.stop} }

type stuckShelf struct {
	ledger.Store

	*stop
}

func (s stuckShelf) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	s.mu.Lock()
	if s.lease == (ledger.Key{}) {
		s.lease = c[0].Key
	}
	var wait chan struct{}
	if c[0].Key == s.lease {
		if s.taken++; s.taken > 2 { // it was read, and taken
			wait = s.renews
		}
	} else if s.calls++; s.calls == s.at {
		wait = s.goes
		close(s.begun)
	}
	s.mu.Unlock()
	if wait != nil {
		<-wait
		ctx = context.WithoutCancel(ctx) // the call is on its way
	}
	return s.Store.Write(ctx, c) //nolint:wrapcheck // a store
}

// TestOverAndOut: an instance that stood still for longer than its lease, in the middle of a refresh, and does not know it, changes nothing any more: neither
// in the store nor in the archive.
func TestOverAndOut(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		at           int
	}{
		{"before it reads the book", "the book is that of a later holder", 1},
		{"before it writes its epoch", "as above", 2},
		{"before it writes what it has found", "the records are not those that it has read: each has the epoch of the later holder", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newTown(t)
				o.kills = true
				o.pass(100 * day)
				first := newStuck(o, test.at)
				p := o.plan(o.client(o.store))
				shows := p.Find
				var finds atomic.Int64
				p.Find = func(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error) {
					if finds.Add(1) == 1 {
						return breakdown.Findings{Found: []breakdown.Found{found(card, 30)}}, nil
					}
					return shows(ctx, open)
				}
				o.startPlan(first, p, watch.WithLease(time.Minute))
				<-first.begun
				o.show(found(payment, 10))
				o.start(o.store, watch.WithLease(time.Minute))
				o.pass(3 * time.Minute)
				if is := o.one(); is.Subject != payment {
					t.Fatalf("the second instance has not taken over: %+v", is)
				}
				close(first.goes)
				o.pass(time.Minute)
				close(first.renews)
				o.pass(30 * time.Minute)
				if is := o.one(); is.Subject != payment {
					t.Errorf("%+v: %s", is, test.reason)
				}
				o.want("found", "found")
			})
		})
	}
}

// TestKilledBeforeTheNote: an instance is killed when its steps are safe, and before the store has noted that. A person goes on. The next
// instance records the steps again, and the run takes none of them twice.
func TestKilledBeforeTheNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		o.show(found(payment, 30))
		first := newMortal(o, 1<<40)
		p := o.plan(o.client(first))
		p.Tell = func(context.Context, watch.News) error { first.left.Store(0); return nil }
		o.startPlan(first, p, watch.WithLease(time.Minute))
		o.pass(10 * time.Second)
		is := o.one()
		staff := o.client(o.store)
		ctx := breakdowns.Confirm(o.person(staff, is.ID))
		o.pass(10 * time.Second)
		breakdowns.Plan(ctx, event.RunRef{Namespace: "shop", Name: "improvement", ID: "retry"}, "payments")
		o.pass(10 * time.Second)
		o.start(o.store, watch.WithLease(time.Minute))
		o.pass(2 * time.Hour)
		if got := o.story(); got != "found, confirmed, planned" {
			t.Errorf("the archive has %q", got)
		}
		if got := o.one(); got.Stage != "planned" || got.ID != is.ID {
			t.Errorf("%+v", got)
		}
		made := map[string]int{}
		archive := o.seen().archive
		for i := range archive {
			if e := &archive[i]; e.Kind == event.PromiseMade {
				made[e.Promise.Name]++
			}
		}
		for name, n := range made {
			if n > 2 { // once by the stage, and once by the severity
				t.Errorf("the promise %s is made %d times", name, n)
			}
		}
	})
}
