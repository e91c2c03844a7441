package ledgertest

import (
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

var journeys = []contract{
	{"journeys: each transition of a run once", "instances at the same time report the same run: every service would count it", transitionsOnce},
	{"journeys: late changes nothing", "a run ends once, whoever hears of it later", lateAfterEnd},
	{"journeys: a start that another instance took", "who ends a run needs its start, for its duration", foreignStart},
	{"journeys: an end without a start", "no duration is made up", endWithoutStart},
	{"journeys: abandoned once", "a silent run ends when its patience ran out, not when an instance looked", abandonedOnce},
	{"journeys: not abandoned while something happens", "event time decides, not the time of arrival", notAbandoned},
	{"journeys: what lies behind an abandonment", "event time decides, not when an instance looked", abandonedBetween},
	{"journeys: an end waits", "facts from before the end may be under way in another instance", endWaits},
	{"journeys: stalled once a visit", "the application steps in once, and knows where", stalledOnce},
	{"journeys: a stall that no instance noticed in time", "the visit was too long all the same", stalledOnLeaving},
	{"journeys: delivered after a crash", "what was committed is delivered, whatever becomes of the instance that committed it", toldAfterCrash},
	{"journeys: delivered again where it was not safe", "a crash must not lose what had not left the process", toldAgain},
	{"journeys: a forgotten customer", "erased is erased: nothing is delivered, and what comes later is late", forgottenCustomer},
	{"journeys: live runs are counted by one", "sums over instances are right", countedByOne},
	{"journeys: any order, any number of times", "networks repeat and reorder", anyOrder},
	{"journeys: clocks that differ", "machines' clocks differ by seconds: no outcome and no count may", clocksDiffer},
	{"journeys: a store that refuses", "an outage delays and loses nothing", failing(refusing)},
	{"journeys: a store that loses its answers", "what was made is made again, and delivered once", failing(losingAnswers)},
	{"journeys: a store that panics", "a driver's bug is not the host's end", failing(panicking)},
	{"journeys: a store that does not answer", "recording never waits, and memory is bounded", blocked},
}

// transitionsOnce: instances report the same runs at the same time.
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
				s.fail("%s of %s has the ID %v, as %q has", line(&t.Event), j.ID, t.ID, was)
			}
			ids[t.ID] = line(&t.Event) + " of " + j.ID
		}
		end := f.only(j, event.JourneyEnded)
		if want := f.at(time.Hour); !end.state.Journey.Started.Equal(want) || end.Duration != 30*time.Minute {
			s.fail("%s began at %v and took %v; the earliest start is %v, half an hour before its end", j.ID, end.state.Journey.Started, end.Duration, want)
		}
		f.only(j, event.JourneyStarted)
		if n := len(f.told(j, event.JourneyStageEntered)); n != 2 {
			s.fail("%s was told to enter %d stages, want 2: %s", j.ID, n, f.story(j))
		}
	}
	if n := f.late(); n != (instances-1)*runs {
		s.fail("%d ends were late, want %d: all but one of each run", n, (instances-1)*runs)
	}
}

