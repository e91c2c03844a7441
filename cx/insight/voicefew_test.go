package insight_test

import (
	"fmt"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestFewVoices: the customers of an answer are those who said something and those who have a follow-up, together. If they are few, the answer has no number, also
// where the table has the runs of many customers.
func TestFewVoices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answers, matters int
		hidden           bool
		reason           string
	}{
		{3, 1, true, "four customers"},
		{3, 2, false, "three have answered, and two others have follow-ups"},
		{0, 5, false, "five have follow-ups"},
		{5, 0, false, "five have answered"},
		{4, 0, true, "four have answered"},
	} {
		m := &memory{}
		for n := range 10 {
			l := ticket(n, 0)
			m.events = append(m.events, l.events()...)
		}
		add := func(e event.Event, n int) {
			e.ID, e.Customer.Hash = event.ID{0: 7, 1: byte(len(m.events))}, fmt.Sprint("voice-", n)
			m.events = append(m.events, e)
		}
		for n := range c.answers {
			add(event.Event{Kind: event.FeedbackReceived, Time: at(5), Feedback: &event.Feedback{Survey: "after", Scale: event.Thumbs, Score: 1, Verdict: event.Positive}}, n)
		}
		for n := range c.matters {
			run := event.Run{Name: "complaint", ID: fmt.Sprint(n), Started: at(5)}
			add(event.Event{Kind: event.JourneyStarted, Time: at(5), Journey: run, FollowUp: &event.FollowUp{Owner: "care"}}, c.answers+n)
		}
		a, err := carefulTable(t, m).View(insight.Everything(), at(10)).Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Hidden != c.hidden || (a.Runs == 0) != c.hidden || c.hidden && (len(a.Surveys) > 0 || a.FollowUps.Received+a.FollowUps.Now > 0) {
			t.Errorf("%+v, want it to be hidden: %v: %s", a, c.hidden, c.reason)
		}
	}
}
