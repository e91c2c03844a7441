package track_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
)

// withoutAnswers returns what the instance told but for the answers that the test lets customers give.
func (p *teller) withoutAnswers() []string {
	return slices.DeleteFunc(p.told(), func(l string) bool { return strings.HasPrefix(l, "feedback.received") })
}

// answered is an answer that makes its run due at once.
func answered(id string) *flight.Event {
	e := happens(event.FeedbackReceived, id)
	e.Time = e.Time.Add(-40 * 24 * time.Hour)
	return e
}

// between lets b write to the run right before each change by which the other instance replaces its log, so that
// none of these changes finds the log that it expects.
func between(t *testing.T, b *teller, id string) func([]ledger.Change) error {
	return func(changes []ledger.Change) error {
		if slices.ContainsFunc(changes, func(c ledger.Change) bool { return c.Replace != nil }) {
			b.Apply(answered(id), track.Manner{})
			if err := b.Flush(context.Background()); err != nil {
				t.Errorf("Flush of the other instance: %v", err)
			}
		}
		return nil
	}
}

// TestSharedOneIsAliveAmongWriters: an instance that cannot settle is not dead, whatever keeps it from that, though
// another one changes the run's log before each of its changes: no other instance tells what it has told.
func TestSharedOneIsAliveAmongWriters(t *testing.T) {
	t.Parallel()
	away := errors.New("the sink is away")
	for _, c := range []struct {
		name, reason string
		safe         func(ctx context.Context) error
		flush        bool
	}{
		{"the sink is away", "what is told cannot be made safe", func(context.Context) error { return away }, false},
		{"the sink hangs", "each try to settle runs out of time", func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}, false},
		{"Flush waits for a sink that hangs", "while a call settles, the loop cannot", func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}, true},
		{"other instances write", "no change that settles finds the log that it expects", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newShelf()
				way := &door{shelf: store}
				var well atomic.Bool
				a := newTeller(way, func(cfg *track.Config) {
					if c.safe != nil {
						cfg.Safe = func(ctx context.Context) error {
							if well.Load() {
								return nil
							}
							return c.safe(ctx)
						}
					}
				})
				b := newTeller(store, nil)
				way.set(between(t, b, "1"), nil)
				a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
				a.Apply(enters("cart", "1"), track.Manner{})
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				if c.flush {
					go func() { _ = a.Flush(ctx) }()
				}
				for range 100 { // more than three leases
					time.Sleep(time.Second)
					b.sweep(t.Context())
				}
				cancel()
				want(t, a.told(), "started 1", "stage.entered 1")
				if again := b.withoutAnswers(); len(again) > 0 {
					t.Errorf("the other instance told %q, though the one that had told it is alive: %s", again, c.reason)
				}
				if n := a.count(fault.Store); n > 0 {
					t.Errorf("%d faults of the store were counted, which works", n)
				}
				way.set(nil, nil)
				well.Store(true)
				time.Sleep(time.Minute)
				a.Apply(happens(event.JourneyEnded, "1"), track.Manner{})
				a.stop(t)
				b.stop(t)
				want(t, a.told(), "started 1", "stage.entered 1", "ended 1")
				want(t, b.withoutAnswers())
				if n := store.largest(); n != 0 {
					t.Errorf("the run has ended, and its log has %d bytes", n)
				}
			})
		})
	}
}

// TestSharedSignsAreFew: an instance that cannot settle for an hour does not fill the run's log with signs that it is
// alive.
func TestSharedSignsAreFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		way := &door{shelf: store}
		a := newTeller(way, func(c *track.Config) {
			c.Safe = func(context.Context) error { return errors.New("the sink is away") }
			c.Linger = time.Millisecond
		})
		b := newTeller(store, nil)
		var writes atomic.Int64
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		synctest.Wait()
		first := store.largest()
		way.set(between(t, b, "1"), nil)
		time.Sleep(time.Minute)
		way.set(func([]ledger.Change) error { writes.Add(1); return nil }, nil)
		time.Sleep(time.Hour)
		if n := store.largest() - first; n > 2048 {
			t.Errorf("the log has grown by %d bytes in the hour", n)
		}
		if n := writes.Load(); n > 3600/7 {
			t.Errorf("it wrote %d times in an hour that it is alive", n)
		}
		_ = a.Shutdown(t.Context()) // what is not settled another instance tells again
		b.stop(t)
	})
}

