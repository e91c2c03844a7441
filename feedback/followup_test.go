package feedback_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// TestFollowUpValidate: each fault of a definition is named.
func TestFollowUpValidate(t *testing.T) {
	t.Parallel()
	answer := feedback.AnswerWithin(time.Hour)
	for _, c := range []struct {
		name string
		f    *feedback.FollowUp
		says string // "" is no fault
	}{
		{"all options", feedback.DefineFollowUp("f", feedback.AcknowledgeWithin(time.Hour), answer, feedback.UpdateEvery(time.Hour), feedback.ConfirmWithin(time.Hour),
			feedback.ForSeverity("high", feedback.AnswerWithin(time.Minute)), feedback.Holding("h"), feedback.Answers(event.Email),
			feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint, Severity: "high"})), ""},
		{"no options", feedback.DefineFollowUp("f", nil), ""},
		{"nil", nil, "is nil"},
		{"no name", feedback.DefineFollowUp(""), "a name is 1 to 64 bytes"},
		{"no time", feedback.DefineFollowUp("f", feedback.AnswerWithin(0)), "has to be more than 0"},
		{"business days without hours", feedback.DefineFollowUp("f", feedback.AnswerWithin(0, journey.BusinessDays(5))), "has no hours"},
		{"a long confirmation", feedback.DefineFollowUp("f", feedback.ConfirmWithin(math.MaxInt64)), "Expect of the stage"},
		{"a hold with a reserved name", feedback.DefineFollowUp("f", feedback.Holding("_h")), "not a valid name of a hold"},
		{"a severity twice", feedback.DefineFollowUp("f", feedback.ForSeverity("a"), feedback.ForSeverity("a")), "twice"},
		{"a severity without a name", feedback.DefineFollowUp("f", feedback.ForSeverity("")), "not a valid name"},
		{"a severity that confirms", feedback.DefineFollowUp("f", feedback.ForSeverity("a", feedback.ConfirmWithin(1))), "other options"},
		{"a time of a severity only", feedback.DefineFollowUp("f", feedback.ForSeverity("a", answer)), "the follow-up has not"},
		{"many severities", feedback.DefineFollowUp("f", slices.Repeat([]feedback.FollowUpOption{feedback.ForSeverity("a")}, 17)...), "has 17 severities"},
		{"many rules", feedback.DefineFollowUp("f", feedback.OpenOn(make([]feedback.Rule, 65)...)), "has 65 rules"},
		{"a trigger that is not there", feedback.DefineFollowUp("f", feedback.OpenOn(feedback.Rule{On: "detracter"})), `did you mean "detractor"`},
		{"a survey of a failed journey", feedback.DefineFollowUp("f", feedback.OpenOn(feedback.Rule{On: feedback.OnFailedJourney, Survey: "s"})), "leave Survey out"},
		{"a promise of an answer", feedback.DefineFollowUp("f", feedback.OpenOn(feedback.Rule{On: feedback.OnDetractor, Promise: "s"})), "leave Promise out"},
		{"a purpose of an answer", feedback.DefineFollowUp("f", feedback.OpenOn(feedback.Rule{On: feedback.OnDetractor, Purpose: "s"})), "leave Purpose out"},
		{"a severity that is not there", feedback.DefineFollowUp("f", feedback.ForSeverity("high"), feedback.OpenOn(feedback.Rule{On: feedback.OnDetractor, Severity: "hihg"})), `did you mean "high"`},
		{"a segment with a reserved name", feedback.DefineFollowUp("f", feedback.OpenOn(feedback.Rule{On: feedback.OnDetractor, Segments: []string{"_x"}})), "the segment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.f.Validate()
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// TestRules: which events a rule describes.
func TestRules(t *testing.T) {
	t.Parallel()
	score := func(scale event.Scale, score int) event.Event {
		return event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: scale.String(), Scale: scale, Score: score}, Customer: event.Customer{Segment: "gold"}}
	}
	with := func(e event.Event, change func(*event.Event)) event.Event { change(&e); return e }
	for _, c := range []struct {
		name string
		rule feedback.Rule
		e    event.Event
		want bool
	}{
		{"6 of NPS", feedback.Rule{On: feedback.OnDetractor}, score(event.NPS, 6), true},
		{"7 of NPS", feedback.Rule{On: feedback.OnDetractor}, score(event.NPS, 7), false},
		{"0 of CSAT, which is not on the scale", feedback.Rule{On: feedback.OnDissatisfied}, score(event.CSAT, 0), false},
		{"2 of CSAT", feedback.Rule{On: feedback.OnDissatisfied}, score(event.CSAT, 2), true},
		{"3 of CSAT", feedback.Rule{On: feedback.OnDissatisfied}, score(event.CSAT, 3), false},
		{"2 of CSAT is no detractor", feedback.Rule{On: feedback.OnDetractor}, score(event.CSAT, 2), false},
		{"a thumb", feedback.Rule{On: feedback.OnDissatisfied}, score(event.Thumbs, 0), true},
		{"3 of CES", feedback.Rule{On: feedback.OnLowEase}, score(event.CES, 3), true},
		{"4 of CES", feedback.Rule{On: feedback.OnLowEase}, score(event.CES, 4), false},
		{"a request", feedback.Rule{On: feedback.OnDetractor}, with(score(event.NPS, 0), func(e *event.Event) { e.Kind = event.SurveyRequested }), false},
		{"the survey", feedback.Rule{On: feedback.OnDetractor, Survey: "nps"}, score(event.NPS, 0), true},
		{"another survey", feedback.Rule{On: feedback.OnDetractor, Survey: "other"}, score(event.NPS, 0), false},
		{"the segment", feedback.Rule{On: feedback.OnDetractor, Segments: []string{"new", "gold"}}, score(event.NPS, 0), true},
		{"another segment", feedback.Rule{On: feedback.OnDetractor, Segments: []string{"new"}}, score(event.NPS, 0), false},
		{"a cause that the customer chose", feedback.Rule{On: feedback.OnDetractor, Causes: []string{"slow"}}, with(score(event.NPS, 0), func(e *event.Event) { e.Feedback.Causes = []string{"rude", "slow"} }), true},
		{"another cause", feedback.Rule{On: feedback.OnDetractor, Causes: []string{"slow"}}, with(score(event.NPS, 0), func(e *event.Event) { e.Feedback.Causes = []string{"rude"} }), false},
		{"an abandoned run", feedback.Rule{On: feedback.OnFailedJourney}, event.Event{Kind: event.JourneyEnded, Outcome: event.Abandoned}, false},
		{"a failed run of another journey", feedback.Rule{On: feedback.OnFailedJourney, Journey: "a"}, event.Event{Kind: event.JourneyEnded, Outcome: event.Failed, Journey: event.Run{Name: "b"}}, false},
		{"the promise", feedback.Rule{On: feedback.OnBrokenPromise, Promise: "p"}, event.Event{Kind: event.PromiseBroken, Promise: &event.Promise{Name: "p"}}, true},
		{"another promise", feedback.Rule{On: feedback.OnBrokenPromise, Promise: "p"}, event.Event{Kind: event.PromiseBroken, Promise: &event.Promise{Name: "q"}}, false},
		{"a promise without details", feedback.Rule{On: feedback.OnBrokenPromise, Promise: "p"}, event.Event{Kind: event.PromiseBroken}, false},
		{"a violation", feedback.Rule{On: feedback.OnContactViolation, Purpose: "p"}, event.Event{Kind: event.ContactViolated, Contact: &event.Contact{Purpose: "p"}}, true},
		{"a promise of a follow-up itself", feedback.Rule{On: feedback.OnBrokenPromise}, event.Event{Kind: event.PromiseBroken, Journey: event.Run{Name: "f"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := feedback.DefineFollowUp("f", feedback.OpenOn(c.rule))
			if _, got := f.Opens(&c.e); got != c.want {
				t.Errorf("it opens one: %v, want %v", got, c.want)
			}
		})
	}
}

