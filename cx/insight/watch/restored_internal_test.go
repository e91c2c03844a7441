package watch

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// pass lets the time of the bubble pass, and waits until every goroutine in it waits.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// watched is a watch of an internal test, which counts how often the charts are looked at, and keeps the last error.
type watched struct {
	*Watch

	finds atomic.Int64
	err   atomic.Value
}

func newWatched(t *testing.T, store ledger.Store, find func() (breakdown.Findings, error)) *watched {
	t.Helper()
	p := newTaker(t, store).w.plan
	o := &watched{}
	p.Steps = empty{}
	p.Find = func(context.Context, []breakdown.Open) (breakdown.Findings, error) {
		o.finds.Add(1)
		return find()
	}
	w, err := New(store, p, WithEvery(time.Hour), WithErrorHandler(func(err error) { o.err.Store(err.Error()) }))
	if err != nil {
		t.Fatal(err)
	}
	o.Watch = w
	return o
}

// empty is an archive without events.
type empty struct{}

func (empty) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

func (o *watched) stop(t *testing.T) {
	t.Helper()
	if err := o.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRestoredLease: the record of the lease is older than the others, as after it was restored alone. The watch goes on.
func TestRestoredLease(t *testing.T) {
	const newest = 1 << 40 // more than the lease is taken in ten hours
	for _, epoch := range []int64{0, 1, newest - 1, newest} {
		synctest.Test(t, func(t *testing.T) {
			pass(2 * time.Hour)
			store := new(memory.Store)
			put(t, store.Shelf(shelf), -1, fmt.Sprintf(`{"v":%d,"epoch":%d}`, version, epoch))
			put(t, store.Shelf(shelf), 3, fmt.Sprintf(`{"v":%d,"epoch":%d}`, version, newest))
			w := newWatched(t, store, func() (breakdown.Findings, error) { return breakdown.Findings{}, nil })
			pass(10 * time.Hour)
			if n := w.finds.Load(); n < 9 || n > 11 || w.err.Load() != nil {
				t.Errorf("of epoch %d, the charts are looked at %d times in 10 hours: %v", epoch, n, w.err.Load())
			}
			w.stop(t)
		})
	}
}

// TestHighestEpoch: an epoch that has no next one is told as damage.
func TestHighestEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pass(2 * time.Hour)
		store := new(memory.Store)
		put(t, store.Shelf(shelf), 3, fmt.Sprintf(`{"v":%d,"epoch":9223372036854775807}`, version))
		w := newWatched(t, store, func() (breakdown.Findings, error) { return breakdown.Findings{}, nil })
		pass(time.Hour)
		if said, _ := w.err.Load().(string); !strings.Contains(said, "damaged") || w.finds.Load() != 0 {
			t.Errorf("told is %q", said)
		}
		w.stop(t)
	})
}

// panicking is a store that panics while it is to.
type panicking struct {
	*memory.Store

	now *atomic.Bool
}

type panickingShelf struct {
	ledger.Store

	now *atomic.Bool
}

func (p panicking) Shelf(name string) ledger.Store { return panickingShelf{p.Store.Shelf(name), p.now} }

func (p panickingShelf) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	if p.now.Load() {
		panic("the store panics")
	}
	return p.Store.Write(ctx, c) //nolint:wrapcheck // a store
}

// TestPanics: a panic of the store is told, and the watch goes on after it.
func TestPanics(t *testing.T) {
	for _, first := range []bool{true, false} { // when the lease is taken, and when it is held
		synctest.Test(t, func(t *testing.T) {
			pass(2 * time.Hour)
			store := panicking{new(memory.Store), new(atomic.Bool)}
			store.now.Store(first)
			w := newWatched(t, store, func() (breakdown.Findings, error) { return breakdown.Findings{}, nil })
			pass(10 * time.Minute)
			store.now.Store(true)
			pass(2 * time.Hour)
			if said, _ := w.err.Load().(string); !strings.Contains(said, "panicked") {
				t.Errorf("told is %q", said)
			}
			before := w.finds.Load()
			store.now.Store(false)
			pass(2 * time.Hour)
			if w.finds.Load() == before {
				t.Error("the watch does not go on")
			}
			w.stop(t)
		})
	}
}
