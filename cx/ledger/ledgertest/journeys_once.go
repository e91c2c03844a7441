package ledgertest

import (
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

var journeys = []contract{
	{"journeys: each transition of a run once", "several instances report the same run at the same time, and each would count it", transitionsOnce},
	{"journeys: late events change nothing", "a run ends once, whichever instance receives later events", lateAfterEnd},
	{"journeys: a start in another instance", "the instance that ends a run needs its start for the duration", foreignStart},
	{"journeys: an end without a start", "the tracker must not invent a duration", endWithoutStart},
	{"journeys: abandoned once", "a silent run ends when its AbandonAfter has passed, and not when an instance sweeps", abandonedOnce},
	{"journeys: not abandoned while events happen", "the time of the event decides, and not the time of its arrival", notAbandoned},
	{"journeys: events after an abandonment", "the time of the event decides, and not the time of the sweep", abandonedBetween},
	{"journeys: an end waits", "another instance may still hold events from before the end", endWaits},
	{"journeys: one stall for each visit", "the application reacts once, and needs the stage", stalledOnce},
	{"journeys: a stall that no instance noticed in time", "the visit was too long, even if no sweep noticed it", stalledOnLeaving},
	{"journeys: delivered after a crash", "a committed event is delivered, even if the instance that committed it dies", toldAfterCrash},
	{"journeys: events that are not safe are delivered again", "a crash must not lose events that had not left the process", toldAgain},
	{"journeys: a forgotten customer", "after the erasure no transition is delivered, and later events are late", forgottenCustomer},
	{"journeys: one instance counts live runs", "sums over instances have to be right", countedByOne},
	{"journeys: any order, any number of times", "networks repeat and reorder events", anyOrder},
	{"journeys: clocks that differ", "the clocks of machines differ by seconds, and outcomes and counts must not", clocksDiffer},
	{"journeys: a store that refuses", "an outage delays events and loses none", failing(refusing)},
	{"journeys: a store that loses its answers", "the tracker repeats a change that the store has made, and delivers its events once", failing(losingAnswers)},
	{"journeys: a store that panics", "a bug in a driver must not end the process", failing(panicking)},
	{"journeys: a store that does not answer", "recording must not block, and memory is bounded", blocked},
}

// transitionsOnce: several instances report the same runs at the same time.
func transitionsOnce(s *suite) {
	const instances, runs = 4, 12
	f := s.deploy(instances)
	outcomes := []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Completed}
	f.all(func(n int, i *instance) {
		for r := range runs {
			j := named(endless, fmt.Sprint("run ", (r+n)%runs))
			i.say(f.start(j, time.Hour-time.Duration(n)*time.Second))
			i.say(f.enter(j, "cart", 50*time.Minute))
		}
	})
	f.flush()
	f.all(func(n int, i *instance) {
		for r := range runs {
			j := named(endless, fmt.Sprint("run ", (r+n)%runs))
			i.say(f.enter(j, "payment", 40*time.Minute))
		}
	})
	f.flush()
	f.all(func(n int, i *instance) {
		for r := range runs {
			i.say(f.end(named(endless, fmt.Sprint("run ", (r+n)%runs)), outcomes[n], 30*time.Minute))
		}
	})
	f.flush()
	f.sweep()
	ids := map[event.ID]string{}
	for r := range runs {
		j := named(endless, fmt.Sprint("run ", r))
		for _, t := range f.told(j) {
			if was := ids[t.ID]; was != "" || t.ID.IsZero() {
				s.fail("%s of %s has the ID %v, which is zero or belongs to %q too", line(&t.Event), j.ID, t.ID, was)
			}
			ids[t.ID] = line(&t.Event) + " of " + j.ID
		}
		end := f.only(j, event.JourneyEnded)
		if want := f.at(time.Hour); !end.state.Journey.Started.Equal(want) || end.Duration != 30*time.Minute {
			s.fail("%s began at %v and took %v, want the earliest start, %v, and half an hour", j.ID, end.state.Journey.Started, end.Duration, want)
		}
		f.only(j, event.JourneyStarted)
		if n := len(f.told(j, event.JourneyStageEntered)); n != 2 {
			s.fail("%s has %d delivered stage entries, want 2: %s", j.ID, n, f.story(j))
		}
	}
	if n := f.late(); n != (instances-1)*runs {
		s.fail("%d ends were late, want %d: all but one for each run", n, (instances-1)*runs)
	}
}