// TestSharedTakenOverOnce: what a dead instance has not told one of the others tells, though that one cannot settle it
// and the run is due for all of them all the time.
func TestSharedTakenOverOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		way := &door{shelf: store}
		a := newTeller(way, func(c *track.Config) {
			c.Linger = time.Nanosecond
			c.Safe = func(context.Context) error { return errors.New("the sink is away") }
		})
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		synctest.Wait() // it has told this, and not settled it
		way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
		a.Apply(enters("cart", "1"), track.Manner{})
		synctest.Wait()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		_ = a.Shutdown(over) // it is killed
		var well atomic.Bool
		var others []*teller
		for range 3 {
			others = append(others, newTeller(store, func(c *track.Config) {
				c.Safe = func(context.Context) error {
					if well.Load() {
						return nil
					}
					return errors.New("the sink is away")
				}
			}))
		}
		var again []string
		for range 100 { // more than three leases
			time.Sleep(time.Second)
			for _, o := range others {
				o.Apply(answered("1"), track.Manner{})
				if err := o.Flush(t.Context()); err != nil && !strings.Contains(err.Error(), "not safe") {
					t.Errorf("Flush: %v", err)
				}
				o.sweep(t.Context())
			}
		}
		well.Store(true)
		for _, o := range others {
			o.stop(t)
			again = append(again, o.withoutAnswers()...)
		}
		want(t, a.told(), "started 1")
		want(t, again, "started 1 again", "stage.entered 1 again")
	})
}

// TestSharedAnswerComesLate: a store that has taken a change, and says so after the lease, does not make two instances
// tell what it did.
func TestSharedAnswerComesLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		between      bool // another instance looks at the run before its writer hears of it
		down         bool // the store is down again when the writer has heard of it
		own, others  []string
	}{
		{"another one was quicker", "it has taken the change over", true, false, nil, []string{"started 1 again", "stage.entered 1 again"}},
		{"no other one came by", "its writer takes it over itself", false, false, []string{"started 1", "stage.entered 1"}, nil},
		{"the store is down again", "its writer cannot take it over: there may be no other one, so it is told and not counted", false, true, []string{"started 1 again", "stage.entered 1 again"}, []string{"started 1 again", "stage.entered 1 again"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newShelf()
				way := &door{shelf: store}
				gate := make(chan struct{})
				way.set(func([]ledger.Change) error { <-gate; return nil }, nil)
				var well atomic.Bool
				unsafe := func(c *track.Config) {
					c.Safe = func(context.Context) error {
						if well.Load() {
							return nil
						}
						return errors.New("the sink is away")
					}
				}
				a, b := newTeller(way, unsafe), newTeller(store, unsafe)
				a.Apply(happens(event.JourneyStarted, "0"), track.Manner{})
				synctest.Wait() // behind its write, both changes of the other run wait for one write
				a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
				a.Apply(enters("cart", "1"), track.Manner{})
				way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
				close(gate)
				time.Sleep(35 * time.Second)
				if c.between {
					b.sweep(t.Context())
				}
				key := ledger.Key(happens(event.JourneyStarted, "1").TraceID())
				writes := 0 // of the run, one at a time
				way.set(func(changes []ledger.Change) error {
					if slices.ContainsFunc(changes, func(x ledger.Change) bool { return x.Key == key }) {
						writes++
					}
					if c.down && writes > 1 {
						return errDown
					}
					return nil
				}, nil)
				time.Sleep(8 * time.Second) // it tries again within seven and a half
				way.set(nil, nil)
				for range 60 {
					time.Sleep(time.Second)
					b.Apply(answered("1"), track.Manner{})
					synctest.Wait()
					b.sweep(t.Context())
				}
				well.Store(true)
				a.stop(t)
				b.stop(t)
				want(t, a.told(), append([]string{"started 0"}, c.own...)...)
				want(t, b.withoutAnswers(), c.others...)
			})
		})
	}
}