// TestNothingWithoutAClient: nil definitions and contexts without a client record nothing and do not panic.
func TestNothingWithoutAClient(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, f := range []*feedback.FollowUp{nil, feedback.DefineFollowUp("f")} {
		if ok, err := f.Exists(t.Context(), "7"); ok || err == nil {
			t.Errorf("without a client there is %v, %v", ok, err)
		}
		for _, to := range append(feedback.Moves(), "nowhere") {
			f.Move(f.Open(ctx, "1", event.Customer{}), to)
		}
		f.OpenFor(ctx, &event.Event{})
		f.OpenFor(ctx, nil)
		if _, opens := f.Opens(nil); opens {
			t.Error("nothing opens a follow-up")
		}
		f.Assess(f.Resume(ctx, "1"), "high")
		f.Update(ctx)
		f.Confirm(ctx)
		f.Close(ctx)
		f.Withdraw(ctx)
		f.Fail(ctx)
		_, _, _, _ = f.Name(), f.Hold(), f.Rules(), f.Promises("x")
	}
	for _, a := range []*feedback.Action{nil, feedback.DefineAction("a")} {
		a.Verify(a.Make(a.Plan(a.Propose(ctx, "1"))))
		a.Drop(a.Resume(ctx, "1"))
		_, _ = a.Name(), a.Journey()
	}
}

