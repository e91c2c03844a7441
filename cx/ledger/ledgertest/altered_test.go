package ledgertest_test

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// alteredBy names the fault that trackers have when the test binary is started again.
const alteredBy = "CAIRN_STORETEST_ALTERED_BY"

// TestAltered runs one test of journeys against trackers that deliver something wrong, each in a process of its own,
// for it has to fail.
func TestAltered(t *testing.T) {
	const (
		transitions = "journeys: each transition of a run once"
		start       = "journeys: a start in another instance"
		abandoned   = "journeys: abandoned once"
		behind      = "journeys: events after an abandonment"
		waits       = "journeys: an end waits"
		stalled     = "journeys: one stall for each visit"
	)
	at := func(kind event.Kind, alter func(*flight.Event, *journey.State)) func(*flight.Event, *journey.State) {
		return func(e *flight.Event, s *journey.State) {
			if e.Kind == kind {
				alter(e, s)
			}
		}
	}
	type alteration struct {
		name  string
		tests []string // each of which finds it
		alter func(*flight.Event, *journey.State)
	}
	tests := []alteration{
		{"an end that took longer", []string{transitions, start, abandoned, waits}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Duration += time.Minute })},
		{"an end of another outcome", []string{abandoned}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Outcome = event.Failed })},
		{"an end at another time", []string{abandoned, behind}, at(event.JourneyEnded, func(e *flight.Event, s *journey.State) {
			e.Time = e.Time.Add(time.Second)
			s.Ended = e.Time
		})},
		{"an end that says nothing of what it left", []string{start, abandoned, waits}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Transition = nil })},
		{"an end from another stage", []string{abandoned, waits}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) {
			if e.Transition != nil {
				left := *e.Transition
				left.From = "elsewhere"
				e.Transition = &left
			}
		})},
		{"an end that is a part", []string{start, waits}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) {
			if e.Transition != nil {
				left := *e.Transition
				left.Partial = true
				e.Transition = &left
			}
		})},
		{"an end of no customer", []string{start, abandoned}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Customer.Hash = "" })},
		{"an end whose state has no customer", []string{start}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Customer.Hash = "" })},
		{"an end on another channel", []string{abandoned}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Channel = event.Phone })},
		{"an end whose state ended at another time", []string{abandoned}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Ended = s.Ended.Add(1) })},
		{"an end whose state is of another time", []string{abandoned}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Last = s.Last.Add(1) })},
		{"an end whose state has another outcome", []string{abandoned}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Outcome = event.Failed })},
		{"an end whose state began at another time", []string{transitions, start}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Journey.Started = s.Journey.Started.Add(1) })},
		{"an end that began at another time", []string{start}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Journey.Started = e.Journey.Started.Add(1) })},
		{"an end whose state is on another channel", []string{start}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Channel = event.Web })},
		{"an end whose state is by another actor", []string{start}, at(event.JourneyEnded, func(_ *flight.Event, s *journey.State) { s.Actor = event.ActorCustomer })},
		{"an end of no value", []string{start}, at(event.JourneyEnded, func(e *flight.Event, _ *journey.State) { e.Journey.Value = nil })},
		{"events of one ID", []string{transitions, stalled}, func(e *flight.Event, _ *journey.State) { e.ID = event.ID{15: 1} }},
		{"events of no ID", []string{transitions}, func(e *flight.Event, _ *journey.State) { e.ID = event.ID{} }},
		{"a stall of another stage", []string{stalled}, at(event.JourneyStalled, func(e *flight.Event, _ *journey.State) { e.Stage = "cart" })},
		{"a stall of another visit", []string{stalled}, at(event.JourneyStalled, func(e *flight.Event, _ *journey.State) { e.Visit++ })},
		{"a stall after another time", []string{stalled}, at(event.JourneyStalled, func(e *flight.Event, _ *journey.State) { e.Duration++ })},
		{"a stall at another time", []string{stalled}, at(event.JourneyStalled, func(e *flight.Event, _ *journey.State) { e.Time = e.Time.Add(1) })},
		{"a stall whose state is of another run", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Journey.ID += "x" })},
		{"a stall whose state is in another stage", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Stage = "cart" })},
		{"a stall whose state entered at another time", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Entered = s.Entered.Add(1) })},
		{"a stall whose state has no visits", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Visits = nil })},
		{"a stall whose state has another segment", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Customer.Segment = "x" })},
		{"a stall whose state has no touchpoints", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Touchpoints = 0 })},
		{"a stall whose state has ended", []string{stalled}, at(event.JourneyStalled, func(_ *flight.Event, s *journey.State) { s.Ended = s.Entered })},
	}
	if name := os.Getenv(alteredBy); name != "" {
		for _, a := range tests {
			if a.name == name {
				ledgertest.RunAltered(t, opener(""), a.alter)
			}
		}
		return
	}
	free := make(chan struct{}, 8)
	var running sync.WaitGroup
	for _, a := range tests {
		for _, test := range a.tests {
			running.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAltered$/^"+pattern(test)+"$", "-test.count=1")
				again.Env = append(os.Environ(), alteredBy+"="+a.name)
				out, _ := again.CombinedOutput()
				if !strings.Contains(string(out), "--- FAIL: TestAltered/"+pattern(test)) || strings.Contains(string(out), "panic:") {
					t.Errorf("%s lets %s pass:\n%s", test, a.name, out)
				}
			})
		}
	}
	running.Wait()
}
