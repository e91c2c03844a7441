package story_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/story"
)

// TestWhat: the last column of a line says what happened and how it went, in a precision that people read.
func TestWhat(t *testing.T) {
	t.Parallel()
	touch := func(o event.Outcome, d time.Duration) event.Event {
		return event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Outcome: o, Duration: d}
	}
	for _, c := range []struct {
		name string
		e    event.Event
		want string
	}{
		{"microseconds", touch(event.OK, 123456*time.Nanosecond), "✓ pay              ok        120µs"},
		{"just below a millisecond", touch(event.OK, 994*time.Microsecond), "✓ pay              ok        990µs"},
		{"a millisecond", touch(event.OK, 1004*time.Microsecond), "✓ pay              ok        1ms"},
		{"just below a second", touch(event.OK, 999400*time.Microsecond), "✓ pay              ok        999ms"},
		{"a second", touch(event.OK, 1004*time.Millisecond), "✓ pay              ok        1s"},
		{"seconds", touch(event.OK, 1236*time.Millisecond), "✓ pay              ok        1.24s"},
		{"failed", touch(event.Failed, 0), "✗ pay              failed    0s"},
		{"cancelled", touch(event.Cancelled, 0), "✗ pay              cancelled  0s"},
		{"start of a run worth nothing", event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "checkout", ID: "1"}}, "▶ checkout begins"},
		{
			"worth some cents",
			event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "checkout", ID: "1", Value: &event.Money{Amount: 1205, Currency: "EUR"}}},
			"▶ checkout begins, 12.05 EUR at stake",
		},
		{
			"end with a cause",
			event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: "1"}, Outcome: event.Failed, Cause: "sold-out"},
			"■ checkout failed after 0s  (sold-out)",
		},
		{"question", event.Event{Kind: event.SurveyRequested, Feedback: &event.Feedback{Survey: "nps"}}, "? nps is asked"},
		{
			"answer without a comment",
			event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 2, Verdict: event.Negative}},
			"» csat: 2 of 5, negative",
		},
		{
			"a refused mail",
			event.Event{Kind: event.ContactSuppressed, Cause: "complaint", Contact: &event.Contact{Purpose: "campaign", Rule: event.RuleHold}},
			"✗ no campaign: hold  (complaint)",
		},
		{
			"a mail against the policy",
			event.Event{Kind: event.ContactViolated, Contact: &event.Contact{Purpose: "campaign", Rule: event.RuleNoGrant}},
			"✗ campaign against the contact policy: no_grant",
		},
		{"another kind", event.Event{Kind: event.JourneyStalled}, string(event.JourneyStalled)},
	} {
		if got := story.Line(&c.e); !strings.HasSuffix(got, "  "+c.want) {
			t.Errorf("%s: the line is\n%s, want it to end with\n%s", c.name, got, c.want)
		}
	}
}

// full takes nothing.
type full struct{}

