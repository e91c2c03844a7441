package watch_test

import (
	"context"
	"math/rand/v2"
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
	for seed := range uint64(12) {
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
			for i := range o.archive {
				if e := &o.archive[i]; e.Kind == event.JourneyStarted || e.Kind == event.JourneyStageEntered {
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
			for _, n := range o.news {
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
		if o.finds < 10 || o.finds > 11 {
			t.Errorf("the charts are looked at %d times in 10 hours", o.finds)
		}
		for _, w := range list[:7] {
			if err := w.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		o.pass(10 * time.Hour)
		if o.finds < 19 {
			t.Errorf("no instance follows: %d", o.finds)
		}
		o.want("found", "found")
	})
}

// TestOverAndOut: an instance that was stopped for longer than its lease, in the middle of a refresh, changes nothing any more.
func TestOverAndOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		first := newMortal(o, 1<<40)
		p := o.plan(o.client(o.store))
		begun := make(chan struct{})
		p.Find = func(context.Context, []breakdown.Found) ([]breakdown.Found, error) {
			close(begun)
			first.left.Store(0) // it stands still
			time.Sleep(3 * time.Minute)
			first.left.Store(1 << 40)
			p.Find = nil
			return []breakdown.Found{found(card, 30)}, nil
		}
		w := o.startPlan(first, p, watch.WithLease(time.Minute))
		<-begun
		o.show(found(payment, 10, card))
		o.start(o.store, watch.WithLease(time.Minute))
		o.pass(30 * time.Minute)
		if is := o.one(); is.Subject != payment {
			t.Errorf("%+v", is)
		}
		if err := w.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
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
		for i := range o.archive {
			if e := &o.archive[i]; e.Kind == event.PromiseMade {
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
