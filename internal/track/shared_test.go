package track_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// shelf is a store in memory that remembers how large the records are.
type shelf struct {
	ledgertest.Memory
	overdue bool // what is written is due at once

	mu    sync.Mutex
	sizes map[ledger.Key]int
}

func newShelf() *shelf { return &shelf{sizes: map[ledger.Key]int{}} }

func (s *shelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if s.overdue {
		changes = slices.Clone(changes)
		for i := range changes {
			changes[i].Due = time.Unix(1, 0)
		}
	}
	out, err := s.Memory.Write(ctx, changes)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range out {
		s.sizes[r.Key] = len(r.Log)
	}
	return out, err
}

// largest returns the size of the largest log.
func (s *shelf) largest() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, size := range s.sizes {
		n = max(n, size)
	}
	return n
}

// door is one instance's way to the shelf, and what may go wrong on it.
type door struct {
	*shelf
	mu            sync.Mutex
	before, after func(changes []ledger.Change) error
}

// set says what is called before and after every Write from now on; nil is nothing.
func (d *door) set(before, after func([]ledger.Change) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before, d.after = before, after
}

// hold makes every Write wait from now on, until release is called.
func (d *door) hold() (release func()) {
	held := make(chan struct{})
	d.set(func([]ledger.Change) error { <-held; return nil }, nil)
	return func() { close(held) }
}

func (d *door) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	d.mu.Lock()
	before, after := d.before, d.after
	d.mu.Unlock()
	if before != nil {
		if err := before(changes); err != nil {
			return nil, err
		}
	}
	out, err := d.shelf.Write(ctx, changes)
	if after != nil {
		err = errors.Join(err, after(changes))
	}
	return out, err
}

// teller is an instance on a store, and what it told.
type teller struct {
	track.Tracker

	mu     sync.Mutex
	lines  []string
	states []journey.State
	faults map[fault.Fault]int
	late   int
}

func newTeller(store ledger.Store, change func(*track.Config)) *teller {
	p := &teller{faults: map[fault.Fault]int{}}
	cfg := track.Config{
		Store: store, Now: time.Now,
		Rules: func(name string) *journey.Definition {
			return journey.Define(name, journey.Stages("payment"), journey.Expect("payment", 10*time.Minute))
		},
		Deliver: p.deliver,
		Fault: func(r fault.Report) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.faults[r.Fault]++
		},
		Late: func(*flight.Event) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.late++
		},
	}
	if change != nil {
		change(&cfg)
	}
	p.Tracker = track.New(cfg)
	return p
}

func (p *teller) deliver(e *flight.Event, s journey.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := strings.TrimPrefix(string(e.Kind), "journey.") + " " + e.Journey.ID
	if e.Retold() {
		line += " again"
	}
	p.lines = append(p.lines, line)
	p.states = append(p.states, s)
}

func (p *teller) told() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

func (p *teller) count(f fault.Fault) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults[f]
}

func (p *teller) sweep(ctx context.Context) {
	p.Sweep(ctx, time.Now(), func(*flight.Event, journey.State) {})
}

func (p *teller) stop(t *testing.T) {
	t.Helper()
	if err := p.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func happens(kind event.Kind, id string) *flight.Event {
	return &flight.Event{Event: event.Event{
		Kind: kind, Time: time.Now(), Channel: event.Web, Outcome: event.Completed,
		Journey: event.Run{Namespace: "test", Name: "checkout", ID: id},
	}}
}

func enters(stage, id string) *flight.Event {
	e := happens(event.JourneyStageEntered, id)
	e.Stage, e.Outcome = stage, 0
	return e
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("there was told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSharedOneIsAlive: an instance whose sink is down for ten minutes is not dead: no other one tells
// what it has told, though events of others make the run due all the time.
func TestSharedOneIsAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		down := errors.New("down")
		var mu sync.Mutex
		a := newTeller(store, func(c *track.Config) {
			c.Safe = func(ctx context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				return down
			}
		})
		b := newTeller(store, nil)
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		a.Apply(enters("cart", "1"), track.Manner{})
		for range 600 {
			time.Sleep(time.Second)
			b.sweep(t.Context())
			e := happens(event.FeedbackReceived, "1")
			e.Time = e.Time.Add(-40 * 24 * time.Hour) // due at once
			b.Apply(e, track.Manner{})
		}
		want(t, slices.DeleteFunc(b.told(), func(l string) bool { return l == "feedback.received 1" }))
		want(t, a.told(), "started 1", "stage.entered 1")
		mu.Lock()
		down = nil
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
		a.stop(t)
		b.sweep(t.Context())
		b.stop(t)
		want(t, a.told(), "started 1", "stage.entered 1", "ended 1")
		if n := store.largest(); n != 0 {
			t.Errorf("the run has ended, and its log has %d bytes", n)
		}
	})
}

