package ledgertest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// anyOrder: several instances report the events of a customer, each up to three times and in any order. The state at the end
// has to be right.
func anyOrder(s *suite) {
	const rounds = 12
	f := s.deploy(3)
	for round := range rounds {
		shuffle := rand.New(rand.NewPCG(7, uint64(round))) //nolint:gosec // a fixed seed gives the same order each time
		j := named(endless, fmt.Sprint("run ", round))
		said, want := f.life(j, shuffle)
		for range 2 {
			said = append(said, said[:shuffle.IntN(len(said))]...)
		}
		shuffle.Shuffle(len(said), func(a, b int) { said[a], said[b] = said[b], said[a] })
		for _, e := range said {
			again := *e
			f.instances[shuffle.IntN(3)].say(&again)
			if shuffle.IntN(5) == 0 {
				f.flush()
			}
		}
		f.flush()
		f.instances[round%3].say(f.end(j, event.Completed, 10*time.Minute))
		f.flush()
		end := f.only(j, event.JourneyEnded)
		if !reflect.DeepEqual(end.state, want) {
			s.fail("round %d: the state at the end is\n%+v\nwant\n%+v", round, end.state, want)
		}
		f.only(j, event.JourneyStarted)
		f.wantVisits(j, want)
		before := f.late()
		for _, e := range said[:3] {
			again := *e
			again.ID = event.ID{}
			f.instances[(round+1)%3].say(&again)
		}
		f.flush()
		f.sweep()
		f.only(j, event.JourneyEnded)
		if told := f.told(j, event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled); len(told) != 1+visits(want) {
			s.fail("round %d: events after the end were delivered as transitions: %s", round, f.story(j))
		}
		answers := 0
		for _, e := range said[:3] {
			if e.Kind == event.FeedbackReceived {
				answers++ // an answer usually comes after the end and is not counted as late
			}
		}
		if late := f.late() - before; late != 3-answers {
			s.fail("round %d: %d of %d events after the end were late", round, late, 3-answers)
		}
	}
}

// life returns the events of a customer, and the state of the run after it was completed ten minutes ago.
func (f *fleet) life(j event.Run, r *rand.Rand) (said []*flight.Event, want journey.State) {
	start := f.start(j, 2*time.Hour)
	start.Channel = event.Mobile
	said = append(said, start)
	want = journey.State{
		Journey: j, Customer: start.Customer, Channel: event.Mobile,
		Touchpoints: 12, Responses: 3, Ended: f.at(10 * time.Minute), Outcome: event.Completed,
	}
	want.Journey.Started = start.Time
	channels := map[event.Channel]bool{event.Mobile: true}
	counts := map[string]int{}
	for n := range want.Touchpoints {
		at := 110*time.Minute - time.Duration(n)*7*time.Minute
		stage := []string{"", "cart", "address", "payment"}[r.IntN(4)]
		e := f.touch(j, stage, at)
		e.Channel = event.Channel(1 + r.IntN(flight.NumChannels-1)) //nolint:gosec // a few
		channels[e.Channel] = true
		if stage != "" && stage != want.Stage {
			counts[stage]++
			want.Stage, want.Visit, want.Entered = stage, counts[stage], e.Time
		}
		want.Last = e.Time.Add(e.Duration)
		said = append(said, e)
	}
	for n := range want.Responses {
		e := f.answer(j, 100*time.Minute-time.Duration(n)*time.Minute)
		channels[e.Channel] = true
		said = append(said, e)
	}
	for stage, n := range counts {
		want.Visits = append(want.Visits, journey.Visits{Stage: stage, Count: n})
	}
	slices.SortFunc(want.Visits, func(a, b journey.Visits) int {
		if a.Stage < b.Stage {
			return -1
		}
		return 1
	})
	for c := range channels {
		want.Channels = append(want.Channels, c)
	}
	slices.Sort(want.Channels)
	return said, want
}

func visits(s journey.State) (n int) {
	for _, v := range s.Visits {
		n += v.Count
	}
	return n
}

// wantVisits checks that each visit was delivered once. If a visit arrives late, the visits after it were delivered with other
// numbers, but no two visits of a stage have the same number.
func (f *fleet) wantVisits(j event.Run, want journey.State) {
	f.Helper()
	type visit struct {
		stage string
		n     int
	}
	got := map[visit]int{}
	for _, t := range f.told(j, event.JourneyStageEntered) {
		got[visit{t.Stage, t.Visit}]++
	}
	n := 0
	for _, v := range want.Visits {
		for k := range v.Count {
			if got[visit{v.Stage, k + 1}] != 1 {
				f.fail("the visit %s/%d was delivered %d times, want once: %s", v.Stage, k+1, got[visit{v.Stage, k + 1}], f.story(j))
			}
			n++
		}
	}
	if len(got) < n {
		f.fail("visits were not delivered: %s", f.story(j))
	}
}