// TestSharedTakenOverBehindAnother: what an instance has taken over and told stays told for its writer, though it cannot
// become a state yet: another instance, which is alive, has not settled what came before it.
func TestSharedTakenOverBehindAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		var well atomic.Bool
		first := newTeller(store, func(c *track.Config) {
			c.Safe = func(context.Context) error {
				if well.Load() {
					return nil
				}
				return errors.New("the sink is away")
			}
		})
		way := &door{shelf: store}
		cut, other := newTeller(way, nil), newTeller(store, nil)
		first.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		synctest.Wait()
		way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
		cut.Apply(enters("cart", "1"), track.Manner{})
		for range 40 {
			time.Sleep(time.Second)
			other.sweep(t.Context())
		}
		want(t, other.told(), "stage.entered 1 again")
		way.set(nil, nil)
		time.Sleep(10 * time.Second)
		well.Store(true)
		for _, p := range []*teller{first, cut, other} {
			p.stop(t)
		}
		want(t, first.told(), "started 1")
		want(t, cut.told())
		want(t, other.told(), "stage.entered 1 again")
	})
}

// TestSharedDoesNotRepeatItself: an instance that has told something, and could not say so for longer than the lease,
// does not take it over from itself.
func TestSharedDoesNotRepeatItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		way := &door{shelf: newShelf()}
		a := newTeller(way, nil)
		way.set(failing(false), func([]ledger.Change) error {
			way.set(failing(true), nil) // the store takes the start, and then nothing
			return nil
		})
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		time.Sleep(time.Minute)
		way.set(nil, nil)
		a.sweep(t.Context())
		a.stop(t)
		want(t, a.told(), "started 1")
	})
}

// TestSharedHeardLate: an instance that hears only shortly before the end of the lease that the store has its change,
// and cannot settle what it tells then, says in time that it is alive.
func TestSharedHeardLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		way := &door{shelf: store}
		way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
		var well atomic.Bool
		a := newTeller(way, func(c *track.Config) {
			c.Safe = func(context.Context) error {
				if well.Load() {
					return nil
				}
				return errors.New("the sink is away")
			}
		})
		b := newTeller(store, nil)
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		time.Sleep(22*time.Second + time.Millisecond) // it tries again within seven and a half
		way.set(nil, nil)
		time.Sleep(7*time.Second + 900*time.Millisecond)
		for range 60 {
			b.Apply(answered("1"), track.Manner{})
			synctest.Wait()
			b.sweep(t.Context())
			time.Sleep(time.Second)
		}
		well.Store(true)
		a.stop(t)
		b.stop(t)
		want(t, a.told(), "started 1")
		want(t, b.withoutAnswers())
	})
}

// TestSharedOneIsAliveAndBusy: an instance whose sink takes seconds to fail is alive, though it goes on telling more of
// the same run all the time.
func TestSharedOneIsAliveAndBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		var well atomic.Bool
		a := newTeller(store, func(c *track.Config) {
			c.Safe = func(context.Context) error {
				if well.Load() {
					return nil
				}
				time.Sleep(5 * time.Second)
				return errors.New("the sink is away")
			}
		})
		b := newTeller(store, nil)
		a.Apply(happens(event.JourneyStarted, "1"), track.Manner{})
		for i := range 50 {
			a.Apply(enters([]string{"cart", "payment"}[i%2], "1"), track.Manner{})
			time.Sleep(2 * time.Second)
			b.Apply(answered("1"), track.Manner{})
			synctest.Wait()
			b.sweep(t.Context())
		}
		want(t, b.withoutAnswers())
		well.Store(true)
		time.Sleep(time.Minute)
		a.stop(t)
		b.stop(t)
		want(t, b.withoutAnswers())
	})
}

// TestSharedRoundTrips: a change takes one round trip to the store, and another one when it is settled.
func TestSharedRoundTrips(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		way := &door{shelf: newShelf()}
		a := newTeller(way, nil)
		var writes atomic.Int64
		way.set(func([]ledger.Change) error { writes.Add(1); return nil }, nil)
		for n := range 3 {
			a.Apply(enters([]string{"cart", "payment", "cart"}[n], "1"), track.Manner{})
			time.Sleep(time.Minute)
			if got := writes.Load(); got != int64(2*n+2) {
				t.Errorf("after %d changes there were %d round trips, want two for each", n+1, got)
			}
		}
		a.stop(t)
	})
}