// TestSharedOneIsDead: what a killed instance has committed is told by another one, half a minute
// later and not before, once; by itself where it was only cut off.
func TestSharedOneIsDead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		killed       bool
	}{
		{"killed", "its place is taken by the living", true},
		{"cut off", "it comes back, finds what it has committed and tells it as its own", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newShelf()
				way := &door{shelf: store}
				a, b := newTeller(way, nil), newTeller(store, nil)
				release := way.hold()
				a.Apply(happens(event.JourneyStarted, "0"), track.Manner{})
				synctest.Wait() // its write is held, so that the next one has both events of the other run
				a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
				a.Apply(enters("payment", "1"), track.Manner{})
				way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
				release()
				synctest.Wait()
				want(t, a.told(), "started 0")
				if !c.killed {
					way.set(nil, nil)
					time.Sleep(10 * time.Second)
					b.sweep(t.Context())
					a.stop(t)
					b.stop(t)
					want(t, a.told(), "started 0", "started 1", "stage.entered 1")
					want(t, b.told())
					return
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := a.Shutdown(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("Shutdown without time: %v", err)
				}
				for range 29 {
					time.Sleep(time.Second)
					b.sweep(t.Context())
				}
				want(t, b.told())
				for range 120 {
					time.Sleep(time.Second)
					b.sweep(t.Context())
				}
				want(t, a.told(), "started 0")
				want(t, b.told(), "started 1 again", "stage.entered 1 again")
				time.Sleep(10 * time.Minute)
				b.sweep(t.Context())
				b.stop(t)
				want(t, b.told(), "started 1 again", "stage.entered 1 again", "stalled 1")
			})
		})
	}
}

// TestSharedInOrder: Deliver is called by one goroutine at a time, in the order of the log, though a
// sweep finds something while the run goes on.
func TestSharedInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &door{shelf: newShelf()}
		a := newTeller(store, nil)
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		a.Apply(enters("payment", "1"), track.Manner{})
		if err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		held := make(chan struct{})
		store.set(nil, func(changes []ledger.Change) error {
			if changes[0].Replace == nil { // the sweep's: it is committed, and not told
				<-held
			}
			return nil
		})
		var sweeping sync.WaitGroup
		sweeping.Go(func() { a.sweep(t.Context()) })
		synctest.Wait()
		a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
		synctest.Wait()
		close(held)
		sweeping.Wait()
		a.stop(t)
		want(t, a.told(), "started 1", "stage.entered 1", "stalled 1", "ended 1")
	})
}

// TestSharedShutdown: "bounded by its context, idempotent, may be called again after a timeout".
func TestSharedShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &door{shelf: newShelf()}
		held := make(chan struct{})
		store.set(func([]ledger.Change) error { // a driver that ignores contexts
			<-held
			return errors.New("down")
		}, nil)
		a := newTeller(store, nil)
		for range 3 {
			a.Apply(happens(event.TouchpointEnded, "1"), track.Manner{})
		}
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		for range 2 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := a.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown with a store that does not answer: %v", err)
			}
			cancel()
			if d := time.Since(began); d != time.Second {
				t.Errorf("Shutdown took %v, and had a second", d)
			}
		}
		if v := a.Apply(happens(event.JourneyStarted, "2"), track.Manner{}); v.Queued || !v.Faults.Has(fault.StoreFull) {
			t.Errorf("after Shutdown: %+v", v)
		}
		close(held)
		var down sync.WaitGroup
		var said atomic.Int32
		for range 8 {
			down.Go(func() {
				if err := a.Shutdown(t.Context()); err != nil {
					said.Add(1) // four changes were lost, for the store did not come back within a minute
				}
			})
		}
		down.Wait()
		if n := said.Load(); n != 1 {
			t.Errorf("%d calls of Shutdown say what was lost, want one", n)
		}
		if n := a.count(fault.StoreLost); n != 4 {
			t.Errorf("%d events were counted as lost, want 4", n)
		}
		want(t, a.told(), "touchpoint.ended 1", "touchpoint.ended 1", "touchpoint.ended 1")
	})
}

// TestSharedFlushIsBounded: a sink that hangs holds up nobody for longer than they wait.
func TestSharedFlushIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var healed atomic.Bool
		a := newTeller(newShelf(), func(c *track.Config) {
			c.Safe = func(ctx context.Context) error {
				if !healed.Load() {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}
		})
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		synctest.Wait()
		time.Sleep(150 * time.Millisecond) // somebody is settling
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush while the sink hangs: %v", err)
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("Flush took %v, and had a second", d)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		healed.Store(true)
		a.stop(t)
		want(t, a.told(), "started 1")
	})
}

