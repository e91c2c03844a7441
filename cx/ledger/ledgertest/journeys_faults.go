package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/track"
)

// toldAfterCrash: an instance is killed after its commit and before the store's answer.
func toldAfterCrash(s *suite) {
	f := s.deploy(2)
	var dead atomic.Int32
	store := &faulty{Store: s.connect(), behind: time.Hour}
	store.write = func(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
		if dead.Add(1) == 1 {
			_, err := store.Store.Write(ctx, shortly(changes))
			return nil, errors.Join(errDown, err)
		}
		return nil, errDown
	}
	victim := f.victim(store, nil)
	j := named(patient, "killed")
	victim.say(f.start(j, 20*time.Minute))
	s.eventually("the instance that will be killed has written", func() bool { return dead.Load() > 1 })
	f.kill(victim)
	s.eventually("another instance delivers the event that the killed one committed", func() bool {
		f.sweep()
		return len(f.told(j, event.JourneyStarted)) > 0
	})
	first := f.only(j, event.JourneyStarted)
	if !first.Retold() || !first.Time.Equal(f.at(20*time.Minute)) || first.Customer.Hash != "customer of killed" {
		s.fail("the start was delivered as %+v, with Retold() = %v", first.Event, first.Retold())
	}
	for range 3 {
		f.sweep()
	}
	f.instances[1].say(f.end(j, event.Completed, 10*time.Minute))
	f.flush()
	f.wantStory(j, "started, completed")
}

// toldAgain: an instance delivers its committed events, which never become safe, and is then killed.
func toldAgain(s *suite) {
	f := s.deploy(3)
	store := &faulty{Store: s.connect(), behind: time.Hour}
	store.write = func(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
		return store.Store.Write(ctx, shortly(changes))
	}
	victim := f.victim(store, func(context.Context) error { return errDown })
	j := named(endless, "not safe")
	victim.say(f.start(j, time.Hour))
	victim.say(f.enter(j, "cart", 50*time.Minute))
	victim.say(f.end(j, event.Failed, 40*time.Minute))
	s.eventually("the end is delivered", func() bool { return len(f.told(j, event.JourneyEnded)) > 0 })
	f.kill(victim)
	mine := f.told(j)
	s.eventually("another instance delivers it again", func() bool {
		f.sweep()
		return len(f.told(j, event.JourneyEnded)) > 1
	})
	for range 3 {
		f.sweep()
	}
	again := f.told(j)[len(mine):]
	if len(mine) != 3 || len(again) != 3 {
		s.fail("delivered: %s; want three transitions, and the same three again", f.story(j))
	}
	for n := range mine {
		was, is := &mine[n], &again[n]
		switch {
		case was.ID != is.ID || !was.Time.Equal(is.Time) || line(&was.Event) != line(&is.Event) || was.Duration != is.Duration:
			s.fail("%s was delivered with ID %v at %v, and then again as %s with ID %v at %v",
				line(&was.Event), was.ID, was.Time, line(&is.Event), is.ID, is.Time)
		case was.Retold() || !is.Retold():
			s.fail("%s has Retold() = %v at first and then %v, want false and true", line(&was.Event), was.Retold(), is.Retold())
		}
	}
	f.instances[0].say(f.end(j, event.Completed, 30*time.Minute))
	f.flush()
	if n := f.late(); n != 1 || len(f.told(j)) != 6 {
		s.fail("a second end was late %d times, want once: %s", n, f.story(j))
	}
}

// shortly returns the changes with the shortest possible lease, so that a test does not have to wait for its end.
func shortly(changes []ledger.Change) []ledger.Change {
	changes = slices.Clone(changes)
	for n := range changes {
		if changes[n].Lease > 0 {
			changes[n].Lease = time.Millisecond
		}
	}
	return changes
}

// victim starts an instance that the test will kill. The clock of its store is slow, so that its writes look old.
func (f *fleet) victim(store ledger.Store, safe func(context.Context) error) *instance {
	return f.make(store, track.Config{Safe: safe})
}

// kill stops an instance without time to settle anything.
func (f *fleet) kill(i *instance) {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	if err := i.Shutdown(ctx); err == nil {
		f.fail("the instance that was to be killed had nothing left to do")
	}
}

