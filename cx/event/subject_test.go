package event_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
)

func TestSubject(t *testing.T) {
	t.Parallel()
	answer := func(survey string) *event.Feedback { return &event.Feedback{Survey: survey} }
	run := event.Journey{Name: "checkout"}
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
		{"a run that is folded", "as above", event.Event{Kind: event.JourneyEnded, Journey: event.Journey{Name: event.Other}}, "journey.ended"},
		{"nothing", "the kind is always there", event.Event{Kind: event.FeedbackReceived, Feedback: answer("")}, "feedback.received"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.e.Subject(); got != c.want {
				t.Errorf("the subject is %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestIsTransition: a journey's own kinds, and no others.
func TestIsTransition(t *testing.T) {
	t.Parallel()
	for kind, want := range map[event.Kind]bool{
		event.JourneyStarted: true, event.JourneyStageEntered: true, event.JourneyStalled: true, event.JourneyEnded: true,
		event.TouchpointEnded: false, event.FeedbackReceived: false, event.SurveyRequested: false, "": false,
	} {
		if kind.IsTransition() != want {
			t.Errorf("%q is a transition: %v, want %v", kind, !want, want)
		}
	}
}
