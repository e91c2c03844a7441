package ledgertest

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

func abandonedOnce(s *suite) {
	const runs = 20
	f := s.deploy(4)
	for r := range runs {
		j := named(patient, fmt.Sprint("run ", r))
		f.instances[r%4].say(f.start(j, 2*time.Hour))
		f.instances[(r+1)%4].say(f.enter(j, "cart", 110*time.Minute))
		f.instances[(r+2)%4].say(f.touch(j, "", 100*time.Minute))
		f.instances[(r+3)%4].say(f.answer(j, 105*time.Minute)) // arrives later but happened earlier
	}
	f.flush()
	f.sweep()
	f.sweep()
	for r := range runs {
		j := named(patient, fmt.Sprint("run ", r))
		end := f.only(j, event.JourneyEnded)
		last := f.at(100*time.Minute - time.Second) // the touchpoint took one second
		switch {
		case end.Outcome != event.Abandoned || !end.Time.Equal(last.Add(waits)):
			s.fail("the run is %v at %v, want abandoned at %v", end.Outcome, end.Time, last.Add(waits))
		case end.Duration != 50*time.Minute+time.Second || end.Transition == nil || end.Transition.From != "cart":
			s.fail("the end has the duration %v and the transition %+v, want the time since the start, and the last stage", end.Duration, end.Transition)
		case !end.state.Ended.Equal(end.Time) || !end.state.Last.Equal(last) || end.state.Outcome != event.Abandoned:
			s.fail("the state is %+v", end.state)
		case end.Customer.Hash != "customer of "+j.ID || end.Channel != event.Web:
			s.fail("the end has customer %q and channel %v", end.Customer.Hash, end.Channel)
		}
	}
	if n := f.late(); n != 0 {
		s.fail("%d events were late, although all happened before the end", n)
	}
}

func notAbandoned(s *suite) {
	f := s.deploy(2)
	for _, c := range []struct {
		name string
		sign func(j event.Run) *flight.Event
	}{
		{"touched", func(j event.Run) *flight.Event { return f.touch(j, "", 22*time.Minute) }},
		{"moved", func(j event.Run) *flight.Event { return f.enter(j, "cart", 22*time.Minute) }},
		{"answered", func(j event.Run) *flight.Event { return f.answer(j, 22*time.Minute) }},
		{"started again", func(j event.Run) *flight.Event { return f.start(j, 22*time.Minute) }},
		{"in a long touchpoint", func(j event.Run) *flight.Event {
			e := f.touch(j, "", 60*time.Minute)
			e.Duration = 50 * time.Minute
			return e
		}},
	} {
		j := named(patient, c.name)
		f.instances[0].say(f.start(j, 80*time.Minute))
		f.instances[0].say(f.touch(j, "", 51*time.Minute))
		f.flush()
		f.instances[1].say(c.sign(j))
		f.instances[0].say(f.touch(j, "", 45*time.Minute)) // arrives last
		f.flush()
		f.sweep()
		f.sweep()
		if told := f.told(j, event.JourneyEnded); len(told) != 0 {
			s.fail("the run with the event %q within AbandonAfter was %v at %v, want it live", c.name, told[0].Outcome, told[0].Time)
		}
	}
}

// abandonedBetween: an event after the time of the abandonment is late, whether or not an instance has swept since. An event
// within the silence that arrives in time prevents the abandonment.
func abandonedBetween(s *suite) {
	f := s.deploy(2)
	a, b := f.instances[0], f.instances[1]
	silent, alive, ended := named(patient, "silent"), named(patient, "alive"), named(patient, "ended while silent")
	for _, j := range []event.Run{silent, alive, ended} {
		a.say(f.start(j, 60*time.Minute))
	}
	f.flush()
	a.say(f.touch(silent, "payment", waits)) // 60 - 30 minutes: the boundary is part of the silence
	b.say(f.end(ended, event.Completed, 20*time.Minute))
	a.say(f.touch(alive, "payment", waits+1))
	f.flush()
	f.sweep()
	f.wantStory(silent, "started, abandoned, touchpoint.ended")
	f.wantStory(ended, "started, abandoned")
	f.wantStory(alive, "started, payment/1, touchpoint.ended")
	if end := f.only(silent, event.JourneyEnded); !end.Time.Equal(f.at(waits)) {
		s.fail("the run was abandoned at %v, want %v", end.Time, f.at(waits))
	}
	if n := f.late(); n != 2 {
		s.fail("%d events were late, want the 2 after the abandonment", n)
	}
}