// all calls do for each instance concurrently.
func (f *fleet) all(do func(n int, i *instance)) {
	start := make(chan struct{})
	var running sync.WaitGroup
	for n, i := range f.instances {
		running.Go(func() {
			<-start
			do(n, i)
		})
	}
	close(start)
	running.Wait()
}

func lateAfterEnd(s *suite) {
	f := s.deploy(3)
	j := named(patient, "late")
	f.instances[0].say(f.start(j, time.Hour))
	f.instances[0].say(f.end(j, event.Completed, 50*time.Minute))
	f.flush()
	for _, i := range f.instances { // the first instance knows that the run has ended, the others do not
		i.say(f.start(j, 2*time.Hour))
		i.say(f.enter(j, "cart", 55*time.Minute))
		i.say(f.end(j, event.Failed, 54*time.Minute))
		i.say(f.touch(j, "cart", 53*time.Minute))
		i.say(f.answer(j, 40*time.Minute))
	}
	f.flush()
	f.sweep()
	touched, answered := 0, 0
	for _, t := range f.told(j) {
		switch {
		case t.Kind == event.TouchpointEnded && t.Late:
			touched++
		case t.Kind == event.FeedbackReceived && t.Late:
			answered++
		case t.Kind == event.TouchpointEnded || t.Kind == event.FeedbackReceived:
			s.fail("%s after the end was delivered with Late = %v", t.Kind, t.Late)
		}
	}
	if touched != 3 || answered != 3 {
		s.fail("%d touchpoints and %d answers were delivered after the end, want 3 each", touched, answered)
	}
	f.only(j, event.JourneyStarted)
	if end := f.only(j, event.JourneyEnded); end.Outcome != event.Completed || len(f.told(j, event.JourneyStageEntered)) != 0 {
		s.fail("late events changed the run: %s", f.story(j))
	}
	if n := f.late(); n != 12 {
		s.fail("%d events were counted as late, want 12: all but the answers, which usually come after the end", n)
	}
}

func foreignStart(s *suite) {
	f := s.deploy(2)
	j := named(endless, "two services")
	start := f.start(j, time.Hour)
	start.Channel, start.Actor = event.Phone, event.ActorDelegate
	start.Journey.Value = &event.Money{Amount: 4200, Currency: "EUR"}
	f.instances[0].say(start)
	f.flush()
	end := f.end(j, event.Completed, 15*time.Minute)
	end.Customer = event.Customer{} // the instance knows only the run's ID
	f.instances[1].say(end)
	f.flush()
	got := f.only(j, event.JourneyEnded)
	switch want := f.at(time.Hour); {
	case got.by != f.instances[1]:
		s.fail("the wrong instance delivered the end, want the one that reported it")
	case got.Duration != 45*time.Minute || !got.Journey.Started.Equal(want) || !got.state.Journey.Started.Equal(want):
		s.fail("the end has the duration %v and the start %v, want 45 minutes and %v", got.Duration, got.Journey.Started, want)
	case got.Transition == nil || got.Transition.Partial:
		s.fail("the end has the transition %+v, although the start is known", got.Transition)
	case got.Customer.Hash != "customer of two services" || got.state.Customer.Hash != got.Customer.Hash:
		s.fail("the end has the customer %q, want that of the start", got.Customer.Hash)
	case got.state.Channel != event.Phone || got.state.Actor != event.ActorDelegate:
		s.fail("the state has channel %v and actor %v, want those of the start", got.state.Channel, got.state.Actor)
	case got.Journey.Value == nil || got.Journey.Value.Amount != 4200:
		s.fail("the end has the value %+v, want that of the start", got.Journey.Value)
	}
}