// A failure replaces a Write that fails.
type failure func(ctx context.Context, store ledger.Store, changes []ledger.Change) ([]ledger.Record, error)

func refusing(context.Context, ledger.Store, []ledger.Change) ([]ledger.Record, error) {
	return nil, errDown
}

func losingAnswers(ctx context.Context, store ledger.Store, changes []ledger.Change) ([]ledger.Record, error) {
	_, err := store.Write(ctx, changes)
	return nil, errors.Join(errDown, err)
}

func panicking(context.Context, ledger.Store, []ledger.Change) ([]ledger.Record, error) {
	panic("as the test wants it")
}

// failing returns the test of a store whose Write fails three times, works once, fails twice, and then works.
func failing(fail failure) func(s *suite) {
	return func(s *suite) {
		f := s.deploy(1)
		store := &faulty{Store: s.connect()}
		var writes atomic.Int32
		store.write = func(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
			if n := writes.Add(1); n <= 3 || n == 5 || n == 6 {
				return fail(ctx, store.Store, changes)
			}
			return store.Store.Write(ctx, changes)
		}
		i := f.add(store, track.Config{})
		j, other := named(endless, "in an outage"), named(endless, "in the same")
		i.say(f.start(j, time.Hour))
		i.say(f.start(other, time.Hour))
		i.say(f.enter(j, "cart", 50*time.Minute))
		i.say(f.touch(j, "payment", 40*time.Minute))
		s.eventually("the touchpoint is in the store", func() bool { return len(f.told(j, event.TouchpointEnded)) > 0 })
		i.say(f.answer(j, 35*time.Minute))
		i.say(f.end(j, event.Completed, 30*time.Minute))
		f.flush()
		f.sweep()
		f.wantStory(j, "started, cart/1, payment/1, touchpoint.ended, feedback.received, completed")
		f.wantStory(other, "started")
		end := f.only(j, event.JourneyEnded)
		if st := end.state; st.Touchpoints != 1 || st.Responses != 1 || st.Stage != "payment" || end.Duration != 30*time.Minute {
			s.fail("the state at the end is %+v", st)
		}
		if n := i.faulted(fault.Store); n < 3 {
			s.fail("three calls failed in a row, but %d faults were counted", n)
		}
		if n := i.faulted(fault.StoreLost); n != 0 {
			s.fail("%d events were lost", n)
		}
	}
}

// blocked: the store does not answer until the test opens the gate.
func blocked(s *suite) {
	const queue, batch, more = 8192, 512, 300
	f := s.deploy(1)
	gate := make(chan struct{})
	store := &faulty{Store: s.connect()}
	store.write = func(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
		select {
		case <-gate:
			return store.Store.Write(ctx, changes)
		case <-ctx.Done():
			return nil, fmt.Errorf("the test blocks the store: %w", context.Cause(ctx))
		}
	}
	i := f.add(store, track.Config{})
	taken, full := map[string]int{}, 0
	for n := range queue + batch + more {
		j := named(endless, fmt.Sprint("run ", n%40))
		e := f.touch(j, "", time.Hour)
		if n < 40 {
			e = f.start(j, time.Hour)
		}
		switch v := i.say(e); {
		case v.Queued && !v.Faults.Has(fault.StoreFull):
			if n >= 40 {
				taken[j.ID]++
			}
		case !v.Queued && v.Faults.Has(fault.StoreFull):
			full++
		default:
			s.fail("the verdict of event %d is %+v", n, v)
		}
	}
	if full < more || full > more+batch {
		s.fail("%[2]d of %[1]d events did not fit into a queue of %[3]d", queue+batch+more, full, queue)
	}
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if err := i.Flush(ctx); err == nil {
		s.fail("Flush succeeded although the store has nothing")
	}
	close(gate)
	f.flush()
	for r := range 40 {
		j := named(endless, fmt.Sprint("run ", r))
		i.say(f.end(j, event.Completed, 30*time.Minute))
		f.flush()
		end := f.only(j, event.JourneyEnded)
		if n := len(f.told(j, event.TouchpointEnded)); n != taken[j.ID] || end.state.Touchpoints != taken[j.ID] {
			s.fail("%s took %d touchpoints, delivered %d, and has %d in its state", j.ID, taken[j.ID], n, end.state.Touchpoints)
		}
	}
}