// endWaits: two instances report one run without pauses. Events from before the end count, although they are written after it.
func endWaits(s *suite) {
	const runs = 12
	f := &fleet{suite: s, began: s.now()}
	for range 2 {
		f.add(s.connect(), track.Config{EndGrace: time.Second})
	}
	a, b := f.instances[0], f.instances[1]
	for r := range runs {
		a.say(f.end(named(endless, fmt.Sprint("run ", r)), event.Completed, 10*time.Minute))
	}
	s.eventually("the ends are written", func() bool { n, _ := a.Queue(); return n == 0 })
	for r := range runs {
		j := named(endless, fmt.Sprint("run ", r))
		b.say(f.start(j, time.Hour))
		b.say(f.enter(j, "cart", 50*time.Minute))
		b.say(f.touch(j, "payment", 40*time.Minute))
		b.say(f.touch(j, "", 5*time.Minute)) // after the end
	}
	f.flush()
	for r := range runs {
		j := named(endless, fmt.Sprint("run ", r))
		end := f.only(j, event.JourneyEnded)
		if end.Duration != 50*time.Minute || end.Transition == nil || end.Transition.Partial || end.Transition.From != "payment" {
			s.fail("%s ended after %v with the transition %+v, want 50 minutes and payment: %s", j.ID, end.Duration, end.Transition, f.story(j))
		}
		if n := len(f.told(j, event.JourneyStarted, event.JourneyStageEntered)); n != 3 {
			s.fail("%s delivered: %s; want a start and two stages", j.ID, f.story(j))
		}
	}
	if n := f.late(); n != runs {
		s.fail("%d events were late, want %d: the touchpoints after the ends", n, runs)
	}
	for _, i := range f.instances {
		if err := i.Shutdown(s.Context()); err != nil {
			s.fail("Shutdown: %v", err)
		}
	}
}

// stalledOnce: two visits are too long, and any instance may notice each of them.
func stalledOnce(s *suite) {
	f := s.deploy(4)
	j := named(slow, "stuck")
	f.instances[0].say(f.start(j, 3*time.Hour))
	f.instances[1].say(f.enter(j, "cart", 170*time.Minute))
	f.instances[2].say(f.touch(j, "payment", 160*time.Minute))
	f.flush()
	f.sweep()
	f.sweep()
	s.wantStall(f, f.only(j, event.JourneyStalled), j, 1, 160*time.Minute)
	f.instances[3].say(f.enter(j, "cart", 60*time.Minute))
	f.flush()
	f.instances[0].say(f.enter(j, "payment", 50*time.Minute))
	f.flush()
	f.sweep()
	f.sweep()
	told := f.told(j, event.JourneyStalled)
	if len(told) != 2 || told[0].ID == told[1].ID {
		s.fail("two visits were too long, want two stalls with different IDs: %s", f.story(j))
	}
	s.wantStall(f, told[1], j, 2, 50*time.Minute)
	f.instances[1].say(f.end(j, event.Completed, 5*time.Minute))
	f.flush()
	if f.only(j, event.JourneyEnded); len(f.told(j, event.JourneyStalled)) != 2 {
		s.fail("the end delivered another stall: %s", f.story(j))
	}
}

func (s *suite) wantStall(f *fleet, t telling, j event.Run, visit int, since time.Duration) {
	s.Helper()
	visits := []journey.Visits{{Stage: "cart", Count: visit}, {Stage: "payment", Count: visit}}
	state := t.state
	switch {
	case t.Stage != "payment" || t.Visit != visit || t.Duration != expected || !t.Time.Equal(f.at(since-expected)):
		s.fail("the stall has the visit %s/%d, the time %v and the duration %v", t.Stage, t.Visit, t.Time, t.Duration)
	case state.Journey.ID != j.ID || state.Journey.Name != j.Name || !state.Journey.Started.Equal(f.at(3*time.Hour)):
		s.fail("the state has the run %+v", state.Journey)
	case state.Stage != "payment" || state.Visit != visit || !state.Entered.Equal(f.at(since)) || !slices.Equal(state.Visits, visits):
		s.fail("the state has %s/%d since %v, and the visits %v", state.Stage, state.Visit, state.Entered, state.Visits)
	case state.Customer.Hash != "customer of stuck" || state.Customer.Segment != "new" || state.Channel != event.Web:
		s.fail("the state has customer %+v and channel %v", state.Customer, state.Channel)
	case state.Touchpoints != 1 || !slices.Equal(state.Channels, []event.Channel{event.Web}):
		s.fail("the state has %d touchpoints on %v", state.Touchpoints, state.Channels)
	case !state.Ended.IsZero() || state.Outcome != 0:
		s.fail("the run is live, but the state has the outcome %v at %v", state.Outcome, state.Ended)
	}
}

