package track_test

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
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// reports are the faults that a tracker tells.
type reports struct {
	mu   sync.Mutex
	list []fault.Report
}

func (r *reports) add(f fault.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, f)
}

// with returns how many reports of the fault have the text.
func (r *reports) with(fault fault.Fault, text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.list {
		if f.Fault == fault && strings.Contains(f.Detail, text) {
			n++
		}
	}
	return n
}

// listen lets the tracker report to r too.
func (r *reports) listen(c *track.Config) {
	count := c.Fault
	c.Fault = func(f fault.Report) {
		count(f)
		r.add(f)
	}
}

// switched is an error that can be switched on and off.
type switched struct {
	mu  sync.Mutex
	err error
}

func (s *switched) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *switched) get() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

var errDown = errors.New("down")

// TestStoreIsTriedAgain: a store that is away is asked every few seconds, not all the time and not ever more
// rarely. Each failure is counted and told.
func TestStoreIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		way := &door{shelf: newShelf()}
		a := newTeller(way, func(c *track.Config) { told.listen(c) })
		for outage := 1; outage <= 2; outage++ {
			var tried atomic.Int64
			way.set(func([]ledger.Change) error { tried.Add(1); return errDown }, nil)
			a.Apply(happens(event.JourneyStarted, fmt.Sprint(outage)), track.Manner{})
			time.Sleep(10 * time.Minute)
			tries := tried.Load()
			if tries < 60 || tries > 300 { // every five seconds, the half more or less
				t.Errorf("in ten minutes the store was asked %d times", tries)
			}
			if n := a.count(fault.Store); n < 60 {
				t.Errorf("%d failures were counted, of more than %d", n, tries)
			}
			way.set(nil, nil)
			time.Sleep(time.Minute)
			if n := told.with(fault.Store, "down"); n != a.count(fault.Store) {
				t.Errorf("%d failures were counted and %d told", a.count(fault.Store), n)
			}
		}
		a.stop(t)
		want(t, a.told(), "started 1", "started 2")
	})
}

// TestUnsafeIsReported: what cannot be made safe is counted and told, each time that it is tried, and not taken for a
// fault of the store.
func TestUnsafeIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		var sink switched
		a := newTeller(&ledgertest.Memory{}, func(c *track.Config) {
			told.listen(c)
			c.Safe = func(context.Context) error { return sink.get() }
		})
		for round := 1; round <= 2; round++ {
			sink.set(errDown)
			a.Apply(happens(event.JourneyStarted, fmt.Sprint(round)), track.Manner{})
			time.Sleep(time.Minute)
			counted := a.count(fault.Unsettled)
			if counted < 10*round || told.with(fault.Unsettled, "down") != counted || a.count(fault.Store) != 0 {
				t.Errorf("%d failures were counted in %d minutes, and told were: %+v", counted, round, told.list)
			}
			sink.set(nil)
			time.Sleep(time.Minute)
			if n := a.count(fault.Unsettled); n > counted+1 {
				t.Errorf("%d more failures were counted when the sink was back", n-counted)
			}
		}
		a.stop(t)
	})
}

// TestQueueWaitsForSafety: while sinks do not finish, no more than 16,384 runs are told and not settled. The rest waits
// in the queue, and goes on when they do.
func TestQueueWaitsForSafety(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const bound, batch = 1 << 14, 512
		var sink switched
		sink.set(errDown)
		a := newTeller(&ledgertest.Memory{}, func(c *track.Config) {
			c.Safe = func(context.Context) error { return sink.get() }
		})
		n := 0
		for range (bound + 8*batch) / 256 {
			for range 256 {
				a.Apply(happens(event.JourneyStarted, fmt.Sprint(n)), track.Manner{})
				n++
			}
			synctest.Wait()
		}
		if got := len(a.told()); got < bound || got > bound+batch {
			t.Errorf("%d of %d starts are told, want %d and a batch more at most", got, n, bound)
		}
		if waits, _ := a.Queue(); waits != n-len(a.told()) {
			t.Errorf("%d wait, want %d", waits, n-len(a.told()))
		}
		sink.set(nil)
		a.stop(t)
		if got := len(a.told()); got != n || a.count(fault.StoreLost) != 0 {
			t.Errorf("%d of %d are told, %d were lost", got, n, a.count(fault.StoreLost))
		}
	})
}