// TestCountActedOn: the numbers are counted by hand.
func TestCountActedOn(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, time.May, n, 0, 0, 0, 0, time.UTC) }
	id := func(n byte) event.ID { return event.ID{15: n} }
	said := func(n byte, d int, causes ...string) event.Event {
		return event.Event{ID: id(n), Kind: event.FeedbackReceived, Time: day(d), Feedback: &event.Feedback{Causes: causes}}
	}
	step := func(run, stage string, d int, a event.Action) event.Event {
		return event.Event{Kind: event.JourneyStageEntered, Time: day(d), Journey: event.Run{Name: "change", ID: run}, Stage: stage, Action: &a}
	}
	told := func(run, customer string, o event.Outcome, d event.Direction) event.Event {
		return event.Event{Kind: event.TouchpointEnded, Time: day(20), Journey: event.Run{Name: "change", ID: run}, Outcome: o, Direction: d, Customer: event.Customer{Hash: customer}}
	}
	events := []event.Event{
		said(1, 1, "slow"), said(1, 1, "slow"), // told twice, and counted once
		said(2, 2, "slow", "rude"),
		said(3, 3, "rude"),
		said(4, 4),          // without a cause
		said(5, 12, "slow"), // after the change was made
		said(6, 40, "slow"), // in June
		said(7, 5, "price"),
		{ID: id(8), Kind: event.FeedbackAmended, Time: day(6), Feedback: &event.Feedback{Amends: id(7), Causes: []string{"slow"}}},
		{ID: id(9), Kind: event.FeedbackMentioned, Time: day(7), Feedback: &event.Feedback{Causes: []string{"price"}}},
		step("1", feedback.Proposed, 8, event.Action{Cause: "slow"}),
		step("1", feedback.Made, 10, event.Action{}),
		step("2", feedback.Made, 20, event.Action{Feedbacks: []event.ID{id(9), id(1)}}),
		step("3", feedback.Planned, 9, event.Action{Cause: "rude"}), // not made
		told("1", "ann", event.OK, event.Outbound), told("1", "ann", event.OK, event.Outbound), told("2", "bob", event.OK, event.Outbound),
		told("2", "eve", event.Failed, event.Outbound), told("2", "joe", event.OK, event.Inbound), told("3", "kim", event.OK, event.Outbound),
	}
	for name, order := range map[string][]event.Event{"in order": events, "backwards": backwards(events)} {
		got := feedback.CountActedOn(slices.Values(order), day(1), day(32))
		// Four of 1, 2, 3, 5, 7 and 9 are acted on: 1 and 2 and 7 by the first change, 9 by the second one.
		if got.WithCause != 6 || got.Acted != 4 || got.Told != 2 || !slices.Equal(got.Days, []float64{5, 8, 9, 13}) {
			t.Errorf("%s: %+v, want 6 with a cause, 4 acted on after 5, 8, 9 and 13 days, and 2 told", name, got)
		}
		if m, ok := got.MedianDays(); m != 8.5 || !ok {
			t.Errorf("the median is %v, %v, want 8.5", m, ok)
		}
	}
	// Wilson's interval of 81 of 263 at 95% in Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, is 0.2553 to 0.3662.
	published := feedback.ActedOn{WithCause: 263, Acted: 81}
	if i := published.Interval(0.95); math.Abs(i.Low-0.2553) > 5e-5 || math.Abs(i.High-0.3662) > 5e-5 {
		t.Errorf("the interval is %v", i)
	}
	if got, want := published.String(), "30.8% (25.5% to 36.6%), n = 263"; got != want {
		t.Errorf("it is printed as %q, want %q", got, want)
	}
	var none feedback.ActedOn
	if got := none.Interval(0.95); got.Low != 0 || got.High != 1 || none.String() != "none" {
		t.Errorf("nothing has the interval %v and is printed as %q", got, none.String())
	}
	if _, ok := none.Share(); ok {
		t.Error("nothing has a share")
	}
	if _, ok := none.MedianDays(); ok {
		t.Error("nothing has a median")
	}
}

func backwards(list []event.Event) []event.Event {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}
