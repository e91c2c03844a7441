package feedback_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// steps is a processor that prints the steps of follow-ups and actions.
type steps struct{}

func (steps) Process(_ context.Context, e *event.Event) {
	switch {
	case e.Kind == event.JourneyStageEntered && e.FollowUp != nil:
		fmt.Printf("%s %s: %s %q %q\n", e.Journey.Name, e.Journey.ID[30:], e.Stage, e.FollowUp.Owner, e.FollowUp.Remedy)
	case e.Kind == event.TouchpointEnded:
		fmt.Printf("%s %s: %s by %s\n", e.Journey.Name, e.Journey.ID, e.Touchpoint, e.Channel)
	case e.Kind == event.JourneyStageEntered && e.Action != nil:
		fmt.Printf("%s %s: %s %q %q\n", e.Journey.Name, e.Journey.ID, e.Stage, e.Action.Name, e.Action.Cause)
	case e.Kind == event.JourneyEnded:
		fmt.Printf("%s: %s\n", e.Journey.Name, e.Outcome)
	}
}

func (steps) Shutdown(context.Context) error { return nil }

func ExampleDefineFollowUp() {
	complaint := feedback.DefineFollowUp("complaint",
		feedback.AcknowledgeWithin(24*time.Hour), feedback.AnswerWithin(120*time.Hour), feedback.UpdateEvery(72*time.Hour),
		feedback.ConfirmWithin(14*24*time.Hour),
		feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint, Owner: "care"}))
	client, err := cx.New(cx.WithDefinitions(complaint), cx.WithProcessors(steps{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	// A complaint opens the follow-up, under the ID of the complaint. It is told again, and opens nothing.
	said := event.Event{ID: event.ID{15: 7}, Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: "letter"}, Mention: &event.Mention{Nature: event.Complaint}}
	client.Record(ctx, said)
	client.Record(ctx, said)

	ctx = complaint.Resume(ctx, complaint.ID(said.ID))
	ctx = complaint.Acknowledge(ctx)
	ctx = complaint.Resolve(ctx, "refund")
	ctx = complaint.Tell(ctx)
	complaint.Confirm(ctx)
	// Output:
	// complaint 000007: received "care" ""
	// complaint 000007: acknowledged "" ""
	// complaint 000007: resolved "" "refund"
	// complaint 000007: told "" ""
	// complaint 000007: confirmed "" ""
	// complaint: completed
}

func ExampleDefineAction() {
	improvement := feedback.DefineAction("improvement", feedback.MakeWithin(30*24*time.Hour))
	client, err := cx.New(cx.WithDefinitions(improvement), cx.WithProcessors(steps{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	from := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	ctx = improvement.Propose(ctx, "form-3", feedback.Change("shorter-form"), feedback.OnCause("too-long", from, time.Time{}))
	ctx = improvement.Make(ctx)
	improvement.Tell(ctx, event.Customer{Hash: "0f9a"}, feedback.Via(event.Post)) // a letter, which is no touchpoint of the application
	improvement.Verify(ctx)
	// Output:
	// improvement form-3: proposed "shorter-form" "too-long"
	// improvement form-3: made "" ""
	// improvement form-3: told-of-change by post
	// improvement form-3: verified "" ""
	// improvement: completed
}

func ExampleCountActedOn() {
	day := func(n int) time.Time { return time.Date(2026, time.May, n, 0, 0, 0, 0, time.UTC) }
	run := event.Run{Name: "improvement", ID: "form-3"}
	events := []event.Event{
		{ID: event.ID{15: 1}, Kind: event.FeedbackReceived, Time: day(1), Feedback: &event.Feedback{Causes: []string{"too-long"}}},
		{ID: event.ID{15: 2}, Kind: event.FeedbackReceived, Time: day(2), Feedback: &event.Feedback{Causes: []string{"price"}}},
		{Kind: event.JourneyStageEntered, Time: day(5), Journey: run, Stage: feedback.Proposed, Action: &event.Action{Cause: "too-long"}},
		{Kind: event.JourneyStageEntered, Time: day(9), Journey: run, Stage: feedback.Made, Action: &event.Action{}},
	}
	acted := feedback.CountActedOn(slices.Values(events), day(1), day(31))
	days, _ := acted.MedianDays()
	fmt.Printf("acted on: %v, after %.0f days\n", &acted, days)
	// Output:
	// acted on: 50.0% (9.5% to 90.5%), n = 2, after 8 days
}
