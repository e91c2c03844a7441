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

// toldAfterCrash: an instance commits, and is killed before it hears of that.
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
	s.eventually("who is to be killed has written", func() bool { return dead.Load() > 1 })
	f.kill(victim)
	s.eventually("others tell what the killed one has committed", func() bool {
		f.sweep()
		return len(f.told(j, event.JourneyStarted)) > 0
	})
	first := f.only(j, event.JourneyStarted)
	if !first.Retold() || !first.Time.Equal(f.at(20*time.Minute)) || first.Customer.Hash != "customer of killed" {
		s.fail("the start was told as %+v, again: %v", first.Event, first.Retold())
	}
	for range 3 {
		f.sweep()
	}
	f.instances[1].say(f.end(j, event.Completed, 10*time.Minute))
	f.flush()
	f.wantStory(j, "started, completed")
}

// toldAgain: an instance tells what it has committed, yet that is never safe, and it is killed.
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
	s.eventually("the end is told", func() bool { return len(f.told(j, event.JourneyEnded)) > 0 })
	f.kill(victim)
	mine := f.told(j)
	s.eventually("others tell it again", func() bool {
		f.sweep()
		return len(f.told(j, event.JourneyEnded)) > 1
	})
	for range 3 {
		f.sweep()
	}
	again := f.told(j)[len(mine):]
	if len(mine) != 3 || len(again) != 3 {
		s.fail("what was told is %s: want three transitions, and the same three again", f.story(j))
	}
	for n := range mine {
		was, is := &mine[n], &again[n]
		switch {
		case was.ID != is.ID || !was.Time.Equal(is.Time) || line(&was.Event) != line(&is.Event) || was.Duration != is.Duration:
			s.fail("%s was told with ID %v at %v, and again as %s with ID %v at %v",
				line(&was.Event), was.ID, was.Time, line(&is.Event), is.ID, is.Time)
		case was.Retold() || !is.Retold():
			s.fail("%s says that it is told again: %v, and then %v", line(&was.Event), was.Retold(), is.Retold())
		}
	}
	f.instances[0].say(f.end(j, event.Completed, 30*time.Minute))
	f.flush()
	if n := f.late(); n != 1 || len(f.told(j)) != 6 {
		s.fail("an end after the end was late %d times: %s", n, f.story(j))
	}
}

// shortly returns the changes with the shortest lease there is, so that a test need not wait for it.
func shortly(changes []ledger.Change) []ledger.Change {
	changes = slices.Clone(changes)
	for n := range changes {
		if changes[n].Lease > 0 {
			changes[n].Lease = time.Millisecond
		}
	}
	return changes
}

// victim starts an instance that is to be killed. Its store tells it a time that is long ago, so that what it
// has sent is old.
func (f *fleet) victim(store ledger.Store, safe func(context.Context) error) *instance {
	return f.make(store, track.Config{Safe: safe})
}

// kill stops an instance, with no time for anything.
func (f *fleet) kill(i *instance) {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	if err := i.Shutdown(ctx); err == nil {
		f.fail("who was to be killed was done")
	}
}

// A failure is what a store does with the n-th Write, counted from 1.
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

// failing returns the test of a store that fails three times, works once and fails twice, and then
// works.
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
		s.eventually("it is in the store", func() bool { return len(f.told(j, event.TouchpointEnded)) > 0 })
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
			s.fail("three round trips failed in a row, and %d were counted", n)
		}
		if n := i.faulted(fault.StoreLost); n != 0 {
			s.fail("%d events were lost", n)
		}
	}
}

// blocked: a store does not answer, until it does.
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
			return nil, fmt.Errorf("the test does not answer: %w", context.Cause(ctx))
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
		s.fail("of %d events %d did not fit into a queue of %d", queue+batch+more, full, queue)
	}
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if err := i.Flush(ctx); err == nil {
		s.fail("Flush says that all is in the store, and nothing is")
	}
	close(gate)
	f.flush()
	for r := range 40 {
		j := named(endless, fmt.Sprint("run ", r))
		i.say(f.end(j, event.Completed, 30*time.Minute))
		f.flush()
		end := f.only(j, event.JourneyEnded)
		if n := len(f.told(j, event.TouchpointEnded)); n != taken[j.ID] || end.state.Touchpoints != taken[j.ID] {
			s.fail("%s took %d touchpoints; %d were told, and its state has %d", j.ID, taken[j.ID], n, end.state.Touchpoints)
		}
	}
}