// TestSettledBeforeAnother: an instance that settles what it has told of a run leaves what a dead one has not told
// to be told: in half a minute the store gives the run to an instance.
func TestSettledBeforeAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		way := &door{shelf: store}
		a, b := newTeller(way, nil), newTeller(store, nil)
		way.set(nil, func([]ledger.Change) error { return errDown }) // committed, and the answer is lost
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = a.Shutdown(ctx)
		way.set(func([]ledger.Change) error { return errDown }, nil) // it is dead: it writes no more
		b.Apply(enters("cart", "1"), track.Manner{})
		time.Sleep(10 * time.Second)
		want(t, b.told(), "stage.entered 1")
		for range 40 {
			time.Sleep(time.Second)
			b.sweep(t.Context())
			synctest.Wait()
		}
		want(t, b.told(), "stage.entered 1", "started 1 again")
		way.set(nil, nil)
		b.stop(t)
		time.Sleep(2 * time.Minute)
	})
}

// harmed is a store some of whose answers are not as they should be.
type harmed struct {
	ledgertest.Memory

	mu    sync.Mutex
	claim func(due []ledger.Record) (now time.Time, err error) // instead of what Claim says, but for the records
}

func (h *harmed) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	now, due, err := h.Memory.Claim(ctx, limit, lease)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claim == nil || limit == 0 { // or is asked for the time
		return now, due, err
	}
	at, err := h.claim(due)
	if at.Equal(asItIs) {
		at = now
	}
	return at, due, err
}

var asItIs = time.Unix(7, 7)

// TestClaimFails: a store that does not say what is due is reported, and asked again with the next sweep.
func TestClaimFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, says string
		claim      func([]ledger.Record) (time.Time, error)
		panics     int
	}{
		{"an error", "down", func([]ledger.Record) (time.Time, error) { return asItIs, errDown }, 0},
		{"a panic", "the store panicked", func([]ledger.Record) (time.Time, error) { panic("secret") }, 3},
		{"no time", "did not return the store's time", func([]ledger.Record) (time.Time, error) { return time.Time{}, nil }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told reports
				store := &harmed{}
				a := newTeller(store, func(c *track.Config) { told.listen(c) })
				a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
				a.Apply(enters("payment", "1"), track.Manner{}) // which stalls after ten minutes
				time.Sleep(11 * time.Minute)
				store.mu.Lock()
				store.claim = c.claim
				store.mu.Unlock()
				for range 3 {
					a.sweep(t.Context())
					time.Sleep(time.Second)
				}
				if told.with(fault.Store, c.says) != 3 || told.with(fault.Store, "secret")+told.with(fault.Panic, "secret") > 0 || a.count(fault.Store) != 3 {
					t.Errorf("%d failures were counted, reported is %+v, want 3 and %q", a.count(fault.Store), told.list, c.says)
				}
				if n := told.with(fault.Panic, ""); n != c.panics || a.count(fault.Panic) != c.panics {
					t.Errorf("%d panics were told and %d counted, want %d", n, a.count(fault.Panic), c.panics)
				}
				want(t, a.told(), "started 1", "stage.entered 1")
				store.mu.Lock()
				store.claim = nil
				store.mu.Unlock()
				time.Sleep(time.Minute) // the lease
				a.sweep(t.Context())
				a.stop(t)
				want(t, a.told(), "started 1", "stage.entered 1", "stalled 1")
			})
		})
	}
}

