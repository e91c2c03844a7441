package report_test

import (
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/report"
)

// asked adds the answers to a survey in the week and in the one before, of 20 customers each.
func asked(c *crowd, survey string, positive, before int) {
	for n := range 40 {
		at, good := monday.AddDate(0, 0, 1), n < positive
		if n >= 20 {
			at, good = monday.AddDate(0, 0, -3), n-20 < before
		}
		points := 1
		if good {
			points = 5
		}
		e := event.Event{
			Kind: event.FeedbackReceived, Time: at, Customer: event.Customer{Hash: fmt.Sprint(survey, "-", n)}, Channel: event.Web,
			Feedback: &event.Feedback{Survey: survey, Scale: event.CSAT, Score: points},
		}
		e.Feedback.Verdict, _ = event.CSAT.Verdict(points)
		e.ID = event.NewID(at)
		c.events = append(c.events, e)
	}
}

// TestSurveysTakePart: a survey got worse by more than chance only if that holds beside all other changes of the report. From 20 to 15 of 20 has the probability 0.047
// (Fisher's exact test, two-sided), which is below 5% alone and far above it among eight surveys.
func TestSurveysTakePart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		positive     int
		differs      bool
	}{
		{"by chance", "of eight surveys one has such a change by chance", 15, false},
		{"by more than chance", "from 20 to 4 of 20 is no chance", 4, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			crowd := newCrowd()
			asked(crowd, "a-first", c.positive, 20)
			for n := range 7 {
				asked(crowd, fmt.Sprint("b-", n), 10, 10)
			}
			r := made(t, tableOf(t, desk(), &crowd.memory), week())
			change := r.Voice.Changes[1] // after "after"
			for i := range r.Voice.Now.Surveys {
				if r.Voice.Now.Surveys[i].Name == "a-first" {
					change = r.Voice.Changes[i]
				}
			}
			if change.P > 0.05 || change.Differs != c.differs || change.Adjusted < change.P {
				t.Errorf("%+v: %s", change.Chance, c.reason)
			}
			for _, l := range r.Lines {
				if l.Section != report.SectionVoice || !strings.Contains(l.Text, "a-first") {
					continue
				}
				if l.Bad != c.differs || strings.Contains(l.Text, "no clear change") == c.differs {
					t.Errorf("%q, bad %v: %s", l.Text, l.Bad, c.reason)
				}
				return
			}
			t.Error("no line is about the survey")
		})
	}
}

// TestNothingFellDue: a report of a period in which nothing fell due does not ask for columns that are there.
func TestNothingFellDue(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	m := &memory{}
	for i := range c.events {
		if e := &c.events[i]; e.Promise == nil || !e.Promise.Due.Before(monday.AddDate(0, 0, 7)) {
			m.events = append(m.events, *e)
		}
	}
	r := made(t, tableOf(t, desk(), m), week())
	if len(r.Promises) == 0 || len(r.Groups) > 0 {
		t.Fatalf("%d promises, %d groups: the test wants promises that are not due", len(r.Promises), len(r.Groups))
	}
	if text := hints(r); strings.Contains(text, "no groups to compare") {
		t.Error(text)
	}
}