// all calls do for each instance, at the same time.
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
	for _, i := range f.instances { // the first one knows that it has ended, the others do not
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
			s.fail("%s after the end was told with Late = %v", t.Kind, t.Late)
		}
	}
	if touched != 3 || answered != 3 {
		s.fail("%d touchpoints and %d answers were told after the end, want 3 each", touched, answered)
	}
	f.only(j, event.JourneyStarted)
	if end := f.only(j, event.JourneyEnded); end.Outcome != event.Completed || len(f.told(j, event.JourneyStageEntered)) != 0 {
		s.fail("what came late changed the run: %s", f.story(j))
	}
	if n := f.late(); n != 12 {
		s.fail("%d events were counted as late, want 12: all but the answers, which mostly come afterwards", n)
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
	end.Customer = event.Customer{} // it knows no more than the ID
	f.instances[1].say(end)
	f.flush()
	got := f.only(j, event.JourneyEnded)
	switch want := f.at(time.Hour); {
	case got.by != f.instances[1]:
		s.fail("the end was delivered by an instance that did not report it")
	case got.Duration != 45*time.Minute || !got.Journey.Started.Equal(want) || !got.state.Journey.Started.Equal(want):
		s.fail("the end says that it took %v since %v, want 45 minutes since %v", got.Duration, got.Journey.Started, want)
	case got.Transition == nil || got.Transition.Partial:
		s.fail("the end says %+v, yet the start is known", got.Transition)
	case got.Customer.Hash != "customer of two services" || got.state.Customer.Hash != got.Customer.Hash:
		s.fail("the end is of customer %q", got.Customer.Hash)
	case got.state.Channel != event.Phone || got.state.Actor != event.ActorDelegate:
		s.fail("the state is of %v by %v, want what the start said", got.state.Channel, got.state.Actor)
	case got.Journey.Value == nil || got.Journey.Value.Amount != 4200:
		s.fail("the end does not say what was at stake: %+v", got.Journey.Value)
	}
}

func endWithoutStart(s *suite) {
	f := s.deploy(2)
	j, carried := named(endless, "nobody started it"), named(endless, "its position did")
	f.instances[0].say(f.enter(j, "cart", time.Hour))
	f.flush()
	f.instances[1].say(f.end(j, event.Completed, 30*time.Minute))
	end := f.end(carried, event.Completed, 30*time.Minute)
	end.Journey.Started = f.at(time.Hour)
	f.instances[1].say(end)
	f.flush()
	if got := f.only(j, event.JourneyEnded); got.Transition == nil || !got.Transition.Partial || got.Duration != 0 || !got.Journey.Started.IsZero() {
		s.fail("no instance knows the start, yet the end says %v since %v, %+v", got.Duration, got.Journey.Started, got.Transition)
	}
	if got := f.only(carried, event.JourneyEnded); got.Transition.Partial || got.Duration != 30*time.Minute {
		s.fail("the position carried the start, yet the end says %v, %+v", got.Duration, got.Transition)
	}
	for _, j := range []event.Run{j, carried} {
		if n := len(f.told(j, event.JourneyStarted)); n != 0 {
			s.fail("no instance started %s, yet a start was delivered", j.ID)
		}
	}
}

func forgottenCustomer(s *suite) {
	if _, ok := s.store.(ledger.Forgetter); !ok {
		s.Skip("it is no Forgetter")
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
		s.fail("Forget returned %d, %v: want the one run", n, err)
	}
	before := len(f.told(gone))
	a.say(f.touch(gone, "cart", 100*time.Minute))
	a.say(f.end(gone, event.Completed, 100*time.Minute))
	b.say(f.start(gone, 100*time.Minute))
	f.flush()
	f.sweep()
	for _, t := range f.told(gone)[before:] {
		if t.Kind != event.TouchpointEnded || !t.Late {
			s.fail("after it was forgotten there was told: %s", line(&t.Event))
		}
	}
	if n := f.late(); n != 3 {
		s.fail("%d events were late, want the three after it was forgotten", n)
	}
	if n, err := a.Forget(s.Context(), "customer of gone"); err != nil || n != 0 {
		s.fail("Forget a second time returned %d, %v: want none", n, err)
	}
	if end := f.only(other, event.JourneyEnded); end.Outcome != event.Abandoned {
		s.fail("the other customer's run %v", end.Outcome)
	}
}

func countedByOne(s *suite) {
	if _, ok := s.store.(ledger.Counter); !ok {
		s.Skip("it is no Counter")
	}
	f := s.deploy(3)
	for n := range 9 {
		j := named(endless, fmt.Sprint("run ", n))
		i := f.instances[n%3]
		start := f.start(j, time.Hour)
		if n == 8 {
			start.Actor = event.ActorSynthetic // not a customer's journey
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
			s.fail("%d instances tell of live runs, want one; together they tell %v, want %v", len(tell), got, want)
		}
	}
}