func endWithoutStart(s *suite) {
	f := s.deploy(2)
	j, carried := named(endless, "no start"), named(endless, "start in the position")
	f.instances[0].say(f.enter(j, "cart", time.Hour))
	f.flush()
	f.instances[1].say(f.end(j, event.Completed, 30*time.Minute))
	end := f.end(carried, event.Completed, 30*time.Minute)
	end.Journey.Started = f.at(time.Hour)
	f.instances[1].say(end)
	f.flush()
	if got := f.only(j, event.JourneyEnded); got.Transition == nil || !got.Transition.Partial || got.Duration != 0 || !got.Journey.Started.IsZero() {
		s.fail("no instance knows the start, but the end has the duration %v, the start %v and the transition %+v", got.Duration, got.Journey.Started, got.Transition)
	}
	if got := f.only(carried, event.JourneyEnded); got.Transition.Partial || got.Duration != 30*time.Minute {
		s.fail("the position carried the start, but the end has the duration %v and the transition %+v", got.Duration, got.Transition)
	}
	for _, j := range []event.Run{j, carried} {
		if n := len(f.told(j, event.JourneyStarted)); n != 0 {
			s.fail("no instance started %s, but a start was delivered", j.ID)
		}
	}
}

func forgottenCustomer(s *suite) {
	if _, ok := s.store.(ledger.Forgetter); !ok {
		s.Skip("the store does not implement ledger.Forgetter, which is optional")
	}
	f := s.deploy(2)
	a, b := f.instances[0], f.instances[1]
	gone, other := named(both, "gone"), named(both, "another customer's")
	for _, j := range []event.Run{gone, other} {
		a.say(f.start(j, 2*time.Hour))
		a.say(f.enter(j, "payment", 2*time.Hour))
	}
	f.flush()
	b.say(f.touch(gone, "", 2*time.Hour))
	if n, err := b.Forget(s.Context(), "customer of gone"); err != nil || n != 1 {
		s.fail("Forget returned %d and %v, want 1: the customer's only run", n, err)
	}
	before := len(f.told(gone))
	a.say(f.touch(gone, "cart", 100*time.Minute))
	a.say(f.end(gone, event.Completed, 100*time.Minute))
	b.say(f.start(gone, 100*time.Minute))
	f.flush()
	f.sweep()
	for _, t := range f.told(gone)[before:] {
		if t.Kind != event.TouchpointEnded || !t.Late {
			s.fail("after Forget the run delivered: %s", line(&t.Event))
		}
	}
	if n := f.late(); n != 3 {
		s.fail("%d events were late, want the 3 after Forget", n)
	}
	if n, err := a.Forget(s.Context(), "customer of gone"); err != nil || n != 0 {
		s.fail("the second Forget returned %d and %v, want 0", n, err)
	}
	if end := f.only(other, event.JourneyEnded); end.Outcome != event.Abandoned {
		s.fail("the other customer's run ended as %v, want abandoned", end.Outcome)
	}
}

func countedByOne(s *suite) {
	if _, ok := s.store.(ledger.Counter); !ok {
		s.Skip("the store does not implement ledger.Counter, which is optional")
	}
	f := s.deploy(3)
	for n := range 9 {
		j := named(endless, fmt.Sprint("run ", n))
		i := f.instances[n%3]
		start := f.start(j, time.Hour)
		if n == 8 {
			start.Actor = event.ActorSynthetic // synthetic runs are not counted
		}
		i.say(start)
		if n%3 > 0 {
			f.instances[(n+1)%3].say(f.enter(j, []string{"", "cart", "payment"}[n%3], 50*time.Minute))
		}
		if n == 7 {
			f.flush()
			i.say(f.end(j, event.Completed, 40*time.Minute))
		}
	}
	f.flush()
	want := map[ledger.Place]int64{{Group: endless}: 3, {Group: endless, Name: "cart"}: 2, {Group: endless, Name: "payment"}: 2}
	for range 3 {
		f.sweep()
		got, tell := map[ledger.Place]int64{}, map[int]bool{}
		for n, i := range f.instances {
			i.Active(func(name, stage string, runs int64) {
				tell[n] = true
				got[ledger.Place{Group: name, Name: stage}] += runs
			})
		}
		if len(tell) != 1 || fmt.Sprint(got) != fmt.Sprint(want) {
			s.fail("%d instances report live runs, want one; the sum of their reports is %v, want %v", len(tell), got, want)
		}
	}
}