func stalledOnLeaving(s *suite) {
	f := s.deploy(2)
	moved, ended, exact, quick := named(slow, "moved"), named(slow, "ended"), named(slow, "exact"), named(slow, "quick")
	for _, j := range []event.Run{moved, ended, exact, quick} {
		f.instances[0].say(f.start(j, 3*time.Hour))
		f.instances[0].say(f.enter(j, "payment", 2*time.Hour))
	}
	f.flush()
	f.instances[1].say(f.enter(moved, "cart", time.Hour))
	f.instances[1].say(f.end(ended, event.Completed, time.Hour))
	f.instances[1].say(f.enter(exact, "cart", 2*time.Hour-expected))
	f.instances[1].say(f.enter(quick, "cart", 2*time.Hour-expected+time.Nanosecond))
	f.flush()
	f.sweep()
	f.wantStory(moved, "started, payment/1, cart/1, stalled in payment/1") // delivered when no other instance can have an event that contradicts it
	f.wantStory(ended, "started, payment/1, stalled in payment/1, completed")
	f.wantStory(exact, "started, payment/1, cart/1, stalled in payment/1")
	f.wantStory(quick, "started, payment/1, cart/1")
	for _, j := range []event.Run{moved, ended, exact} {
		if stall := f.only(j, event.JourneyStalled); !stall.Time.Equal(f.at(2*time.Hour - expected)) {
			s.fail("%s stalled at %v, want %v", j.ID, stall.Time, f.at(2*time.Hour-expected))
		}
	}
}

// clocksDiffer: instances with right clocks, and with clocks five seconds slow or fast, report the same runs.
func clocksDiffer(s *suite) {
	type counts struct{ starts, stalls, completed, failed, abandoned int }
	for n, skew := range [][3]time.Duration{{}, {5 * time.Second, -5 * time.Second, 0}, {-5 * time.Second, 5 * time.Second, 5 * time.Second}, {-5 * time.Second, 0, 5 * time.Second}} {
		f := &fleet{suite: s, began: s.now()}
		for _, d := range skew {
			f.add(s.connect(), track.Config{Now: func() time.Time { return time.Now().Add(d) }})
		}
		say := func(i int, e *flight.Event) {
			e.Time = e.Time.Add(skew[i])
			f.instances[i].say(e)
		}
		var got counts
		for r := range 9 {
			j := named(both, fmt.Sprintf("run %d of %d", r, n))
			stays := []time.Duration{expected - 5*time.Minute, expected - 21*time.Second, expected + 21*time.Second}[r%3]
			say(r%3, f.start(j, 4*time.Hour))
			say((r+1)%3, f.enter(j, "payment", 230*time.Minute))
			f.flush()
			say((r+2)%3, f.enter(j, "cart", 230*time.Minute-stays))
			f.flush()
			if r < 6 {
				say(r%2, f.end(j, []event.Outcome{event.Completed, event.Failed}[r%2], 210*time.Minute))
				f.flush()
				say(2, f.end(j, event.Completed, 209*time.Minute))
			}
		}
		f.flush()
		f.sweep()
		f.sweep()
		for _, t := range f.book {
			switch {
			case t.Kind == event.JourneyStarted:
				got.starts++
			case t.Kind == event.JourneyStalled:
				got.stalls++
			case t.Kind == event.JourneyEnded && t.Outcome == event.Completed:
				got.completed++
			case t.Kind == event.JourneyEnded && t.Outcome == event.Failed:
				got.failed++
			case t.Kind == event.JourneyEnded:
				got.abandoned++
			}
		}
		for _, i := range f.instances {
			if err := i.Shutdown(s.Context()); err != nil {
				s.fail("Shutdown: %v", err)
			}
		}
		if want := (counts{9, 3, 3, 3, 3}); got != want {
			s.fail("with clocks %d the counts are %+v, want %+v", n, got, want)
		}
	}
}