// TestSharedLateOnce: a touchpoint that begins after the end is late once, whoever knows of the end.
func TestSharedLateOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		other        bool
	}{
		{"by who ended it", "it is seen when the touchpoint begins", false},
		{"by another", "it is seen when the store answers", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := newShelf()
			a, b := newTeller(store, nil), newTeller(store, nil)
			a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
			a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
			if err := a.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			who := a
			if c.other {
				who = b
			}
			e := happens(event.TouchpointEnded, "1")
			late := 0
			if who.Place(e, "cart").Late {
				late++
			}
			if v := who.Apply(e, track.Manner{}); v.Late {
				late++
			}
			a.stop(t)
			b.stop(t)
			if late += who.late; late != 1 {
				t.Errorf("it was late %d times: %s", late, c.reason)
			}
			if told := who.told(); told[len(told)-1] != "touchpoint.ended 1" {
				t.Errorf("there was told %q", told)
			}
		})
	}
}

// TestSharedLogsAreFolded: a run of ten thousand touchpoints has no log of ten thousand entries.
func TestSharedLogsAreFolded(t *testing.T) {
	t.Parallel()
	store := newShelf()
	a := newTeller(store, nil)
	a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
	most := 0
	for range 100 {
		for range 100 {
			a.Apply(happens(event.TouchpointEnded, "1"), track.Manner{})
		}
		if err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		most = max(most, store.largest())
	}
	a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
	a.stop(t)
	if most > 16<<10 {
		t.Errorf("the log had %d bytes", most)
	}
	if s := a.states[len(a.states)-1]; s.Touchpoints != 10_000 {
		t.Errorf("the state at the end has %d touchpoints", s.Touchpoints)
	}
}

// TestSharedWhileSwept: sweeps of everything at any time, beside what happens: nobody tells twice
// what is being told. For the race detector, too.
func TestSharedWhileSwept(t *testing.T) {
	t.Parallel()
	store := newShelf()
	store.overdue = true
	tellers := []*teller{newTeller(store, nil), newTeller(store, nil), newTeller(store, nil)}
	ctx, cancel := context.WithCancel(t.Context())
	var sweeping, happening sync.WaitGroup
	for _, p := range tellers {
		sweeping.Go(func() {
			for ctx.Err() == nil {
				p.sweep(t.Context())
			}
		})
	}
	const runs = 30
	for _, p := range tellers {
		happening.Go(func() {
			for n := range runs {
				id := fmt.Sprint(n)
				p.Apply(happens(event.JourneyStarted, id), track.Manner{})
				p.Apply(enters("cart", id), track.Manner{})
				e := happens(event.TouchpointEnded, id)
				p.Place(e, "address")
				p.Apply(e, track.Manner{})
				if n%5 == 0 {
					if err := p.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
				p.Apply(happens(event.JourneyEnded, id), track.Manner{})
			}
		})
	}
	happening.Wait()
	cancel()
	sweeping.Wait()
	counts := map[string]int{}
	for _, p := range tellers {
		p.stop(t)
		for _, l := range p.told() {
			counts[l]++
		}
	}
	for n := range runs {
		for _, kind := range []string{"started", "ended"} {
			if got := counts[fmt.Sprint(kind, " ", n)]; got != 1 {
				t.Errorf("run %d was told %d times that it has %s", n, got, kind)
			}
		}
	}
	for l := range maps.Keys(counts) {
		if strings.HasSuffix(l, " again") {
			t.Errorf("all are alive, and yet there was told: %s", l)
		}
	}
}

// TestSharedDamage: a log that nobody can read costs its own run, and is reported.
func TestSharedDamage(t *testing.T) {
	t.Parallel()
	store := newShelf()
	var told reports
	a := newTeller(store, func(c *track.Config) {
		told.listen(c)
	})
	e := happens(event.JourneyStarted, "1")
	if _, err := store.Write(t.Context(), []ledger.Change{{Key: ledger.Key(e.TraceID()), Append: []byte("not a log"), Due: time.Unix(1, 0)}}); err != nil {
		t.Fatal(err)
	}
	a.Apply(e, track.Manner{})
	a.Apply(happens(event.TouchpointEnded, "1"), track.Manner{})
	a.Apply(happens(event.JourneyStarted, "2"), track.Manner{})
	if err := a.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	a.sweep(t.Context())
	a.stop(t)
	want(t, a.told(), "touchpoint.ended 1", "started 2")
	if n := a.count(fault.StoreLost); n != 2 || told.with(fault.Store, "cannot be read") == 0 {
		t.Errorf("%d events were counted as lost, want 2; reported was %+v", n, told.list)
	}
}
