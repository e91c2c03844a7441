package event_test

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestIsTransition: a journey's own kinds, and no others.
func TestIsTransition(t *testing.T) {
	t.Parallel()
	for kind, want := range map[event.Kind]bool{
		event.JourneyStarted: true, event.JourneyStageEntered: true, event.JourneyStalled: true, event.JourneyEnded: true,
		event.PromiseMade: true, event.PromiseKept: true, event.PromiseBroken: true, event.PromiseWithdrawn: true,
		event.TouchpointEnded: false, event.FeedbackReceived: false, event.SurveyRequested: false, "": false,
	} {
		if kind.IsTransition() != want {
			t.Errorf("%q is a transition: %v, want %v", kind, !want, want)
		}
	}
	for _, kind := range event.Kinds() {
		want := strings.HasPrefix(string(kind), "journey.") || strings.HasPrefix(string(kind), "promise.")
		if kind.IsTransition() != want {
			t.Errorf("%q is a transition: %v, want %v: a kind that is named after the journey or a promise changes its run", kind, !want, want)
		}
	}
}
