package flight_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

func TestSubject(t *testing.T) {
	t.Parallel()
	answer := func(survey string) *event.Feedback { return &event.Feedback{Survey: survey} }
	run := event.Run{Name: "checkout"}
	for _, c := range []struct {
		name, reason string
		e            event.Event
		want         string
	}{
		{"a touchpoint", "it is in a journey, and is told by its own name", event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Journey: run}, "pay"},
		{"an answer", "the survey says more than the journey", event.Event{Kind: event.FeedbackReceived, Feedback: answer("nps"), Journey: run}, "nps"},
		{"a run", "it is all that there is", event.Event{Kind: event.JourneyEnded, Journey: run}, "checkout"},
		{"a touchpoint that is folded", "_other is no name", event.Event{Kind: event.TouchpointEnded, Touchpoint: event.Other, Journey: run}, "checkout"},
		{"an answer that is folded", "as above", event.Event{Kind: event.FeedbackReceived, Feedback: answer(event.Other), Journey: run}, "checkout"},
		{"a run that is folded", "as above", event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: event.Other}}, "journey.ended"},
		{"nothing", "the kind is always there", event.Event{Kind: event.FeedbackReceived, Feedback: answer("")}, "feedback.received"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := flight.Of(c.e).Subject(); got != c.want {
				t.Errorf("the subject is %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}
