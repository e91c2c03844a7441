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

// TestAlteredRequests runs the tests of requests against instances that tell something wrong, each in a process of its own, for it has to
// fail.
func TestAlteredRequests(t *testing.T) {
	const (
		once    = "requests: one answer"
		again   = "requests: an answer that is told again"
		expired = "requests: expired once"
	)
	of := func(kind event.Kind, alter func(*flight.Event)) func(*flight.Event, *journey.State) {
		return func(e *flight.Event, _ *journey.State) {
			if e.Kind == kind {
				f := *e.Feedback
				e.Feedback = &f
				alter(e)
			}
		}
	}
	tests := []struct {
		name  string
		tests []string // each of which finds it
		alter func(*flight.Event, *journey.State)
	}{
		{"answers of other IDs each time", []string{again}, of(event.FeedbackReceived, func(e *flight.Event) { e.ID = event.NewID(time.Now()) })},
		{"answers of one ID", []string{once}, of(event.FeedbackReceived, func(e *flight.Event) { e.ID = event.ID{15: 1} })},
		{"answers that metrics leave out", []string{once, again}, of(event.FeedbackReceived, func(e *flight.Event) { e.Retell() })},
		{"an answer of no customer", []string{once, again}, of(event.FeedbackReceived, func(e *flight.Event) { e.Customer.Hash = "" })},
		{"an answer without its request", []string{once, again}, of(event.FeedbackReceived, func(e *flight.Event) { e.Feedback.Request = event.ID{} })},
		{"an answer of another score", []string{again}, of(event.FeedbackReceived, func(e *flight.Event) { e.Feedback.Score++ })},
		{"an expiry at another time", []string{expired}, of(event.SurveyClosed, func(e *flight.Event) { e.Time = e.Time.Add(1) })},
		{"an expiry of another end", []string{expired}, of(event.SurveyClosed, func(e *flight.Event) { e.Feedback.Ended = event.SurveyDismissed })},
		{"an expiry that forgets what was shown", []string{expired}, of(event.SurveyClosed, func(e *flight.Event) { e.Feedback.Shown = false })},
	}
	if name := os.Getenv(alteredBy); name != "" {
		for _, a := range tests {
			if a.name == name {
				ledgertest.RunAltered(t, openShelves(""), a.alter)
			}
		}
		return
	}
	free := make(chan struct{}, 4)
	var running sync.WaitGroup
	for _, a := range tests {
		for _, test := range a.tests {
			running.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAlteredRequests$/^shelves$/^"+pattern(test)+"$", "-test.count=1") //nolint:gosec // it is this test
				again.Env = append(os.Environ(), alteredBy+"="+a.name)
				out, _ := again.CombinedOutput()
				if !strings.Contains(string(out), "--- FAIL: TestAlteredRequests/shelves/"+pattern(test)) || strings.Contains(string(out), "panic:") {
					t.Errorf("%s lets %s pass:\n%s", test, a.name, out)
				}
			})
		}
	}
	running.Wait()
}
