package cx_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestWhoCounts says of each actor in which numbers it is. A journey that an assistant fails is the customer's failure; what an assistant answers
// or waits for is not the customer's answer or wait.
func TestWhoCounts(t *testing.T) {
	t.Parallel()
	const (
		inZone      = "Apdex zone"
		inTally     = "score"
		inResponses = "cx.feedback.responses"
		inSurveys   = "objective on a survey"
		inTouches   = "objective on a touchpoint"
		inJourneys  = "objective on a journey"
		inTouched   = "cx.touchpoint.interactions"
		inEnded     = "cx.journey.ended"
		inVerdicts  = "insight's verdict"
		inOutcomes  = "insight's outcomes"
	)
	all := []string{inZone, inTally, inResponses, inSurveys, inTouches, inJourneys, inTouched, inEnded, inVerdicts, inOutcomes}
	reached := []string{inTouches, inJourneys, inTouched, inEnded, inOutcomes}
	for _, c := range []struct {
		actor     event.Actor
		delegates bool // are scored
		want      []string
	}{
		{event.ActorCustomer, false, all},
		{event.ActorDelegate, false, reached},
		{event.ActorDelegate, true, all},
		{event.ActorEmployee, false, all},
		{event.ActorAutomation, false, all},
		{event.ActorSynthetic, false, []string{inZone}}, // of which no number is made
		{event.ActorSynthetic, true, []string{inZone}},
	} {
		name := c.actor.String()
		if c.delegates {
			name += ", with delegates"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				after := feedback.Define("after", feedback.CSAT)
				wait := touchpoint.Define("wait", touchpoint.Satisfied(time.Second))
				objectives := []slo.Objective{
					{Name: "survey", Survey: "after", Target: 0.9, Window: slo.Window{Days: 28}, Good: slo.Criteria{Verdicts: []event.Verdict{event.Positive}}},
					{Name: "touchpoint", Touchpoint: "wait", Target: 0.9, Window: slo.Window{Days: 28}},
					{Name: "journey", Journey: "order", Target: 0.9, Window: slo.Window{Days: 28}},
				}
				var got seen
				opts := []cx.Option{cx.WithProcessors(&got), cx.WithDefinitions(wait, after), cx.WithObjectives(objectives...)}
				var scoring []score.Option
				var judging []slo.JudgeOption
				var asking []insight.Option
				if c.delegates {
					opts, scoring = append(opts, cx.WithScoredDelegates()), []score.Option{score.WithDelegates()}
					judging, asking = []slo.JudgeOption{slo.WithDelegates()}, []insight.Option{insight.WithDelegates()}
				}
				i := open(t, nil, opts...)
				for n := range score.MinGroup { // fewer customers are in no answer
					id := string(rune('a' + n))
					ctx := order.Start(i.ctx(), id, event.Customer{ID: id})
					wait.Record(ctx, event.Web, touchpoint.By(c.actor), touchpoint.Took(time.Second))
					after.Record(ctx, 5, feedback.By(c.actor))
					order.Complete(ctx, journey.By(c.actor))
				}
				i.close(t)
				var in []string
				note := func(is bool, where string) {
					if is {
						in = append(in, where)
					}
				}
				note(got.of(event.TouchpointEnded)[0].Zone == event.Satisfied, inZone)
				tally := score.Of(slices.Values(got.all), scoring...)
				note(len(tally.Surveys()) == 1 && tally.Surveys()[0].Answers.N == score.MinGroup, inTally)
				note(i.counts.of("cx.feedback.responses") == score.MinGroup, inResponses)
				verdicts := map[string]int{}
				judge := slo.NewJudge(objectives, judging...)
				for _, e := range got.all {
					for _, v := range judge.Verdicts(nil, &e) {
						verdicts[v.Objective.Name]++
					}
				}
				for _, s := range i.Objectives() {
					if n := s.Total(); int(n) != verdicts[s.Objective.Name] {
						t.Errorf("the client counts %d of the objective %s, the judge %d", n, s.Objective.Name, verdicts[s.Objective.Name])
					}
				}
				note(verdicts["survey"] == score.MinGroup, inSurveys)
				note(verdicts["touchpoint"] == score.MinGroup, inTouches)
				note(verdicts["journey"] == score.MinGroup, inJourneys)
				note(i.counts.of("cx.touchpoint.interactions") == score.MinGroup, inTouched)
				note(i.counts.of("cx.journey.ended") == score.MinGroup, inEnded)
				view := viewOf(t, got.all, asking)
				of := func(where ...insight.Where) int64 {
					o, err := view.Outcomes(context.Background(), insight.Which{Where: where})
					if err != nil {
						t.Fatal(err)
					}
					return o.Runs
				}
				note(of(insight.Where{Column: insight.Verdict, Values: []string{"positive"}}) == score.MinGroup, inVerdicts)
				note(of() == score.MinGroup, inOutcomes)
				if !slices.Equal(in, c.want) {
					t.Errorf("it is in\n%q, want\n%q", in, c.want)
				}
			})
		})
	}
}

// source gives events from memory.
type source []event.Event

func (s source) Scan(_ context.Context, from event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if from.Since.Epoch != "" {
		return from.Since, nil
	}
	return event.Cursor{Epoch: "1", Position: "1"}, s.Events(context.Background(), event.Query{}, each)
}

func (s source) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	for _, e := range s {
		if !q.Asks(&e) {
			continue
		}
		if err := each(&e); err != nil {
			return err
		}
	}
	return nil
}

// viewOf returns a view of the events in which everything may be asked.
func viewOf(t *testing.T, events []event.Event, opts []insight.Option) *insight.View {
	t.Helper()
	table, err := insight.New(nil, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Load(context.Background(), source(events)); err != nil {
		t.Fatal(err)
	}
	return table.View(insight.Viewer{Rights: insight.Numbers}, time.Now())
}
