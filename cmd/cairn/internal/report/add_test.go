package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestAdd: the report of runs that are spread over several tallies equals that of one tally with all runs.
func TestAdd(t *testing.T) {
	t.Parallel()
	checkout := journey.Define("checkout", journey.Stages("cart", "payment"), journey.Expect("cart", time.Minute))
	pay := touchpoint.Define("checkout-page", touchpoint.In(checkout, "payment"), touchpoint.Satisfied(time.Second), touchpoint.Ends(event.Completed))
	fresh := func() *report.Tally {
		return report.New(series.NewSpool(t.TempDir(), 0), checkout, pay, feedback.Define("easy", feedback.CES))
	}
	whole, parts := fresh(), []*report.Tally{fresh(), fresh(), fresh()}
	outcomes := []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned}
	names := []string{"checkout", "return", "a name that only the second tally hears of"}
	for run := range 60 {
		started, name := time.Unix(int64(run), 0), names[0]
		switch {
		case run%3 == 1 && run > 30:
			name = names[2]
		case run%5 == 0:
			name = names[1]
		}
		j := event.Run{Name: name, ID: string(rune('A' + run)), Started: started}
		left := &event.Transition{From: "cart", Visit: 1, Entered: started}
		events := []event.Event{
			{Kind: event.JourneyStarted, Time: started, Journey: j},
			{Kind: event.TouchpointEnded, Time: started, Journey: j, Touchpoint: name + "-page", Channel: event.Channel(run % (int(event.OtherChannel) + 1)), Outcome: event.Outcome(run % 6), Zone: event.Zone(run % (int(event.Frustrated) + 1)), Duration: time.Second, Cause: names[run%2], ErrorType: names[run%3]}, //nolint:gosec // small
			{Kind: event.TouchpointEnded, Time: started, Touchpoint: "in no journey", Outcome: event.Failed, Cause: names[run%2]},
			{Kind: event.JourneyStageEntered, Time: started, Journey: j, Stage: "cart", Visit: 1 + run%2},
			{Kind: event.JourneyStageEntered, Time: started.Add(time.Duration(run) * time.Minute), Journey: j, Stage: "payment", Visit: 1, Transition: left},
			{Kind: event.JourneyStalled, Time: started.Add(time.Minute), Journey: j, Stage: "cart", Visit: 1},
			{Kind: event.JourneyEnded, Time: started.Add(time.Hour), Duration: time.Duration(run) * time.Hour, Journey: j, Outcome: outcomes[run/2%4], Cause: names[run%2], Transition: &event.Transition{}, Stage: []string{"", "cart", "payment"}[run%3]},
			{Kind: event.TouchpointEnded, Time: started.Add(2 * time.Hour), Journey: j, Touchpoint: "checkout-page", Outcome: event.OK},
			{Kind: event.SurveyRequested, Time: started.Add(2 * time.Hour), Journey: j, Feedback: &event.Feedback{Survey: names[run%3], Scale: event.CSAT}},
			{Kind: event.FeedbackReceived, Time: started.Add(2 * time.Hour), Journey: j, Feedback: &event.Feedback{Survey: names[run%3], Scale: event.Scale(1 + run%4), Score: run % 5, Verdict: event.Verdict(run % (int(event.Negative) + 1)), Causes: []string{names[run%2], names[0]}}}, //nolint:gosec // small
			{Kind: event.FeedbackMentioned, Time: started, Feedback: &event.Feedback{Sentiment: event.Verdict(run % (int(event.Negative) + 1))}},                                                                                                                                            //nolint:gosec // small
		}
		if run%4 == 0 {
			events = events[:6] // the run is still live
		}
		for i := range events {
			one := events[i]
			whole.Process(t.Context(), &one)
			parts[run%3].Process(t.Context(), &events[i])
		}
	}
	want, err := whole.Report(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	parts[0].Add(parts[1])
	parts[0].Add(parts[2])
	got, err := parts[0].Report(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the reports differ (-one tally +three tallies):\n%s", diff)
	}
	j := want.Journeys[0]
	if len(want.Journeys) != 3 || j.Active == 0 || j.Stages[0].Stalled == 0 || want.Late == 0 || j.Duration.Failed == nil || j.AfterEnd.Abandoned.Runs == 0 ||
		len(j.Failures) == 0 || len(want.Failures) == 0 || len(want.Surveys) < 4 || want.Mentions.Negative == 0 {
		t.Errorf("the report %+v lacks the counts that the test compares", want)
	}
}
