package track

import (
	"math"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// state returns what is known of the run.
func (r *run) state() journey.State {
	s := journey.State{
		Journey: r.journey, Customer: r.customer, Channel: r.channel, Actor: r.actor,
		Last: at(r.last), Touchpoints: int(r.touchpoints), Responses: int(r.responses), Outcome: r.outcome,
	}
	if r.begun {
		s.Journey.Started = at(r.start)
	}
	if r.cur >= 0 {
		here := r.here()
		s.Stage, s.Visit, s.Entered = here.From, here.Visit, here.Entered
	}
	for _, b := range r.been {
		if b.visits > 0 {
			s.Visits = append(s.Visits, journey.Visits{Stage: b.name, Count: b.visits})
		}
	}
	slices.SortFunc(s.Visits, func(a, b journey.Visits) int { return strings.Compare(a.Stage, b.Stage) })
	for c := event.Channel(1); int(c) < flight.NumChannels; c++ {
		if r.channels&(1<<c) != 0 {
			s.Channels = append(s.Channels, c)
		}
	}
	if r.answers.is {
		s.Answered = r.answered(math.MaxInt64)
	}
	if r.over {
		s.Ended = at(r.ended)
	}
	return s
}