// TestOneLogIsDamaged: a run whose log cannot be read is reported, and those that are due beside it are told.
func TestOneLogIsDamaged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		store := &harmed{}
		a := newTeller(store, func(c *track.Config) { told.listen(c) })
		for i := range 9 {
			a.Apply(happens(event.JourneyStarted, fmt.Sprint(i)), track.Manner{})
			a.Apply(enters("payment", fmt.Sprint(i)), track.Manner{})
		}
		time.Sleep(11 * time.Minute)
		damaged := 0
		store.mu.Lock()
		store.claim = func(due []ledger.Record) (time.Time, error) {
			if damaged == 0 && len(due) == 9 {
				due[4].Log = []byte{0x82, 0x00, 0x7f, 0x7f}
				damaged++
			}
			return asItIs, nil
		}
		store.mu.Unlock()
		a.sweep(t.Context())
		synctest.Wait()
		stalls := slices.DeleteFunc(a.told(), func(l string) bool { return !strings.HasPrefix(l, "stalled") })
		if damaged != 1 || len(stalls) != 8 || told.with(fault.Store, "cannot be read") != 1 {
			t.Errorf("%d was damaged; told: %q; reported: %+v", damaged, stalls, told.list)
		}
		time.Sleep(time.Minute)
		a.sweep(t.Context())
		a.stop(t)
		stalls = slices.DeleteFunc(a.told(), func(l string) bool { return !strings.HasPrefix(l, "stalled") })
		if slices.Sort(stalls); len(slices.Compact(stalls)) != 9 {
			t.Errorf("in the end there are the stalls %q, want one of each of nine", stalls)
		}
	})
}

// TestStallsOfTwoStages: a stall of one stage says nothing of another one, nor of another visit. One that is left when
// it has just become too long is told all the same.
func TestStallsOfTwoStages(t *testing.T) {
	t.Parallel()
	def := journey.Define("checkout", journey.Stages("cart", "payment"),
		journey.Expect("cart", 5*time.Minute), journey.Expect("payment", 10*time.Minute))
	steps := []struct {
		stage string
		stays time.Duration
	}{{"cart", 5*time.Minute + 5*time.Second}, {"payment", 11 * time.Minute}, {"cart", time.Minute}, {"payment", time.Minute}, {"cart", 7 * time.Minute}, {"payment", 20 * time.Minute}}
	stalls := []string{"cart 1", "payment 1", "cart 3", "payment 3"}
	check := func(t *testing.T, got []string) {
		t.Helper()
		if !slices.Equal(got, stalls) {
			t.Errorf("the stalls are %q, want %q", got, stalls)
		}
	}
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		now := noon
		tr := track.New(track.Config{Rules: func(string) *journey.Definition { return def }, Now: func() time.Time { return now }})
		var got []string
		note := func(e *flight.Event, _ journey.State) {
			if e.Kind == event.JourneyStalled {
				got = append(got, fmt.Sprint(e.Stage, " ", e.Visit))
			}
		}
		run := event.Run{Namespace: "test", Name: "checkout", ID: "1"}
		tr.Apply(&flight.Event{Event: event.Event{Kind: event.JourneyStarted, Time: now, Journey: run}}, track.Manner{})
		for _, s := range steps {
			tr.Apply(&flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Time: now, Stage: s.stage, Journey: run}}, track.Manner{})
			for range s.stays / time.Minute {
				now = now.Add(time.Minute)
				tr.Sweep(t.Context(), now, note)
			}
			now = now.Add(s.stays % time.Minute)
		}
		check(t, got)
	})
	t.Run("with a store", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var got []string
			store := &ledgertest.Memory{}
			a := newTeller(store, func(c *track.Config) {
				c.Rules = func(string) *journey.Definition { return def }
				c.Deliver = func(e *flight.Event, _ journey.State) {
					if e.Kind == event.JourneyStalled {
						got = append(got, fmt.Sprint(e.Stage, " ", e.Visit))
					}
				}
			})
			a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
			for _, s := range steps {
				a.Apply(enters(s.stage, "1"), track.Manner{})
				for range s.stays / (20 * time.Second) {
					time.Sleep(20 * time.Second)
					a.sweep(t.Context())
					synctest.Wait()
				}
				time.Sleep(s.stays % (20 * time.Second))
			}
			a.stop(t)
			check(t, got)
		})
	})
}