var errFull = errors.New("the disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestNarrator: each event is one line, with what Look adds behind it. An error of the writer is the exporter's.
func TestNarrator(t *testing.T) {
	t.Parallel()
	events := []event.Event{
		{Kind: event.JourneyStarted, Time: at(1), Journey: run},
		{Kind: event.JourneyStageEntered, Time: at(2), Journey: run, Stage: "cart"},
	}
	first, second := story.Line(&events[0])+"\n", story.Line(&events[1])+"\n"
	look := story.Look(func(e *event.Event) string {
		if e.Kind != event.JourneyStarted {
			return ""
		}
		return "a trace\n"
	})
	for _, c := range []struct {
		name string
		opts []story.Option
		want string
	}{
		{"plain", nil, first + second},
		{"with a look", []story.Option{look}, first + "a trace\n" + second},
	} {
		var b strings.Builder
		n := story.NewNarrator(&b, c.opts...)
		if err := n.Export(t.Context(), events); err != nil || b.String() != c.want {
			t.Errorf("%s: %v, it writes\n%s, want\n%s", c.name, err, &b, c.want)
		}
		if err := n.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := story.NewNarrator(full{}).Export(t.Context(), events); !errors.Is(err, errFull) {
		t.Errorf("the error is %v, want that of the writer", err)
	}
	if err := story.NewTally().Summary(full{}); !errors.Is(err, errFull) {
		t.Errorf("the error of the summary is %v, want that of the writer", err)
	}
}

// told returns the summary of a tally.
func told(t *testing.T, tally *story.Tally) string {
	t.Helper()
	var b strings.Builder
	if err := tally.Summary(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTables: the tables count what happened. The defined touchpoints come in their order and the others behind them. The
// scores are those of their scales, and a touchpoint without a target has none.
func TestTables(t *testing.T) {
	t.Parallel()
	tally := story.NewTally()
	see := func(times int, e event.Event) {
		for range times {
			e.ID = event.NewID(time.Now())
			tally.Process(context.Background(), &e)
		}
	}
	see(3, event.Event{Kind: event.JourneyStarted, Journey: run})
	see(3, event.Event{Kind: event.JourneyStageEntered, Journey: run, Stage: "cart"})
	see(1, event.Event{Kind: event.JourneyStageEntered, Journey: run, Stage: "address"})
	see(2, event.Event{Kind: event.JourneyEnded, Journey: run, Stage: "cart", Outcome: event.Abandoned})
	see(1, event.Event{Kind: event.JourneyEnded, Journey: run, Stage: "address", Outcome: event.Completed})
	touch := func(name string, o event.Outcome, z event.Zone) event.Event {
		return event.Event{Kind: event.TouchpointEnded, Journey: run, Touchpoint: name, Outcome: o, Zone: z}
	}
	for kind, times := range map[event.Kind]int{event.PromiseMade: 9, event.PromiseKept: 5, event.PromiseBroken: 1, event.PromiseWithdrawn: 1} {
		see(times, event.Event{Kind: kind, Journey: run, Promise: &event.Promise{Name: "confirmed"}})
	}
	see(1, event.Event{Kind: event.PromiseKept, Late: true, Journey: run, Promise: &event.Promise{Name: "confirmed"}})
	see(1, touch("zoom", event.OK, 0))
	see(2, touch("chat", event.Failed, 0))
	see(3, touch("submit-payment", event.OK, event.Satisfied))
	see(1, touch("submit-payment", event.Degraded, event.Tolerating))
	see(1, touch("submit-payment", event.Failed, event.Frustrated))
	see(1, touch("enter-address", event.OK, 0))
	see(1, touch("view-cart", event.OK, 0))
	answer := func(survey string, s event.Scale, score int, v event.Verdict) event.Event {
		return event.Event{Kind: event.FeedbackReceived, Journey: run, Feedback: &event.Feedback{Survey: survey, Scale: s, Score: score, Verdict: v}}
	}
	see(2, answer("nps", event.NPS, 9, event.Positive))
	see(1, answer("nps", event.NPS, 8, event.Neutral))
	see(3, answer("nps", event.NPS, 1, event.Negative))
	see(2, answer("post-purchase", event.CSAT, 5, event.Positive))
	see(2, answer("post-purchase", event.CSAT, 3, event.Neutral))
	see(1, answer("post-purchase", event.CSAT, 1, event.Negative))
	see(1, answer("effort", event.CES, 2, event.Negative))
	see(1, answer("effort", event.CES, 7, event.Positive))
	for rule, times := range map[string]int{"detractor": 1, "dissatisfied": 2} {
		see(times, event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "recovery", ID: rule}, FollowUp: &event.FollowUp{Rule: rule}})
	}
	refused := func(purpose, rule, cause string) event.Event {
		return event.Event{Kind: event.ContactSuppressed, Cause: cause, Contact: &event.Contact{Purpose: purpose, Rule: rule}}
	}
	see(2, refused("survey", event.RuleHold, "complaint"))
	see(1, refused("survey", event.RuleCap, ""))
	see(4, touch("survey-mail", event.OK, 0))
	see(1, touch("survey-mail", event.Failed, 0))
	see(1, event.Event{Kind: event.ContactViolated, Contact: &event.Contact{Purpose: "survey", Rule: event.RuleNoGrant}})
	bar := func(n int) string { return strings.Repeat("█", n) }
	want := `
Journeys: checkout
  started            3  ` + bar(40) + `
  completed          1  ` + bar(13) + `
  abandoned          2  ` + bar(27) + `

Stages, and where customers left
  cart               3  ` + bar(40) + `, 2 left
  address            1  ` + bar(13) + `
  payment            0  
  confirmation       0  

Promises               made   kept  broken  withdrawn   open  share kept
  confirmed               9      5       1          1      2  83 %, target 90 %

Touchpoints           times     ok  degraded  failed  Apdex
  view-cart               1      1         0       0      –
  enter-address           1      1         0       0      –
  submit-payment          5      3         1       1   0.70* (0.35 to 0.90), n = 5
  survey-mail             5      4         0       1      –
  chat                    2      0         0       2      –
  zoom                    1      1         0       0      –

Mails               wanted   sent  not sent, and why
  survey                 8      5         3  1 cap, 2 hold (complaint)
  campaign               0      0         0
  sent against the contact policy: 1

Feedback            answers  positive  neutral  negative  score
  effort                  2  fewer than 5 customers
  nps                     6         2        1         3  NPS -17 (-66 to +44), n = 6
  post-purchase           5         2        2         1  satisfied 40.0% (11.8% to 76.9%), n = 5

Follow-ups           opened  by rule
  complaint               0
  recovery                3  1 detractor, 2 dissatisfied

`
	if got := told(t, tally); got != want {
		t.Errorf("(-want +got)\n%s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
	if got := told(t, story.NewTally()); strings.Contains(got, "█") || !strings.Contains(got, "started            0") || !strings.Contains(got, "0  –, target 90 %\n") {
		t.Errorf("the summary of nothing is\n%s", got)
	}
}

// TestJourneyInOrder: the events of a journey are in the order in which they were over for the customer, and those of
// another journey, or of none, are not among them.
func TestJourneyInOrder(t *testing.T) {
	t.Parallel()
	tally := story.NewTally()
	other := event.Run{Name: "checkout", ID: "another"}
	for _, e := range []event.Event{
		{Kind: event.PromiseMade, Time: at(1), Journey: run, Promise: &event.Promise{}},
		{Kind: event.JourneyStageEntered, Time: at(1), Journey: run},
		{Kind: event.PromiseKept, Time: at(4), Duration: time.Hour, Journey: run, Promise: &event.Promise{}},
		{Kind: event.JourneyEnded, Time: at(4), Duration: time.Hour, Journey: run},
		{Kind: event.TouchpointEnded, Time: at(1), Duration: 9 * time.Second, Journey: run, Touchpoint: "slow"},
		{Kind: event.TouchpointEnded, Time: at(2), Duration: time.Second, Journey: run, Touchpoint: "quick"},
		{Kind: event.TouchpointEnded, Time: at(2), Journey: other, Touchpoint: "other"},
		{Kind: event.TouchpointEnded, Time: at(2), Touchpoint: "none"},
	} {
		tally.Process(t.Context(), &e)
	}
	var got []string
	for _, e := range tally.Journey(run.ID) {
		got = append(got, string(e.Kind)+e.Touchpoint)
	}
	if want := fmt.Sprint([]string{
		"journey.stage.entered", "promise.made", "touchpoint.endedquick", "journey.ended", "promise.kept", "touchpoint.endedslow",
	}); fmt.Sprint(got) != want {
		t.Errorf("the events are %v, want %v", got, want)
	}
	if n := len(tally.Journey("")); n != 0 {
		t.Errorf("%d events without a journey are kept", n)
	}
}

// TestBounded: a tally remembers the events of the first 10,000 journeys, and counts those of all.
func TestBounded(t *testing.T) {
	t.Parallel()
	tally := story.NewTally()
	const bound = 10_000
	for i := range bound + 2 {
		tally.Process(t.Context(), &event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "checkout", ID: strconv.Itoa(i)}})
	}
	tally.Process(t.Context(), &event.Event{Kind: event.JourneyEnded, Outcome: event.Failed, Journey: event.Run{Name: "checkout", ID: "0"}})
	for id, want := range map[int]int{0: 2, 1: 1, bound - 1: 1, bound: 0, bound + 1: 0} {
		if n := len(tally.Journey(strconv.Itoa(id))); n != want {
			t.Errorf("it remembers %d events of the journey %d, want %d", n, id, want)
		}
	}
	if got := told(t, tally); !strings.Contains(got, "started        10002") {
		t.Errorf("it has not counted all:\n%s", got)
	}
}
