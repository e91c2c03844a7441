package story_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/story"
)

var run = event.Run{
	Name: "checkout", ID: "7KQ2-M4XA-ZP6T", Value: &event.Money{Amount: 1400, Currency: "EUR"},
}

func at(second int) time.Time { return time.Date(2026, 3, 2, 14, 5, second, 0, time.Local) }

func TestLine(t *testing.T) {
	for _, c := range []struct {
		name string
		e    event.Event
		want string
	}{
		{
			"start",
			event.Event{Kind: event.JourneyStarted, Time: at(1), Journey: run, Channel: event.Web},
			"Mon 14:05:01.000  web     7KQ2-M4XA-ZP6T                ▶ checkout begins, 14.00 EUR at stake",
		},
		{
			"stage",
			event.Event{Kind: event.JourneyStageEntered, Time: at(1), Journey: run, Channel: event.Web, Stage: "address"},
			"Mon 14:05:01.000  web     7KQ2-M4XA-ZP6T  address       → address",
		},
		{
			"slow payment",
			event.Event{
				Kind: event.TouchpointEnded, Time: at(2), Duration: 912345 * time.Microsecond, Journey: run, Channel: event.Mobile,
				Stage: "payment", Touchpoint: "submit-payment", Outcome: event.Degraded, Cause: "slow-psp",
			},
			"Mon 14:05:02.000  mobile  7KQ2-M4XA-ZP6T  payment       ~ submit-payment   degraded  912ms  (slow-psp)",
		},
		{
			"no journey",
			event.Event{Kind: event.TouchpointEnded, Time: at(2), Touchpoint: "view-cart", Outcome: event.Failed, Channel: event.Web},
			"Mon 14:05:02.000  web     no journey                    ✗ view-cart        failed    0s",
		},
		{
			"answer",
			event.Event{Kind: event.FeedbackReceived, Time: at(3), Journey: run, Channel: event.Email, Feedback: &event.Feedback{
				Survey: "nps", Scale: event.NPS, Score: 9, Verdict: event.Positive, Comment: "Good.\n",
			}},
			`Mon 14:05:03.000  email   7KQ2-M4XA-ZP6T                » nps: 9 of 10, positive, "Good.\n"`,
		},
		{
			"promise",
			event.Event{Kind: event.PromiseMade, Time: at(3), Journey: run, Channel: event.Web, Promise: &event.Promise{Name: "confirmed", Due: at(4)}},
			"Mon 14:05:03.000  web     7KQ2-M4XA-ZP6T                ◇ confirmed is promised by 14:05:04",
		},
		{
			"kept promise",
			event.Event{Kind: event.PromiseKept, Time: at(3), Journey: run, Channel: event.Web, Promise: &event.Promise{Name: "confirmed"}},
			"Mon 14:05:03.000  web     7KQ2-M4XA-ZP6T                ✓ confirmed is kept",
		},
		{
			"promise kept late",
			event.Event{Kind: event.PromiseKept, Late: true, Time: at(3), Journey: run, Channel: event.Web, Promise: &event.Promise{Name: "confirmed"}},
			"Mon 14:05:03.000  web     7KQ2-M4XA-ZP6T                ✗ confirmed is kept too late",
		},
		{
			"broken promise",
			event.Event{Kind: event.PromiseBroken, Time: at(3), Journey: run, Channel: event.Web, Promise: &event.Promise{Name: "confirmed"}},
			"Mon 14:05:03.000  web     7KQ2-M4XA-ZP6T                ✗ confirmed is broken",
		},
		{
			"withdrawn promise",
			event.Event{Kind: event.PromiseWithdrawn, Time: at(3), Journey: run, Channel: event.Web, Promise: &event.Promise{Name: "confirmed"}},
			"Mon 14:05:03.000  web     7KQ2-M4XA-ZP6T                ◇ confirmed is withdrawn",
		},
		{
			"end",
			event.Event{
				Kind: event.JourneyEnded, Time: at(4), Duration: 30*time.Minute + 1500*time.Millisecond, Journey: run, Channel: event.Web,
				Stage: "payment", Outcome: event.Abandoned,
			},
			"Mon 14:05:04.000  web     7KQ2-M4XA-ZP6T  payment       ■ checkout abandoned after 30m1.5s",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := story.Line(&c.e); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	tally := story.NewTally()
	see := func(e event.Event) {
		e.ID = event.NewID(e.Time)
		tally.Process(t.Context(), &e)
	}
	see(event.Event{Kind: event.JourneyStarted, Time: at(1), Journey: run})
	see(event.Event{Kind: event.JourneyStageEntered, Time: at(1), Journey: run, Stage: "cart"})
	for i, zone := range []event.Zone{event.Satisfied, event.Tolerating, event.Frustrated, event.Satisfied} {
		see(event.Event{Kind: event.TouchpointEnded, Time: at(2 + i), Journey: run, Touchpoint: "submit-payment", Outcome: event.OK, Zone: zone})
	}
	for score, verdict := range map[int]event.Verdict{10: event.Positive, 9: event.Positive, 8: event.Neutral, 7: event.Neutral, 2: event.Negative} {
		see(event.Event{Kind: event.FeedbackReceived, Time: at(9), Journey: run, Feedback: &event.Feedback{
			Survey: "nps", Scale: event.NPS, Score: score, Verdict: verdict,
		}})
	}
	see(event.Event{Kind: event.JourneyEnded, Time: at(8), Duration: 7 * time.Second, Journey: run, Stage: "cart", Outcome: event.Abandoned})

	var b strings.Builder
	if err := tally.Summary(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"started            1  ████████████████████████████████████████",
		"abandoned          1  ████",
		"cart               1  ████████████████████████████████████████, 1 left",
		"submit-payment          4      4         0       0   0.62* (0.28 to 0.86), n = 4", // (2 + 1/2) / 4, Apdex Technical Specification
		"nps                     5         2        2         1  NPS +20 (-39 to +64), n = 5",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
	events := tally.Journey(run.ID)
	if last := events[len(events)-1]; len(events) != 12 || last.Kind != event.FeedbackReceived {
		t.Errorf("the journey has %d events, and the last is %s", len(events), last.Kind)
	}
	if diff := tally.Diff(crowd.Expect(1)); len(diff) == 0 {
		t.Error("Diff finds no difference to a crowd of one")
	}
}
