package score_test

import (
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// id returns an event ID with this number.
func id(n int) event.ID {
	return event.ID{0: 1, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
}

// script writes events, each with an ID of its own.
type script struct {
	events []event.Event
	scale  event.Scale
	survey string
}

func newScript(survey string, scale event.Scale) *script {
	return &script{survey: survey, scale: scale}
}

// add adds an event of the customer, and returns its ID.
func (s *script) add(kind event.Kind, customer, segment string, f event.Feedback) event.ID {
	n := id(len(s.events) + 1)
	f.Survey, f.Scale = s.survey, s.scale
	s.events = append(s.events, event.Event{
		ID: n, Kind: kind, Time: noon.Add(time.Duration(len(s.events)) * time.Second), Feedback: &f,
		Customer: event.Customer{Hash: customer, Segment: segment},
	})
	return n
}

// answers adds anonymous answers: counts[i] of the scale's lowest answer and i.
func (s *script) answers(counts ...int) *script {
	for i, n := range counts {
		for range n {
			s.add(event.FeedbackReceived, "", "", event.Feedback{Score: s.scale.Min() + i})
		}
	}
	return s
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within || math.IsNaN(got) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
